/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ACPI tables made for a spawn kernel: the least that makes a stock kernel leave the host's
 * devices alone.
 *
 * Source: ACPI Specification 6.5, chapter 5 (RSDP 5.2.5, FADT 5.2.9, MADT 5.2.12, NFIT 5.2.25),
 * 4.8.3.7 (sleep registers), 7.4.2 (\_Sx objects), 9.19 (NVDIMM root device), chapter 20 (AML).
 */
#ifndef MK_CORE_ACPI_H
#define MK_CORE_ACPI_H

#include "port.h"
#include "ranges.h"

#define MK_NO_APIC_ID (~0U)

#define MK_ACPI_RESET_VALUE 0x52	/* 'R': what a stock kernel writes to reset */
#define MK_ACPI_SLEEP_TYPE_S5 5
#define MK_ACPI_SLEEP_ENABLE 0x20
/* SLP_EN, and the type in bits 2 to 4: what a stock kernel writes to power off */
#define MK_ACPI_SLEEP_VALUE (MK_ACPI_SLEEP_ENABLE | MK_ACPI_SLEEP_TYPE_S5 << 2)

#define MK_ACPI_PROCESSOR "ACPI0007"	/* the _HID of a processor device */
#define MK_ACPI_CPU_THERE 0x0f		/* its _STA: present, enabled, shown, in order */

#define MK_ACPI_SHARED_SIGNATURE "MKSA"	/* the table that names the shared area */
#define MK_ACPI_SHARED_MAX (1U << 24)	/* more than any shared area needs */

/**
 * struct mk_acpi - what the tables say
 * @apic_ids:       the instance's CPUs, its boot CPU first
 * @cpu_count:      how many
 * @later_apic_ids: CPUs that may come while its kernel runs
 * @later_count:    how many
 * @later_status:   physical address of a byte for each of them, zero: what ACPI has for its _STA
 * @bsp_apic_id:    the machine's boot CPU, to be listed first though it is not the spawn's; or
 *                  MK_NO_APIC_ID
 * @ioapic_address: a page of plain memory below 4 GB that poses as I/O APIC
 * @reset_register: physical address of the byte that takes MK_ACPI_RESET_VALUE
 * @sleep_register: physical address of the byte that takes MK_ACPI_SLEEP_VALUE
 * @shared:         physical address of the shared area
 * @shared_size:    its bytes
 * @images:         its disk images, at most MK_INSTANCE_IMAGES_MAX
 * @image_count:    how many
 */
struct mk_acpi {
	const u32 *apic_ids;
	u32 cpu_count;
	const u32 *later_apic_ids;
	u32 later_count;
	u64 later_status;
	u32 bsp_apic_id;
	u32 ioapic_address;
	u64 reset_register;
	u64 sleep_register;
	u64 shared;
	u32 shared_size;
	const struct mk_range *images;
	u32 image_count;
};

/**
 * mk_acpi_names_bsp - does a kernel of this version want the machine's boot CPU listed first
 * @version_major: of the spawn kernel, 0 when not known
 * @version_minor: see above
 *
 * Kernels from 6.9 on take a boot CPU without the BSP flag for that of a crash kernel, and use no
 * other CPU, unless the first entry is another one, which they then leave alone
 * (arch/x86/kernel/cpu/topology.c, check_for_real_bsp()). Older ones would start the CPU of that
 * entry: INIT to the BSP resets the machine.
 */
bool mk_acpi_names_bsp(u32 version_major, u32 version_minor);

/**
 * mk_acpi_listed_first - which CPU such a kernel shall find ahead of its own
 * @apic_ids:  the instance's CPUs, its boot CPU first
 * @cpu_count: how many
 * @bsp:       the machine's boot CPU
 * @has_flag:  its BSP flag is set
 * @other:     a CPU that is not the instance's
 *
 * An instance whose boot CPU is the machine's needs no entry ahead while that has its flag. With the
 * flag cleared the kernel would take the first entry, its own boot CPU, for a crash kernel's, and use
 * no other: so another one is listed, which it leaves alone.
 *
 * Context: any; pure. Return: an APIC id or MK_NO_APIC_ID.
 */
u32 mk_acpi_listed_first(const u32 *apic_ids, u32 cpu_count, u32 bsp, bool has_flag, u32 other);

/*
 * Bytes that mk_acpi_build() needs at most, with as many images as there can be, and so many CPUs
 * that may come beside the others.
 */
size_t mk_acpi_size(u32 cpu_count, u32 later_count);

/**
 * mk_acpi_build - write all tables
 * @acpi:    what they say
 * @buffer:  receives them, zeroed, of at least mk_acpi_size() bytes; the RSDP comes first
 * @address: physical address of @buffer, 16-byte aligned
 *
 * Context: any; pure.
 */
void mk_acpi_build(const struct mk_acpi *acpi, void *buffer, u64 address);

/**
 * mk_acpi_read_shared - where is the shared area, as the spawn reads it
 * @table:     our own table, untrusted
 * @size:      bytes that can be read there
 * @address:   receives its physical address, page aligned
 * @area_size: receives its bytes, at most MK_ACPI_SHARED_MAX
 *
 * Context: any; pure.
 * Return: 0 or -EINVAL.
 */
int mk_acpi_read_shared(const void *table, u32 size, u64 *address, u32 *area_size);

#endif
