/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory below 1 MB. The host keeps all of it reserved since Linux 5.13 and uses none but its own
 * real-mode code, yet a CPU can only be started there, and a stock kernel wants some of its own.
 */
#ifndef MK_MODULE_LOW_MEMORY_H
#define MK_MODULE_LOW_MEMORY_H

#include <linux/types.h>

/**
 * low_memory_init - find out what is usable below 1 MB
 *
 * Context: process.
 * Return: 0, -ENODEV (the host's real-mode code was not found, so nothing is safe to use), -ENOMEM.
 */
int low_memory_init(void);
void low_memory_exit(void);

/**
 * low_memory_take - a window of MK_LOW_WINDOW_SIZE bytes for an instance
 * @window: receives its physical address
 *
 * Context: under change_lock.
 * Return: 0, or -ENOSPC.
 */
int low_memory_take(u64 *window);

/* How many more there are. Context: any. */
u32 low_memory_windows(void);

/* Gives a window back, cleared. No CPU may run in it. Context: under change_lock. */
void low_memory_give_back(u64 window);

/*
 * Clears a window: what a kernel has left there must not be taken for the host's real-mode code, by
 * this module or, after a kexec, by the next host's. No CPU may run in it. Context: any.
 */
void low_memory_clear(u64 window);

/* The page to which CPUs are called to prove that they stopped. Context: under multikernel_lock. */
u64 low_memory_park_page(void);

/* Where the host sees a physical address below 1 MB that is usable. Context: any. */
void *low_memory_map(u64 physical);

#endif
