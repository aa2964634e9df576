/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May the host give away CPU 0, and how. A CPU whose BSP flag is set does not wait for a SIPI after
 * INIT, but begins with the firmware's reset code (Intel SDM volume 3, "MP Initialization Protocol
 * Algorithm"), which would start the machine anew under all kernels.
 */
#ifndef MK_CORE_BOOT_CPU_WAY_H
#define MK_CORE_BOOT_CPU_WAY_H

#include "port.h"
#include "reason.h"

#define MK_BOOT_CPU 0	/* as the host numbers it */

enum mk_boot_cpu_way {
	MK_BOOT_CPU_STAYS,
	MK_BOOT_CPU_AS_ANY,	/* its BSP flag is cleared: INIT makes it wait for a SIPI */
	MK_BOOT_CPU_BY_VECTOR,	/* the firmware jumps from its reset code to where the vector says */
};

#define MK_NO_INTERRUPT (~0U)

/**
 * struct mk_boot_cpu_facts - what the host knows of its CPU 0
 * @returns:        this kernel takes it back by INIT and SIPI, as it does every other CPU
 * @pic_interrupt:  an interrupt that comes by the PIC, which CPU 0 alone hears; or MK_NO_INTERRUPT
 * @flag_clears:    its BSP flag has been cleared, and reads back clear
 * @honours_vector: the firmware is known to honour the warm-reset vector
 * @firmware:       the firmware's vendor
 */
struct mk_boot_cpu_facts {
	bool returns;
	u32 pic_interrupt;
	bool flag_clears;
	bool honours_vector;
	const char *firmware;
};

/**
 * mk_boot_cpu_check - whatever the flag does, can it go at all
 * @facts: @returns and @pic_interrupt
 * @why:   the sentence, when refused
 *
 * Context: any; pure. Return: 0 or -EBUSY.
 */
int mk_boot_cpu_check(const struct mk_boot_cpu_facts *facts, struct mk_reason *why);

/**
 * mk_boot_cpu_choose - how it goes
 * @facts: all of them
 * @way:   receives how; MK_BOOT_CPU_STAYS when refused
 * @why:   the sentence, when refused
 *
 * A cleared flag comes first: then it is a CPU as any other, which an interrupt can stop.
 *
 * Context: any; pure. Return: 0 or -EBUSY.
 */
int mk_boot_cpu_choose(const struct mk_boot_cpu_facts *facts, enum mk_boot_cpu_way *way,
		       struct mk_reason *why);

#endif
