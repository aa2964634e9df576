/* SPDX-License-Identifier: GPL-2.0-only */
/* Hearing from a program that it is ready, as systemd would (sd_notify(3)). */
#ifndef CLI_READY_H
#define CLI_READY_H

#include <stdbool.h>

#define READY_NAME 128	/* bytes for the socket's name, the NUL included */

/**
 * ready_listen - have a socket for such news
 * @name: receives what NOTIFY_SOCKET is to be in the program's environment; the kernel chooses it
 *
 * Return: the socket, a datagram a piece of news, or -1 with errno.
 */
int ready_listen(char name[READY_NAME]);

/* Takes a piece of news; is it by root or by our own user? Anyone can find the socket. */
bool ready_heard(int fd);

#endif
