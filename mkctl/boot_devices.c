// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices that a kernel is to find: what was asked for held against what is served by now. All of it is
 * looked at before any of it changes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_devices.h"
#include "control.h"
#include "device_list.h"
#include "device_server.h"
#include "say.h"

#define WANTED_MAX (3 * CLI_TEXTS_MAX + 1)

/**
 * struct plan - from the devices that there are to those that were asked for
 * @instance: whose
 * @wanted:   those that were asked for
 * @count:    how many of them
 * @present:  those that there are
 * @goes:     which of these are taken away first
 * @was:      from what each of those was served
 */
struct plan {
	const struct instance *instance;
	struct server wanted[WANTED_MAX];
	u32 count;
	struct devices present;
	bool goes[MK_DEVICE_SLOTS];
	char was[MK_DEVICE_SLOTS][ORIGIN_WORDS];
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), of_end = strlen(end);

	return length >= of_end && !strcmp(text + length - of_end, end);
}

/* Its whole path, since a unit of systemd has another working directory. */
static int look_at(struct server *server, const char *file, struct stat *about)
{
	server->path = realpath(file, NULL);
	if (!server->path || stat(server->path, about))
		return cli_refuse("%s: %s", file, strerror(errno));
	return CLI_OK;
}

/* Taken for the disk's bytes it would be a disk of garbage, which the spawn then writes to. */
static bool looks_like_qcow2(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char magic[4] = "";
	bool looks;

	if (fd < 0)
		return false;		/* mkio says why not */
	looks = pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, "QFI\xfb", sizeof(magic));
	close(fd);
	return looks;
}

static int want_disk(struct server *server, const char *file, u32 number)
{
	const char *format = ends_with(file, ".qcow2") ? "qcow2" : "raw";
	struct stat about;
	int code = look_at(server, file, &about);

	if (code)
		return code;
	if ((S_ISREG(about.st_mode) || S_ISBLK(about.st_mode)) && !strcmp(format, "raw") &&
	    looks_like_qcow2(server->path))
		return cli_refuse("%s looks like a qcow2 image, and its name does not end in .qcow2: rename it, or serve it by mkio disk --format raw if its bytes are the disk's",
				  file);
	snprintf(server->device, sizeof(server->device), "disk%u", number);
	origin_of_file(&server->origin, "disk", format, &about, server->path);
	server_begin(server, "disk");
	server_add_option(server, "--file", server->path);
	server_add_option(server, "--format", format);
	return CLI_OK;
}

#define MACVTAP "macvtap="

static int want_net(struct server *server, const char *text, u32 number)
{
	bool is_macvtap = !strncmp(text, MACVTAP, strlen(MACVTAP));
	const char *name = is_macvtap ? text + strlen(MACVTAP) : text;

	snprintf(server->device, sizeof(server->device), "net%u", number);
	/* Short: an interface's name has 15 characters, an instance's may have more. */
	snprintf(server->text[0], SERVER_TEXT, "mk%u-%u", server->instance->config.id, number);
	origin_of_name(&server->origin, "net", is_macvtap ? "macvtap of" : "bridge", name);
	server_begin(server, "net");
	server_add_option(server, "--tap", server->text[0]);
	server_add_option(server, is_macvtap ? "--macvtap" : "--bridge", name);
	return CLI_OK;
}

/* A tag ends before the first slash: "/srv/a=b" has none. */
static int want_share(struct server *server, const char *text, u32 number)
{
	const char *equals = text[strcspn(text, "=/")] == '=' ? strchr(text, '=') : NULL;
	char *tag = server->text[0], how[SERVER_TEXT + 8];
	struct stat about;
	int code = look_at(server, equals ? equals + 1 : text, &about);

	if (code)
		return code;
	snprintf(server->device, sizeof(server->device), "share%u", number);
	if (equals)
		snprintf(tag, SERVER_TEXT, "%.*s", (int)(equals - text), text);
	else
		snprintf(tag, SERVER_TEXT, "%s", strrchr(server->path, '/') + 1);
	snprintf(how, sizeof(how), "tag %s", tag);
	origin_of_file(&server->origin, "share", how, &about, server->path);
	server_begin(server, "share");
	server_add_option(server, "--tag", tag);
	server_add_option(server, "--dir", server->path);
	return CLI_OK;
}

static int want_vsock(struct server *server, const char *text, u32 number)
{
	(void)text;
	(void)number;
	strcpy(server->device, "vsock");
	origin_of_name(&server->origin, "vsock", "sockets", "");
	server_begin(server, "vsock");
	return CLI_OK;
}

static int want_each(struct plan *plan, const struct cli_texts *texts,
		     int (*want)(struct server *server, const char *text, u32 number))
{
	int code = CLI_OK;
	u32 i;

	for (i = 0; !code && i < texts->count; i++) {
		struct server *server = &plan->wanted[plan->count++];

		server->instance = plan->instance;
		code = want(server, texts->text[i], i);
	}
	return code;
}

static int want_all(struct plan *plan, const struct boot_devices *devices)
{
	const struct cli_texts one = { { "" }, devices->vsock };
	int code = want_each(plan, &devices->disk, want_disk);

	if (!code)
		code = want_each(plan, &devices->net, want_net);
	if (!code)
		code = want_each(plan, &devices->share, want_share);
	if (!code)
		code = want_each(plan, &one, want_vsock);
	return code;
}

static struct server *find_wanted(struct plan *plan, const char *name)
{
	u32 i;

	for (i = 0; i < plan->count; i++)
		if (!strcmp(plan->wanted[i].device, name))
			return &plan->wanted[i];
	return NULL;
}

/* It waits for the next who serves it, in the spawn too. */
static void warn_unserved(const struct plan *plan, const char *name)
{
	cli_warn("%s: nobody serves its device %s: a driver of the spawn that uses it waits for ever",
		 plan->instance->config.name, name);
}

static void mark(struct plan *plan, u32 i, const struct origin *origin)
{
	plan->goes[i] = true;
	strcpy(plan->was[i], origin->words);
}

/* One that was not asked for goes, if mkctl has started it. */
static void judge_unwanted(struct plan *plan, u32 i)
{
	const char *name = plan->present.device[i].name;
	struct origin origin;
	bool replaceable;

	if (!device_ask_origin(plan->instance->config.name, name, &origin, &replaceable) && replaceable)
		mark(plan, i, &origin);
}

#define REMEDY "end that first, or leave it out here"

static int judge_wanted(struct plan *plan, u32 i, struct server *server)
{
	const char *instance = plan->instance->config.name, *wanted = server->origin.words;
	struct origin origin;
	bool replaceable;

	if (device_ask_origin(instance, server->device, &origin, &replaceable))
		return cli_refuse("%s: its device %s is served by a program that does not say whether it is %s: " REMEDY,
				  instance, server->device, wanted);
	server->is_there = !strcmp(origin.key, server->origin.key);
	if (server->is_there)
		return CLI_OK;
	if (!replaceable)
		return cli_refuse("%s: its device %s is %s and not %s, by an mkio that was not started by mkctl boot: " REMEDY,
				  instance, server->device, origin.words, wanted);
	mark(plan, i, &origin);
	return CLI_OK;
}

static int judge(struct plan *plan)
{
	struct server *server;
	int code = CLI_OK;
	u32 i;

	for (i = 0; i < plan->present.count; i++) {
		const struct device *device = &plan->present.device[i];

		server = find_wanted(plan, device->name);
		if (server && device->served)
			code |= judge_wanted(plan, i, server);
		else if (device->served)
			judge_unwanted(plan, i);
		else if (!server)
			warn_unserved(plan, device->name);
	}
	return code;
}

static int take_one_away(struct plan *plan, u32 i)
{
	const char *instance = plan->instance->config.name, *name = plan->present.device[i].name;
	const struct server *server = find_wanted(plan, name);
	char why[CONTROL_TEXT];
	int err = control_leave(instance, name, CONTROL_MS, why);

	if (err || *why)
		return cli_refuse("%s: its device %s cannot be taken away: %s", instance, name,
				  err ? strerror(-err) : why);
	if (server)
		cli_warn("%s: its device %s was %s, and is %s from now on", instance, name, plan->was[i],
			 server->origin.words);
	else
		cli_warn("%s: its device %s, %s, is taken away: it is not asked for any more", instance,
			 name, plan->was[i]);
	return CLI_OK;
}

static int take_away(struct plan *plan)
{
	int code = CLI_OK;
	u32 i;

	for (i = 0; !code && i < plan->present.count; i++)
		if (plan->goes[i])
			code = take_one_away(plan, i);
	return code;
}

static int start_missing(struct plan *plan)
{
	int code = CLI_OK;
	u32 i;

	for (i = 0; !code && i < plan->count; i++)
		if (!plan->wanted[i].is_there)
			code = server_start(&plan->wanted[i]);
	return code;
}

/* What a kernel uses does not change below it; that one runs the module would refuse as well, but later. */
static int check_idle(const struct plan *plan)
{
	const struct instance *instance = plan->instance;

	if (!mk_state_runs(instance->state) || (!plan->count && !plan->present.count))
		return CLI_OK;
	return cli_refuse("%s: a kernel runs there, and has its devices: stop it first", instance->config.name);
}

static int carry_out(struct plan *plan)
{
	int code = devices_read(&plan->present, plan->instance->config.name);

	if (!code)
		code = check_idle(plan);
	if (!code)
		code = judge(plan);
	if (!code)
		code = take_away(plan);
	return code ? code : start_missing(plan);
}

int boot_devices_start(const struct boot_devices *devices, const struct instance *instance)
{
	static struct plan plan;
	int code;
	u32 i;

	plan = (struct plan){ .instance = instance };
	code = want_all(&plan, devices);
	if (!code)
		code = carry_out(&plan);
	for (i = 0; i < plan.count; i++)
		free(plan.wanted[i].path);
	return code;
}
