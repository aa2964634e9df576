/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between a process of a container and who waits for it here: standard files, signals, window size.
 */
#ifndef MKRUN_RELAY_H
#define MKRUN_RELAY_H

#include <signal.h>

#include "stream.h"

#define RELAY_LOST (-1)		/* the connection ended before the process did */

/**
 * struct relay - one of them
 * @stream:  the connection to its agent
 * @control: a socket on which others ask for something, or -1
 * @request: serves one who connects there; NULL where @control is -1
 * @message: is given what the agent says beside output and ends; may be NULL
 * @said:    a file on which there may be something to be read, by @hear; or -1
 * @hear:    reads there; NULL where @said is -1
 * @child:   is called when a child of this process has ended; false ends the relay
 * @signals: a signalfd(2), made by relay_begin()
 * @sent:    input that the process has not been given yet
 * @input:   there is still input
 * @to:      the standard file that @bytes go to
 * @gone_by: the other end is gone: until then, by clock_ms(), who reads here may still take what is there;
 *           0 before
 * @at:      bytes of them that are written
 * @size:    how many there are; while some are not written the agent is not listened to
 * @bytes:   a piece of output
 */
struct relay {
	struct stream *stream;
	int control;
	void (*request)(struct relay *relay, int fd);
	void (*message)(struct relay *relay, const struct agent_message *message);
	int said;
	void (*hear)(void);
	bool (*child)(void);
	int signals;
	size_t sent;
	bool input;
	int to;
	u64 gone_by;
	u32 at;
	u32 size;
	u8 bytes[AGENT_FIELDS_MAX];
};

/* From now on signals wait for relay_run(). Before any child is made. */
int relay_begin(struct relay *relay);

/* Until its end: the exit code, or RELAY_LOST. */
int relay_run(struct relay *relay);

/* Tell the window's size, if standard input is a terminal. */
void relay_resize(struct relay *relay);

#endif
