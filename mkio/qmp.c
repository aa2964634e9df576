// SPDX-License-Identifier: GPL-2.0-only
/*
 * A conversation of lines, each a JSON object. The answer to a command has its "id"; what else comes, a
 * greeting, events, and what comes too late of an earlier command, is passed over.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "qmp.h"

#define ANSWER_MS 5000

/* Before anything else it wants to hear that; said again it is refused, which does no harm. */
static const char hello[] = "{\"execute\":\"qmp_capabilities\",\"id\":\"hello\"}\n";

/**
 * struct lines - what has come
 * @bytes: not yet passed on
 * @size:  of them
 */
struct lines {
	char bytes[16384];
	size_t size;
};

static bool send_all(int fd, const char *text)
{
	ssize_t size = strlen(text);

	return send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) == size;
}

static bool send_command(int fd, const char *command, json_t *arguments, json_int_t id)
{
	json_t *object = json_pack("{s:s, s:o, s:I}", "execute", command, "arguments", arguments, "id",
				   id);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	bool sent = text && send_all(fd, hello) && send_all(fd, text) && send_all(fd, "\n");

	free(text);
	json_decref(object);
	return sent;
}

/* The next line as an object, or NULL: none is whole. One that is no JSON is passed over. */
static json_t *take_line(struct lines *lines)
{
	json_t *object = NULL;
	char *end;

	while (!object && (end = memchr(lines->bytes, '\n', lines->size))) {
		object = json_loadb(lines->bytes, end - lines->bytes, 0, NULL);
		lines->size -= end + 1 - lines->bytes;
		memmove(lines->bytes, end + 1, lines->size);
	}
	return object;
}

/* What is no number counts as 0, which no command has. */
static bool is_answer(json_t *object, json_int_t id)
{
	return json_integer_value(json_object_get(object, "id")) == id;
}

static json_t *wait_for_answer(int fd, json_int_t id)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	u64 deadline = clock_ms() + ANSWER_MS, now = 0;
	struct lines lines = { .size = 0 };
	json_t *object;
	ssize_t got;

	for (;;) {
		while ((object = take_line(&lines))) {
			if (is_answer(object, id))
				return object;
			json_decref(object);
		}
		if (now >= deadline || lines.size == sizeof(lines.bytes))
			return NULL;
		now = clock_ms();
		if (poll(&wait, 1, now < deadline ? deadline - now : 0) <= 0)
			continue;
		got = recv(fd, lines.bytes + lines.size, sizeof(lines.bytes) - lines.size, MSG_DONTWAIT);
		if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
			return NULL;
		if (got > 0)
			lines.size += got;
	}
}

bool qmp_command(int fd, const char *command, json_t *arguments, char *why, size_t size)
{
	static json_int_t id;
	json_t *answer = send_command(fd, command, arguments, ++id) ? wait_for_answer(fd, id) : NULL;
	const char *told = json_string_value(json_object_get(json_object_get(answer, "error"), "desc"));
	bool done = json_object_get(answer, "return");

	if (!done)
		snprintf(why, size, "%s", told ? told : "the engine does not answer");
	json_decref(answer);
	return done;
}
