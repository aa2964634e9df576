// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI tables of a spawn kernel: found the way a kernel finds them, from pointer to pointer,
 * then read by iasl, which knows the specification: what it disassembles must say what was asked
 * for, and compiled again be the same table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "acpi.h"
#include "random.h"
#include "tree.h"

#define ADDRESS 0x123450000ULL
#define IOAPIC 0x99000
#define RESET (ADDRESS - 0xfc0)
#define SLEEP (ADDRESS - 0xfbf)
#define SHARED (ADDRESS - 0x100000)
#define SHARED_SIZE 0x30000
#define TABLES 3
#define CPUS_MAX 600
#define TABLE_MAX (1 << 14)
#define RANDOM_TABLES 2000

/* ACPI 6.5, 5.2.6: offsets in the header of every table but the RSDP. */
#define LENGTH 4
#define CHECKSUM 9
#define CREATOR 28
#define HEADER_SIZE 36

static u32 table_count = TABLES;	/* with images one more */
static u8 *tables;
static size_t tables_size;
static u64 tables_address;

/* Exactly as many bytes as mk_acpi_size() says, so that the one beyond is seen. */
static void build(struct mk_acpi *acpi, u64 address)
{
	tables_size = mk_acpi_size(acpi->cpu_count, acpi->later_count);
	tables_address = address;
	free(tables);
	tables = calloc(1, tables_size);
	assert_non_null(tables);
	mk_acpi_build(acpi, tables, address);
}

static struct mk_acpi acpi_of(const u32 *apic_ids, u32 count, u32 bsp)
{
	return (struct mk_acpi){
		.apic_ids = apic_ids,
		.cpu_count = count,
		.bsp_apic_id = bsp,
		.ioapic_address = IOAPIC,
		.reset_register = RESET,
		.sleep_register = SLEEP,
		.shared = SHARED,
		.shared_size = SHARED_SIZE,
	};
}

static void assert_sums_to_zero(const u8 *bytes, size_t size)
{
	u8 sum = 0;
	size_t i;

	for (i = 0; i < size; i++)
		sum += bytes[i];
	assert_int_equal(sum, 0);
}

/*
 * Every pointer must lead to a whole table with the signature and revision, its bytes summing to
 * zero.
 */
static const u8 *table_at(u64 address, const char *signature, u8 revision)
{
	const u8 *table = tables + (address - tables_address);

	assert_true(address >= tables_address);
	assert_true(address - tables_address <= tables_size - HEADER_SIZE);
	assert_int_equal(address % 16, 0);
	assert_memory_equal(table, signature, 4);
	assert_true(mk_get_le32(table + LENGTH) >= HEADER_SIZE);
	assert_true(mk_get_le32(table + LENGTH) <= tables_size - (table - tables));
	assert_sums_to_zero(table, mk_get_le32(table + LENGTH));
	assert_int_equal(table[8], revision);
	return table;
}

static const u8 *xsdt(void)
{
	assert_memory_equal(tables, "RSD PTR ", 8);
	assert_sums_to_zero(tables, 20);
	assert_sums_to_zero(tables, 36);
	assert_int_equal(tables[15], 2);			/* revision */
	assert_int_equal(mk_get_le32(tables + 16), 0);		/* no RSDT */
	assert_int_equal(mk_get_le32(tables + 20), 36);
	assert_memory_equal(tables + 9, "MULTIK", 6);
	assert_int_equal(mk_get_le32(tables + 32) >> 8, 0);	/* reserved */
	return table_at(mk_get_le64(tables + 24), "XSDT", 1);
}

/* The one entry of the XSDT that leads to such a table. */
static const u8 *find(const char *signature, u8 revision)
{
	const u8 *root = xsdt(), *table, *found = NULL;
	u32 i;

	assert_int_equal(mk_get_le32(root + LENGTH), HEADER_SIZE + 8 * table_count);
	for (i = 0; i < table_count; i++) {
		table = tables + (mk_get_le64(root + HEADER_SIZE + 8 * i) - tables_address);
		if (memcmp(table, signature, 4))
			continue;
		assert_null(found);
		found = table_at(mk_get_le64(root + HEADER_SIZE + 8 * i), signature, revision);
	}
	assert_non_null(found);
	return found;
}

static const u8 *fadt(void)
{
	return find("FACP", 6);
}

static const u8 *madt(void)
{
	return find("APIC", 5);
}

static const u8 *shared_table(void)
{
	return find(MK_ACPI_SHARED_SIGNATURE, 1);
}

static const u8 *dsdt(void)
{
	return table_at(mk_get_le64(fadt() + 140), "DSDT", 2);
}

/* 5.2.12.2, 5.2.12.12: one local APIC, in the short form where the id fits. */
static const u8 *assert_cpu(const u8 *entry, u32 uid, u32 apic_id)
{
	bool is_short = apic_id < 255 && uid < 256;

	assert_int_equal(entry[0], is_short ? 0 : 9);
	assert_int_equal(entry[1], is_short ? 8 : 16);
	if (is_short) {
		assert_int_equal(entry[2], uid);
		assert_int_equal(entry[3], apic_id);
		assert_int_equal(mk_get_le32(entry + 4), 1);	/* enabled */
	} else {
		assert_int_equal(mk_get_le16(entry + 2), 0);
		assert_int_equal(mk_get_le32(entry + 4), apic_id);
		assert_int_equal(mk_get_le32(entry + 8), 1);
		assert_int_equal(mk_get_le32(entry + 12), uid);
	}
	return entry + entry[1];
}

/*
 * The boot CPU of the machine first where it is to be named, then the instance's, then the I/O
 * APIC, nothing more.
 */
static void assert_madt(const u32 *apic_ids, u32 count, u32 bsp)
{
	const u8 *table = madt(), *entry = table + 44;
	u32 uid = 0, i;

	assert_int_equal(mk_get_le32(table + 36), 0xfee00000);
	assert_int_equal(mk_get_le32(table + 40), 0);		/* no 8259 */
	if (bsp != MK_NO_APIC_ID)
		entry = assert_cpu(entry, uid++, bsp);
	for (i = 0; i < count; i++)
		entry = assert_cpu(entry, uid++, apic_ids[i]);
	assert_int_equal(entry[0], 1);
	assert_int_equal(entry[1], 12);
	assert_int_equal(mk_get_le32(entry + 4), IOAPIC);
	assert_int_equal(mk_get_le32(entry + 8), 0);
	assert_ptr_equal(entry + 12, table + mk_get_le32(table + LENGTH));
}

static void assert_register(const u8 *gas, u64 address)
{
	assert_int_equal(gas[0], 0);		/* system memory */
	assert_int_equal(gas[1], 8);		/* bits */
	assert_int_equal(gas[2], 0);
	assert_int_equal(gas[3], 1);		/* byte access */
	assert_int_equal(mk_get_le64(gas + 4), address);
}

/* 5.2.12.2: behind the others, and online capable. */
static void test_later_cpus(void **state)
{
	static const u32 ids[] = { 3, 5 }, later[] = { 4, 300 };
	struct mk_acpi acpi = acpi_of(ids, ARRAY_SIZE(ids), 0);
	const u8 *entry;

	(void)state;
	acpi.later_apic_ids = later;
	acpi.later_count = ARRAY_SIZE(later);
	acpi.later_status = SHARED + 2048;
	build(&acpi, ADDRESS);
	assert_int_equal(fadt()[131], 3);	/* 6.3, which has that flag */
	entry = madt() + 44 + 3 * 8;
	assert_int_equal(entry[0], 0);
	assert_int_equal(entry[2], 3);
	assert_int_equal(entry[3], 4);
	assert_int_equal(mk_get_le32(entry + 4), 2);
	entry += 8;
	assert_int_equal(entry[0], 9);
	assert_int_equal(mk_get_le32(entry + 4), 300);
	assert_int_equal(mk_get_le32(entry + 8), 2);
	assert_int_equal(mk_get_le32(entry + 12), 4);
	assert_int_equal(entry[16], 1);		/* the I/O APIC */
	dsdt();
}

/* As many as there can be, in the room there is: build() sees what is beyond. */
static void test_most_later_cpus(void **state)
{
	static u32 later[MK_LATER_CPUS_MAX];
	const u32 id = 7;
	struct mk_acpi acpi = acpi_of(&id, 1, 1);
	u32 i;

	(void)state;
	for (i = 0; i < MK_LATER_CPUS_MAX; i++)
		later[i] = 100000 + i;
	acpi.later_apic_ids = later;
	acpi.later_count = MK_LATER_CPUS_MAX;
	acpi.later_status = ADDRESS;
	build(&acpi, ADDRESS);
	assert_non_null(madt());
	assert_int_equal(mk_get_le32(dsdt() + LENGTH) < 36 + 13 + 96 * MK_LATER_CPUS_MAX, true);
}

static void test_fadt(void **state)
{
	const u32 id = 7;
	struct mk_acpi acpi = acpi_of(&id, 1, MK_NO_APIC_ID);
	u32 flags;

	(void)state;
	build(&acpi, ADDRESS);
	assert_int_equal(mk_get_le32(fadt() + LENGTH), 276);
	flags = mk_get_le32(fadt() + 112);
	assert_true(flags & 1 << 10);		/* RESET_REG_SUP */
	assert_true(flags & 1 << 19);		/* FORCE_APIC_PHYSICAL_DESTINATION_MODE */
	assert_true(flags & 1 << 20);		/* HW_REDUCED_ACPI */
	assert_true(mk_get_le16(fadt() + 109) & 1 << 5);	/* no CMOS clock */
	assert_register(fadt() + 116, RESET);
	assert_int_equal(fadt()[128], MK_ACPI_RESET_VALUE);
	assert_register(fadt() + 244, SLEEP);
	assert_register(fadt() + 256, SLEEP);
	assert_int_equal(mk_get_le32(fadt() + 40), 0);		/* no 32-bit pointer up there */
	build(&acpi, 0xfffff000);
	assert_int_equal(mk_get_le32(fadt() + 40), mk_get_le64(fadt() + 140));
	dsdt();
}

static void test_madt(void **state)
{
	static const u32 ids[] = { 3, 0, 254, 255, 256, 0xfffffffe };
	struct mk_acpi acpi = acpi_of(ids, ARRAY_SIZE(ids), MK_NO_APIC_ID);

	(void)state;
	build(&acpi, ADDRESS);
	assert_madt(ids, ARRAY_SIZE(ids), MK_NO_APIC_ID);
	acpi.bsp_apic_id = 0;
	build(&acpi, ADDRESS);
	assert_madt(ids, ARRAY_SIZE(ids), 0);
	acpi.bsp_apic_id = 512;
	build(&acpi, ADDRESS);
	assert_madt(ids, ARRAY_SIZE(ids), 512);
}

/* UIDs of the short form have eight bits, too. */
static void test_many_cpus(void **state)
{
	u32 ids[CPUS_MAX], i;
	struct mk_acpi acpi = acpi_of(ids, CPUS_MAX, 1);

	(void)state;
	for (i = 0; i < CPUS_MAX; i++)
		ids[i] = CPUS_MAX - i;
	build(&acpi, ADDRESS);
	assert_madt(ids, CPUS_MAX, 1);
}

/*
 * From a block of its own length, so that reading beyond its end is seen; the checksum is made
 * right.
 */
static int read_shared(const u8 *table, u32 size, u64 *address, u32 *area_size)
{
	u8 *copy = malloc(size ? size : 1), sum = 0;
	int error;
	u32 i;

	assert_non_null(copy);
	memcpy(copy, table, size);
	for (i = 0; i < size; i++)
		sum += copy[i];
	if (size > CHECKSUM)
		copy[CHECKSUM] -= sum;
	error = mk_acpi_read_shared(copy, size, address, area_size);
	free(copy);
	return error;
}

static void test_shared_table(void **state)
{
	const u32 id = 1;
	struct mk_acpi acpi = acpi_of(&id, 1, MK_NO_APIC_ID);
	u32 length, size, area_size;
	u64 address;

	(void)state;
	build(&acpi, ADDRESS);
	length = mk_get_le32(shared_table() + LENGTH);
	assert_int_equal(length, HEADER_SIZE + 12);
	assert_int_equal(mk_acpi_read_shared(shared_table(), length, &address, &area_size), 0);
	assert_int_equal(address, SHARED);
	assert_int_equal(area_size, SHARED_SIZE);
	for (size = 0; size < length; size++)
		assert_int_equal(read_shared(shared_table(), size, &address, &area_size), -EINVAL);
}

/* A byte of the table that is different: found by its sum; with a right sum, by what it says. */
static void test_damaged_shared_table(void **state)
{
	const u32 id = 1;
	struct mk_acpi acpi = acpi_of(&id, 1, MK_NO_APIC_ID);
	u8 table[128];
	u32 length, area_size, i;
	u64 address;

	(void)state;
	build(&acpi, ADDRESS);
	length = mk_get_le32(shared_table() + LENGTH);
	assert_true(length <= sizeof(table));
	for (i = 0; i < length; i++) {
		memcpy(table, shared_table(), length);
		table[i] ^= 0x81;
		assert_int_equal(mk_acpi_read_shared(table, length, &address, &area_size), -EINVAL);
		if (i < CHECKSUM - 1)		/* signature and length */
			assert_int_equal(read_shared(table, length, &address, &area_size), -EINVAL);
	}
}

static void assert_area(u64 address, u32 size, int expected)
{
	const u32 id = 1;
	struct mk_acpi acpi = acpi_of(&id, 1, MK_NO_APIC_ID);
	u64 found;
	u32 found_size;

	acpi.shared = address;
	acpi.shared_size = size;
	build(&acpi, ADDRESS);
	assert_int_equal(mk_acpi_read_shared(shared_table(), mk_get_le32(shared_table() + LENGTH),
					     &found, &found_size), expected);
	if (expected)
		return;
	assert_int_equal(found, address);
	assert_int_equal(found_size, size);
}

static void test_shared_area(void **state)
{
	(void)state;
	assert_area(0x1000, 1, 0);
	assert_area(0x1000, 0, -EINVAL);
	assert_area(0x1001, 1, -EINVAL);
	assert_area(0x1800, 1, -EINVAL);
	assert_area(0x1000, MK_ACPI_SHARED_MAX, 0);
	assert_area(0x1000, MK_ACPI_SHARED_MAX + 1, -EINVAL);
	assert_area(0x1000, ~0U, -EINVAL);
	assert_area(-0x1000ULL, 0xfff, 0);
	assert_area(-0x1000ULL, 0x1000, -EINVAL);
}

static void test_random(void **state)
{
	u32 round, ids[CPUS_MAX], i;

	(void)state;
	for (round = 0; round < RANDOM_TABLES; round++) {
		u32 count = 1 + random_below(random_below(10) ? 20 : CPUS_MAX);
		u32 bsp = random_below(2) ? MK_NO_APIC_ID : random_below(1ULL << random_below(32));
		struct mk_acpi acpi = acpi_of(ids, count, bsp);

		for (i = 0; i < count; i++)
			ids[i] = random_below(1ULL << random_below(32));
		build(&acpi, random_below(1ULL << (16 + random_below(32))) << 4);
		assert_madt(ids, count, bsp);
		dsdt();
	}
}

/* The machine's boot CPU is 4 here, and 9 is nobody's. */
static void test_listed_first(void **state)
{
	static const u32 others[] = { 1, 2 }, whole[] = { 4, 2 };

	(void)state;
	assert_int_equal(mk_acpi_listed_first(others, 2, 4, true, 9), 4);
	assert_int_equal(mk_acpi_listed_first(others, 2, 4, false, 9), 4);
	assert_int_equal(mk_acpi_listed_first(whole, 2, 4, true, 9), MK_NO_APIC_ID);
	assert_int_equal(mk_acpi_listed_first(whole, 2, 4, false, 9), 9);
	assert_int_equal(mk_acpi_listed_first(whole, 1, 4, false, 9), 9);
}

static void test_names_bsp(void **state)
{
	(void)state;
	assert_false(mk_acpi_names_bsp(0, 0));
	assert_false(mk_acpi_names_bsp(5, 99));
	assert_false(mk_acpi_names_bsp(6, 1));
	assert_false(mk_acpi_names_bsp(6, 8));
	assert_true(mk_acpi_names_bsp(6, 9));
	assert_true(mk_acpi_names_bsp(6, 12));
	assert_true(mk_acpi_names_bsp(7, 0));
}

/* What a stock kernel writes: the type of \_S5 in bits 2 to 4, and the enable bit (4.8.3.7). */
static void test_sleep_value(void **state)
{
	(void)state;
	assert_int_equal(MK_ACPI_SLEEP_VALUE, 0x34);
}

static char directory[] = "/tmp/mk-acpi-XXXXXX";

static size_t read_file(const char *name, void *buffer, size_t size)
{
	FILE *file = fopen(name, "r");
	size_t length;

	if (!file)
		fail_msg("iasl wrote no %s", name);
	length = fread(buffer, 1, size, file);
	fclose(file);
	assert_true(length < size);
	return length;
}

static void run(const char *command)
{
	char log[TABLE_MAX];

	if (!system(command))
		return;
	log[read_file("log", log, sizeof(log))] = '\0';
	fail_msg("%s: %s", command, log);
}

/*
 * Disassembles a table into @text, and compiles that again: without a complaint, into the same
 * bytes.
 */
static void disassemble(const u8 *table, char *text)
{
	u8 again[TABLE_MAX];
	size_t size = mk_get_le32(table + LENGTH);
	FILE *file = fopen("table.dat", "w");

	assert_non_null(file);
	assert_int_equal(fwrite(table, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	run("iasl -d table.dat >log 2>&1 && ! grep -i -e warning -e error log");
	text[read_file("table.dsl", text, TABLE_MAX)] = '\0';
	run("iasl -p again table.dsl >log 2>&1 && grep -q '0 Errors, 0 Warnings' log");

	/* iasl puts its own name in, which changes the sum. */
	assert_int_equal(read_file("again.aml", again, sizeof(again)), size);
	again[CHECKSUM] = table[CHECKSUM];
	memcpy(again + CREATOR, table + CREATOR, HEADER_SIZE - CREATOR);
	assert_memory_equal(again, table, size);
}

/* Finds a line with this name and value behind *@from, and moves *@from there. */
static void assert_says(const char **from, const char *name, const char *value)
{
	const char *found = *from;
	size_t length;

	while ((found = strstr(found, name))) {
		found += strlen(name);
		length = strspn(found, " :");
		if (memchr(found, ':', length) && !strncmp(found + length, value, strlen(value)))
			break;
	}
	if (!found)
		fail_msg("no \"%s : %s\" in\n%s", name, value, *from);
	*from = found;
}

static void check_fadt_text(void)
{
	char text[TABLE_MAX], address[20];
	const char *at = text;

	disassemble(fadt(), text);
	assert_says(&at, "Oem ID", "\"MULTIK\"");
	assert_says(&at, "Oem Table ID", "\"MKSPAWN \"");
	assert_says(&at, "Oem Revision", "00000001");
	assert_says(&at, "Asl Compiler ID", "\"MKRN\"");
	assert_says(&at, "Asl Compiler Revision", "00000001");
	assert_says(&at, "PM Profile", "04 [Enterprise Server]");
	assert_says(&at, "Boot Flags (decoded below)", "003C");
	assert_says(&at, "8042 Present on ports 60/64 (V2)", "0");
	assert_says(&at, "VGA Not Present (V4)", "1");
	assert_says(&at, "MSI Not Supported (V4)", "1");
	assert_says(&at, "PCIe ASPM Not Supported (V4)", "1");
	assert_says(&at, "CMOS RTC Not Present (V5)", "1");
	assert_says(&at, "Flags (decoded below)", "00181431");
	assert_says(&at, "WBINVD instruction is operational (V1)", "1");
	assert_says(&at, "Control Method Power Button (V1)", "1");
	assert_says(&at, "Control Method Sleep Button (V1)", "1");
	assert_says(&at, "Reset Register Supported (V2)", "1");
	assert_says(&at, "Headless - No Video (V3)", "1");
	assert_says(&at, "Use APIC Cluster Model (V4)", "0");
	assert_says(&at, "Use APIC Physical Destination Mode (V4)", "1");
	assert_says(&at, "Hardware Reduced (V5)", "1");
	assert_says(&at, "Reset Register", "[Generic Address Structure]");
	assert_says(&at, "Space ID", "00 [SystemMemory]");
	assert_says(&at, "Encoded Access Width", "01 [Byte Access:8]");
	snprintf(address, sizeof(address), "%016llX", RESET);
	assert_says(&at, "Address", address);
	assert_says(&at, "Value to cause reset", "52");
	assert_says(&at, "Sleep Control Register", "[Generic Address Structure]");
	snprintf(address, sizeof(address), "%016llX", SLEEP);
	assert_says(&at, "Address", address);
	assert_says(&at, "Sleep Status Register", "[Generic Address Structure]");
	assert_says(&at, "Address", address);
}

static void check_dsdt_text(const char *more)
{
	char text[TABLE_MAX], expected[1024], *end = text, *p;

	disassemble(dsdt(), text);
	/* Blanks and comments out of the way. */
	for (p = strstr(text, "DefinitionBlock"); p && *p; p++) {
		if (p[0] == '/' && p[1] == '/')
			p = strchr(p, '\n');
		if (!strchr(" \n", *p))
			*end++ = *p;
	}
	*end = '\0';
	snprintf(expected, sizeof(expected),
		 "DefinitionBlock(\"\",\"DSDT\",2,\"MULTIK\",\"MKSPAWN\",0x00000001)"
		 "{Name(_S5,Package(0x04){0x05,Zero,Zero,Zero})%s}", more);
	assert_string_equal(text, expected);
}

static void check_madt_text(void)
{
	char text[TABLE_MAX];
	const char *at = text;

	disassemble(madt(), text);
	assert_says(&at, "PC-AT Compatibility", "0");	/* no 8259 */
	assert_says(&at, "Subtable Type", "00 [Processor Local APIC]");
	assert_says(&at, "Local Apic ID", "00");	/* the machine's boot CPU */
	assert_says(&at, "Processor Enabled", "1");
	assert_says(&at, "Subtable Type", "00 [Processor Local APIC]");
	assert_says(&at, "Local Apic ID", "FE");
	assert_says(&at, "Processor Enabled", "1");
	assert_says(&at, "Subtable Type", "09 [Processor Local x2APIC]");
	assert_says(&at, "Processor x2Apic ID", "000000FF");
	assert_says(&at, "Processor Enabled", "1");
	assert_says(&at, "Subtable Type", "01 [I/O APIC]");
	assert_says(&at, "Address", "00099000");
}

static const struct mk_range images[MK_INSTANCE_IMAGES_MAX] = {
	{ .start = 0x3000000000, .size = 0x40000000 }, { .start = 0x80000000, .size = 0x200000 },
};

static void check_nfit_text(void)
{
	char text[TABLE_MAX];
	const char *at = text;

	disassemble(find("NFIT", 1), text);
	assert_says(&at, "Subtable Type", "0000 [System Physical Address Range]");
	assert_says(&at, "Range Index", "0001");
	assert_says(&at, "Region Type GUID", "66F0D379-B4F3-4074-AC43-0D3318B78CDB");
	assert_says(&at, "Address Range Base", "0000003000000000");
	assert_says(&at, "Address Range Length", "0000000040000000");
	assert_says(&at, "Memory Map Attribute", "0000000000000008");
	assert_says(&at, "Range Index", "0002");
	assert_says(&at, "Address Range Base", "0000000080000000");
	assert_says(&at, "Address Range Length", "0000000000200000");
}

/* As many as there can be, with all CPUs, in the room there is: build() sees what is beyond. */
static void test_most_images(void **state)
{
	static u32 ids[CPUS_MAX];
	struct mk_acpi acpi = acpi_of(ids, CPUS_MAX, 1);
	u32 i;

	(void)state;
	for (i = 0; i < CPUS_MAX; i++)
		ids[i] = 255 + i;
	acpi.images = images;
	acpi.image_count = MK_INSTANCE_IMAGES_MAX;
	table_count = TABLES + 1;
	build(&acpi, ADDRESS);
	assert_int_equal(mk_get_le32(find("NFIT", 1) + LENGTH), 40 + 16 * 56);
	assert_non_null(madt());
	assert_non_null(shared_table());
	table_count = TABLES;
}

/* UIDs 3 and 4: the boot CPU and two others come before. */
static const char later_text[] =
	"Device(_SB.C003){Name(_HID,\"ACPI0007\"/*ProcessorDevice*/)Name(_UID,0x03)"
	"Name(_MAT,Buffer(0x08){0x00,0x08,0x03,0x09,0x01,0x00,0x00,0x00})"
	"OperationRegion(HELD,SystemMemory,0x0000000123350000,One)"
	"Field(HELD,ByteAcc,NoLock,Preserve){_STA,8}}"
	"Device(_SB.C004){Name(_HID,\"ACPI0007\"/*ProcessorDevice*/)Name(_UID,0x04)"
	"Name(_MAT,Buffer(0x10){/*0000*/0x09,0x10,0x00,0x00,0x2C,0x01,0x00,0x00,"
	"/*0008*/0x01,0x00,0x00,0x00,0x04,0x00,0x00,0x00})"
	"OperationRegion(HELD,SystemMemory,0x0000000123350001,One)"
	"Field(HELD,ByteAcc,NoLock,Preserve){_STA,8}}";

static void test_iasl(void **state)
{
	static const u32 ids[] = { 254, 255 }, later[] = { 9, 300 };
	struct mk_acpi acpi = acpi_of(ids, ARRAY_SIZE(ids), 0);
	char text[TABLE_MAX];

	(void)state;
	if (system("command -v iasl >/dev/null 2>&1")) {
		print_message("SKIP: no iasl (Debian: acpica-tools)\n");
		skip();
	}
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	build(&acpi, ADDRESS);
	disassemble(xsdt(), text);
	check_fadt_text();
	check_dsdt_text("");
	check_madt_text();
	acpi.later_apic_ids = later;
	acpi.later_count = ARRAY_SIZE(later);
	acpi.later_status = SHARED;
	build(&acpi, ADDRESS);
	check_dsdt_text(later_text);
	acpi.later_count = 0;
	acpi.images = images;
	acpi.image_count = 2;
	table_count = TABLES + 1;
	build(&acpi, ADDRESS);
	disassemble(xsdt(), text);
	check_dsdt_text("Scope(_SB){Device(NVDR){Name(_HID,\"ACPI0012\"/*NVDIMMRootDevice*/)}}");
	check_nfit_text();
	table_count = TABLES;
	run("rm -r \"$PWD\"");
}

static int teardown(void **state)
{
	(void)state;
	free(tables);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fadt),
		cmocka_unit_test(test_madt),
		cmocka_unit_test(test_many_cpus),
		cmocka_unit_test(test_later_cpus),
		cmocka_unit_test(test_most_later_cpus),
		cmocka_unit_test(test_shared_table),
		cmocka_unit_test(test_damaged_shared_table),
		cmocka_unit_test(test_shared_area),
		cmocka_unit_test(test_most_images),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_names_bsp),
		cmocka_unit_test(test_listed_first),
		cmocka_unit_test(test_sleep_value),
		cmocka_unit_test(test_iasl),
	};

	return cmocka_run_group_tests_name("acpi", tests, random_seed, teardown);
}
