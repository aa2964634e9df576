// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines begin a pod with a program that does nothing, in namespaces that the pod's containers join
 * later. Here this process is in these namespaces, and has the kernel that they will share; the
 * program is not run. With this process the kernel ends, and with that all of its containers.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engines.h"
#include "kernel.h"
#include "link.h"
#include "log.h"
#include "monitor.h"
#include "pod.h"
#include "request.h"
#include "sandbox.h"

#define GOES_ON (-1)
#define LOOK_MS 200

static struct kernel kernel;
static bool waits_for_containers;
static char why[INSTANCE_WHY];

static int refuse(const char *what, int err)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(err));
	return CLI_REFUSED;
}

/* One that the engine keeps in a file, or else a new one. */
static int enter_namespace(const char *path, int type)
{
	int fd, err;

	if (!path)
		return unshare(type);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	err = fd < 0 || setns(fd, type);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Who joins what it has of them shall not be in the host's. Its network is joined with its kernel's. */
static int enter_namespaces(const struct bundle *bundle, const struct conf *conf)
{
	const char *name = json_string_value(json_object_get(bundle->config, "hostname"));

	if (enter_namespace(bundle_namespace(bundle, conf, "ipc"), CLONE_NEWIPC) ||
	    enter_namespace(bundle_namespace(bundle, conf, "uts"), CLONE_NEWUTS) ||
	    (!bundle_namespace(bundle, conf, "network") && unshare(CLONE_NEWNET)) ||
	    (name && sethostname(name, strlen(name))))
		return refuse("cannot make namespaces for a pod", errno);
	return CLI_OK;
}

static int make_kernel(struct container *container, const struct bundle *bundle,
		       const struct conf *conf)
{
	int err, code = kernel_prepare(&kernel, container, bundle, conf, why);

	if (!code)
		code = kernel_save(&kernel, container, bundle, conf, "creating", why);
	if (!code)
		code = kernel_connect(&kernel, container, bundle, conf, why);
	if (code)
		return code;
	err = network_tell(&kernel.network, &kernel.stream);
	if (!err)
		err = bundle_tell_pod(bundle, &kernel.stream);
	return err ? refuse("the pod's kernel does not listen", -err) :
		kernel_create(&kernel, AGENT_SANDBOX, why);
}

static const char *start(struct container *container)
{
	const char *status = json_string_value(json_object_get(container->state, "status"));

	if (strcmp(status, "created"))
		return "the sandbox is started already";
	return container_set_status(container, "running") ? "the sandbox's state cannot be written" : "ok";
}

/* Of a signal that would end a program. */
static int code_of(int number)
{
	return number == SIGKILL || number == SIGTERM || number == SIGINT ? 128 + number : GOES_ON;
}

static int serve_request(struct container *container, int control)
{
	int fd = accept4(control, NULL, NULL, SOCK_CLOEXEC), number = 0;
	char request[REQUEST_SIZE];

	if (fd < 0)
		return GOES_ON;
	request_hear(fd, request);
	if (!strncmp(request, "signal ", 7))
		number = atoi(request + 7);
	request_answer(fd, number ? "ok" : !strcmp(request, "start") ? start(container) :
		       "a pod's sandbox has no processes");
	return code_of(number);
}

/*
 * An engine that ends a pod asks for it. A SIGTERM that comes as such is systemd's at the host's end, to
 * all processes of all scopes at once: the kernel stays until its containers have done what they have to
 * do then.
 */
static int serve_signals(int signals)
{
	struct signalfd_siginfo signal;

	if (read(signals, &signal, sizeof(signal)) != sizeof(signal))
		return GOES_ON;
	if (signal.ssi_signo == SIGCHLD)
		return engines_run() ? GOES_ON : MONITOR_LOST;
	if (signal.ssi_signo != SIGTERM)
		return code_of(signal.ssi_signo);
	waits_for_containers = true;
	return GOES_ON;
}

static int listen_for_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The agent has nothing more to say: what comes is the end. */
static int wait_for_end(struct container *container, int control, int signals)
{
	struct pollfd files[] = {
		{ kernel.stream.fd, POLLIN }, { control, POLLIN }, { signals, POLLIN },
		{ engines_said(), POLLIN },
	};
	struct pod pod = pod_of(json_object_get(container->state, "annotations"));
	int code = GOES_ON;

	while (code == GOES_ON) {
		if (poll(files, ARRAY_SIZE(files), waits_for_containers ? LOOK_MS : -1) < 0)
			continue;
		if (files[3].revents)
			engines_hear();
		if (files[0].revents)
			code = MONITOR_LOST;
		if (code == GOES_ON && files[1].revents)
			code = serve_request(container, control);
		if (code == GOES_ON && files[2].revents)
			code = serve_signals(signals);
		if (code == GOES_ON && waits_for_containers && !pod_has_container(&pod))
			code = code_of(SIGTERM);
	}
	return code;
}

/* Who stands for its containers looks for this when their kernel has ended. */
static void tell_end(struct container *container, int code)
{
	if (code == MONITOR_LOST)
		kernel_failure(&kernel, why);
	else
		snprintf(why, sizeof(why), "the pod's sandbox was ended");
	json_object_set_new(container->state, "failure", json_string(why));
	container_save(container);
}

static int begin(struct container *container, const struct bundle *bundle, const struct conf *conf,
		 int *control)
{
	int code = container_hold(container);

	if (!code)
		code = enter_namespaces(bundle, conf);
	if (!code)
		code = make_kernel(container, bundle, conf);
	if (code)
		return code;
	*control = request_listen(container);
	if (*control < 0)
		return refuse("cannot listen for requests", -*control);
	return kernel_save(&kernel, container, bundle, conf, "created", why);
}

int sandbox_run(struct container *container, const struct bundle *bundle, const struct conf *conf,
		int report)
{
	int signals = listen_for_signals(), control, code;

	kernel.stream.fd = kernel.share.namespace = -1;
	code = begin(container, bundle, conf, &control);
	if (code) {
		kernel_give_up(&kernel, container);
		monitor_report(report, *why ? why : "the pod's sandbox cannot be made");
		return code;
	}
	monitor_report(report, NULL);
	code = wait_for_end(container, control, signals);
	tell_end(container, code);
	kernel_stop(&kernel, container, code);
	return code;
}
