// SPDX-License-Identifier: GPL-2.0-only
/* The loop that has an engine serve a device while a driver uses it, and stops it in time. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "life.h"
#include "mkio.h"
#include "process.h"
#include "rights.h"

/* That a driver has to let go of a device: a disk's writes its cache back before. */
#define LEAVE_MS 5000

/*
 * That an engine has to finish what it works on: an event wants its answer in time, but who is told to go may
 * wait for a slow disk. With what it takes to end after that it is less than mkio@.service allows.
 */
#define STOP_MS (MULTIKERNEL_STOP_MS - 150)
#define PATIENCE_MS 4000

/* What is said at most, since a spawn that is broken can set a device up wrongly again and again. */
#define SENTENCES 60
#define SENTENCES_MS 60000

/* What the loop goes on with; everything else is an exit code. */
#define GO_ON -1

/* Tells systemd, if that has started us: sd_notify(3) is one datagram. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length;
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	length = strlen(path);
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to,
	       offsetof(struct sockaddr_un, sun_path) + length);
	close(fd);
}

static void put_queues(struct device *device)
{
	u32 i;

	for (i = 0; i < device->served; i++)
		attachment_put_queue(&device->attachment, &device->queue[i]);
}

static void stop(struct device *device)
{
	if (device->engine->stop(device, STOP_MS) == ENGINE_HOLDS)
		device->held = true;
	put_queues(device);
	attachment_unmap(&device->attachment);
	device->running = false;
}

static u32 outstanding(const struct device *device)
{
	u32 i, count = 0;

	for (i = 0; i < device->served; i++)
		if (device->queue[i].kick >= 0)
			count += attachment_outstanding(&device->attachment, &device->queue[i]);
	return count;
}

static int refuse_lost(const struct device *device)
{
	cli_refuse("%s: %u requests may be lost, so it is not served again before its kernel is started anew",
		    device->attachment.about, outstanding(device));
	return MKIO_LOST;
}

static int take_queues(struct device *device)
{
	int got;
	u32 i;

	for (i = 0; i < device->served; i++) {
		got = attachment_queue(&device->attachment, i, &device->queue[i]);
		if (got == -EINVAL)
			return cli_refuse("%s: its driver has set up queue %u outside its memory",
					   device->attachment.about, i);
		if (got < 0)
			return got;
	}
	return 0;
}

/*
 * An engine that works on several requests at once and dies has lost those that it had. They are the
 * newest ones, to be done again, where it has finished all that came before them; else no ring tells
 * which they are (QEMU's docs/interop/vhost-user.rst, "Inflight I/O tracking"), and to serve the device
 * again would answer some of them twice and others never. To do one again changes nothing: its driver
 * waits for it, and asks for nothing else in the same place.
 */
static bool can_begin_anew(const struct device *device)
{
	u32 i;

	for (i = 0; i < device->served && !device->in_order; i++)
		if (device->queue[i].kick >= 0 &&
		    attachment_outstanding(&device->attachment, &device->queue[i]) &&
		    !attachment_is_known(&device->attachment, &device->queue[i]))
			return false;
	return true;
}

static bool was_abandoned(const struct device *device)
{
	u32 i;

	for (i = 0; i < device->served; i++)
		if (device->queue[i].abandoned)
			return true;
	return false;
}

/*
 * Its engine may have been at work when the process before us was killed. If it still is, it has locked
 * its image, and has the spawn's memory no more.
 */
static int check_left(const struct device *device)
{
	return was_abandoned(device) && !can_begin_anew(device) ? refuse_lost(device) : 0;
}

/*
 * Buffers that came before anyone listened: each engine is told once to look. So is the driver: an engine
 * that was killed may have used some without saying so.
 */
static void kick_all(struct device *device)
{
	u32 i;

	for (i = 0; i < device->served; i++)
		if (device->queue[i].kick >= 0) {
			eventfd_write(device->queue[i].kick, 1);
			eventfd_write(device->queue[i].call, 1);
		}
}

static int start(struct device *device, u64 features)
{
	int err = attachment_map(&device->attachment);

	if (!err)
		err = take_queues(device);
	if (!err)
		err = check_left(device);
	if (!err)
		err = device->engine->start(device, features);
	if (err)
		return err;
	device->running = true;
	kick_all(device);
	return 0;
}

/* The engine for the driver's next set-up; what it offers may have changed, as a disk's size. */
static int prepare_again(struct device *device)
{
	u64 features = device->features;
	u8 config[MK_DEVICE_CONFIG];
	int code, err = 0;

	memcpy(config, device->config, sizeof(config));
	code = device->engine->prepare(device);
	if (code)
		return code;
	if (features & ~device->features)
		return cli_refuse("%s: the engine no longer offers features %#llx",
				   device->attachment.about,
				   (unsigned long long)(features & ~device->features));
	device->features = features;
	if (memcmp(config, device->config, sizeof(config)))
		err = attachment_config(&device->attachment, device->config, device->config_size);
	if (err && err != -ENODEV)
		return cli_refuse("%s: cannot change its configuration: %s",
				   device->attachment.about, strerror(-err));
	return GO_ON;
}

static int answer(struct device *device, u32 number, enum multikernel_answer_kind kind)
{
	int err = attachment_answer(&device->attachment, number, kind);

	if (err && err != -ENODEV)
		return cli_refuse("%s: the kernel does not take an answer: %s",
				   device->attachment.about, strerror(-err));
	return GO_ON;
}

static int serve(struct device *device, const struct multikernel_event *event)
{
	int err, code;

	if (device->running) {
		stop(device);
		code = prepare_again(device);
		if (code != GO_ON)
			return code;
	}
	/* The reset before it was answered, or the module has taken the memory away. */
	device->held = false;
	err = start(device, event->features[0]);
	if (!err)
		return answer(device, event->number, MULTIKERNEL_ANSWER_STARTED);
	if (err == MKIO_LOST)
		return err;
	stop(device);
	/* The driver has gone on meanwhile, or its kernel is no more: that event comes next. */
	if (err == -EAGAIN || err == -ENODEV)
		return prepare_again(device);
	if (err < 0)
		cli_refuse("%s: cannot begin to serve it: %s", device->attachment.about,
			    strerror(-err));
	code = answer(device, event->number, MULTIKERNEL_ANSWER_FAILED);
	return code == GO_ON ? prepare_again(device) : code;
}

/*
 * Without an answer the module waits its time, takes the memory away from all who have it, and then
 * lets the driver use its rings for something else.
 */
static int answer_stopped(struct device *device, u32 number)
{
	if (!device->held)
		return answer(device, number, MULTIKERNEL_ANSWER_STOPPED);
	device->held = false;
	cli_warn("%s: its engine does not let go of the instance's memory, and so loses it",
		 device->attachment.about);
	return GO_ON;
}

static int rest(struct device *device, const struct multikernel_event *event)
{
	bool was_running = device->running;
	int code;

	if (was_running)
		stop(device);
	code = answer_stopped(device, event->number);
	return code == GO_ON && was_running && !device->leave_until ? prepare_again(device) : code;
}

static int handle_event(struct device *device)
{
	struct multikernel_event event;
	int got = attachment_event(&device->attachment, &event);

	if (got < 0 && got != -ENODEV)
		return cli_refuse("%s: cannot read events: %s", device->attachment.about,
				   strerror(-got));
	if (!got)
		return GO_ON;
	if (got < 0 || event.kind == MULTIKERNEL_EVENT_GONE) {
		cli_refuse("%s: the instance is gone", device->attachment.about);
		stop(device);
		return CLI_OK;
	}
	if (event.kind == MULTIKERNEL_EVENT_READY)
		return serve(device, &event);
	return rest(device, &event);
}

static int engine_died(struct device *device)
{
	cli_refuse("%s: its engine has ended", device->attachment.about);
	return device->running && !can_begin_anew(device) ? refuse_lost(device) : CLI_REFUSED;
}

static int handle_engine(struct device *device)
{
	int code = device->engine->ready(device);

	if (code == -EPIPE)
		return engine_died(device);
	return code ? code : GO_ON;
}

/* Before another one can have attached the device, whose socket will be in the same place. */
static void stop_listening(struct device *device)
{
	control_end(device->control, device->instance, device->name);
	device->control = -1;
}

/* What the engine has it finishes; what the driver gives it from now on is lost. */
static int leave(struct device *device)
{
	stop(device);
	stop_listening(device);
	attachment_detach(&device->attachment);
	return CLI_OK;
}

/* The engine goes on until the driver has let go of the device, or does not. */
static int begin_to_leave(struct device *device)
{
	if (!device->running || attachment_unplug(&device->attachment))
		return leave(device);
	device->leave_until = clock_ms() + LEAVE_MS;
	return GO_ON;
}

static void resize(struct device *device, u64 bytes, char answer[CONTROL_TEXT])
{
	*answer = '\0';
	if (device->engine->resize)
		device->engine->resize(device, bytes, answer);
	else
		strcpy(answer, "it is no disk");
	if (!*answer)
		strcpy(answer, "ok");
}

static void tell_origin(struct device *device, char answer[CONTROL_TEXT])
{
	struct origin origin;

	device->engine->origin(device, &origin);
	origin_write(&origin, device->replaceable, answer);
}

/*
 * Whoever asks for it hears of the end by that of his connection, which lasts as long as this process: then the
 * image is free again, and the name of the interface.
 */
static int take_leave(struct device *device, int connection)
{
	const char *why = NULL;

	if (!device->replaceable)
		why = "its mkio is not there to be replaced";
	else if (device->running)
		why = "a kernel uses it";
	if (!why)
		return begin_to_leave(device);
	control_answer(connection, why);
	return GO_ON;
}

/* What the operator has to say. A word that is not known is one of a newer mkctl. */
static int handle_operator(struct device *device)
{
	char text[CONTROL_TEXT], answer[CONTROL_TEXT];
	unsigned long long bytes;
	int connection = control_hear(device->control, text);

	if (connection < 0)
		return GO_ON;
	if (!strcmp(text, "leave"))
		return take_leave(device, connection);
	if (!strcmp(text, "describe"))
		device->engine->describe(device, answer);
	else if (!strcmp(text, "origin"))
		tell_origin(device, answer);
	else if (sscanf(text, "resize %llu", &bytes) == 1)
		resize(device, bytes, answer);
	else
		strcpy(answer, "its mkio does not know how");
	control_answer(connection, answer);
	return GO_ON;
}

/* One that dies while it finishes what it has lets go of the memory as if it had. */
static bool has_finished(struct device *device, enum engine_end end)
{
	return end == ENGINE_FINISHED && !(device->engine->end && device->engine->end(device));
}

/*
 * For whatever reason: one that had to be ended by force has lost what it had, as one that died by
 * itself, and the next process must know.
 */
static int stop_for_good(struct device *device, int code)
{
	enum engine_end end = device->engine->stop(device, device->running ? PATIENCE_MS : STOP_MS);

	if (device->running && !can_begin_anew(device) && !has_finished(device, end))
		return refuse_lost(device);
	stop(device);
	return code;
}

static int handle_signal(struct device *device, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return GO_ON;
	if (info.ssi_signo == SIGINT && !device->leave_until)
		return begin_to_leave(device);
	if (info.ssi_signo == SIGINT)
		return leave(device);
	return CLI_OK;
}

/* The driver has let go of it, or has had its time. */
static bool has_to_go(const struct device *device)
{
	return device->leave_until && (!device->running || clock_ms() >= device->leave_until);
}

static int wait_ms(const struct device *device)
{
	u64 now = clock_ms();

	if (!device->leave_until)
		return -1;
	return device->leave_until > now ? device->leave_until - now : 0;
}

static int loop(struct device *device, int signals)
{
	struct pollfd wait[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = device->attachment.fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
		{ .fd = device->control, .events = POLLIN },
	};
	int code = GO_ON;

	while (code == GO_ON) {
		wait[2].fd = device->engine->fd ? device->engine->fd(device) : -1;
		if (poll(wait, ARRAY_SIZE(wait), wait_ms(device)) < 0) {
			if (errno == EINTR)
				continue;
			return cli_refuse("cannot wait: %s", strerror(errno));
		}
		if (wait[0].revents)
			code = handle_signal(device, signals);
		else if (wait[1].revents)
			code = handle_event(device);
		else if (wait[2].revents)
			code = handle_engine(device);
		else if (wait[3].revents)
			code = handle_operator(device);
		if (code == GO_ON && has_to_go(device))
			code = leave(device);
	}
	return code;
}

/*
 * From here on they are read, not delivered, but those which whoever has started us wants us to
 * outlive: that of a terminal which goes, as nohup(1) does, or one that comes to all of a container's
 * processes at once (mkrun). Returns the descriptor, or -1.
 */
static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (!process_ignores(SIGTERM))
		sigaddset(&set, SIGTERM);
	if (!process_ignores(SIGHUP))
		sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int attach(struct device *device)
{
	struct multikernel_attach what = {
		.virtio_id = device->virtio_id,
		.serial = device->serial,
		.features = { device->features },
		.queue_count = device->queue_count,
		.queue_size = device->queue_size,
		.config_size = device->config_size,
	};

	snprintf(what.name, sizeof(what.name), "%s", device->name);
	memcpy(what.config, device->config, sizeof(what.config));
	return attachment_open(&device->attachment, &what);
}

/* Where the operator can say something; without it all else works. */
static void listen_to_operator(struct device *device)
{
	device->control = control_listen(device->instance, device->name);
	if (device->control < 0)
		cli_warn("%s: mkctl can neither ask about it nor resize it: %s",
			 device->attachment.about, strerror(-device->control));
}

static void begin(struct device *device)
{
	u32 i;

	attachment_init(&device->attachment, device->instance, device->name);
	for (i = 0; i < MK_DEVICE_QUEUES; i++)
		device->queue[i].kick = device->queue[i].call = -1;
	device->running = device->held = false;
	device->leave_until = 0;
	device->control = -1;
	/* Where nobody reads any more what is said here, the device is served all the same. */
	signal(SIGPIPE, SIG_IGN);
}

int life_run(struct device *device)
{
	int signals = take_signals();
	int code;

	if (signals < 0)
		return cli_refuse("cannot take signals: %s", strerror(errno));
	begin(device);
	code = device->engine->prepare(device);
	if (!code)
		code = attach(device);
	if (!code)
		code = rights_keep(device->rights);
	if (!code) {
		listen_to_operator(device);
		notify("READY=1");
		cli_set_limit(SENTENCES, SENTENCES_MS);
		code = loop(device, signals);
		cli_set_limit(0, 0);
		stop_listening(device);
	}
	if (code != MKIO_LOST)
		code = stop_for_good(device, code);
	/* Kicks that stay bound tell the next process that it shall look for itself. */
	if (code == MKIO_LOST)
		device->engine->stop(device, STOP_MS);
	attachment_close(&device->attachment);
	if (device->engine->end)
		device->engine->end(device);
	close(signals);
	return code;
}
