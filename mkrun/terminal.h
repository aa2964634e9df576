/* SPDX-License-Identifier: GPL-2.0-only */
/* A terminal whose one end the engine has, by --console-socket. */
#ifndef MKRUN_TERMINAL_H
#define MKRUN_TERMINAL_H

#include "port.h"

/*
 * Make one and send the engine its end; ours becomes the standard files of this process, which
 * leads a session of its own, and hands every byte on as it is. Returns 0 or a negative errno.
 */
int terminal_take(const char *socket_path);

/*
 * From a process that took one to its child, which leads a session of its own from then on. The kernel takes the end
 * of a session's leader for the terminal's, and would hang up the child (drivers/tty/tty_jobctrl.c,
 * disassociate_ctty()). The former is called before the child is there, with SIGHUP blocked, and both return 0 or a
 * negative errno.
 */
int terminal_let_go(void);
int terminal_lead(void);

#endif
