// SPDX-License-Identifier: GPL-2.0-only
/*
 * From config.json to messages. Source of all keys: the OCI runtime specification, config.md and
 * config-linux.md.
 */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "capability.h"
#include "json.h"
#include "link.h"
#include "log.h"

#define ANNOTATION "org.multikernel."

static json_t *linux_of(const struct bundle *bundle)
{
	return json_object_get(bundle->config, "linux");
}

static const char *annotation(const struct bundle *bundle, const char *name)
{
	return cli_json_text(json_object_get(bundle->config, "annotations"), name);
}

/* A word of a list with commas between. */
static bool lists(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == length && !strncmp(list, word, length))
			return true;
	return false;
}

/* What the operator or the container's maker gives up knowingly. */
static bool is_ignored(const struct bundle *bundle, const struct conf *conf, const char *word)
{
	return lists(conf->ignore, word) || lists(annotation(bundle, ANNOTATION "ignore"), word);
}

static bool is_set(json_t *value)
{
	return value && !json_is_null(value) &&
		!(json_is_array(value) && !json_array_size(value)) &&
		!(json_is_object(value) && !json_object_size(value)) &&
		!(json_is_string(value) && !*json_string_value(value));
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

/* Nobody but the pod's only container would be in them. */
static bool is_of_pod(const struct bundle *bundle, const char *type)
{
	return bundle->pod.id && !bundle->pod.is_sandbox && strcmp(type, "mount");
}

/*
 * A kernel of its own has namespaces of its own: none can be shared with the host, or be joined.
 * What comes by the network of one that the engine has made is led to it (network.c).
 */
static int check_namespaces(const struct bundle *bundle, const struct conf *conf)
{
	static const char *const types[] = { "pid", "network", "ipc", "uts", "mount" };
	json_t *namespace;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (is_ignored(bundle, conf, types[i]))
			continue;
		namespace = namespace_of(bundle, types[i]);
		if (!namespace)
			return log_refuse("the host's %s namespace cannot be shared with a container that has its own kernel",
					  types[i]);
		if (strcmp(types[i], "network") && !is_of_pod(bundle, types[i]) &&
		    is_set(json_object_get(namespace, "path")))
			return log_refuse("the %s namespace %s cannot be joined by a container that has its own kernel",
					  types[i], cli_json_text(namespace, "path"));
	}
	return CLI_OK;
}

static int check_what_cannot_be(const struct bundle *bundle, const struct conf *conf)
{
	json_t *process = json_object_get(bundle->config, "process");
	json_t *linux_part = linux_of(bundle);
	const struct { const char *word; json_t *value; } rows[] = {
		{ "devices", json_object_get(linux_part, "devices") },
		{ "user", namespace_of(bundle, "user") },
		{ "time", namespace_of(bundle, "time") },
		{ "hooks", json_object_get(bundle->config, "hooks") },
		{ "domainname", json_object_get(bundle->config, "domainname") },
		{ "personality", json_object_get(linux_part, "personality") },
		{ "intelRdt", json_object_get(linux_part, "intelRdt") },
		{ "scheduler", json_object_get(process, "scheduler") },
		{ "ioPriority", json_object_get(process, "ioPriority") },
		{ "apparmor", json_object_get(process, "apparmorProfile") },
		{ "selinux", json_object_get(process, "selinuxLabel") },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_set(rows[i].value) && !is_ignored(bundle, conf, rows[i].word))
			return log_refuse("mkrun has no %s; annotation " ANNOTATION "ignore=%s, or ignore=%s in mkrun.conf, does without",
					  rows[i].word, rows[i].word, rows[i].word);
	return CLI_OK;
}

const char *bundle_network(const struct bundle *bundle, const struct conf *conf)
{
	json_t *path = json_object_get(namespace_of(bundle, "network"), "path");

	return is_set(path) && !is_ignored(bundle, conf, "network") ? json_string_value(path) :
		NULL;
}

void bundle_root(const struct bundle *bundle, char path[PATH_MAX])
{
	const char *root = cli_json_text(json_object_get(bundle->config, "root"), "path");

	if (*root == '/')
		snprintf(path, PATH_MAX, "%s", root);
	else
		snprintf(path, PATH_MAX, "%.2000s/%.2000s", bundle->directory, root);
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
	code = check_namespaces(bundle, conf);
	if (!code)
		code = check_what_cannot_be(bundle, conf);
	return code ? code : pod_check_alone(&bundle->pod);
}

static int make_filter(struct bundle *bundle, const struct conf *conf)
{
	json_t *profile = json_object_get(linux_of(bundle), "seccomp");

	return seccomp_compile(&bundle->filter,
			       is_ignored(bundle, conf, "seccomp") ? NULL : profile);
}

int bundle_open(struct bundle *bundle, const char *directory, const struct conf *conf)
{
	char path[PATH_MAX + 16];
	json_error_t error;
	int code;

	if (!realpath(directory, bundle->directory))
		return log_refuse("bundle %s: %s", directory, strerror(errno));
	snprintf(path, sizeof(path), "%s/config.json", bundle->directory);
	if (access(path, R_OK))
		return log_refuse("%s: %s", path, strerror(errno));
	bundle->tasks = ~0ULL;
	bundle->config = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!bundle->config)
		return log_refuse("%s:%d: %s", path, error.line, error.text);
	bundle->pod = pod_of(json_object_get(bundle->config, "annotations"));
	bundle->sandbox = pod_sandbox(&bundle->pod);
	code = check_shape(bundle, conf);
	if (!code && !is_ignored(bundle, conf, "pids"))
		bundle->tasks = bundle_tasks(json_object_get(linux_of(bundle), "resources"));
	return code ? code : make_filter(bundle, conf);
}

/* The kernel's own (Documentation/scheduler/sched-bwc.rst). */
#define PERIOD_US 100000

u32 bundle_cpu_count(json_t *cpu)
{
	json_int_t quota = json_integer_value(json_object_get(cpu, "quota"));
	json_int_t period = json_integer_value(json_object_get(cpu, "period"));

	if (quota <= 0)
		return 1;
	if (period <= 0)
		period = PERIOD_US;
	return (quota + period - 1) / period;
}

/* What is not above zero is no limit, as -1 is by the specification. */
u64 bundle_tasks(json_t *resources)
{
	json_int_t limit = json_integer_value(json_object_get(json_object_get(resources, "pids"),
							      "limit"));

	return limit > 0 ? (u64)limit : ~0ULL;
}

u64 bundle_memory(json_t *resources, const struct conf *conf)
{
	json_int_t limit = json_integer_value(json_object_get(json_object_get(resources, "memory"),
							      "limit"));

	return limit > 0 ? limit + conf->overhead : conf->memory;
}

json_t *bundle_resources(const struct bundle *bundle)
{
	json_t *resources = json_copy(json_object_get(linux_of(bundle), "resources"));

	if (!resources)
		resources = json_object();
	if (bundle->tasks == ~0ULL)
		json_object_del(resources, "pids");
	return resources;
}

void bundle_wish(const struct bundle *bundle, struct conf *conf, struct wish *wish)
{
	json_t *resources = json_object_get(linux_of(bundle), "resources");
	json_t *cpu = json_object_get(resources, "cpu");
	const char *kernel = annotation(bundle, ANNOTATION "kernel");
	const char *cpus = cli_json_text(cpu, "cpus");

	snprintf(wish->cpus, sizeof(wish->cpus), "%s", cpus ? cpus : "");
	wish->cpu_count = bundle_cpu_count(cpu);
	wish->memory = bundle_memory(resources, conf);
	if (kernel)
		snprintf(conf->kernel, sizeof(conf->kernel), "%s", kernel);
}

/* Options of mounts: flags, or words that say nothing to a kernel of its own; the rest is data. */
static const struct mount_word {
	const char *word;
	u64 flag;
	bool clears;
} mount_words[] = {
	{ "bind", MS_BIND }, { "rbind", MS_BIND }, { "ro", MS_RDONLY }, { "rw", MS_RDONLY, true },
	{ "nosuid", MS_NOSUID }, { "suid", MS_NOSUID, true }, { "nodev", MS_NODEV },
	{ "dev", MS_NODEV, true }, { "noexec", MS_NOEXEC }, { "exec", MS_NOEXEC, true },
	{ "noatime", MS_NOATIME }, { "relatime", MS_RELATIME }, { "strictatime", MS_STRICTATIME },
	{ "nodiratime", MS_NODIRATIME }, { "sync", MS_SYNCHRONOUS }, { "private", 0 },
	{ "rprivate", 0 }, { "slave", 0 }, { "rslave", 0 }, { "shared", 0 }, { "rshared", 0 },
	{ "unbindable", 0 }, { "runbindable", 0 }, { "tmpcopyup", 0 }, { "defaults", 0 },
};

json_t *bundle_mount_options(void)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mount_words); i++)
		json_array_append_new(array, json_string(mount_words[i].word));
	return array;
}

static const struct mount_word *find_mount_word(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mount_words); i++)
		if (!strcmp(mount_words[i].word, word))
			return &mount_words[i];
	return NULL;
}

static u64 mount_flags(json_t *mount, char *data, size_t room)
{
	const struct mount_word *known;
	u64 flags = 0;
	json_t *each;
	size_t i;

	*data = '\0';
	json_array_foreach(json_object_get(mount, "options"), i, each) {
		known = json_is_string(each) ? find_mount_word(json_string_value(each)) : NULL;
		if (known)
			flags = known->clears ? flags & ~known->flag : flags | known->flag;
		else if (json_is_string(each))
			snprintf(data + strlen(data), room - strlen(data), "%s%s", *data ? "," : "",
				 json_string_value(each));
	}
	return flags;
}

static bool is_bind(json_t *mount, u64 flags)
{
	const char *type = cli_json_text(mount, "type");

	return flags & MS_BIND || (type && !strcmp(type, "bind"));
}

static void name_bind(char name[32], size_t index)
{
	snprintf(name, 32, "mount-%zu", index);
}

bool bundle_bind(const struct bundle *bundle, size_t *index, struct bind *bind)
{
	json_t *mounts = json_object_get(bundle->config, "mounts"), *mount;
	char data[PATH_MAX];
	u64 flags;

	while ((mount = json_array_get(mounts, *index))) {
		name_bind(bind->name, (*index)++);
		flags = mount_flags(mount, data, sizeof(data));
		bind->read_only = flags & MS_RDONLY;
		bind->source = cli_json_text(mount, "source");
		bind->target = cli_json_text(mount, "destination");
		if (is_bind(mount, flags) && bind->source && bind->target)
			return true;
	}
	return false;
}

bool bundle_root_is_read_only(const struct bundle *bundle)
{
	json_t *root = json_object_get(bundle->config, "root");

	return json_is_true(json_object_get(root, "readonly"));
}

static int tell_text(struct stream *stream, enum agent_type type, const char *text)
{
	const struct agent_message message = { .type = type, .text = { text } };

	return text ? link_send(stream, &message) : 0;
}

static int tell_texts(struct stream *stream, enum agent_type type, json_t *array)
{
	json_t *each;
	int err = 0;
	size_t i;

	json_array_foreach(array, i, each)
		if (!err)
			err = tell_text(stream, type, json_string_value(each));
	return err;
}

/* The first version of control groups has no home in a kernel of today. */
static const char *type_of(json_t *mount)
{
	const char *type = cli_json_text(mount, "type");

	return type && !strcmp(type, "cgroup") ? "cgroup2" : type;
}

static int tell_mount(struct stream *stream, json_t *mount, size_t index)
{
	char data[PATH_MAX], name[32];
	u64 flags = mount_flags(mount, data, sizeof(data));
	struct agent_message message = {
		.type = AGENT_MOUNT,
		.text = { cli_json_text(mount, "source"), cli_json_text(mount, "destination"),
			  type_of(mount), data },
		.number = { flags },
	};

	if (!message.text[1])
		return 0;
	if (is_bind(mount, flags)) {
		name_bind(name, index);
		message.text[0] = name;
		message.text[2] = "bind";
	}
	return link_send(stream, &message);
}

static int tell_mounts(const struct bundle *bundle, struct stream *stream)
{
	json_t *each;
	int err = 0;
	size_t i;

	json_array_foreach(json_object_get(bundle->config, "mounts"), i, each)
		if (!err)
			err = tell_mount(stream, each, i);
	return err;
}

static int tell_sysctls(json_t *config, struct stream *stream)
{
	struct agent_message message = { .type = AGENT_SYSCTL };
	char path[256];
	const char *name;
	json_t *value;
	int err = 0;
	char *dot;

	json_object_foreach(json_object_get(json_object_get(config, "linux"), "sysctl"), name, value) {
		snprintf(path, sizeof(path), "%s", name);
		for (dot = path; (dot = strchr(dot, '.')); )
			*dot = '/';
		message.text[0] = path;
		message.text[1] = json_string_value(value);
		if (!err)
			err = link_send(stream, &message);
	}
	return err;
}

/* A pod has one for all. */
static const char *hostname(const struct bundle *bundle)
{
	const char *name = cli_json_text(bundle->config, "hostname");

	return name && *name ? name : cli_json_text(bundle->sandbox, "hostname");
}

static int tell_filter(const struct filter *filter, struct stream *stream)
{
	const struct agent_message message = {
		.type = AGENT_FILTER, .number = { filter->flags }, .bytes = filter->bytes,
		.size = filter->size,
	};

	return filter->size ? link_send(stream, &message) : 0;
}

static int tell_tasks(const struct bundle *bundle, struct stream *stream)
{
	const struct agent_message message = { .type = AGENT_TASKS, .number = { bundle->tasks } };

	return bundle->tasks != ~0ULL ? link_send(stream, &message) : 0;
}

int bundle_tell_container(const struct bundle *bundle, struct stream *stream)
{
	json_t *part = linux_of(bundle);
	const struct agent_message message = {
		.type = AGENT_ROOT, .text = { "rootfs" },
		.number = { bundle_root_is_read_only(bundle) ? MS_RDONLY : 0 },
	};
	int err = link_send(stream, &message);

	if (!err)
		err = tell_text(stream, AGENT_HOSTNAME, hostname(bundle));
	if (!err)
		err = tell_mounts(bundle, stream);
	if (!err)
		err = tell_sysctls(bundle->sandbox, stream);
	if (!err)
		err = tell_sysctls(bundle->config, stream);
	if (!err)
		err = tell_tasks(bundle, stream);
	if (!err)
		err = tell_texts(stream, AGENT_MASK, json_object_get(part, "maskedPaths"));
	if (!err)
		err = tell_texts(stream, AGENT_READONLY, json_object_get(part, "readonlyPaths"));
	return err ? err : tell_filter(&bundle->filter, stream);
}

static u64 number_of(json_t *object, const char *key, u64 otherwise)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? (u64)json_integer_value(value) :
		json_is_real(value) ? RLIM_INFINITY : otherwise;
}

static int tell_user(json_t *user, struct stream *stream)
{
	struct agent_message message = {
		.type = AGENT_USER,
		.number = { number_of(user, "uid", 0), number_of(user, "gid", 0),
			    number_of(user, "umask", 022) },
	};
	int err = link_send(stream, &message);
	json_t *each;
	size_t i;

	message.type = AGENT_GROUP;
	json_array_foreach(json_object_get(user, "additionalGids"), i, each) {
		message.number[0] = json_integer_value(each);
		if (!err)
			err = link_send(stream, &message);
	}
	return err;
}

static int tell_capabilities(json_t *sets, struct stream *stream)
{
	static const char *const names[] = {
		"bounding", "effective", "permitted", "inheritable", "ambient"
	};
	struct agent_message message = { .type = AGENT_CAPABILITIES };
	json_t *each;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		json_array_foreach(json_object_get(sets, names[i]), j, each)
			message.number[i] |= capability_bit(json_string_value(each));
	return link_send(stream, &message);
}

static int tell_limits(json_t *limits, struct stream *stream)
{
	struct agent_message message = { .type = AGENT_LIMIT };
	int err = 0, resource;
	json_t *each;
	size_t i;

	json_array_foreach(limits, i, each) {
		resource = limit_number(cli_json_text(each, "type"));
		if (resource < 0)
			return -EINVAL;
		message.number[0] = resource;
		message.number[1] = number_of(each, "soft", RLIM_INFINITY);
		message.number[2] = number_of(each, "hard", RLIM_INFINITY);
		if (!err)
			err = link_send(stream, &message);
	}
	return err;
}

static int tell_terminal(json_t *process, struct stream *stream)
{
	json_t *size = json_object_get(process, "consoleSize");
	const struct agent_message message = {
		.type = AGENT_TERMINAL,
		.number = { number_of(size, "height", 0), number_of(size, "width", 0) },
	};

	return json_is_true(json_object_get(process, "terminal")) ? link_send(stream, &message) : 0;
}

int bundle_tell_process(json_t *process, struct stream *stream)
{
	int err = tell_texts(stream, AGENT_ARGUMENT, json_object_get(process, "args"));

	if (!err)
		err = tell_texts(stream, AGENT_ENVIRONMENT, json_object_get(process, "env"));
	if (!err)
		err = tell_text(stream, AGENT_DIRECTORY, cli_json_text(process, "cwd"));
	if (!err)
		err = tell_user(json_object_get(process, "user"), stream);
	if (!err)
		err = tell_capabilities(json_object_get(process, "capabilities"), stream);
	if (!err)
		err = tell_limits(json_object_get(process, "rlimits"), stream);
	if (!err && json_is_true(json_object_get(process, "noNewPrivileges")))
		err = link_send_type(stream, AGENT_NO_NEW_PRIVILEGES);
	return err ? err : tell_terminal(process, stream);
}
