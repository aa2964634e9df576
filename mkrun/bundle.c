// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.json, checked. Source of all keys: the OCI runtime specification, config.md and
 * config-linux.md.
 */
#include <stdlib.h>
#include <unistd.h>

#include "bundle.h"
#include "capability.h"
#include "json.h"
#include "json_file.h"
#include "log.h"

#define BOOT "/boot"
#define ANNOTATION "org.multikernel."

static json_t *linux_of(const struct bundle *bundle)
{
	return json_object_get(bundle->config, "linux");
}

static json_t *annotations_of(const struct bundle *bundle)
{
	return json_object_get(bundle->config, "annotations");
}

static const char *annotation(const struct bundle *bundle, const char *name)
{
	return cli_json_text(annotations_of(bundle), name);
}

/* A word of a list with commas between, of that length. */
static bool lists(const char *list, const char *word, size_t length)
{
	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == length && !strncmp(list, word, length))
			return true;
	return false;
}

/* What the operator gives up for all, or for those that name it; check_ignored() has seen to that. */
bool bundle_ignores(json_t *annotations, const struct conf *conf, const char *word)
{
	return lists(conf->ignore, word, strlen(word)) ||
		lists(cli_json_text(annotations, ANNOTATION "ignore"), word, strlen(word));
}

static bool is_ignored(const struct bundle *bundle, const struct conf *conf, const char *word)
{
	return bundle_ignores(annotations_of(bundle), conf, word);
}

/*
 * An image can be annotated, and some engines hand that on as if who runs it had said so: what a container
 * is made without, its filter or its limits among that, is for the operator to say.
 */
static int check_ignored(const struct bundle *bundle, const struct conf *conf)
{
	const char *at = annotation(bundle, ANNOTATION "ignore");
	size_t length;

	for (; at && *at; at += length, at += *at == ',') {
		length = strcspn(at, ",");
		if (length && !lists(conf->ignore, at, length) && !lists(conf->may_ignore, at, length))
			return log_refuse("annotation " ANNOTATION "ignore: \"%.*s\" is not among may-ignore= of mkrun.conf",
					  (int)length, at);
	}
	return CLI_OK;
}

static bool is_set(json_t *value)
{
	return value && !json_is_null(value) &&
		!(json_is_array(value) && !json_array_size(value)) &&
		!(json_is_object(value) && !json_object_size(value)) &&
		!(json_is_string(value) && !*json_string_value(value));
}

/* A profile that is a name, of which there is one for none. */
static json_t *profile_of(json_t *process)
{
	const char *name = cli_json_text(process, "apparmorProfile");

	return name && !strcmp(name, "unconfined") ? NULL :
		json_object_get(process, "apparmorProfile");
}

static json_t *namespace_of(const struct bundle *bundle, const char *type)
{
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(linux_of(bundle), "namespaces"), i, each)
		if (cli_json_text(each, "type") && !strcmp(cli_json_text(each, "type"), type))
			return each;
	return NULL;
}

const char *bundle_namespace(const struct bundle *bundle, const struct conf *conf, const char *type)
{
	json_t *path = json_object_get(namespace_of(bundle, type), "path");

	return is_set(path) && !is_ignored(bundle, conf, type) ? json_string_value(path) : NULL;
}

const char *bundle_kernel(const struct bundle *bundle)
{
	return annotation(bundle, ANNOTATION "kernel");
}

/*
 * A kernel of its own has namespaces of its own: none can be joined, but those of a pod, which has its
 * kernel for itself as well. What comes by the network of one that the engine has made is led to it
 * (network.c).
 */
static int check_path(const struct bundle *bundle, const char *type, const char *path)
{
	bool shared = !strcmp(type, "network") || !strcmp(type, "ipc") || !strcmp(type, "uts");

	if (bundle->sandbox && shared)
		return pod_has_namespace(bundle->sandbox, type, path) ? CLI_OK :
			log_refuse("the %s namespace %s is not that of the pod's sandbox \"%s\"", type,
				   path ? path : "of its own", bundle->sandbox->id);
	if (bundle->sandbox && path && !strcmp(type, "pid"))
		return log_refuse("the pid namespace %s cannot be joined: each container of a pod has one of its own",
				  path);
	if (!path || !strcmp(type, "network") || (bundle->pod.is_sandbox && shared) ||
	    (bundle->pod.id && !bundle->pod.is_sandbox && strcmp(type, "mount")))
		return CLI_OK;
	return log_refuse("the %s namespace %s cannot be joined by a container that has its own kernel",
			  type, path);
}

static int check_namespaces(const struct bundle *bundle, const struct conf *conf)
{
	static const char *const types[] = { "pid", "network", "ipc", "uts", "mount" };
	int code = CLI_OK;
	size_t i;

	for (i = 0; !code && i < ARRAY_SIZE(types); i++) {
		if (is_ignored(bundle, conf, types[i]))
			continue;
		if (!namespace_of(bundle, types[i]))
			return log_refuse("the host's %s namespace cannot be shared with a container that has its own kernel",
					  types[i]);
		code = check_path(bundle, types[i], bundle_namespace(bundle, conf, types[i]));
	}
	return code;
}

int bundle_refuse_word(const char *word)
{
	return log_refuse("mkrun has no %s; ignore=%s in mkrun.conf does without, or may-ignore=%s for a container with the annotation " ANNOTATION "ignore=%s",
			  word, word, word, word);
}

static int check_mounts(const struct bundle *bundle, const struct conf *conf)
{
	struct mount_point mount;
	size_t i;

	for (i = 0; bundle_mount(bundle, i, &mount); i++)
		if (mount.lacks && !is_ignored(bundle, conf, mount.lacks))
			return bundle_refuse_word(mount.lacks);
	return CLI_OK;
}

static int check_what_cannot_be(const struct bundle *bundle, const struct conf *conf)
{
	json_t *process = json_object_get(bundle->config, "process");
	json_t *linux_part = linux_of(bundle);
	json_t *cpu = json_object_get(bundle->resources, "cpu");
	const struct { const char *word; json_t *value; } rows[] = {
		{ "cpus", bundle->sandbox ? json_object_get(cpu, "cpus") : NULL },
		{ "devices", json_object_get(linux_part, "devices") },
		{ "user", namespace_of(bundle, "user") },
		{ "time", namespace_of(bundle, "time") },
		{ "hooks", json_object_get(bundle->config, "hooks") },
		{ "domainname", json_object_get(bundle->config, "domainname") },
		{ "personality", json_object_get(linux_part, "personality") },
		{ "intelRdt", json_object_get(linux_part, "intelRdt") },
		{ "netDevices", json_object_get(linux_part, "netDevices") },
		{ "memoryPolicy", json_object_get(linux_part, "memoryPolicy") },
		{ "execCPUAffinity", json_object_get(process, "execCPUAffinity") },
		{ "scheduler", json_object_get(process, "scheduler") },
		{ "ioPriority", json_object_get(process, "ioPriority") },
		{ "apparmor", profile_of(process) },
		{ "selinux", json_object_get(process, "selinuxLabel") },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_set(rows[i].value) && !is_ignored(bundle, conf, rows[i].word))
			return bundle_refuse_word(rows[i].word);
	return check_mounts(bundle, conf);
}

void bundle_path(const struct bundle *bundle, const char *path, char whole[PATH_MAX])
{
	int length = *path == '/' ? snprintf(whole, PATH_MAX, "%s", path) :
		snprintf(whole, PATH_MAX, "%s/%s", bundle->directory, path);

	if (length < 0 || length >= PATH_MAX)
		*whole = '\0';
}

void bundle_root(const struct bundle *bundle, char path[PATH_MAX])
{
	bundle_path(bundle, cli_json_text(json_object_get(bundle->config, "root"), "path"), path);
}

int bundle_check_process(json_t *process)
{
	const char *type;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(process, "rlimits"), i, each) {
		type = cli_json_text(each, "type");
		if (limit_number(type) < 0)
			return log_refuse("process.rlimits: there is no \"%s\"", type ? type : "");
	}
	return CLI_OK;
}

/*
 * Whoever makes an image, or may write a pod, can annotate it, and a kernel that is not the operator's is the
 * whole machine's: so it is one of those in /boot.
 */
static int check_kernel(const struct bundle *bundle)
{
	const char *kernel = bundle_kernel(bundle);

	if (!kernel || (!strncmp(kernel, BOOT "/", strlen(BOOT "/")) && !strchr(kernel + strlen(BOOT "/"), '/')))
		return CLI_OK;
	return log_refuse("annotation org.multikernel.kernel: \"%s\" is no file of " BOOT, kernel);
}

static int check_shape(const struct bundle *bundle, const struct conf *conf)
{
	json_t *process = json_object_get(bundle->config, "process");
	char path[PATH_MAX];
	int code;

	if (!cli_json_text(bundle->config, "ociVersion"))
		return log_refuse("%s/config.json: it has no ociVersion", bundle->directory);
	if (!cli_json_text(json_object_get(bundle->config, "root"), "path"))
		return log_refuse("%s/config.json: it has no root.path", bundle->directory);
	if (!json_array_size(json_object_get(process, "args")))
		return log_refuse("%s/config.json: it has no process.args", bundle->directory);
	if (json_array_size(json_object_get(bundle->config, "mounts")) > BUNDLE_MOUNTS_MAX)
		return log_refuse("%s/config.json: more than %d mounts", bundle->directory,
				  BUNDLE_MOUNTS_MAX);
	bundle_root(bundle, path);
	if (access(path, F_OK))
		return log_refuse("root %s: %s", path, strerror(errno));
	code = bundle_check_process(process);
	if (!code)
		code = check_namespaces(bundle, conf);
	if (!code)
		code = check_what_cannot_be(bundle, conf);
	if (!code)
		code = check_kernel(bundle);
	return code || bundle->sandbox ? code : pod_check_alone(&bundle->pod);
}

static int make_filter(struct bundle *bundle, const struct conf *conf)
{
	json_t *profile = json_object_get(linux_of(bundle), "seccomp");

	return seccomp_compile(&bundle->filter,
			       is_ignored(bundle, conf, "seccomp") ? NULL : profile);
}

/* A container that shares a kernel has limits that one with its own has not, and may do without them. */
static void find_resources(struct bundle *bundle, const struct conf *conf)
{
	static const char *const words[] = { "pids", "memory", "cpu" };
	size_t i, count = bundle->sandbox ? ARRAY_SIZE(words) : 1;

	bundle->resources = pod_resources(&bundle->pod, bundle->config);
	for (i = 0; i < count; i++)
		if (is_ignored(bundle, conf, words[i]))
			json_object_del(bundle->resources, words[i]);
	bundle->limits = resources_limits(bundle->resources, bundle->sandbox);
}

static int read_config(struct bundle *bundle)
{
	char path[PATH_MAX + 16];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/config.json", bundle->directory);
	if (access(path, R_OK))
		return log_refuse("%s: %s", path, strerror(errno));
	bundle->config = json_file_read(path, JSON_REJECT_DUPLICATES, &error);
	return bundle->config ? CLI_OK : log_refuse("%s:%d: %s", path, error.line, error.text);
}

int bundle_open(struct bundle *bundle, const char *directory, const struct conf *conf)
{
	static struct container sandbox;
	int code;

	if (!realpath(directory, bundle->directory))
		return log_refuse("bundle %s: %s", directory, strerror(errno));
	code = read_config(bundle);
	if (code)
		return code;
	code = check_ignored(bundle, conf);
	if (code)
		return code;
	bundle->pod = pod_of(annotations_of(bundle));
	bundle->sandbox = pod_find_sandbox(&bundle->pod, &sandbox) ? &sandbox : NULL;
	find_resources(bundle, conf);
	code = check_shape(bundle, conf);
	return code ? code : make_filter(bundle, conf);
}

bool bundle_root_is_read_only(const struct bundle *bundle)
{
	json_t *root = json_object_get(bundle->config, "root");

	return json_is_true(json_object_get(root, "readonly"));
}

