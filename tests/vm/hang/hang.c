// SPDX-License-Identifier: GPL-2.0-only
/* Hangs the kernel that loads it, for good: every CPU halts and takes no interrupt. */
#include <linux/module.h>
#include <linux/smp.h>

#include <asm/irqflags.h>

static void hang(void *unused)
{
	local_irq_disable();
	for (;;)
		native_halt();
}

static int __init hang_init(void)
{
	preempt_disable();
	smp_call_function(hang, NULL, false);
	hang(NULL);
	return 0;
}
module_init(hang_init);

MODULE_DESCRIPTION("Hangs the kernel, for tests");
MODULE_LICENSE("GPL");
