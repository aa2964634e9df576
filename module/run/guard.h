/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host must not do while spawn kernels run, and what it does about them before it goes
 * down itself.
 */
#ifndef MK_MODULE_GUARD_H
#define MK_MODULE_GUARD_H

int guard_init(void);
void guard_exit(void);

#endif
