/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user-space program needs to start a kernel in an instance:
 *
 *	syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, cmdline_len, cmdline,
 *		KEXEC_MULTIKERNEL | KEXEC_MK_ID(1));
 *
 * with the KEXEC_FILE_ flags of <linux/kexec.h> keeping their meaning. doc/interface.md has the table
 * of errors.
 */
#ifndef MULTIKERNEL_H
#define MULTIKERNEL_H

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

#endif
