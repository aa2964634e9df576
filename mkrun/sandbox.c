// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines begin a pod with a program that does nothing, in namespaces that the pod's containers join
 * later. That takes no kernel: this process is in these namespaces, and waits for its end.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "network.h"
#include "request.h"
#include "sandbox.h"

static char why[INSTANCE_WHY];

static int refuse(const char *what, int err)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(err));
	return CLI_REFUSED;
}

/* Who joins what it has of them shall not be in the host's. */
static int enter_namespaces(const struct bundle *bundle, const char *network)
{
	const char *name = json_string_value(json_object_get(bundle->config, "hostname"));
	int code = CLI_OK;

	if (network)
		code = network_enter(network, why);
	else if (unshare(CLONE_NEWNET))
		code = refuse("cannot make a network namespace", errno);
	if (code)
		return code;
	if (unshare(CLONE_NEWIPC | CLONE_NEWUTS) || (name && sethostname(name, strlen(name))))
		return refuse("cannot make namespaces for a pod", errno);
	return CLI_OK;
}

static int save(struct container *container, const struct bundle *bundle)
{
	json_t *annotations = json_object_get(bundle->config, "annotations");

	container->state = json_pack("{s:s, s:i, s:s, s:s, s:O}", "id", container->id, "pid", (int)getpid(),
				     "bundle", bundle->directory, "status", "created", "annotations",
				     annotations);
	return container->state && !container_save(container) ? CLI_OK :
		refuse("cannot keep the state", errno);
}

static const char *start(struct container *container)
{
	const char *status = json_string_value(json_object_get(container->state, "status"));

	if (strcmp(status, "created"))
		return "the sandbox is started already";
	container_set_status(container, "running");
	return "ok";
}

/* A signal that would end a program, or 0. */
static int serve(struct container *container, int fd)
{
	char request[REQUEST_SIZE];
	int number = 0;

	request_hear(fd, request);
	if (!strncmp(request, "signal ", 7))
		number = atoi(request + 7);
	request_answer(fd, number ? "ok" : !strcmp(request, "start") ? start(container) :
		       "a pod's sandbox has no processes");
	return number == SIGKILL || number == SIGTERM || number == SIGINT ? number : 0;
}

static int wait_for_end(struct container *container, int control)
{
	int fd, number = 0;

	while (!number) {
		fd = accept4(control, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			number = serve(container, fd);
	}
	return 128 + number;
}

static int fail(int report)
{
	if (write(report, why, strlen(why)) < 0)
		cli_warn("%s", why);
	return CLI_REFUSED;
}

int sandbox_run(struct container *container, const struct bundle *bundle, const struct conf *conf,
		int report)
{
	int code, control;

	code = container_hold(container);
	if (!code)
		code = enter_namespaces(bundle, bundle_network(bundle, conf));
	if (!code)
		code = save(container, bundle);
	if (code)
		return fail(report);
	control = request_listen(container);
	if (control < 0) {
		refuse("cannot listen for requests", -control);
		return fail(report);
	}
	close(report);
	code = wait_for_end(container, control);
	json_object_set_new(container->state, "exit", json_integer(code));
	container_set_status(container, "stopped");
	return code;
}
