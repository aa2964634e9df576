/* SPDX-License-Identifier: GPL-2.0-only */
/* What the livepatch of kexec_file_load calls. */
#ifndef MK_MODULE_KEXEC_CALL_H
#define MK_MODULE_KEXEC_CALL_H

#include <linux/types.h>

/* Is this call for us? Context: any. */
bool multikernel_is_kexec_call(unsigned long flags);

/**
 * multikernel_kexec_file_load - a kexec_file_load call that is for us
 * @kernel_fd:   this and all others as the system call has them
 * @initrd_fd:   file descriptor
 * @cmdline_len: bytes, with the NUL
 * @cmdline:     the caller's
 * @flags:       include/multikernel.h
 *
 * Context: process, as a system call.
 * Return: 0, or the errno of the interface's table.
 */
long multikernel_kexec_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
				 const char __user *cmdline, unsigned long flags);

#endif
