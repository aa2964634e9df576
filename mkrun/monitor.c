// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a kernel to a container that waits, then standing between it and the engine, then all of it
 * undone. One who ends this process by force leaves that to "delete".
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines.h"
#include "kernel.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "relay.h"
#include "request.h"
#include "view.h"

static struct container *container;
static struct kernel kernel;
static struct relay relay = {
	.stream = &kernel.stream, .child = engines_run, .hear = engines_hear,
};
static char why[INSTANCE_WHY];
static int asker = -1;		/* waits for the agent's answer */
static enum agent_type asked;	/* to this; 0 where none is to come */

static int refuse(const char *what, int err)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(-err));
	return CLI_REFUSED;
}

/* Each step has its undo in kernel_give_up(). */
static int set_up(const struct bundle *bundle, const struct conf *conf)
{
	static struct bundle_names names;
	int err, code = kernel_prepare(&kernel, container, bundle, conf, why);

	if (!code)
		code = kernel_save(&kernel, container, bundle, conf, "creating", why);
	if (!code)
		code = share_fill(&kernel.share, bundle, &names, why);
	if (!code)
		code = kernel_connect(&kernel, container, bundle, conf, why);
	if (code)
		return code;
	err = network_tell(&kernel.network, &kernel.stream);
	if (!err)
		err = bundle_tell_container(bundle, &names, &kernel.stream);
	if (!err)
		err = bundle_tell_process(json_object_get(bundle->config, "process"),
					  &kernel.stream);
	return err ? refuse("the container's kernel does not listen", err) :
		kernel_create(&kernel, AGENT_CREATE, why);
}

static int set_status(const char *status)
{
	view_leave();
	return container_set_status(container, status);
}

static bool has_gone(int fd)
{
	struct pollfd file = { .fd = fd };

	return poll(&file, 1, 0) == 1 && file.revents & POLLHUP;
}

/* Who asks what one has asked that is gone. Limits may be others. */
static bool is_asked_again(enum agent_type type)
{
	return type == asked && type != AGENT_RESOURCES && (asker < 0 || has_gone(asker));
}

/*
 * One question at a time. The agent answers each, in time of its own; the asker decides for how long to
 * wait for it. Its answer is no other's, and the agent is not asked twice.
 */
static void ask(int fd, enum agent_type type, const struct limits *limits)
{
	bool again = is_asked_again(type);

	if (asked && !again) {
		request_answer(fd, "the container is being changed already");
		return;
	}
	if (asker >= 0)
		close(asker);
	asker = fd;
	if (again)
		return;
	asked = type;
	if (limits)
		bundle_tell_limits(limits, &kernel.stream);
	else
		link_send_type(&kernel.stream, type);
}

static void start(int fd)
{
	const char *status = json_string_value(json_object_get(container->state, "status"));

	if (strcmp(status, "created")) {
		request_answer(fd, "the container is started already");
		return;
	}
	relay_resize(&relay);
	ask(fd, AGENT_START, NULL);
}

static void send_signal(int fd, u64 number)
{
	const struct agent_message message = { .type = AGENT_SIGNAL, .number = { number } };

	request_answer(fd, link_send(&kernel.stream, &message) ? "the container's kernel does not listen" : "ok");
}

static void serve_request(struct relay *at, int fd)
{
	char request[REQUEST_SIZE];
	struct limits limits;

	(void)at;
	request_hear(fd, request);
	if (!strcmp(request, "start"))
		start(fd);
	else if (!strncmp(request, "signal ", 7))
		send_signal(fd, strtoul(request + 7, NULL, 10));
	else if (!strcmp(request, "pause"))
		ask(fd, AGENT_PAUSE, NULL);
	else if (!strcmp(request, "resume"))
		ask(fd, AGENT_RESUME, NULL);
	else if (request_limits(request, &limits))
		ask(fd, AGENT_RESOURCES, &limits);
	else
		request_answer(fd, "no such request");
}

static void tell_asker(const char *text)
{
	if (asker >= 0)
		request_answer(asker, text);
	asker = -1;
	asked = 0;
}

/* The state says so before the answer does. */
static void become(const char *status)
{
	int code = set_status(status);

	view_enter();
	tell_asker(code ? "the container goes on, but its state cannot be written" : "ok");
}

static void take_done(void)
{
	if (asked == AGENT_RESOURCES)
		tell_asker("ok");
	else if (asked == AGENT_PAUSE || asked == AGENT_RESUME)
		become(asked == AGENT_PAUSE ? "paused" : "running");
}

/* What nobody has asked for changes nothing. */
static void take_message(struct relay *at, const struct agent_message *message)
{
	(void)at;
	switch (message->type) {
	case AGENT_STARTED:
		if (asked == AGENT_START)
			become("running");
		break;
	case AGENT_DONE:
		take_done();
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

void monitor_report(int report, const char *sentence)
{
	const char created = MONITOR_CREATED;

	if (!sentence)
		sentence = &created;
	else if (*sentence == created)	/* a kernel that means harm may say anything */
		sentence = "the container's kernel does not say why it cannot be made";
	if (write(report, sentence, sentence == &created ? 1 : strlen(sentence)) < 0)
		cli_warn("who has called is gone");
	close(report);
}

/* What is known of it goes to the container's own log, unless nobody reads that. */
static int tell_loss(void)
{
	struct pollfd file = { .fd = STDERR_FILENO, .events = POLLOUT };

	kernel_failure(&kernel, why);
	if (poll(&file, 1, 0) == 1)
		cli_warn("the container's kernel has ended%s%s", *why ? ": " : "", why);
	return MONITOR_LOST;
}

/* Who reads that it is created may ask for something at once: what is asked waits in the socket. */
static int begin(const struct bundle *bundle, const struct conf *conf)
{
	int code = container_hold(container);

	if (!code && relay_begin(&relay))
		code = refuse("cannot wait for signals", -errno);
	if (!code)
		code = set_up(bundle, conf);
	if (!code)
		code = listen_for_requests();
	if (!code)
		code = view_make(bundle, why);
	return code ? code : kernel_save(&kernel, container, bundle, conf, "created", why);
}

int monitor_run(struct container *of, const struct bundle *bundle, const struct conf *conf,
		int report)
{
	int code;

	container = of;
	kernel.stream.fd = -1;
	kernel.share.namespace = -1;
	code = begin(bundle, conf);
	if (code) {
		kernel_give_up(&kernel, container);
		monitor_report(report, *why ? why : "the container cannot be made");
		return code;
	}
	monitor_report(report, NULL);
	relay.said = engines_said();
	view_enter();
	code = relay_run(&relay);
	view_leave();
	if (code == RELAY_LOST)
		code = tell_loss();
	kernel_stop(&kernel, container, code);
	return code;
}
