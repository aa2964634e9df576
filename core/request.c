// SPDX-License-Identifier: GPL-2.0-only
/* The two forms of our flags word, and what each may carry. */
#include "request.h"
#include "../include/multikernel.h"

/* KEXEC_FILE_ flags, include/uapi/linux/kexec.h; older kernels' headers lack the later ones. */
enum {
	FILE_UNLOAD = 0x1,
	FILE_ON_CRASH = 0x2,
	FILE_NO_INITRAMFS = 0x4,
	FILE_DEBUG = 0x8,	/* since Linux 6.8: talk more; we have nothing more to say */
};

#define ASK_FLAGS (KEXEC_MK_ASK_POWEROFF | KEXEC_MK_ASK_REBOOT)
#define LOAD_FLAGS (FILE_NO_INITRAMFS | KEXEC_MK_UNSAFE)
#define FILE_FLAGS (FILE_UNLOAD | FILE_ON_CRASH | FILE_NO_INITRAMFS | FILE_DEBUG)
#define OUR_FLAGS (FILE_FLAGS | ASK_FLAGS | KEXEC_MK_UNSAFE)

/* Bits 31 to 63: all set where a caller passed a negative int, such as 1 << 31. */
#define SIGN_BITS 0xffffffff80000000ULL

/* The 32-bit word that a sign-extended one was; any other as it is. */
static u64 undo_sign_extension(u64 flags)
{
	return (flags & SIGN_BITS) == SIGN_BITS ? (u32)flags : flags;
}

static bool is_series_form(u64 flags, bool series_flags)
{
	const u64 all = KEXEC_MULTIKERNEL_SERIES | KEXEC_MK_ID_SERIES_MASK | FILE_FLAGS;

	return series_flags && flags & KEXEC_MULTIKERNEL_SERIES && !(flags & ~all);
}

bool mk_request_is_ours(u64 flags, bool series_flags)
{
	return flags & KEXEC_MULTIKERNEL || is_series_form(flags, series_flags);
}

/* What the spawn kernel is to be asked for: only one thing, and instead of a stop. */
static int decode_ask(struct mk_request *request, u64 options, u64 given, struct mk_reason *why)
{
	u64 ask = options & ASK_FLAGS;

	request->ask = MK_ASK_NONE;
	if (!ask)
		return 0;
	if (ask == ASK_FLAGS || !(options & FILE_UNLOAD))
		return mk_refuse(why, -EINVAL,
				 "flags 0x%llx: KEXEC_MK_ASK_POWEROFF or KEXEC_MK_ASK_REBOOT goes with KEXEC_FILE_UNLOAD, one at a time",
				 (unsigned long long)given);
	request->ask = ask == KEXEC_MK_ASK_POWEROFF ? MK_ASK_FOR_POWEROFF : MK_ASK_FOR_REBOOT;
	return 0;
}

int mk_request_decode(struct mk_request *request, u64 flags, bool series_flags,
		      struct mk_reason *why)
{
	const unsigned long long given = flags;
	u64 options;
	u32 id;

	flags = undo_sign_extension(flags);
	if (flags & KEXEC_MULTIKERNEL) {
		id = KEXEC_MK_GET_ID(flags);
		options = flags & ~(u64)(KEXEC_MULTIKERNEL | KEXEC_MK_ID_MASK);
	} else if (is_series_form(flags, series_flags)) {
		id = (flags & KEXEC_MK_ID_SERIES_MASK) >> KEXEC_MK_ID_SERIES_SHIFT;
		options = flags & FILE_FLAGS;
	} else {
		return mk_refuse(why, -EINVAL, "flags 0x%llx lack KEXEC_MULTIKERNEL", given);
	}

	if (options & ~(u64)OUR_FLAGS)
		return mk_refuse(why, -EINVAL,
				 "flags 0x%llx: 0x%llx does not go with KEXEC_MULTIKERNEL", given,
				 (unsigned long long)(options & ~(u64)OUR_FLAGS));
	if (options & FILE_ON_CRASH)
		return mk_refuse(why, -EINVAL,
				 "flags 0x%llx: KEXEC_FILE_ON_CRASH does not go with KEXEC_MULTIKERNEL; an instance has no crash kernel",
				 given);
	if (options & FILE_UNLOAD && options & LOAD_FLAGS)
		return mk_refuse(why, -EINVAL,
				 "flags 0x%llx: KEXEC_FILE_UNLOAD does not go with %s", given,
				 options & FILE_NO_INITRAMFS ? "KEXEC_FILE_NO_INITRAMFS" :
							       "KEXEC_MK_UNSAFE");
	if (!id)
		return mk_refuse(why, -EINVAL,
				 "flags 0x%llx: id 0 is the host; instances have ids from 1 on", given);

	request->id = id;
	request->serial = 0;
	request->generation = 0;
	request->unload = options & FILE_UNLOAD;
	request->no_initramfs = options & FILE_NO_INITRAMFS;
	request->unsafe = options & KEXEC_MK_UNSAFE;
	return decode_ask(request, options, given, why);
}

int mk_request_check(const struct mk_request *request, const char *name, u64 serial, u64 generation,
		     struct mk_reason *why)
{
	if (request->serial && request->serial != serial)
		return mk_refuse(why, -ESTALE,
				 "instance \"%s\" has id %u and serial %llu; the one that was meant had serial %llu",
				 name, request->id, (unsigned long long)serial,
				 (unsigned long long)request->serial);
	if (request->generation && request->generation != generation)
		return mk_refuse(why, -ESTALE,
				 "instance \"%s\": another kernel has come there: generation %llu, %llu was meant",
				 name, (unsigned long long)generation,
				 (unsigned long long)request->generation);
	return 0;
}
