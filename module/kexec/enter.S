/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * long multikernel_enter_behind(const struct pt_regs *registers, const void *address)
 *
 * Goes on at an address inside a function as if that function had just been called: the stack is
 * that of its caller and %rdi its argument. By a return, because an indirect jump may only lead to
 * a function's beginning where CPUs track indirect branches.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

	.text
SYM_FUNC_START(multikernel_enter_behind)
	pushq	%rsi
	UNWIND_HINT_FUNC	/* to unwinders this is the beginning of the other function */
	ANNOTATE_UNRET_SAFE	/* once for a kexec call: nothing to be gained by steering it */
	ret
	int3
SYM_FUNC_END(multikernel_enter_behind)

