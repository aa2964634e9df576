/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's own table of symbols (kallsyms), read from outside out of its memory, for what its
 * VMCOREINFO note does not name. Kernels since 6.0 say there where the table is.
 *
 * All of that memory is written by the kernel looked at and is taken as hostile, as in logring.h.
 *
 * Format: scripts/kallsyms.c and kernel/kallsyms.c of Linux.
 */
#ifndef MK_CORE_SYMBOLS_H
#define MK_CORE_SYMBOLS_H

#include "logring.h"

#define MK_SYMBOL_TOKENS 256		/* one for every value of a byte */
#define MK_SYMBOL_TOKEN_BYTES 8192	/* all tokens together; kernels have a sixth of that */
#define MK_SYMBOL_PIECE 256		/* bytes of the names that are read at a time */
#define MK_SYMBOL_NAME_MAX 256		/* longer names are passed over */
#define MK_SYMBOL_WORK_MAX (64U << 20)	/* bytes of a search: names read and characters written out;
					 * kernels need 10 MB
					 */

/* Room for a search, about 9 KB; all private. */
struct mk_symbols {
	struct mk_log *log;
	u64 next;			/* address of the piece after the one that is here */
	u32 used;			/* bytes of it that have been looked at */
	u32 work;			/* of MK_SYMBOL_WORK_MAX, what is left */
	u8 piece[MK_SYMBOL_PIECE];
	u16 token[MK_SYMBOL_TOKENS];	/* where each begins in @text */
	char text[MK_SYMBOL_TOKEN_BYTES];
	char name[MK_SYMBOL_NAME_MAX];	/* the present one, its type first */
};

/* What is looked for, as "jiffies_64", and its virtual address, 0 when there is no such symbol. */
struct mk_symbol {
	const char *name;
	u64 address;
};

/**
 * mk_symbols_find - where a kernel keeps some things
 * @symbols: room for the search
 * @log:     an opened log of that kernel
 * @wanted:  the names; of two symbols that have the same name the first counts
 * @count:   how many
 *
 * Looks through all names once, some 3 MB, or until all are found. Finds functions and variables,
 * but no per-CPU ones. Whatever the memory holds, MK_SYMBOL_WORK_MAX is the bound: so many bytes of
 * names, each read at most once in pieces of MK_SYMBOL_PIECE with a walk through the page tables.
 *
 * Context: any that the log's read function allows.
 * Return: 0, -EOPNOTSUPP (the kernel does not say where its table is), -EINVAL (the table makes no
 * sense), -E2BIG (it is larger than any kernel's), -EFAULT (it leads out of the memory), or what the
 * read function returned. What has been found before an error is kept.
 */
int mk_symbols_find(struct mk_symbols *symbols, struct mk_log *log, struct mk_symbol *wanted,
		    size_t count);

#endif
