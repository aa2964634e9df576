/* SPDX-License-Identifier: GPL-2.0-only */
/* What both doors lead to, the system call and the device; and what the livepatch calls. */
#ifndef MK_MODULE_KEXEC_CALL_H
#define MK_MODULE_KEXEC_CALL_H

#include <linux/types.h>

#include "reason.h"

/**
 * struct kexec_call - the arguments of a call
 * @kernel_fd:           as the system call has it, like the next four
 * @initrd_fd:           file descriptor
 * @command_line:        in the caller's memory
 * @command_line_length: bytes, the NUL included
 * @flags:               the word that says all else
 * @serial:              the serial number that the instance must have; 0 is any
 * @generation:          the generation that it must be in; 0 is any
 */
struct kexec_call {
	int kernel_fd;
	int initrd_fd;
	const char __user *command_line;
	unsigned long command_line_length;
	u64 flags;
	u64 serial;
	u64 generation;
};

/**
 * kexec_call - do what a caller asks for
 * @call: its arguments
 * @why:  the sentence, when refused; empty when the caller had no right to ask
 *
 * Who lacks CAP_SYS_BOOT learns no more than that, and leaves no trace: neither last_error nor the
 * kernel log is for everyone to write. All other refusals are told there.
 *
 * Context: process.
 * Return: 0, or the errno of the interface's table.
 */
int kexec_call(const struct kexec_call *call, struct mk_reason *why);

/* Is this system call for us? Context: any. */
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
