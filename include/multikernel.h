/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user-space program needs to start a kernel in an instance, by the system call
 *
 *	syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, cmdline_len, cmdline,
 *		KEXEC_MULTIKERNEL | KEXEC_MK_ID(1));
 *
 * where the livepatch of it is in effect, or by the device, which is there as long as the module:
 *
 *	ioctl(open("/dev/multikernel", O_RDWR | O_CLOEXEC), MULTIKERNEL_CALL, &call);
 *
 * with the KEXEC_FILE_ flags of <linux/kexec.h> keeping their meaning. doc/interface.md has the
 * table of errors.
 */
#ifndef MULTIKERNEL_H
#define MULTIKERNEL_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What /sys/fs/multikernel/version says. */
#define MULTIKERNEL_VERSION "0.1"

/* Bits 16 to 31 of the flags; no stock kernel uses them. */
#define KEXEC_MULTIKERNEL 0x80000000UL
#define KEXEC_MK_ID_SHIFT 16
#define KEXEC_MK_ID_MASK 0x7fff0000UL
#define KEXEC_MK_ID(id) (((unsigned long)(id) << KEXEC_MK_ID_SHIFT) & KEXEC_MK_ID_MASK)
#define KEXEC_MK_GET_ID(flags) (((flags) & KEXEC_MK_ID_MASK) >> KEXEC_MK_ID_SHIFT)

/*
 * Together with KEXEC_FILE_UNLOAD and KEXEC_MULTIKERNEL: do not stop what runs there, but ask its
 * spawn kernel to shut down in good order, or to reboot. The call returns when it has been asked.
 */
#define KEXEC_MK_ASK_POWEROFF 0x1000UL
#define KEXEC_MK_ASK_REBOOT 0x2000UL

/*
 * With a load: words on the command line that a spawn must not have are taken, and the caller's win
 * over those that isolation rests on. The kernel log says so. For those who know what they give up.
 */
#define KEXEC_MK_UNSAFE 0x4000UL

/*
 * Values of the public multikernel patch series. Taken only where the running kernel gives 0x10 and
 * 0x20 no meaning of its own (recent ones have KEXEC_FILE_NO_CMA and KEXEC_FILE_FORCE_DTB there).
 */
#define KEXEC_MULTIKERNEL_SERIES 0x10UL
#define KEXEC_MK_ID_SERIES_SHIFT 5
#define KEXEC_MK_ID_SERIES_MASK 0xffe0UL

/**
 * struct multikernel_call - what MULTIKERNEL_CALL takes
 * @size:        sizeof(struct multikernel_call). Later versions add members at the end: a module
 *               takes 0 for those that a caller does not have, and E2BIG refuses those that it does
 *               not have itself, unless they are 0
 * @kernel_fd:   as kexec_file_load has it, like @initrd_fd, @flags, @cmdline and @cmdline_len
 * @initrd_fd:   file descriptor
 * @text_size:   bytes at @text
 * @flags:       the word of the system call, KEXEC_MULTIKERNEL and the id in it
 * @cmdline:     address
 * @cmdline_len: bytes, the NUL included
 * @serial:      what the instance's file "serial" must say, else ESTALE; 0 is any
 * @generation:  what its file "generation" must say, else ESTALE; 0 is any
 * @text:        address of a buffer for the sentence that says why this call is refused, NUL at its
 *               end, cut off if need be; empty after a success. 0 is for none
 */
struct multikernel_call {
	__u32 size;
	__s32 kernel_fd;
	__s32 initrd_fd;
	__u32 text_size;
	__u64 flags;
	__u64 cmdline;
	__u64 cmdline_len;
	__u64 serial;
	__u64 generation;
	__u64 text;
};

/* Bytes of the first version. */
#define MULTIKERNEL_CALL_SIZE_MIN 64

/* Without a size in its number: the structure says its own. */
#define MULTIKERNEL_CALL _IO(0xE9, 0x00)

#endif
