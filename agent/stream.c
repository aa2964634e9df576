// SPDX-License-Identifier: GPL-2.0-only
/* Messages over a socket that does not block. */
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

void stream_begin(struct stream *stream, int fd)
{
	stream->fd = fd;
	stream->in_size = stream->looked_at = stream->out_size = 0;
}

bool stream_has_room(const struct stream *stream)
{
	return sizeof(stream->out) - stream->out_size >= AGENT_HEADER + AGENT_PIECE;
}

int stream_flush(struct stream *stream)
{
	ssize_t size;

	while (stream->out_size) {
		size = send(stream->fd, stream->out, stream->out_size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN ? 0 : -errno;
		stream->out_size -= size;
		memmove(stream->out, stream->out + size, stream->out_size);
	}
	return 0;
}

int stream_send(struct stream *stream, const struct agent_message *message)
{
	ssize_t size = agent_encode(message, stream->out + stream->out_size,
				    sizeof(stream->out) - stream->out_size);

	if (size < 0)
		return size;
	stream->out_size += size;
	return stream_flush(stream);
}

int stream_send_number(struct stream *stream, enum agent_type type, u64 number)
{
	const struct agent_message message = { .type = type, .number = { number } };

	return stream_send(stream, &message);
}

int stream_receive(struct stream *stream)
{
	ssize_t size;

	if (stream->in_size == sizeof(stream->in))
		return 0;
	size = recv(stream->fd, stream->in + stream->in_size, sizeof(stream->in) - stream->in_size,
		    MSG_DONTWAIT);
	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	stream->in_size += size;
	return size ? 0 : -EPIPE;
}

int stream_next(struct stream *stream, struct agent_message *message)
{
	ssize_t size;

	stream->in_size -= stream->looked_at;
	memmove(stream->in, stream->in + stream->looked_at, stream->in_size);
	stream->looked_at = 0;
	size = agent_decode(message, stream->in, stream->in_size);
	if (size <= 0)
		return size;
	stream->looked_at = size;
	return 1;
}
