// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any flags word through mk_request_is_ours() and mk_request_decode(), held against the rules of
 * doc/interface.md once more; what is taken says all that was in the word.
 */
#include "../../include/multikernel.h"
#include "fuzz.h"
#include "request.h"

/* include/uapi/linux/kexec.h */
enum { UNLOAD = 1, ON_CRASH = 2, NO_INITRAMFS = 4, DEBUG = 8 };

/* The word that the values of the public series stand for; 0 when they are none. */
static u64 from_series(u64 flags)
{
	u64 id = flags >> 5 & 0x7ff;

	if (!(flags & 0x10) || flags >> 16)
		return 0;
	return KEXEC_MULTIKERNEL | KEXEC_MK_ID(id) | (flags & 0xf);
}

/* Ours, in 32 bits; 0 when it is not. */
static u64 plain(u64 flags, bool series)
{
	if ((s64)flags < 0 && flags >= 0xffffffff80000000ULL)
		flags = (u32)flags;
	if (flags & KEXEC_MULTIKERNEL)
		return flags;
	return series ? from_series(flags) : 0;
}

static bool is_right(u64 flags)
{
	u64 ask = flags & (KEXEC_MK_ASK_POWEROFF | KEXEC_MK_ASK_REBOOT);

	if (flags >> 32 || flags & 0xffff & ~(UNLOAD | NO_INITRAMFS | DEBUG | KEXEC_MK_UNSAFE | ask))
		return false;
	if (flags & UNLOAD && flags & (NO_INITRAMFS | KEXEC_MK_UNSAFE))
		return false;
	if (ask && (!(flags & UNLOAD) || ask == (KEXEC_MK_ASK_POWEROFF | KEXEC_MK_ASK_REBOOT)))
		return false;
	return flags >> 16 & 0x7fff;
}

static u64 said(const struct mk_request *request)
{
	return KEXEC_MULTIKERNEL | KEXEC_MK_ID(request->id) | (request->unload ? UNLOAD : 0) |
	       (request->no_initramfs ? NO_INITRAMFS : 0) | (request->unsafe ? KEXEC_MK_UNSAFE : 0) |
	       (request->ask == MK_ASK_FOR_POWEROFF ? KEXEC_MK_ASK_POWEROFF : 0) |
	       (request->ask == MK_ASK_FOR_REBOOT ? KEXEC_MK_ASK_REBOOT : 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_reason why = { .text = "" };
	struct mk_request request;
	u64 flags, word;
	bool series;
	int error;

	if (size < 9)
		return 0;
	flags = mk_get_le64(data);
	series = data[8] & 1;
	if (data[8] & 2)	/* as callers give it: few bits, none above */
		flags &= 0xffffffff & ~(data[8] & 4 ? 0x0fe0U : 0U);
	word = plain(flags, series);
	MUST(mk_request_is_ours(flags, series) == !!word, "ours");
	if (!word)
		return 0;
	error = mk_request_decode(&request, flags, series, &why);
	MUST(error == (is_right(word) ? 0 : -EINVAL), why.text);
	MUST(!error || is_sentence(why.text), why.text);
	MUST(error || said(&request) == (word & ~(u64)DEBUG), "what was asked for");
	return 0;
}
