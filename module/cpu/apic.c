// SPDX-License-Identifier: GPL-2.0-only
/*
 * How interprocessor interrupts are written to the local APIC's interrupt command register.
 *
 * Source: Intel SDM volume 3, "Issuing Interprocessor Interrupts" and "Extended XAPIC (x2APIC)".
 * The kernel's own functions for this are not exported.
 */
#include <linux/delay.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "apic_mode.h"
#include "cpu/apic.h"

#define X2APIC_ICR (APIC_BASE_MSR + (APIC_ICR >> 4))
#define ICR_IDLE_TRIES 1000	/* microseconds; the kernel's own bound for this wait */
#define XAPIC_DESTINATION_SHIFT 24

static u64 read_msr(u32 msr)
{
	u32 low, high;

	rdmsr(msr, low, high);
	return (u64)high << 32 | low;
}

static u64 read_apic_base(void)
{
	return read_msr(MSR_IA32_APICBASE);
}

/* As x2apic_hw_locked() of the kernel has it, which is not exported. */
bool apic_mode_is_locked(void)
{
	if (!boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES) ||
	    !(read_msr(MSR_IA32_ARCH_CAPABILITIES) & ARCH_CAP_XAPIC_DISABLE))
		return false;
	return read_msr(MSR_IA32_XAPIC_DISABLE_STATUS) & LEGACY_XAPIC_DISABLED;
}

static void wait_until_sent(void)
{
	int tries = ICR_IDLE_TRIES;

	while ((native_apic_mem_read(APIC_ICR) & APIC_ICR_BUSY) && tries--)
		udelay(1);
}

/*
 * In xAPIC mode the destination has eight bits: a larger id would be another CPU's, and 255 everyone's. A
 * spawn is in that mode whatever the host's CPUs have.
 */
static void send(u32 apic_id, u32 command)
{
	unsigned long flags;

	local_irq_save(flags);
	if (read_apic_base() & X2APIC_ENABLE) {
		/* An x2APIC write does not order earlier stores, such as those of the launch page. */
		weak_wrmsr_fence();
		wrmsr(X2APIC_ICR, command, apic_id);
	} else if (apic_id <= MK_XAPIC_ID_MAX) {
		wait_until_sent();
		native_apic_mem_write(APIC_ICR2, apic_id << XAPIC_DESTINATION_SHIFT);
		native_apic_mem_write(APIC_ICR, command);
		wait_until_sent();
	}
	local_irq_restore(flags);
}

void apic_send_init(u32 apic_id)
{
	send(apic_id, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT);
	send(apic_id, APIC_INT_LEVELTRIG | APIC_DM_INIT);
}

void apic_send_startup(u32 apic_id, u64 page)
{
	send(apic_id, APIC_DM_STARTUP | page >> PAGE_SHIFT);
}

void apic_send_fixed(u32 apic_id, u32 vector)
{
	send(apic_id, APIC_DM_FIXED | APIC_INT_ASSERT | vector);
}

static void read_boot_flag(void *flag)
{
	*(bool *)flag = read_apic_base() & MSR_IA32_APICBASE_BSP;
}

static int write_boot_flag(bool set)
{
	u64 base = read_apic_base() & ~(u64)MSR_IA32_APICBASE_BSP;

	if (set)
		base |= MSR_IA32_APICBASE_BSP;
	return wrmsr_safe(MSR_IA32_APICBASE, (u32)base, (u32)(base >> 32));
}

static void clear_boot_flag(void *is_clear)
{
	*(bool *)is_clear = !write_boot_flag(false) && !(read_apic_base() & MSR_IA32_APICBASE_BSP);
}

static void set_boot_flag(void *is_set)
{
	*(bool *)is_set = !write_boot_flag(true) && read_apic_base() & MSR_IA32_APICBASE_BSP;
}

bool apic_clear_boot_flag(unsigned int cpu)
{
	bool is_clear = false;

	return !smp_call_function_single(cpu, clear_boot_flag, &is_clear, true) && is_clear;
}

int apic_set_boot_flag(unsigned int cpu)
{
	bool is_set = false;
	int error = smp_call_function_single(cpu, set_boot_flag, &is_set, true);

	return error ? error : is_set ? 0 : -EIO;
}

int apic_is_boot_cpu(unsigned int cpu)
{
	bool flag = false;
	int error;

	error = smp_call_function_single(cpu, read_boot_flag, &flag, true);
	return error ? error : flag;
}
