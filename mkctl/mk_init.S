/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of mkctl/init as bytes: mkctl puts it into initrds. MK_INIT is the file's name, set by the build. */
	.section .rodata
	.globl mk_init, mk_init_end
mk_init:
	.incbin MK_INIT
mk_init_end:
	.section .note.GNU-stack, "", @progbits
