// SPDX-License-Identifier: GPL-2.0-only
/* What must be known before CPU 0 may go: see boot_cpu_way.h. */
#include "boot_cpu_way.h"

int mk_boot_cpu_check(const struct mk_boot_cpu_facts *facts, struct mk_reason *why)
{
	if (!facts->returns)
		return mk_refuse(why, -EBUSY, "cpu 0: this kernel would wake it by an NMI, so it would not come back; it takes Linux 6.5");
	if (facts->pic_interrupt != MK_NO_INTERRUPT)
		return mk_refuse(why, -EBUSY, "cpu 0: interrupt %u comes by the PIC, which no other CPU hears",
				 facts->pic_interrupt);
	return 0;
}

int mk_boot_cpu_choose(const struct mk_boot_cpu_facts *facts, enum mk_boot_cpu_way *way,
		       struct mk_reason *why)
{
	int error = mk_boot_cpu_check(facts, why);

	*way = MK_BOOT_CPU_STAYS;
	if (error)
		return error;
	if (facts->flag_clears)
		*way = MK_BOOT_CPU_AS_ANY;
	else if (facts->honours_vector)
		*way = MK_BOOT_CPU_BY_VECTOR;
	else
		return mk_refuse(why, -EBUSY, "cpu 0: INIT would restart this machine's firmware: its BSP flag cannot be cleared, and the firmware (\"%s\") is not known to honour the warm-reset vector",
				 facts->firmware);
	return 0;
}
