// SPDX-License-Identifier: GPL-2.0-only
/*
 * multikernel_kexec.ko: teaches the stock kexec_file_load our flags. It only looks at the flags:
 * our calls go to multikernel.ko, all others to the stock function, untouched.
 *
 * A livepatch redirects a function at the call to ftrace with which it begins, so the stock
 * function is reached behind that call. The address is left by a return and not by an indirect
 * jump, which CPUs with indirect branch tracking would refuse in the middle of a function.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include <asm/ftrace.h>
#include <asm/nops.h>

#include "run/kexec_call.h"

#define ENDBR_SIZE 4		/* where indirect branches are tracked a function begins with ENDBR64, or a NOP in its place */
#define CALL_OPCODE 0xe8

/* Calls the rest of a function whose first instructions are left out; kexec/enter.S. */
long multikernel_enter_behind(const struct pt_regs *registers, const void *address);

static long kexec_file_load(const struct pt_regs *registers);

static struct klp_func functions[] = {
	{ .old_name = "__x64_sys_kexec_file_load", .new_func = kexec_file_load },
	{ }
};

static struct klp_object objects[] = {
	{ .funcs = functions },	/* no name: the kernel itself */
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

static const u8 *stock_body;	/* set before the patch, read only then */

static long kexec_file_load(const struct pt_regs *registers)
{
	if (!multikernel_is_kexec_call(registers->r8))
		return multikernel_enter_behind(registers, stock_body);
	return multikernel_kexec_file_load(registers->di, registers->si, registers->dx,
					   (const char __user *)registers->r10, registers->r8);
}

/* The call to ftrace: a NOP as long as nobody traces or patches the function. */
static bool is_ftrace_call(const u8 *code)
{
	static const u8 nop[MCOUNT_INSN_SIZE] = { BYTES_NOP5 };

	return *code == CALL_OPCODE || !memcmp(code, nop, sizeof(nop));
}

static int find_stock_body(struct klp_object *object)
{
	const u8 *code = object->funcs->old_func;

	if (!is_ftrace_call(code))
		code += ENDBR_SIZE;
	if (!is_ftrace_call(code)) {
		pr_err("the kernel's kexec_file_load does not begin with a call to ftrace\n");
		return -EOPNOTSUPP;
	}
	stock_body = code + MCOUNT_INSN_SIZE;
	return 0;
}

static int __init multikernel_kexec_init(void)
{
	objects[0].callbacks.pre_patch = find_stock_body;
	return klp_enable_patch(&patch);
}

/* A livepatch module goes when the patch is disabled in /sys/kernel/livepatch, never before. */
static void __exit multikernel_kexec_exit(void)
{
}

module_init(multikernel_kexec_init);
module_exit(multikernel_kexec_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("kexec_file_load for multikernel instances");
