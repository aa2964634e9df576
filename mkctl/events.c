// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl events: what changes, as it changes. All instances are read again whenever the kernel says
 * that something has happened to one; when their directory is another, since nobody says that one
 * came or went; and every few seconds in any case. What is told is the difference.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "instance_view.h"
#include "interrupt.h"
#include "json.h"
#include "mkctl.h"
#include "place.h"
#include "sysfs.h"
#include "whole.h"

#define LOOK_MS 500
#define ALL_MS "4000"

static bool json;
static const char *const files[] = { "status", "failure", "liveness" };	/* they wake poll(2) */

/**
 * struct news - one run
 * @only:   the one instance to tell of, or NULL
 * @known:  all as they were last seen
 * @listed: what their directory was like then
 * @all_at: when all are read again in any case
 * @poll:   the files that are waited on
 * @waited: how many
 */
struct news {
	const char *only;
	struct instances known;
	u64 listed;
	u64 all_at;
	struct pollfd *poll;
	nfds_t waited;
};

static int tell(const struct instance *instance, const char *event, const char *text)
{
	char stamp[32];
	struct timespec now;
	struct tm date;
	json_t *object;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &date);
	if (!json) {
		printf("%s.%03ldZ  %s  %s%s%s\n", stamp, now.tv_nsec / 1000000, instance->config.name, event,
		       *text ? ": " : "", text);
		return fflush(stdout) ? CLI_REFUSED : CLI_OK;
	}
	snprintf(stamp + strlen(stamp), sizeof(stamp) - strlen(stamp), ".%03ldZ", now.tv_nsec / 1000000);
	object = instance_json(instance);
	json_object_set_new(object, "time", json_string(stamp));
	json_object_set_new(object, "event", json_string(event));
	return cli_json_print_line(object);
}

/* By its serial number: one of the same name may be another. */
static const struct instance *find(const struct instances *list, const struct instance *wanted)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->instance[i].serial == wanted->serial &&
		    !strcmp(list->instance[i].config.name, wanted->config.name))
			return &list->instance[i];
	return NULL;
}

static struct instance *find_name(const struct instances *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->instance[i].config.name, name))
			return &list->instance[i];
	return NULL;
}

/* Its files come and go one by one: while they cannot all be read, it has neither come nor gone. */
static bool is_amid(const struct instances *list, const char *name)
{
	const struct instance *instance = find_name(list, name);

	return instance && *instance->problem;
}

/* The word alone: the seconds behind it are no news. */
static bool same_word(const char *a, const char *b)
{
	size_t length = strcspn(a, ":");

	return length == strcspn(b, ":") && !memcmp(a, b, length);
}

static int compare(const struct instance *old, const struct instance *new)
{
	int code = CLI_OK;

	if (!old || *old->problem)
		return tell(new, "there", new->status);
	if (new->generation != old->generation)
		code = tell(new, "load", "");
	if (!code && strcmp(new->status, old->status))
		code = tell(new, "status", new->status);
	if (!code && strcmp(new->failure, old->failure))
		code = tell(new, "failure", new->failure);
	if (!code && !same_word(new->liveness, old->liveness))
		code = tell(new, "liveness", new->liveness);
	return code;
}

static bool is_wanted(const struct news *news, const struct instance *instance)
{
	return !*instance->problem && (!news->only || !strcmp(news->only, instance->config.name));
}

static int tell_difference(const struct news *news, const struct instances *now)
{
	int code = CLI_OK;
	size_t i;

	for (i = 0; !code && i < news->known.count; i++)
		if (is_wanted(news, &news->known.instance[i]) && !find(now, &news->known.instance[i]) &&
		    !is_amid(now, news->known.instance[i].config.name))
			code = tell(&news->known.instance[i], "gone", "");
	for (i = 0; !code && i < now->count; i++)
		if (is_wanted(news, &now->instance[i]))
			code = compare(find(&news->known, &now->instance[i]), &now->instance[i]);
	return code;
}

/* What was known of one that is amid coming or going stays known. */
static void keep_known(const struct instances *now, const struct instances *known)
{
	struct instance *old, kept;
	size_t i;

	for (i = 0; i < now->count; i++) {
		if (!*now->instance[i].problem)
			continue;
		old = find_name(known, now->instance[i].config.name);
		if (!old)
			continue;
		kept = *old;
		*old = now->instance[i];
		now->instance[i] = kept;
	}
}

static void stop_waiting(struct news *news)
{
	while (news->waited)
		close(news->poll[--news->waited].fd);
	free(news->poll);
	news->poll = NULL;
}

/* What happens from here on wakes: so this comes before the look. */
static void begin_waiting(struct news *news, const char *name)
{
	size_t i, size = (news->waited + ARRAY_SIZE(files)) * sizeof(*news->poll);
	char text[SYSFS_TEXT_SIZE];
	void *more = realloc(news->poll, size);

	if (!more)
		return;		/* then it is only looked at */
	news->poll = more;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/%s", name, files[i]);

		if (fd < 0)
			continue;
		if (read_all(fd, text, sizeof(text)) >= 0)
			news->poll[news->waited++] = (struct pollfd){ .fd = fd, .events = POLLPRI };
		else
			close(fd);
	}
}

static bool same_instances(const struct instances *a, const struct instances *b)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (!find(b, &a->instance[i]))
			return false;
	return a->count == b->count;
}

/*
 * A number that is another when a directory has come or gone, made of their inodes in whatever
 * order. One that is made anew has another inode.
 */
static u64 list_directory(void)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *directory;
	u64 sum = 0;

	sysfs_path(path, "fs/multikernel/instances");
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		sum += (entry->d_ino + 1) * 0x9e3779b97f4a7c15ULL;	/* 2^64 by the golden ratio */
	if (directory)
		closedir(directory);
	return sum;
}

/* Those that woke us are read, so that they do so again for the next change only. */
static bool woken(struct news *news)
{
	char text[SYSFS_TEXT_SIZE];
	nfds_t i;

	if (poll(news->poll, news->waited, LOOK_MS) <= 0)
		return false;
	for (i = 0; i < news->waited; i++) {
		if (!news->poll[i].revents || pread(news->poll[i].fd, text, sizeof(text), 0) >= 0)
			continue;
		close(news->poll[i].fd);	/* it has gone, and would wake us for ever */
		news->poll[i].fd = -1;
	}
	return true;
}

static void wait_for_news(struct news *news)
{
	while (!woken(news) && list_directory() == news->listed && clock_ms() < news->all_at &&
	       !interrupted())
		;
}

static int look(struct news *news)
{
	struct instances now;
	int code, err;
	size_t i;

	news->listed = list_directory();
	news->all_at = clock_ms() + strtoull(place("MKCTL_EVENTS_MS", ALL_MS), NULL, 10);
	err = instances_read(&now);
	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	code = tell_difference(news, &now);
	if (!same_instances(&now, &news->known)) {
		stop_waiting(news);
		for (i = 0; i < now.count; i++)
			begin_waiting(news, now.instance[i].config.name);
	}
	keep_known(&now, &news->known);
	instances_free(&news->known);
	news->known = now;
	return code;
}

static int events(int count, char **operand)
{
	struct news news = { 0 };
	struct instance instance;
	int code = CLI_OK;

	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	if (count) {
		code = instance_find(&instance, operand[0]);
		instance_free(&instance);
		news.only = instance.config.name;
	}
	interrupt_catch();
	while (!code && !interrupted()) {
		code = look(&news);
		if (!code)
			wait_for_news(&news);
	}
	stop_waiting(&news);
	instances_free(&news.known);
	return code ? code : CLI_INTERRUPTED;
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an object a line", &json },
	{ 0 }
};

const struct cli_command mkctl_events = {
	.name = "events",
	.operands = "[NAME]",
	.summary = "tell what changes, as it changes",
	.help =
"A line for each change of an instance, or of instance NAME: there, load (another kernel), status,\n"
"failure, liveness, gone. It begins with what is there. Ends by Ctrl-C, with exit code 130.\n",
	.options = options,
	.seldom = true,
	.run = events,
};
