/* SPDX-License-Identifier: GPL-2.0-only */
/* What a caller asks for: the flags word, decoded, and which instance and kernel are meant. */
#ifndef MK_CORE_REQUEST_H
#define MK_CORE_REQUEST_H

#include "port.h"
#include "reason.h"

/* What a spawn kernel can be asked for. */
enum mk_ask {
	MK_ASK_NONE,
	MK_ASK_FOR_POWEROFF,
	MK_ASK_FOR_REBOOT,
};

/**
 * struct mk_request - what a caller asks of us
 * @id:            the instance, 0 to 32767
 * @serial:        the serial number that this instance must have; 0 is any
 * @generation:    the generation that it must be in; 0 is any
 * @unload:        stop what runs there (KEXEC_FILE_UNLOAD)
 * @ask:           with @unload: only ask the spawn kernel (KEXEC_MK_ASK_POWEROFF,
 *                 KEXEC_MK_ASK_REBOOT)
 * @no_initramfs:  initrd_fd is to be ignored (KEXEC_FILE_NO_INITRAMFS)
 * @unsafe:        the user's words on the command line win, whatever they do (KEXEC_MK_UNSAFE)
 */
struct mk_request {
	u32 id;
	u64 serial;
	u64 generation;
	bool unload;
	bool no_initramfs;
	bool unsafe;
	enum mk_ask ask;
};

/**
 * mk_request_is_ours - does the call belong to us or to the stock kernel
 * @flags:        the flags argument as the caller gave it
 * @series_flags: the running kernel gives 0x10 and 0x20 no meaning, so that the public patch
 *                series' values can be taken too
 *
 * A call with bit 31 set is ours whatever else it carries. One with 0x10 is ours where
 * @series_flags holds and it carries nothing beyond the series' id and the KEXEC_FILE_ flags; no
 * stock kernel takes more either.
 *
 * Context: any; pure.
 * Return: true when the call carries KEXEC_MULTIKERNEL in a form we take.
 */
bool mk_request_is_ours(u64 flags, bool series_flags);

/**
 * mk_request_decode - what a call of ours asks for
 * @request:      filled in
 * @flags:        as above; mk_request_is_ours() said true
 * @series_flags: as above
 * @why:          the sentence, when refused
 *
 * The word names an id alone: serial and generation are left at 0.
 *
 * A 32-bit flags word that was sign-extended on its way (syscall(..., 1 << 31)) is taken as the
 * word it was. KEXEC_FILE_DEBUG may go with anything, KEXEC_FILE_NO_INITRAMFS and
 * KEXEC_MK_UNSAFE with a load, KEXEC_FILE_ON_CRASH with nothing.
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (id 0, unknown flags, flags that don't go together).
 */
int mk_request_decode(struct mk_request *request, u64 flags, bool series_flags, struct mk_reason *why);

/**
 * mk_request_check - is this the instance, and the kernel in it, that the caller means
 * @request:    what was asked for
 * @name:       of the instance that has the id now
 * @serial:     its serial number
 * @generation: its generation
 * @why:        the sentence, when refused
 *
 * An id can go to another instance, and an instance to another kernel, between a caller's look and
 * its call.
 *
 * Context: any; pure.
 * Return: 0, -ESTALE.
 */
int mk_request_check(const struct mk_request *request, const char *name, u64 serial, u64 generation,
		     struct mk_reason *why);

#endif
