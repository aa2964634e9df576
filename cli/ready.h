/* SPDX-License-Identifier: GPL-2.0-only */
/* Hearing from a program that it is ready, as systemd would (sd_notify(3)). */
#ifndef CLI_READY_H
#define CLI_READY_H

#define READY_NAME 128	/* bytes for the socket's name, the NUL included */

/**
 * ready_listen - have a socket for such news
 * @name: receives what NOTIFY_SOCKET is to be in the program's environment; the kernel chooses it
 *
 * Return: the socket, a datagram a piece of news, or -1 with errno.
 */
int ready_listen(char name[READY_NAME]);

/**
 * ready_wait - wait for such news, by root or by our own user: anyone can find the socket
 * @fd:    from ready_listen()
 * @ended: a file that can be read when the program has ended, or has something else to say
 * @ms:    how long
 *
 * Return: 1 when it is ready, 0 when @ended can be read before that, -ETIMEDOUT.
 */
int ready_wait(int fd, int ended, int ms);

#endif
