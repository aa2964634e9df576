// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an instance to a container that waits, then standing between it and the engine, then all of
 * it undone. One who ends this process by force leaves the instance to "delete".
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "relay.h"
#include "request.h"
#include "share.h"
#include "view.h"

static struct container *container;
static struct machine machine;
static struct network network;
static struct stream stream;
static struct relay relay = { .stream = &stream, .child = engines_run };
static char why[INSTANCE_WHY];
static int asker = -1;		/* waits for the agent's answer */
static enum agent_type asked;	/* to this */

static int refuse(const char *what, int err)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(-err));
	return CLI_REFUSED;
}

/* An instance's name is short: the beginning of an id tells enough, with a digest of the rest. */
static void name_machine(const char *id)
{
	const char *at;
	u32 hash = 2166136261u;		/* FNV-1a: any mixture would do */

	for (at = id; *at; at++)
		hash = (hash ^ (u8)*at) * 16777619u;
	snprintf(machine.name, sizeof(machine.name), "mkrun-%.12s-%08x", id, hash);
	for (at = machine.name; *at; at++)
		if (*at == '.' || *at == '+')
			machine.name[at - machine.name] = '_';
}

static int tell_all(const struct bundle *bundle)
{
	int err = network_tell(&network, &stream);

	if (!err)
		err = bundle_tell_container(bundle, &stream);
	if (!err)
		err = bundle_tell_process(json_object_get(bundle->config, "process"), &stream);
	if (!err)
		err = link_send_type(&stream, AGENT_CREATE);
	return err ? refuse("the container's kernel does not listen", err) : CLI_OK;
}

static int hear_created(void)
{
	struct agent_message message;
	int err = link_hear(&stream, &message, link_deadline());

	if (err)
		return refuse("the container's kernel does not answer", err);
	if (message.type == AGENT_CREATED)
		return CLI_OK;
	snprintf(why, sizeof(why), "%s", message.type == AGENT_REFUSED ? message.text[0] :
		 "the container's kernel speaks another language");
	return CLI_REFUSED;
}

static int create_inside(const struct bundle *bundle, const struct conf *conf)
{
	int code, err = link_open_within(&stream, machine.cid, conf->boot_seconds, engines_run);

	if (err) {
		instance_failure(machine.name, why);
		return *why ? CLI_REFUSED : refuse("the container's kernel does not come up", err);
	}
	code = tell_all(bundle);
	return code ? code : hear_created();
}

/* Each step has its undo in take_down(). */
static int set_up(const struct bundle *bundle, struct conf *conf)
{
	char share[CONTAINER_PATH];
	const char *namespace = bundle_network(bundle, conf);
	struct wish wish;
	int code = CLI_OK;

	bundle_wish(bundle, conf, &wish);
	container_path(container, "share", share);
	if (namespace)
		code = network_join(&network, namespace, why);
	if (!code)
		code = share_make(bundle, share, why);
	if (!code)
		code = instance_create(&machine, conf, &wish, why);
	if (!code)
		code = engines_start(&machine, conf, share, &network, why);
	if (!code)
		code = network_mirror(&network, why);
	if (!code)
		code = instance_boot(&machine, conf, why);
	return code ? code : create_inside(bundle, conf);
}

static int show(const struct bundle *bundle)
{
	char share[CONTAINER_PATH];

	container_path(container, "share", share);
	return view_make(bundle, share, why);
}

/* The kernel is stopped before its devices go. */
static void take_down(void)
{
	char said[INSTANCE_WHY];

	if (stream.fd >= 0)
		close(stream.fd);
	instance_destroy(machine.name, said);
	engines_end();
	network_end(&network);
}

static void set_status(const char *status)
{
	view_leave();
	container_set_status(container, status);
}

static bool has_gone(int fd)
{
	struct pollfd file = { .fd = fd };

	return poll(&file, 1, 0) == 1 && file.revents & POLLHUP;
}

/*
 * One question at a time. The agent answers each, in time of its own; the asker decides for how long to
 * wait for it.
 */
static void ask(int fd, enum agent_type type, u64 number)
{
	const struct agent_message message = { .type = type, .number = { number } };

	if (asker >= 0 && !has_gone(asker)) {
		request_answer(fd, "the container is being changed already");
		return;
	}
	if (asker >= 0)
		close(asker);
	asker = fd;
	asked = type;
	link_send(&stream, &message);
}

static void start(int fd)
{
	const char *status = json_string_value(json_object_get(container->state, "status"));

	if (strcmp(status, "created"))
		request_answer(fd, "the container is started already");
	else
		ask(fd, AGENT_START, 0);
}

static void send_signal(int fd, u64 number)
{
	const struct agent_message message = { .type = AGENT_SIGNAL, .number = { number } };

	request_answer(fd, link_send(&stream, &message) ? "the container's kernel does not listen" : "ok");
}

static void serve_request(struct relay *at, int fd)
{
	char request[REQUEST_SIZE];

	(void)at;
	request_hear(fd, request);
	if (!strcmp(request, "start"))
		start(fd);
	else if (!strncmp(request, "signal ", 7))
		send_signal(fd, strtoul(request + 7, NULL, 10));
	else if (!strcmp(request, "pause"))
		ask(fd, AGENT_PAUSE, 0);
	else if (!strcmp(request, "resume"))
		ask(fd, AGENT_RESUME, 0);
	else if (!strncmp(request, "tasks ", 6))
		ask(fd, AGENT_TASKS, strtoull(request + 6, NULL, 10));
	else
		request_answer(fd, "no such request");
}

static void tell_asker(const char *text)
{
	if (asker >= 0)
		request_answer(asker, text);
	asker = -1;
}

/* The state says so before the answer does. */
static void become(const char *status)
{
	set_status(status);
	view_enter();
	tell_asker("ok");
}

static void take_message(struct relay *at, const struct agent_message *message)
{
	switch (message->type) {
	case AGENT_STARTED:
		relay_resize(at);
		become("running");
		break;
	case AGENT_DONE:
		if (asked == AGENT_TASKS)
			tell_asker("ok");
		else
			become(asked == AGENT_PAUSE ? "paused" : "running");
		break;
	case AGENT_FAILED:
	case AGENT_REFUSED:
		tell_asker(message->text[0]);
	}
}

static int listen_for_requests(void)
{
	relay.control = request_listen(container);
	if (relay.control < 0)
		return refuse("cannot listen for requests", relay.control);
	relay.request = serve_request;
	relay.message = take_message;
	return CLI_OK;
}

static int keep_resources(const struct bundle *bundle)
{
	json_t *resources = bundle_resources(bundle);
	int code = container_prepare_resources(container, resources);

	json_decref(resources);
	return code ? code : container_keep_resources(container);
}

static int save(const struct bundle *bundle, const struct conf *conf)
{
	json_t *annotations = json_object_get(bundle->config, "annotations");

	container->state = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s*, s:O}",
		"id", container->id, "pid", (int)getpid(), "bundle", bundle->directory,
		"status", "created", "instance", machine.name, "cid", (int)machine.cid,
		"network", bundle_network(bundle, conf),
		"annotations", annotations ? annotations : json_object());
	if (!container->state || container_save(container) || keep_resources(bundle))
		return refuse("cannot keep the state", -errno);
	return CLI_OK;
}

static void say(int report, const char *sentence)
{
	if (write(report, sentence, strlen(sentence)) < 0)
		cli_warn("%s", sentence);
	close(report);
}

/* What is known of it goes to the container's own log. */
static int tell_loss(void)
{
	instance_failure(machine.name, why);
	cli_warn("the container's kernel has ended%s%s", *why ? ": " : "",
		 *why ? why : engines_run() ? "" : ": one of its devices is not served any more");
	return MONITOR_LOST;
}

int monitor_run(struct container *of, const struct bundle *bundle, struct conf *conf, int report)
{
	int code;

	container = of;
	stream.fd = -1;
	name_machine(container->id);
	code = container_hold(container);
	if (!code && relay_begin(&relay))
		code = refuse("cannot wait for signals", -errno);
	if (!code)
		code = set_up(bundle, conf);
	if (!code)
		code = save(bundle, conf);
	if (!code)
		code = listen_for_requests();
	if (!code)
		code = show(bundle);
	if (code) {
		take_down();
		say(report, *why ? why : "the container cannot be made");
		return code;
	}
	close(report);
	view_enter();
	code = relay_run(&relay);
	view_leave();
	if (code == RELAY_LOST)
		code = tell_loss();
	take_down();
	json_object_set_new(container->state, "exit", json_integer(code));
	json_object_del(container->state, "network");
	set_status("stopped");
	return code;
}
