// SPDX-License-Identifier: GPL-2.0-only
/* Messages between mkrun and mk-agent: the table of their fields, and both ways through it. */
#include "protocol.h"

/* A letter for each field: text, number, and bytes, which come last. */
static const char *const shape[AGENT_TYPES] = {
	[AGENT_HELLO] = "n",
	[AGENT_CONTAINER] = "t",
	[AGENT_HOSTNAME] = "t",
	[AGENT_INTERFACE] = "tt",
	[AGENT_ADDRESS] = "ttn",
	[AGENT_ROUTE] = "ttttnnn",
	[AGENT_ROOT] = "tn",
	[AGENT_MOUNT] = "ttttn",
	[AGENT_SYSCTL] = "tt",
	[AGENT_MASK] = "t",
	[AGENT_READONLY] = "t",
	[AGENT_FILTER] = "nb",
	[AGENT_RESOURCES] = "nnnn",
	[AGENT_ARGUMENT] = "t",
	[AGENT_ENVIRONMENT] = "t",
	[AGENT_DIRECTORY] = "t",
	[AGENT_USER] = "nnn",
	[AGENT_GROUP] = "n",
	[AGENT_CAPABILITIES] = "nnnnn",
	[AGENT_LIMIT] = "nnn",
	[AGENT_NO_NEW_PRIVILEGES] = "",
	[AGENT_TERMINAL] = "nn",
	[AGENT_SANDBOX] = "",
	[AGENT_CREATE] = "",
	[AGENT_START] = "",
	[AGENT_EXEC] = "",
	[AGENT_INPUT] = "b",
	[AGENT_INPUT_END] = "",
	[AGENT_RESIZE] = "nn",
	[AGENT_SIGNAL] = "n",
	[AGENT_PAUSE] = "",
	[AGENT_RESUME] = "",
	[AGENT_LIST] = "",
	[AGENT_WELCOME] = "n",
	[AGENT_CREATED] = "",
	[AGENT_STARTED] = "",
	[AGENT_REFUSED] = "t",
	[AGENT_OUTPUT] = "b",
	[AGENT_ERRORS] = "b",
	[AGENT_TAKEN] = "n",
	[AGENT_DONE] = "",
	[AGENT_FAILED] = "t",
	[AGENT_PROCESS] = "nt",
	[AGENT_LISTED] = "",
	[AGENT_EXITED] = "n",
};

static const char *shape_of(u32 type)
{
	return type < AGENT_TYPES ? shape[type] : NULL;
}

/* Where bytes are put, one behind the other; @at goes on beyond @room, where nothing is written. */
struct writer {
	u8 *to;
	size_t room;
	size_t at;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	if (writer->at <= writer->room && size && size <= writer->room - writer->at)
		memcpy(writer->to + writer->at, bytes, size);
	writer->at += size;
}

static void put_number(struct writer *writer, u64 number)
{
	u8 bytes[sizeof(u64)];

	mk_put_le64(bytes, number);
	put(writer, bytes, sizeof(bytes));
}

static void put_text(struct writer *writer, const char *text)
{
	put(writer, text ? text : "", (text ? strlen(text) : 0) + 1);
}

ssize_t agent_encode(const struct agent_message *message, u8 *to, size_t room)
{
	struct writer writer = { to, room, AGENT_HEADER };
	const char *field = shape_of(message->type);
	u32 texts = 0, numbers = 0;

	if (!field)
		return -EINVAL;
	for (; *field; field++) {
		if (*field == 't')
			put_text(&writer, message->text[texts++]);
		else if (*field == 'n')
			put_number(&writer, message->number[numbers++]);
		else
			put(&writer, message->bytes, message->size);
	}
	if (writer.at > room || writer.at > AGENT_MESSAGE_MAX)
		return -EMSGSIZE;
	mk_put_le32(to, writer.at - AGENT_HEADER);
	mk_put_le16(to + 4, message->type);
	mk_put_le16(to + 6, 0);
	return writer.at;
}

struct reader {
	const u8 *at;
	const u8 *end;
};

static int get_number(struct reader *reader, u64 *number)
{
	if (reader->end - reader->at < (ptrdiff_t)sizeof(u64))
		return -EBADMSG;
	*number = mk_get_le64(reader->at);
	reader->at += sizeof(u64);
	return 0;
}

static int get_text(struct reader *reader, const char **text)
{
	const u8 *zero = memchr(reader->at, 0, reader->end - reader->at);

	if (!zero)
		return -EBADMSG;
	*text = (const char *)reader->at;
	reader->at = zero + 1;
	return 0;
}

static int get_fields(struct agent_message *message, const char *field, struct reader *reader)
{
	u32 texts = 0, numbers = 0;
	int err = 0;

	for (; !err && *field; field++) {
		if (*field == 't') {
			err = get_text(reader, &message->text[texts++]);
		} else if (*field == 'n') {
			err = get_number(reader, &message->number[numbers++]);
		} else {
			message->bytes = reader->at;
			message->size = reader->end - reader->at;
			reader->at = reader->end;
		}
	}
	return err || reader->at != reader->end ? -EBADMSG : 0;
}

ssize_t agent_decode(struct agent_message *message, const u8 *from, size_t size)
{
	struct reader reader;
	const char *field;
	u32 length;

	if (size < AGENT_HEADER)
		return 0;
	memset(message, 0, sizeof(*message));
	length = mk_get_le32(from);
	message->type = mk_get_le16(from + 4);
	field = shape_of(message->type);
	if (!field || length > AGENT_FIELDS_MAX || mk_get_le16(from + 6))
		return -EBADMSG;
	if (size - AGENT_HEADER < length)
		return 0;
	reader.at = from + AGENT_HEADER;
	reader.end = reader.at + length;
	if (get_fields(message, field, &reader))
		return -EBADMSG;
	return AGENT_HEADER + length;
}
