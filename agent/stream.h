/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that carries messages: what has come and was not looked at, what waits to be sent.
 */
#ifndef AGENT_STREAM_H
#define AGENT_STREAM_H

#include "protocol.h"

/**
 * struct stream - a connection
 * @fd:        its socket, which does not block; -1 for none
 * @in:        what has come
 * @in_size:   bytes of it
 * @looked_at: of these, those of the message that was handed out last
 * @out:       what waits
 * @out_size:  bytes of it
 */
struct stream {
	int fd;
	u8 in[AGENT_MESSAGE_MAX];
	size_t in_size;
	size_t looked_at;
	u8 out[2 * AGENT_MESSAGE_MAX];
	size_t out_size;
};

void stream_begin(struct stream *stream, int fd);

/* Is there room for a message with a piece of input or output? */
bool stream_has_room(const struct stream *stream);

/* Put a message behind what waits, and send what can be sent. Returns 0 or a negative errno. */
int stream_send(struct stream *stream, const struct agent_message *message);

/* A message without fields, or with one number. */
int stream_send_number(struct stream *stream, enum agent_type type, u64 number);

/* Send what can be sent at once. Returns 0 or a negative errno. */
int stream_flush(struct stream *stream);

/* Take in what has come. Returns 0, -EPIPE at the connection's end, or another negative errno. */
int stream_receive(struct stream *stream);

/* The next message; it stays until the next call. Returns 1, 0 for none yet, or -EBADMSG. */
int stream_next(struct stream *stream, struct agent_message *message);

#endif
