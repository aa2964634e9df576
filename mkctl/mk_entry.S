/* SPDX-License-Identifier: GPL-2.0-only */
/* The code of mkctl/entry as bytes: mkctl puts it at the entry of kernels. MK_ENTRY is the file's name, set by the build. */
	.section .rodata
	.globl mk_entry, mk_entry_end
mk_entry:
	.incbin MK_ENTRY
mk_entry_end:
	.section .note.GNU-stack, "", @progbits
