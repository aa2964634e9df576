// SPDX-License-Identifier: GPL-2.0-only
/*
 * How CPU 0 goes and is called: as any other CPU where its BSP flag can be cleared; else by the
 * firmware's warm-reset vector, where the firmware is known to honour it.
 *
 * The vector is a byte of CMOS, which says that a reset is a warm one, and the address in the
 * firmware's data area to which such a reset jumps. It is the machine's only one. The host's kernel
 * writes it whenever it starts a CPU, and clears it afterwards (arch/x86/kernel/smpboot.c,
 * smpboot_setup_warm_reset_vector()), and the firmware clears the byte when it has read it. So it is
 * written before each INIT and under the CPU hotplug lock, which all of the host's own starts of CPUs
 * hold for writing; and the lock is kept until the CPU has arrived, since it reads the vector some
 * time after INIT was sent. The CMOS is read through two ports that the firmware uses without asking
 * anyone: rtc_lock, too, is held until the CPU is through, or for as long as that can take.
 *
 * None of that can be had in the watch's interrupt: a kernel on such a CPU 0 is stopped by the worker
 * a moment later. One that resets has 15 ms until it goes on to the keyboard controller (watch.c), and
 * on a host that is late by so much the machine is reset. It is one reason more why the vector is
 * for emulated machines.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/dmi.h>
#include <linux/efi.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/mc146818rtc.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <asm/i8259.h>
#include <asm/smp.h>
#include <asm/x86_init.h>

#include "base.h"
#include "boot_cpu_way.h"
#include "compat.h"
#include "cpu/apic.h"
#include "cpu/boot_cpu.h"
#include "memory/low_memory.h"

#define CMOS_RESET_CODE 0x0f
#define CMOS_JUMP 0x0a			/* go where the vector says, without an EOI */
#define VECTOR_OFFSET 0x467		/* two words of the firmware's data area */
#define VECTOR_SEGMENT 0x469

#define FIRMWARE_US 10000		/* the way through the firmware takes microseconds; an emulator longer */
#define CHECK_US 10
#define ARRIVAL_TIMEOUT_MS 1000
#define ARRIVAL_LOOKS 20	/* at least, as with START_TRIES (launch.c) */
#define SLEEP_US 1000

static bool allowed;
module_param_named(cpu0, allowed, bool, 0444);
MODULE_PARM_DESC(cpu0, "let an instance have CPU 0, where this machine can do it");

static enum mk_boot_cpu_way way;	/* written under change_lock, while CPU 0 is the host's */

bool boot_cpu_may_go(void)
{
	return allowed;
}

/* As 6.1 looks for when it lets CPU 0 be unplugged (arch/x86/kernel/topology.c). */
static u32 find_pic_interrupt(void)
{
	const struct irq_data *data;
	u32 irq;

	for (irq = 0; irq < nr_legacy_irqs(); irq++) {
		data = irq_has_action(irq) ? irq_get_irq_data(irq) : NULL;
		if (data && data->chip && data->chip->name && !strcmp(data->chip->name, "XT-PIC"))
			return irq;
	}
	return MK_NO_INTERRUPT;
}

/* SeaBIOS's reset code jumps through the vector. Of no other firmware is it known. */
static bool honours_vector(const char *vendor)
{
	return !strcmp(vendor, "SeaBIOS") && !efi_enabled(EFI_BOOT) && x86_platform.legacy.warm_reset;
}

int boot_cpu_prepare(struct mk_reason *why)
{
	const char *vendor = dmi_get_system_info(DMI_BIOS_VENDOR) ?: "unknown";
	struct mk_boot_cpu_facts facts = {
		.returns = MK_BOOT_CPU_RETURNS,
		.pic_interrupt = find_pic_interrupt(),
		.honours_vector = honours_vector(vendor),
		.firmware = vendor,
	};
	enum mk_boot_cpu_way chosen;
	int error;

	lockdep_assert_held(&change_lock);
	error = mk_boot_cpu_check(&facts, why);
	if (error)
		return error;
	facts.flag_clears = apic_clear_boot_flag(MK_BOOT_CPU);
	error = mk_boot_cpu_choose(&facts, &chosen, why);
	if (error)
		return error;
	WRITE_ONCE(way, chosen);
	pr_info("cpu 0: it goes %s\n", chosen == MK_BOOT_CPU_AS_ANY ? "as any other, its BSP flag cleared" :
		"by the firmware's warm-reset vector");
	return 0;
}

void boot_cpu_restore(void)
{
	lockdep_assert_held(&change_lock);
	if (way == MK_BOOT_CPU_AS_ANY && apic_set_boot_flag(MK_BOOT_CPU))
		pr_err("cpu 0: its BSP flag could not be set again\n");
	WRITE_ONCE(way, MK_BOOT_CPU_STAYS);
}

bool boot_cpu_is_away(void)
{
	lockdep_assert_held(&change_lock);
	return way != MK_BOOT_CPU_STAYS;
}

/* One that was never prepared has it for sure: it gets no INIT, come what may. */
bool boot_cpu_has_flag(u32 apic_id)
{
	return apic_id == cpu_physical_id(MK_BOOT_CPU) && READ_ONCE(way) != MK_BOOT_CPU_AS_ANY;
}

bool boot_cpu_send_init(u32 apic_id)
{
	if (boot_cpu_has_flag(apic_id))
		return false;
	apic_send_init(apic_id);
	return true;
}

static void write_vector(u64 page)
{
	CMOS_WRITE(CMOS_JUMP, CMOS_RESET_CODE);
	*(volatile u16 *)low_memory_map(VECTOR_SEGMENT) = page >> 4;
	*(volatile u16 *)low_memory_map(VECTOR_OFFSET) = 0;
}

/* As the host's kernel leaves it. */
static void clear_vector(void)
{
	unsigned long flags;

	spin_lock_irqsave(&rtc_lock, flags);
	CMOS_WRITE(0, CMOS_RESET_CODE);
	*(volatile u32 *)low_memory_map(VECTOR_OFFSET) = 0;
	spin_unlock_irqrestore(&rtc_lock, flags);
}

/* The SIPI means nothing to it, but wakes a halted CPU of an emulator, which then sees the INIT. */
static void send(u32 apic_id, u64 page, const u32 *mark, u32 wanted)
{
	unsigned long flags;
	u32 waited;

	spin_lock_irqsave(&rtc_lock, flags);
	write_vector(page);
	apic_send_init(apic_id);
	apic_send_startup(apic_id, page);
	for (waited = 0; waited < FIRMWARE_US && READ_ONCE(*mark) != wanted; waited += CHECK_US)
		udelay(CHECK_US);
	spin_unlock_irqrestore(&rtc_lock, flags);
}

int boot_cpu_call(u32 apic_id, u64 page, const u32 *mark, u32 wanted)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ARRIVAL_TIMEOUT_MS);
	int error = 0;
	u32 looks = 0;

	if (READ_ONCE(way) != MK_BOOT_CPU_BY_VECTOR)
		return -ETIMEDOUT;	/* nothing is known to stop it */
	cpus_read_lock();
	send(apic_id, page, mark, wanted);
	while (READ_ONCE(*mark) != wanted && !error) {
		fsleep(SLEEP_US);
		if (++looks >= ARRIVAL_LOOKS && time_after(jiffies, deadline))
			error = -ETIMEDOUT;
	}
	/* One that is still on its way shall not find nothing there. */
	if (!error)
		clear_vector();
	cpus_read_unlock();
	return error;
}
