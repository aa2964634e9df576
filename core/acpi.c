// SPDX-License-Identifier: GPL-2.0-only
/*
 * RSDP, XSDT, FADT, DSDT, MADT, our own table and, with disk images, NFIT of a spawn kernel,
 * written one behind the other.
 */
#include "acpi.h"

#define HEADER_SIZE 36
#define HEADER_LENGTH 4
#define HEADER_CHECKSUM 9

#define RSDP_SIZE 36
#define RSDP_V1_SIZE 20

/* FADT, MADT, our own, and NFIT where there are images; the DSDT hangs from the FADT. */
#define XSDT_TABLES 4
#define XSDT_SIZE (HEADER_SIZE + 8 * XSDT_TABLES)

#define FADT_SIZE 276		/* revision 6 */
#define FADT_DSDT 40
#define FADT_PROFILE 45
#define FADT_BOOT_FLAGS 109
#define FADT_FLAGS 112
#define FADT_RESET_REGISTER 116
#define FADT_RESET_VALUE 128
#define FADT_MINOR 131
#define FADT_X_DSDT 140
#define FADT_SLEEP_CONTROL 244
#define FADT_SLEEP_STATUS 256

#define PROFILE_ENTERPRISE_SERVER 4

/* IAPC_BOOT_ARCH: no legacy devices, no 8042, no VGA, no MSI, no ASPM, no CMOS clock */
#define BOOT_NO_VGA (1 << 2)
#define BOOT_NO_MSI (1 << 3)
#define BOOT_NO_ASPM (1 << 4)
#define BOOT_NO_CMOS_RTC (1 << 5)

#define FLAG_WBINVD (1 << 0)
#define FLAG_NO_FIXED_POWER_BUTTON (1 << 4)
#define FLAG_NO_FIXED_SLEEP_BUTTON (1 << 5)
#define FLAG_RESET_REGISTER (1 << 10)
#define FLAG_HEADLESS (1 << 12)
/* Physical destinations: logical ids would be the same as the host's CPUs have. */
#define FLAG_PHYSICAL_DESTINATION (1 << 19)
#define FLAG_HARDWARE_REDUCED (1 << 20)

#define GAS_SYSTEM_MEMORY 0
#define GAS_BYTE_ACCESS 1

#define SHARED_TABLE_SIZE (HEADER_SIZE + 12)	/* address and size of the shared area */

#define MADT_FIXED_SIZE 44
#define MADT_LOCAL_APIC 0
#define MADT_LOCAL_APIC_SIZE 8
#define MADT_IOAPIC 1
#define MADT_IOAPIC_SIZE 12
#define MADT_LOCAL_X2APIC 9
#define MADT_LOCAL_X2APIC_SIZE 16
#define MADT_CPU_ENABLED (1 << 0)
#define MADT_CPU_ONLINE_CAPABLE (1 << 1)
#define LOCAL_APIC_ADDRESS 0xfee00000U
#define LOCAL_APIC_ID_MAX 254	/* 255 is the broadcast id; from there on x2APIC entries */

/* AML, chapter 20 */
#define AML_ZERO 0x00
#define AML_ONE 0x01
#define AML_NAME 0x08
#define AML_BYTE 0x0a
#define AML_WORD 0x0b
#define AML_DWORD 0x0c
#define AML_STRING 0x0d
#define AML_QWORD 0x0e
#define AML_BUFFER 0x11
#define AML_DUAL_NAME 0x2e
#define AML_EXTENDED 0x5b
#define AML_REGION 0x80
#define AML_FIELD 0x81
#define AML_DEVICE 0x82
#define AML_SYSTEM_MEMORY 0
#define AML_BYTE_ACCESS 1

#define LATER_CPU_SIZE 96	/* the device of a CPU that may come, at most */

#define NFIT_FIXED_SIZE (HEADER_SIZE + 4)
#define NFIT_RANGE 0		/* a structure of the type "system physical address range" */
#define NFIT_RANGE_SIZE 56
#define NFIT_WRITE_BACK 8	/* its memory is to be mapped so */

/* 66f0d379-b4f3-4074-ac43-0d3318b78cdb, "byte addressable persistent memory region" */
static const u8 persistent_memory[16] = {
	0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
	0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb,
};

/*
 * Scope (_SB) { Device (NVDR) { Name (_HID, "ACPI0012") } }: a driver looks at the NFIT for its
 * sake.
 */
static const u8 nvdimm_root[] = {
	0x10, 0x1b, '_', 'S', 'B', '_',
	0x5b, 0x82, 0x14, 'N', 'V', 'D', 'R',
	0x08, '_', 'H', 'I', 'D', 0x0d, 'A', 'C', 'P', 'I', '0', '0', '1', '2', 0,
};

/* Name (_S5, Package (4) { 5, 0, 0, 0 }) */
static const u8 s5_object[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x07, 0x04, 0x0a, MK_ACPI_SLEEP_TYPE_S5, 0x00, 0x00, 0x00,
};

static u8 checksum(const u8 *bytes, u32 size)
{
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return -sum;
}

static void finish_table(u8 *table, const char *signature, u8 revision, u32 size)
{
	memcpy(table, signature, 4);
	mk_put_le32(table + HEADER_LENGTH, size);
	table[8] = revision;
	memcpy(table + 10, "MULTIK", 6);
	memcpy(table + 16, "MKSPAWN ", 8);
	mk_put_le32(table + 24, 1);
	memcpy(table + 28, "MKRN", 4);
	mk_put_le32(table + 32, 1);
	table[HEADER_CHECKSUM] = checksum(table, size);
}

static void put_register(u8 *gas, u64 address)
{
	gas[0] = GAS_SYSTEM_MEMORY;
	gas[1] = 8;
	gas[2] = 0;
	gas[3] = GAS_BYTE_ACCESS;
	mk_put_le64(gas + 4, address);
}

static void build_rsdp(u8 *rsdp, u64 xsdt)
{
	memcpy(rsdp, "RSD PTR ", 8);
	memcpy(rsdp + 9, "MULTIK", 6);
	rsdp[15] = 2;
	mk_put_le32(rsdp + 20, RSDP_SIZE);
	mk_put_le64(rsdp + 24, xsdt);
	rsdp[8] = checksum(rsdp, RSDP_V1_SIZE);
	rsdp[32] = checksum(rsdp, RSDP_SIZE);
}

/*
 * Sleep control and sleep status share one byte. A stock kernel first writes the wake bit to the
 * status register, to clear it, then the control value, then waits for the wake bit
 * (drivers/acpi/acpica/hwesleep.c). Plain memory would keep the wake bit and end that wait; here
 * the control value overwrites it and the CPU waits until it is stopped.
 */
static void build_fadt(u8 *fadt, const struct mk_acpi *acpi, u64 dsdt)
{
	if (dsdt >> 32 == 0)
		mk_put_le32(fadt + FADT_DSDT, dsdt);
	mk_put_le64(fadt + FADT_X_DSDT, dsdt);
	fadt[FADT_PROFILE] = PROFILE_ENTERPRISE_SERVER;
	mk_put_le16(fadt + FADT_BOOT_FLAGS,
		    BOOT_NO_VGA | BOOT_NO_MSI | BOOT_NO_ASPM | BOOT_NO_CMOS_RTC);
	mk_put_le32(fadt + FADT_FLAGS,
		    FLAG_WBINVD | FLAG_NO_FIXED_POWER_BUTTON | FLAG_NO_FIXED_SLEEP_BUTTON |
		    FLAG_RESET_REGISTER | FLAG_HEADLESS | FLAG_PHYSICAL_DESTINATION |
		    FLAG_HARDWARE_REDUCED);
	put_register(fadt + FADT_RESET_REGISTER, acpi->reset_register);
	fadt[FADT_RESET_VALUE] = MK_ACPI_RESET_VALUE;
	fadt[FADT_MINOR] = 3;	/* see build_madt() */
	put_register(fadt + FADT_SLEEP_CONTROL, acpi->sleep_register);
	put_register(fadt + FADT_SLEEP_STATUS, acpi->sleep_register);
	finish_table(fadt, "FACP", 6, FADT_SIZE);
}

static u32 put_cpu(u8 *entry, u32 uid, u32 apic_id, u32 flags)
{
	if (apic_id <= LOCAL_APIC_ID_MAX && uid <= 255) {
		entry[0] = MADT_LOCAL_APIC;
		entry[1] = MADT_LOCAL_APIC_SIZE;
		entry[2] = uid;
		entry[3] = apic_id;
		mk_put_le32(entry + 4, flags);
		return MADT_LOCAL_APIC_SIZE;
	}
	entry[0] = MADT_LOCAL_X2APIC;
	entry[1] = MADT_LOCAL_X2APIC_SIZE;
	mk_put_le32(entry + 4, apic_id);
	mk_put_le32(entry + 8, flags);
	mk_put_le32(entry + 12, uid);
	return MADT_LOCAL_X2APIC_SIZE;
}

/* UIDs count from 0, in the order of the MADT. */
static u32 first_uid(const struct mk_acpi *acpi)
{
	return acpi->bsp_apic_id != MK_NO_APIC_ID;
}

static u32 first_later_uid(const struct mk_acpi *acpi)
{
	return first_uid(acpi) + acpi->cpu_count;
}

static u8 *put_bytes(u8 *p, const void *bytes, u32 size)
{
	memcpy(p, bytes, size);
	return p + size;
}

static u8 *put_name(u8 *p, const char *name)
{
	*p++ = AML_NAME;
	return put_bytes(p, name, 4);
}

/* In the shortest form there is. */
static u8 *put_integer(u8 *p, u64 value)
{
	u8 bytes[8];

	mk_put_le64(bytes, value);
	if (value <= 1) {
		*p++ = value ? AML_ONE : AML_ZERO;
		return p;
	}
	if (value >> 32) {
		*p++ = AML_QWORD;
		return put_bytes(p, bytes, 8);
	}
	if (value >> 16) {
		*p++ = AML_DWORD;
		return put_bytes(p, bytes, 4);
	}
	*p++ = value >> 8 ? AML_WORD : AML_BYTE;
	return put_bytes(p, bytes, value >> 8 ? 2 : 1);
}

/* Name (_MAT, Buffer () { what the MADT would have for it if it were there }) */
static u8 *put_madt_entry(u8 *p, u32 uid, u32 apic_id)
{
	u8 entry[MADT_LOCAL_X2APIC_SIZE] = {};
	u32 size = put_cpu(entry, uid, apic_id, MADT_CPU_ENABLED);

	p = put_name(p, "_MAT");
	*p++ = AML_BUFFER;
	*p++ = size + 3;	/* with this byte and the next two */
	*p++ = AML_BYTE;
	*p++ = size;
	return put_bytes(p, entry, size);
}

/* OperationRegion and Field: _STA is a byte in memory. */
static u8 *put_status(u8 *p, u64 address)
{
	*p++ = AML_EXTENDED;
	*p++ = AML_REGION;
	p = put_bytes(p, "HELD", 4);
	*p++ = AML_SYSTEM_MEMORY;
	p = put_integer(p, address);
	p = put_integer(p, 1);
	*p++ = AML_EXTENDED;
	*p++ = AML_FIELD;
	*p++ = 11;	/* bytes from here on */
	p = put_bytes(p, "HELD", 4);
	*p++ = AML_BYTE_ACCESS;
	p = put_bytes(p, "_STA", 4);
	*p++ = 8;	/* bits */
	return p;
}

static u8 *put_path(u8 *p, u32 uid)
{
	char name[5] = { 'C' + (uid >> 12) };
	u32 i;

	for (i = 0; i < 3; i++)
		name[1 + i] = "0123456789ABCDEF"[uid >> (8 - 4 * i) & 0xf];
	*p++ = AML_DUAL_NAME;
	p = put_bytes(p, "_SB_", 4);
	return put_bytes(p, name, 4);
}

/*
 * Device (_SB.C001): a processor that is there when its byte says so. Our module in the spawn has
 * the kernel look at it again, by acpi_bus_scan(), and the kernel adds the CPU as it does on any
 * machine where one is plugged in (drivers/acpi/acpi_processor.c, acpi_processor_hotadd_init()).
 */
static u8 *put_later_cpu(u8 *p, u32 uid, u32 apic_id, u64 status)
{
	u8 *device = p, *length = p + 2;

	p = put_path(p + 4, uid);
	p = put_name(p, "_HID");
	*p++ = AML_STRING;
	p = put_bytes(p, MK_ACPI_PROCESSOR, sizeof(MK_ACPI_PROCESSOR));
	p = put_name(p, "_UID");
	p = put_integer(p, uid);
	p = put_madt_entry(p, uid, apic_id);
	p = put_status(p, status);
	device[0] = AML_EXTENDED;
	device[1] = AML_DEVICE;
	/* In two bytes: four bits, and a flag that says so; then eight. */
	length[0] = 1 << 6 | ((p - length) & 0xf);
	length[1] = (p - length) >> 4;
	return p;
}

static u32 put_later_cpus(u8 *p, const struct mk_acpi *acpi)
{
	u8 *start = p;
	u32 i;

	for (i = 0; i < acpi->later_count; i++)
		p = put_later_cpu(p, first_later_uid(acpi) + i, acpi->later_apic_ids[i],
				  acpi->later_status + i);
	return p - start;
}

static u32 build_dsdt(u8 *dsdt, const struct mk_acpi *acpi)
{
	u32 size = HEADER_SIZE + sizeof(s5_object);

	memcpy(dsdt + HEADER_SIZE, s5_object, sizeof(s5_object));
	if (acpi->image_count) {
		memcpy(dsdt + size, nvdimm_root, sizeof(nvdimm_root));
		size += sizeof(nvdimm_root);
	}
	size += put_later_cpus(dsdt + size, acpi);
	finish_table(dsdt, "DSDT", 2, size);
	return size;
}

/*
 * CPUs that may come are not enabled, but online capable. Such a CPU is possible for a stock kernel,
 * and not present, and no one there can send it INIT or a SIPI, which would be the end of whatever
 * runs on it, the host most likely. Seen in 6.1, 6.12:
 *
 * - acpi_is_processor_usable() takes the entry for that flag, which counts since the FADT says 6.3
 *   (acpi_parse_madt(), acpi_support_online_capable). Without it 6.12 leaves the entry out on bare
 *   hardware. Older kernels, which know no such flag, take all that are not enabled the same way.
 * - It is counted, and no more: acpi_register_lapic() returns before generic_processor_info() (6.1);
 *   topo_register_apic() goes past topo_set_cpuids() (6.12). No set_cpu_present() comes of it. The
 *   possible CPUs become one more (prefill_possible_map(), topology_init_possible_cpus()).
 * - Only present CPUs are started at boot (bringup_nonboot_cpus(), for_each_present_cpu()), and only
 *   they get a device, and a file "online" (topology_init(); cpu_dev_register_generic()).
 * - Whatever calls cpu_up() later ends at _cpu_up(), -EINVAL, as the CPU is not present. And
 *   do_boot_cpu() and its callers have no APIC id to call: x86_cpu_to_apicid is still BAD_APICID.
 *   6.12 does note which id the CPU's number would have (topology_init_possible_cpus(),
 *   cpuid_to_apicid), but asks for a present CPU before it starts one
 *   (default_cpu_present_to_apicid()).
 * - A processor device comes by the DSDT alone, and its _STA is 0 (acpi_bus_attach() passes it over)
 *   until our module in the spawn was told by the host that the CPU is the spawn's.
 */
static u32 build_madt(u8 *madt, const struct mk_acpi *acpi)
{
	u32 size = MADT_FIXED_SIZE, uid = first_uid(acpi), i;
	u8 *ioapic;

	mk_put_le32(madt + HEADER_SIZE, LOCAL_APIC_ADDRESS);
	if (acpi->bsp_apic_id != MK_NO_APIC_ID)
		size += put_cpu(madt + size, 0, acpi->bsp_apic_id, MADT_CPU_ENABLED);
	for (i = 0; i < acpi->cpu_count; i++)
		size += put_cpu(madt + size, uid++, acpi->apic_ids[i], MADT_CPU_ENABLED);
	for (i = 0; i < acpi->later_count; i++)
		size += put_cpu(madt + size, uid++, acpi->later_apic_ids[i],
				MADT_CPU_ONLINE_CAPABLE);

	ioapic = madt + size;
	ioapic[0] = MADT_IOAPIC;
	ioapic[1] = MADT_IOAPIC_SIZE;
	mk_put_le32(ioapic + 4, acpi->ioapic_address);
	size += MADT_IOAPIC_SIZE;
	finish_table(madt, "APIC", 5, size);
	return size;
}

/*
 * Images as persistent memory. That a kernel could also find in its memory map (type 12) comes up
 * with PCI alone, which a spawn has off (e820__reserve_resources_late(), by
 * pcibios_resource_survey()). Seen in 6.1, 6.12: the driver makes regions in the order of these
 * structures, and so numbers /dev/pmem.
 */
static u32 build_nfit(u8 *nfit, const struct mk_acpi *acpi)
{
	u32 size = NFIT_FIXED_SIZE, i;

	for (i = 0; i < acpi->image_count; i++, size += NFIT_RANGE_SIZE) {
		u8 *range = nfit + size;

		mk_put_le16(range, NFIT_RANGE);
		mk_put_le16(range + 2, NFIT_RANGE_SIZE);
		mk_put_le16(range + 4, i + 1);
		memcpy(range + 16, persistent_memory, sizeof(persistent_memory));
		mk_put_le64(range + 32, acpi->images[i].start);
		mk_put_le64(range + 40, acpi->images[i].size);
		mk_put_le64(range + 48, NFIT_WRITE_BACK);
	}
	finish_table(nfit, "NFIT", 1, size);
	return size;
}

/* Unknown to a stock kernel, which leaves it alone; our module in the spawn looks for it. */
static void build_shared_table(u8 *table, const struct mk_acpi *acpi)
{
	mk_put_le64(table + HEADER_SIZE, acpi->shared);
	mk_put_le32(table + HEADER_SIZE + 8, acpi->shared_size);
	finish_table(table, MK_ACPI_SHARED_SIGNATURE, 1, SHARED_TABLE_SIZE);
}

int mk_acpi_read_shared(const void *table, u32 size, u64 *address, u32 *area_size)
{
	const u8 *bytes = table;

	if (size < SHARED_TABLE_SIZE || memcmp(bytes, MK_ACPI_SHARED_SIGNATURE, 4) ||
	    mk_get_le32(bytes + HEADER_LENGTH) != SHARED_TABLE_SIZE ||
	    checksum(bytes, SHARED_TABLE_SIZE))
		return -EINVAL;
	*address = mk_get_le64(bytes + HEADER_SIZE);
	*area_size = mk_get_le32(bytes + HEADER_SIZE + 8);
	if (!*area_size || *area_size > MK_ACPI_SHARED_MAX || *address % MK_PAGE_SIZE ||
	    *address + *area_size < *address)
		return -EINVAL;
	return 0;
}

bool mk_acpi_names_bsp(u32 version_major, u32 version_minor)
{
	return version_major > 6 || (version_major == 6 && version_minor >= 9);
}

u32 mk_acpi_listed_first(const u32 *apic_ids, u32 cpu_count, u32 bsp, bool has_flag, u32 other)
{
	u32 i;

	for (i = 0; i < cpu_count; i++)
		if (apic_ids[i] == bsp)
			return has_flag ? MK_NO_APIC_ID : other;
	return bsp;
}

/* Every table begins at a 16-byte border. */
static u32 next_table(u32 offset, u32 size)
{
	return mk_align_up(offset + size, 16);
}

size_t mk_acpi_size(u32 cpu_count, u32 later_count)
{
	size_t dsdt = HEADER_SIZE + sizeof(s5_object) + sizeof(nvdimm_root) +
		      (size_t)later_count * LATER_CPU_SIZE;
	size_t nfit = NFIT_FIXED_SIZE + MK_INSTANCE_IMAGES_MAX * NFIT_RANGE_SIZE;

	return mk_align_up(RSDP_SIZE, 16) + mk_align_up(XSDT_SIZE, 16) +
	       mk_align_up(FADT_SIZE, 16) + mk_align_up(dsdt, 16) +
	       mk_align_up(SHARED_TABLE_SIZE, 16) + mk_align_up(nfit, 16) + MADT_FIXED_SIZE +
	       MADT_IOAPIC_SIZE + ((size_t)cpu_count + later_count + 1) * MADT_LOCAL_X2APIC_SIZE;
}

void mk_acpi_build(const struct mk_acpi *acpi, void *buffer, u64 address)
{
	u8 *tables = buffer;
	u32 xsdt = next_table(0, RSDP_SIZE);
	u32 fadt = next_table(xsdt, XSDT_SIZE);
	u32 shared = next_table(fadt, FADT_SIZE);
	u32 dsdt = next_table(shared, SHARED_TABLE_SIZE);
	u32 nfit = next_table(dsdt, build_dsdt(tables + dsdt, acpi));
	u32 madt = acpi->image_count ? next_table(nfit, build_nfit(tables + nfit, acpi)) : nfit;
	u32 xsdt_size = XSDT_SIZE - (acpi->image_count ? 0 : 8);

	build_madt(tables + madt, acpi);
	build_fadt(tables + fadt, acpi, address + dsdt);
	build_shared_table(tables + shared, acpi);
	mk_put_le64(tables + xsdt + HEADER_SIZE, address + fadt);
	mk_put_le64(tables + xsdt + HEADER_SIZE + 8, address + madt);
	mk_put_le64(tables + xsdt + HEADER_SIZE + 16, address + shared);
	if (acpi->image_count)
		mk_put_le64(tables + xsdt + HEADER_SIZE + 24, address + nfit);
	finish_table(tables + xsdt, "XSDT", 1, xsdt_size);
	build_rsdp(tables, address + xsdt);
}
