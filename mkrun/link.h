/* SPDX-License-Identifier: GPL-2.0-only */
/* The connection to an agent. */
#ifndef MKRUN_LINK_H
#define MKRUN_LINK_H

#include "stream.h"

#define LINK_ANSWER_MS 60000	/* what an agent needs for anything, at most */

/* Connect and greet, on behalf of that container, NULL for none. Returns 0 or a negative errno. */
int link_open(struct stream *stream, u32 cid, const char *container);

/* The same until it answers, for so many seconds, and as long as @goes_on says so. */
int link_open_within(struct stream *stream, u32 cid, const char *container, u32 seconds,
		     bool (*goes_on)(void));

/* Send a message, also one for which there is no room yet. Returns 0 or a negative errno. */
int link_send(struct stream *stream, const struct agent_message *message);
int link_send_type(struct stream *stream, enum agent_type type);

/* When an answer that is asked for now must be there, by clock_ms(). */
u64 link_deadline(void);

/*
 * Wait for the next message until then; one that is there is taken also later, so who hears several
 * looks at the clock. Returns 0 or a negative errno.
 */
int link_hear(struct stream *stream, struct agent_message *message, u64 deadline);

#endif
