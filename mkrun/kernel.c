// SPDX-License-Identifier: GPL-2.0-only
/* An instance with its devices, from its beginning to its end; or a part in that of a sandbox. */
#include <fcntl.h>
#include <unistd.h>

#include "engines.h"
#include "kernel.h"
#include "link.h"
#include "say.h"

#define LOSS_MS 10000		/* the sandbox's process sees what its containers' see */
#define LOOK_MS 20
#define UNPACK_MEMORY (384 << 20)	/* an unpacked kernel wants some 60 MB more until it runs */

static int refuse(char *why, const char *what, int err)
{
	snprintf(why, INSTANCE_WHY, "%s: %s", what, strerror(-err));
	return CLI_REFUSED;
}

static const char *text(const struct container *container, const char *key)
{
	return json_string_value(json_object_get(container->state, key));
}

static json_int_t number(const struct container *container, const char *key)
{
	return json_integer_value(json_object_get(container->state, key));
}

/* FNV-1a: any mixture would do. */
static u32 digest(u32 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (u8)*text) * 16777619u;
	return hash;
}

/*
 * An instance's name is short: the beginning of an id tells enough, with a digest of the rest and of the
 * root. containerd has a root for each of its namespaces, and the same ids in them.
 */
static void name_machine(struct machine *machine, const struct container *container)
{
	u32 hash = digest(2166136261u, container->directory);
	char *at;

	snprintf(machine->name, sizeof(machine->name), "mkrun-%.12s-%08x", container->id, hash);
	for (at = machine->name; *at; at++)
		if (*at == '.' || *at == '+')
			*at = '_';
}

/* The share of a sandbox, in the namespace of its process. */
static int find_share(struct share *share, const struct container *sandbox)
{
	char path[64];

	container_path(sandbox, "share", share->path);
	snprintf(path, sizeof(path), "/proc/%lld/ns/mnt", (long long)number(sandbox, "pid"));
	share->namespace = open(path, O_RDONLY | O_CLOEXEC);
	return share->namespace < 0 || !strcmp(container_status(sandbox), "stopped") ? -ESRCH : 0;
}

static int join(struct kernel *kernel, char *why)
{
	const char *name = text(kernel->sandbox, "instance");

	snprintf(kernel->machine.name, INSTANCE_NAME, "%s", name ? name : "");
	kernel->machine.cid = number(kernel->sandbox, "cid");
	return find_share(&kernel->share, kernel->sandbox) ?
		refuse(why, "the pod's sandbox has ended", -ESRCH) : CLI_OK;
}

int kernel_prepare(struct kernel *kernel, const struct container *container,
		   const struct bundle *bundle, const struct conf *conf, char why[INSTANCE_WHY])
{
	const char *namespace = bundle_namespace(bundle, conf, "network");
	int code = CLI_OK;

	kernel->stream.fd = kernel->share.namespace = -1;
	kernel->sandbox = bundle->sandbox;
	if (kernel->sandbox)
		return join(kernel, why);
	name_machine(&kernel->machine, container);
	container_path(container, "share", kernel->share.path);
	if (namespace)
		code = network_join(&kernel->network, namespace, why);
	return code ? code : share_make(&kernel->share, why);
}

static int start(struct kernel *kernel, const struct bundle *bundle, const struct conf *conf,
		 char *why)
{
	const char *image = bundle_kernel(bundle);
	struct conf its = *conf;
	struct wish wish;
	int code;

	if (image)
		its.kernel = image;
	resources_wish(bundle->resources, conf, &wish);
	its.unpack = conf->unpack && wish.memory >= UNPACK_MEMORY;
	code = instance_create(&kernel->machine, conf, &wish, why);
	if (!code)
		code = engines_start(&kernel->machine, conf, kernel->share.path, &kernel->network,
				     why);
	if (!code)
		code = network_mirror(&kernel->network, why);
	return code ? code : instance_boot(&kernel->machine, &its, why);
}

int kernel_connect(struct kernel *kernel, const struct container *container,
		   const struct bundle *bundle, const struct conf *conf, char why[INSTANCE_WHY])
{
	const char *id = bundle->pod.is_sandbox ? NULL : container->id;
	u32 cid = kernel->machine.cid;
	int err;

	if (kernel->sandbox) {
		err = link_open(&kernel->stream, cid, id);
		return err ? refuse(why, "the pod's kernel does not answer", err) : CLI_OK;
	}
	if (start(kernel, bundle, conf, why))
		return CLI_REFUSED;
	err = link_open_within(&kernel->stream, kernel->machine.cid, id, conf->boot_seconds,
			       engines_run);
	if (!err)
		return CLI_OK;
	instance_failure(kernel->machine.name, why);
	return *why ? CLI_REFUSED : refuse(why, "the container's kernel does not come up", err);
}

int kernel_create(struct kernel *kernel, enum agent_type type, char why[INSTANCE_WHY])
{
	struct agent_message message;
	int err = link_send_type(&kernel->stream, type);

	if (err)
		return refuse(why, "the container's kernel does not listen", err);
	err = link_hear(&kernel->stream, &message, link_deadline());
	if (err)
		return refuse(why, "the container's kernel does not answer", err);
	if (message.type == AGENT_CREATED)
		return CLI_OK;
	snprintf(why, INSTANCE_WHY, "%s", message.type == AGENT_REFUSED ? message.text[0] :
		 "the container's kernel speaks another language");
	return CLI_REFUSED;
}

int kernel_save(const struct kernel *kernel, struct container *container,
		const struct bundle *bundle, const struct conf *conf, const char *status,
		char why[INSTANCE_WHY])
{
	const struct container *sandbox = kernel->sandbox;
	json_t *annotations = json_object_get(bundle->config, "annotations");

	json_decref(container->state);
	container->state = json_pack("{s:s, s:i, s:s, s:s, s:s*, s:s*, s:i, s:s*, s:O}",
		"id", container->id, "pid", (int)getpid(), "bundle", bundle->directory,
		"status", status, "instance", sandbox ? NULL : kernel->machine.name,
		"sandbox", sandbox ? sandbox->id : NULL, "cid", (int)kernel->machine.cid, "network",
		sandbox ? NULL : bundle_namespace(bundle, conf, "network"),
		"annotations", annotations ? annotations : json_object());
	if (!container->state || container_save(container) ||
	    container_prepare_resources(container, bundle->resources) ||
	    container_keep_resources(container))
		return refuse(why, "cannot keep the state", -errno);
	return CLI_OK;
}

bool kernel_is_served(const struct kernel *kernel)
{
	return kernel->sandbox || engines_run();
}

/* The sandbox's process says so before it takes the instance down. */
static void hear_of_sandbox(const struct kernel *kernel, char why[INSTANCE_WHY])
{
	static struct container sandbox;
	const char *failure = NULL;
	int ms;

	if (container_name(&sandbox, kernel->sandbox->id))
		return;
	for (ms = 0; ms < LOSS_MS && !failure; ms += LOOK_MS) {
		container_look(&sandbox);
		failure = text(&sandbox, "failure");
		if (!failure && !strcmp(container_status(&sandbox), "stopped"))
			break;
		if (!failure)
			usleep(LOOK_MS * 1000);
	}
	if (failure)
		snprintf(why, INSTANCE_WHY, "%s", failure);
}

void kernel_failure(const struct kernel *kernel, char why[INSTANCE_WHY])
{
	*why = '\0';
	if (kernel->sandbox)
		hear_of_sandbox(kernel, why);
	if (!*why)
		instance_failure(kernel->machine.name, why);
	if (!*why && !kernel_is_served(kernel))
		snprintf(why, INSTANCE_WHY, "one of its devices is not served any more");
}

/* The container's files go while the agent hears it still, which lets go of them then. */
static void part(struct kernel *kernel)
{
	if (kernel->share.namespace >= 0)
		share_empty(&kernel->share, getpid());
	if (kernel->stream.fd >= 0)
		close(kernel->stream.fd);
}

/* The kernel is stopped before its devices go. False where its instance stays. */
static bool end(struct kernel *kernel)
{
	char said[INSTANCE_WHY];
	bool gone = true;

	if (kernel->sandbox) {
		part(kernel);
		return true;
	}
	if (kernel->stream.fd >= 0)
		close(kernel->stream.fd);
	if (kernel->machine.made)
		gone = !instance_destroy(kernel->machine.name, said);
	engines_end();
	network_end(&kernel->network);
	return gone;
}

void kernel_give_up(struct kernel *kernel, struct container *container)
{
	if (!end(kernel) || !container->state)
		return;
	json_object_del(container->state, "instance");
	json_object_del(container->state, "sandbox");
	json_object_del(container->state, "network");
	container_save(container);
}

/* Its network may be another's by the time of its delete. */
void kernel_stop(struct kernel *kernel, struct container *container, int exit_code)
{
	end(kernel);
	json_object_set_new(container->state, "exit", json_integer(exit_code));
	json_object_del(container->state, "network");
	container_set_status(container, "stopped");
}

static void empty_share(const char *id, pid_t pid)
{
	static struct container sandbox;
	struct share share;

	if (container_name(&sandbox, id))
		return;
	container_look(&sandbox);
	if (!find_share(&share, &sandbox))
		share_empty(&share, pid);
}

int kernel_forget(const struct container *container, char why[INSTANCE_WHY])
{
	const char *instance = text(container, "instance"), *sandbox = text(container, "sandbox");
	const char *namespace = text(container, "network");

	if (instance && instance_destroy(instance, why))
		return CLI_REFUSED;
	if (namespace)
		network_forget(namespace);
	if (sandbox)
		empty_share(sandbox, number(container, "pid"));
	return CLI_OK;
}
