/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a spawn kernel: /dev/hvc0, whose other end is the instance's terminal line in the
 * host.
 */
#ifndef MK_MODULE_CONSOLE_SPAWN_H
#define MK_MODULE_CONSOLE_SPAWN_H

#include <linux/kconfig.h>
#include <linux/printk.h>

#if IS_ENABLED(CONFIG_HVC_DRIVER)
/**
 * console_spawn_init - make the console
 *
 * Context: process; the shared area is there until console_spawn_exit().
 * Return: 0, or what the hvc layer says.
 */
int console_spawn_init(void);
void console_spawn_exit(void);

/* The host says that it has written, or read. Context: any, also a hard interrupt. */
void console_spawn_kick(void);
#else
static inline int console_spawn_init(void)
{
	pr_warn("this kernel is built without the hvc layer, so it has no console in the host\n");
	return 0;
}

static inline void console_spawn_exit(void) { }
static inline void console_spawn_kick(void) { }
#endif

#endif
