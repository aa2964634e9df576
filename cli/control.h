/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the operator says to the process that serves a device: one line of text, and one in answer. The
 * socket is a file in /run/mkio, a directory that is root's alone: a name in the abstract namespace
 * anyone could have taken before.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#define CONTROL_TEXT 256	/* bytes of a line, the NUL included */
#define CONTROL_MS 10000	/* that a deed and its answer may take */
#define CONTROL_LOOK_MS 3000	/* that the answer to a mere question may take */

/*
 * Returns a socket on which such a process hears, or a negative errno. For whoever has attached the device,
 * and so is the only one to serve it: what one before has left is replaced.
 */
int control_listen(const char *instance, const char *device);

/* Such a process hears no more; @fd may be an error of control_listen(). The device is still attached. */
void control_end(int fd, const char *instance, const char *device);

/**
 * control_hear - take what has come
 * @fd:   from control_listen(), readable
 * @text: receives the line
 *
 * Return: the connection, to which the answer goes by control_answer(); or -1 for none.
 */
int control_hear(int fd, char text[CONTROL_TEXT]);

/* Sends the answer, and ends the connection. */
void control_answer(int connection, const char *text);

/**
 * control_ask - say something to such a process
 * @instance: whose device
 * @device:   its name there
 * @text:     what
 * @ms:       that it may take to hear, and then to answer
 * @answer:   receives what it says; what is no plain letter of it becomes a question mark, but for tabs
 *
 * Return: 0 or a negative errno: -ECONNREFUSED where there is none, -ETIMEDOUT where it does not answer.
 */
int control_ask(const char *instance, const char *device, const char *text, int ms,
		char answer[CONTROL_TEXT]);

/**
 * control_leave - have such a process take its device away, and end
 * @instance: whose device
 * @device:   its name there
 * @ms:       that it may take
 * @why:      receives why it does not, as it says; empty where it has ended
 *
 * Return: 0, also where there is none; or a negative errno.
 */
int control_leave(const char *instance, const char *device, int ms, char why[CONTROL_TEXT]);

#endif
