/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of a container's image, copied to where they would not be seen any more. */
#ifndef AGENT_COPY_H
#define AGENT_COPY_H

/*
 * Copy all that is in the directory @from to the directory @to, with owners, modes and times.
 * Nobody else may be at work there; no link is followed. Returns 0, or -1 and errno.
 */
int copy_all(int from, int to);

#endif
