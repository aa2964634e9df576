// SPDX-License-Identifier: GPL-2.0-only
/* From config.json to messages. */
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bundle.h"
#include "capability.h"
#include "json.h"
#include "link.h"

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

static int tell_mount(const struct mount_point *mount, const char *name, struct stream *stream)
{
	const struct agent_message message = {
		.type = AGENT_MOUNT,
		.text = { mount->is_bind ? name : mount->source, mount->target,
			  mount->is_bind ? "bind" : mount->type, mount->data },
		.number = { mount->flags },
	};

	return mount->target ? link_send(stream, &message) : 0;
}

static int tell_mounts(const struct bundle *bundle, const struct bundle_names *names,
		       struct stream *stream)
{
	struct mount_point mount;
	size_t i;
	int err = 0;

	for (i = 0; !err && bundle_mount(bundle, i, &mount); i++)
		err = tell_mount(&mount, names->bind[i], stream);
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

static int tell_filter(const struct filter *filter, struct stream *stream)
{
	const struct agent_message message = {
		.type = AGENT_FILTER, .number = { filter->flags }, .bytes = filter->bytes,
		.size = filter->size,
	};

	return filter->size ? link_send(stream, &message) : 0;
}

int bundle_tell_limits(const struct limits *limits, struct stream *stream)
{
	const struct agent_message message = {
		.type = AGENT_RESOURCES,
		.number = { limits->tasks, limits->memory, limits->cpu_time, limits->cpu_period },
	};

	return link_send(stream, &message);
}

static bool are_any(const struct limits *limits)
{
	return limits->tasks != ~0ULL || limits->memory != ~0ULL || limits->cpu_time != ~0ULL;
}

int bundle_tell_pod(const struct bundle *bundle, struct stream *stream)
{
	int err = tell_text(stream, AGENT_HOSTNAME, cli_json_text(bundle->config, "hostname"));

	return err ? err : tell_sysctls(bundle->config, stream);
}

int bundle_tell_container(const struct bundle *bundle, const struct bundle_names *names,
			  struct stream *stream)
{
	json_t *part = json_object_get(bundle->config, "linux");
	const struct agent_message message = {
		.type = AGENT_ROOT, .text = { names->root },
		.number = { bundle_root_is_read_only(bundle) ? MS_RDONLY : 0 },
	};
	int err = link_send(stream, &message);

	if (!err)
		err = tell_mounts(bundle, names, stream);
	if (!err)
		err = bundle_tell_pod(bundle, stream);
	if (!err && are_any(&bundle->limits))
		err = bundle_tell_limits(&bundle->limits, stream);
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
	int err = 0;
	json_t *each;
	size_t i;

	json_array_foreach(limits, i, each) {
		message.number[0] = limit_number(cli_json_text(each, "type"));
		message.number[1] = number_of(each, "soft", RLIM_INFINITY);
		message.number[2] = number_of(each, "hard", RLIM_INFINITY);
		if (!err)
			err = link_send(stream, &message);
	}
	return err;
}

/* The size that is said, or else that of the terminal here, for a program that looks at once. */
static int tell_terminal(json_t *process, struct stream *stream)
{
	json_t *size = json_object_get(process, "consoleSize");
	struct winsize window = { 0 };
	struct agent_message message = { .type = AGENT_TERMINAL };

	ioctl(STDIN_FILENO, TIOCGWINSZ, &window);
	message.number[0] = number_of(size, "height", window.ws_row);
	message.number[1] = number_of(size, "width", window.ws_col);

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
