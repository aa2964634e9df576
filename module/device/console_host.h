/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The consoles of spawn kernels in the host: every instance is a terminal line, /dev/mktty<id>,
 * that any terminal program opens. What a spawn kernel writes while no one has it open is kept, and
 * can be read also when that kernel has ended.
 */
#ifndef MK_MODULE_CONSOLE_HOST_H
#define MK_MODULE_CONSOLE_HOST_H

struct instance;

/* The tty driver; no instance is there yet, or any more. Context: process. */
int console_init(void);
void console_exit(void);

/**
 * console_add - an instance was made: its line appears
 * @instance: whose
 *
 * Context: process.
 * Return: 0, -ENOMEM, or what the tty layer says.
 */
int console_add(struct instance *instance);

/**
 * console_remove - the instance goes: so does its line, and who has it open is hung up
 * @instance: whose
 *
 * Nothing to do for one that was never added. Context: process; no kernel is attached.
 */
void console_remove(struct instance *instance);

/**
 * console_attach - connect the line to a kernel that is about to start
 * @instance: whose; its @control is mapped
 *
 * Context: process.
 * Return: 0.
 */
int console_attach(struct instance *instance);

/**
 * console_detach - the kernel has stopped: take what it has written and let go of the shared area
 * @instance: whose
 *
 * Nothing to do for one that is not attached. Context: process.
 */
void console_detach(struct instance *instance);

/* The kernel says that it has written, or read. Context: any, also a hard interrupt. */
void console_kick(struct instance *instance);

#endif
