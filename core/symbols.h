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

/* Room for a search, about 9 KB; all private. */
struct mk_symbols {
	struct mk_log *log;
	u64 next;			/* address of the piece after the one that is here */
	u32 used;			/* bytes of it that have been looked at */
	u8 piece[MK_SYMBOL_PIECE];
	u16 token[MK_SYMBOL_TOKENS];	/* where each begins in @text */
	char text[MK_SYMBOL_TOKEN_BYTES];
};

/**
 * mk_symbol_find - where a kernel keeps something
 * @symbols: room for the search
 * @log:     an opened log of that kernel
 * @name:    the symbol, as "jiffies_64"; of two that have the same name the first
 * @address: receives its virtual address
 *
 * Looks through all names, some 2 MB. Finds functions and variables, but no per-CPU ones.
 *
 * Context: any that the log's read function allows.
 * Return: 0, -EOPNOTSUPP (the kernel does not say where its table is), -ENOENT (there is no such
 * symbol), -EINVAL (the table makes no sense), -EFAULT (it leads out of the memory), or what the
 * read function returned.
 */
int mk_symbol_find(struct mk_symbols *symbols, struct mk_log *log, const char *name, u64 *address);

#endif
