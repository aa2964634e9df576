/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one border between core/ and the place it is compiled for: the kernel module, or a user-space
 * program (mkctl, unit tests, fuzzers). It owns the integer types, the error numbers, the string
 * functions, the byte order helpers and the accesses to shared memory that the rest of core/ may
 * use. Nothing else in core/ includes a system header.
 */
#ifndef MK_CORE_PORT_H
#define MK_CORE_PORT_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/stdarg.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#endif

/* Borders that pages and 2 MB mappings impose; both are fixed by the architecture (x86-64). */
#define MK_PAGE_SIZE 0x1000ULL
#define MK_LARGE_PAGE_SIZE 0x200000ULL

static inline u64 mk_align_up(u64 value, u64 alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static inline u64 mk_align_down(u64 value, u64 alignment)
{
	return value & ~(alignment - 1);
}

/*
 * Byte order: device trees are big endian, everything x86 and ACPI is little endian. No alignment
 * assumed.
 */
static inline u32 mk_get_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static inline u64 mk_get_be64(const void *p)
{
	return (u64)mk_get_be32(p) << 32 | mk_get_be32((const u8 *)p + 4);
}

static inline void mk_put_be32(void *p, u32 value)
{
	u8 *b = p;

	b[0] = (value >> 24) & 0xff;
	b[1] = (value >> 16) & 0xff;
	b[2] = (value >> 8) & 0xff;
	b[3] = value & 0xff;
}

static inline void mk_put_be64(void *p, u64 value)
{
	mk_put_be32(p, value >> 32);
	mk_put_be32((u8 *)p + 4, value & 0xffffffff);
}

static inline u16 mk_get_le16(const void *p)
{
	const u8 *b = p;

	return b[0] | b[1] << 8;
}

static inline u32 mk_get_le32(const void *p)
{
	return mk_get_le16(p) | (u32)mk_get_le16((const u8 *)p + 2) << 16;
}

static inline u64 mk_get_le64(const void *p)
{
	return mk_get_le32(p) | (u64)mk_get_le32((const u8 *)p + 4) << 32;
}

static inline void mk_put_le16(void *p, u16 value)
{
	u8 *b = p;

	b[0] = value & 0xff;
	b[1] = (value >> 8) & 0xff;
}

static inline void mk_put_le32(void *p, u32 value)
{
	mk_put_le16(p, value & 0xffff);
	mk_put_le16((u8 *)p + 2, value >> 16);
}

static inline void mk_put_le64(void *p, u64 value)
{
	mk_put_le32(p, value & 0xffffffff);
	mk_put_le32((u8 *)p + 4, value >> 32);
}

/*
 * Counters in memory that others write at the same time: read once, before whatever follows;
 * written after whatever came before, and seen by all before anything is read after it. So of two
 * sides that each write their own counter and then look at the other's, one at least sees what the
 * other has written. The virt_ forms, since in a kernel that is built without SMP the smp_ ones leave
 * the barrier out: there is no other CPU of its own, but there is the other kernel's.
 */
static inline u32 mk_load_acquire(const u32 *p)
{
#ifdef __KERNEL__
	return virt_load_acquire(p);
#else
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
#endif
}

static inline void mk_store_mb(u32 *p, u32 value)
{
#ifdef __KERNEL__
	virt_store_mb(*p, value);
#else
	__atomic_store_n(p, value, __ATOMIC_SEQ_CST);
#endif
}

#endif
