// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of a spawn kernel: what is added and where, what is refused, what is remarked
 * on, what does not fit. Lines of random pieces are read back the way the kernel reads them, by the
 * oracle of the tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "command_line.h"
#include "line_oracle.h"
#include "random.h"

#define FREE_OF_PCI "8250.nr_uarts=0 no_ipi_broadcast=1 apic_extnmi=none nox2apic reboot=acpi " \
	"panic=-1 tsc=reliable memhp_default_state=online_movable " \
	"initcall_blacklist=i8237A_init_ops,thermal_throttle_init_device " \
	"tsc_early_khz=2803200 rdt=!cmt,!mbmtotal,!mbmlocal,!l3cat,!l2cat,!mba,!smba " \
	"mce=no_cmci intel_pstate=no_hwp swiotlb=noforce"
#define ALL "pci=off " FREE_OF_PCI
#define NO_LIMIT 0xffffffffU
#define RANDOM_LINES 100000
#define PIECES_MAX 12

/* An instance of two ranges, 512 MB and 256 MB. */
static struct mk_range ranges[] = {
	{ .start = 0x100000000, .size = 0x20000000 },
	{ .start = 0x140000000, .size = 0x10000000 },
};
static const struct mk_ranges memory = { .range = ranges, .count = 2, .capacity = 2 };

static char line[MK_COMMAND_LINE_MAX];
static struct mk_reason why;

static struct mk_command_line line_of(const char *user, bool unsafe)
{
	return (struct mk_command_line){
		.user = user,
		.limit = NO_LIMIT,
		.tsc_khz = ORACLE_KHZ,
		.memory = &memory,
		.memory_bytes = 0x30000000,
		.unsafe = unsafe,
	};
}

/* The user's line comes from a block of its own length, so that reading beyond its end is seen. */
static int build_into(const char *user, bool unsafe, size_t size, u32 limit)
{
	char *copy = strdup(user), *buffer = malloc(size);
	struct mk_command_line parts = line_of(copy, unsafe);
	int length;

	assert_non_null(copy);
	assert_non_null(buffer);
	memset(buffer, 0x5a, size);
	memset(&why, 0, sizeof(why));
	parts.limit = limit;
	length = mk_command_line_build(buffer, size, &parts, &why);
	if (length >= 0) {
		assert_int_equal(length, strnlen(buffer, size));
		memcpy(line, buffer, length + 1);
	}
	free(copy);
	free(buffer);
	return length;
}

static void assert_built(const char *user, bool unsafe, const char *expected)
{
	if (build_into(user, unsafe, sizeof(line), NO_LIMIT) < 0)
		fail_msg("\"%s\" refused: %s", user, why.text);
	assert_string_equal(line, expected);
}

static void assert_line(const char *user, const char *expected)
{
	assert_built(user, false, expected);
}

static void assert_added_to(const char *user)
{
	char expected[MK_COMMAND_LINE_MAX];

	snprintf(expected, sizeof(expected), "%s " ALL, user);
	assert_line(user, expected);
}

static void test_added(void **state)
{
	(void)state;
	assert_line("", ALL);
	assert_line(" \t\n", ALL);
	assert_line("quiet", "quiet " ALL);
	assert_line("  console=hvc0 quiet \n", "  console=hvc0 quiet " ALL);
	assert_line("a  b", "a  b " ALL);
}

static void test_every_frequency(void **state)
{
	struct mk_command_line parts = line_of("", false);

	(void)state;
	parts.tsc_khz = 0;
	assert_true(mk_command_line_build(line, sizeof(line), &parts, NULL) > 0);
	assert_non_null(strstr(line, " tsc_early_khz=0 "));
	parts.tsc_khz = ~0U;
	assert_true(mk_command_line_build(line, sizeof(line), &parts, NULL) > 0);
	assert_non_null(strstr(line, " tsc_early_khz=4294967295 "));
}

/* Whatever the user says, ours comes behind it. */
static void test_ours_win(void **state)
{
	char user[256];
	size_t i;

	(void)state;
	for (i = 0; i < ORACLE_NEEDED; i++) {
		if (!strcmp(oracle_needed[i].name, "rdt"))
			continue;	/* refused, see there */
		snprintf(user, sizeof(user), "%s=mine", oracle_needed[i].name);
		assert_added_to(user);
		snprintf(user, sizeof(user), "%s", oracle_needed[i].name);
		assert_added_to(user);
	}
	assert_added_to(ALL);
	assert_added_to("x " ALL " y");
	assert_added_to("console=ttyS0 reboot=k panic=1 pci=off nomodule 8250.nr_uarts=0 i8042.noaux");
	assert_added_to("pci=noaer,nomsi initcall_blacklist=sysfb_init tsc=nowatchdog reboot=w rdt=!mba mce=2");
}

/* What initramfs-tools takes for the wish to have a shell stays the last word; the kernel takes ours. */
static void test_empty_panic(void **state)
{
	static const char with_empty[] = "pci=off 8250.nr_uarts=0 no_ipi_broadcast=1 apic_extnmi=none "
		"nox2apic reboot=acpi panic=-1 panic= tsc=reliable";

	(void)state;
	assert_int_not_equal(build_into("break=mount panic=", false, sizeof(line), NO_LIMIT), -EINVAL);
	assert_non_null(strstr(line, with_empty));
	build_into("panic=5 panic=\"\"", false, sizeof(line), NO_LIMIT);
	assert_non_null(strstr(line, with_empty));
	assert_added_to("panic= panic=5");
	assert_added_to("panic");
	assert_added_to("reboot=");
}

/* With "unsafe" each word alone is left out when its name is set, whatever the value. */
static void test_unsafe(void **state)
{
	char user[256], expected[MK_COMMAND_LINE_MAX];
	size_t i, j, length;

	(void)state;
	for (i = 0; i < ORACLE_NEEDED; i++) {
		snprintf(user, sizeof(user), "%s=mine", oracle_needed[i].name);
		length = snprintf(expected, sizeof(expected), "%s", user);
		for (j = 0; j < ORACLE_NEEDED; j++)
			if (j != i)
				length += snprintf(expected + length, sizeof(expected) - length,
						   " %s%s%s", oracle_needed[j].name,
						   oracle_needed[j].value ? "=" : "",
						   oracle_needed[j].value ? oracle_needed[j].value : "");
		assert_built(user, true, expected);
	}
	assert_built(ALL, true, ALL);
	assert_built("x " ALL " y", true, "x " ALL " y");
	assert_built("acpi=off noapic earlyprintk=serial", true, "acpi=off noapic earlyprintk=serial " ALL);
}

static void assert_has_pci(const char *user)
{
	char expected[MK_COMMAND_LINE_MAX];

	snprintf(expected, sizeof(expected), "%s " FREE_OF_PCI, user);
	assert_built(user, true, expected);
}

static void assert_lacks_pci(const char *user)
{
	char expected[MK_COMMAND_LINE_MAX];

	snprintf(expected, sizeof(expected), "%s " ALL, user);
	assert_built(user, true, expected);
}

/* What is a word of that name and what is not, seen by what is left out for its sake. */
static void test_names(void **state)
{
	(void)state;
	assert_has_pci("pci=");
	assert_has_pci("pci=nomsi,noaer");
	assert_has_pci("\"pci=a b\"");
	assert_has_pci("pci=\"a b\"");
	assert_has_pci("x\tpci=1");
	assert_has_pci("x\vpci=1");
	assert_has_pci("x\fpci=1");
	assert_has_pci("x\rpci=1");
	assert_has_pci("x\xa0pci=1");
	assert_has_pci("x=\"y z\" pci=1");
	assert_has_pci("--x pci=1");
	assert_has_pci("pci=1 --x");
	assert_has_pci("--=x pci=1");
	assert_lacks_pci("pci");	/* sets nothing */
	assert_lacks_pci("pci:off");
	assert_lacks_pci("xpci=1");
	assert_lacks_pci("pcix=1");
	assert_lacks_pci("PCI=1");
	assert_lacks_pci("x,pci=1");
	assert_lacks_pci("=pci=1");
	assert_lacks_pci("x=\"y pci=1 z\"");
	assert_lacks_pci("\"x pci=1\"");
	assert_lacks_pci("\"\"pci=1");	/* only one quote is taken off */

	/* To the kernel "-" and "_" are the same in a name, and nowhere else. */
	assert_built("no-ipi-broadcast=0 8250.nr-uarts=4 tsc-early_khz=7", true,
		     "no-ipi-broadcast=0 8250.nr-uarts=4 tsc-early_khz=7 "
		     "pci=off apic_extnmi=none nox2apic reboot=acpi panic=-1 tsc=reliable "
		     "memhp_default_state=online_movable "
		     "initcall_blacklist=i8237A_init_ops,thermal_throttle_init_device "
		     "rdt=!cmt,!mbmtotal,!mbmlocal,!l3cat,!l2cat,!mba,!smba mce=no_cmci intel_pstate=no_hwp "
		     "swiotlb=noforce");
	assert_lacks_pci("8250-nr_uarts=4");
	assert_lacks_pci("no.ipi_broadcast=0");
}

static void test_arguments_of_init(void **state)
{
	(void)state;
	assert_line("--", ALL " --");
	assert_line("-- single", ALL " -- single");
	assert_line("quiet -- single  pci=on ", "quiet " ALL " -- single  pci=on ");
	assert_line("quiet \t-- -- x", "quiet " ALL " -- -- x");
	assert_line("a\v--\vb", "a " ALL " --\vb");
	assert_line("a\xa0--\xa0" "b", "a " ALL " --\xa0" "b");
	assert_line("a \"--\" b", "a " ALL " \"--\" b");
	assert_line("a \"--", "a " ALL " \"--");
	assert_line("a -- \"b", "a " ALL " -- \"b");
	assert_line("x=\"a -- b\" -- c", "x=\"a -- b\" " ALL " -- c");
	assert_line("--- -", "--- - " ALL);
	assert_line("--x", "--x " ALL);
	assert_line("--=", "--= " ALL);
	assert_line("\"\"--", "\"\"-- " ALL);
}

/*
 * Words added behind an open quote would be part of its value: no_ipi_broadcast must not get
 * lost.
 */
static void test_open_quote(void **state)
{
	(void)state;
	assert_line("x=\"a b", "x=\"a b\" " ALL);
	assert_line("\"", "\"\" " ALL);
	assert_line("x=\"a -- b", "x=\"a -- b\" " ALL);
	assert_line("x=\"a b\" \"c", "x=\"a b\" \"c\" " ALL);
	assert_line("x=\"pci=1 ", "x=\"pci=1 \" " ALL);
	assert_line("\"-- ", "\"-- \" " ALL);	/* not "--" */
}

/* Each word that is refused, by its own sentence. */
static void assert_refused(const char *user, const char *sentence)
{
	char expected[MK_REASON_SIZE], padded[1024];

	snprintf(expected, sizeof(expected), "command line: %s", sentence);
	snprintf(padded, sizeof(padded), "quiet %s ro", user);
	assert_int_equal(build_into(padded, false, sizeof(line), NO_LIMIT), -EINVAL);
	assert_string_equal(why.text, expected);
	assert_true(build_into(padded, true, sizeof(line), NO_LIMIT) > 0);
}

/* That the sentence ends so. */
static void assert_refused_for(const char *user, const char *reason)
{
	char sentence[MK_REASON_SIZE];

	snprintf(sentence, sizeof(sentence), "%s: %s", user, reason);
	assert_refused(user, sentence);
}

#define ACPI "its ACPI tables are all that keeps a spawn on its own CPUs and off the host's I/O APIC"
#define IOAPIC "the spawn would take the I/O APIC of the firmware's tables, which is the host's"
#define NOSMP "it implies noapic, and the spawn would take the host's I/O APIC; nr_cpus=1 does not"
#define APIC "a spawn has no timer and no interrupts but those of its local APICs"
#define PORT "the port is the host's, and its line would stop; mkctl logs reads a spawn's log"
#define MCE "a machine check that reaches all CPUs would then reset the machine"
#define CLOCK "a spawn has no other clock than the TSC"
#define RDT "it would reset the host's shares of cache and bandwidth"
#define MEM "it hides the instance's own memory, which lies higher"
#define MAP "it hides the instance's own memory, or adds what is not the instance's"

static void test_refused(void **state)
{
	static const char *const words[][2] = {
		{ "acpi=off", ACPI }, { "acpi=ht", ACPI }, { "acpi=rsdt", ACPI },
		{ "acpi_rsdp=0x1000", ACPI }, { "acpi-rsdp=0x1000", ACPI },
		{ "acpi_apic_instance=2", ACPI }, { "acpi=noirq", IOAPIC }, { "pci=noacpi", IOAPIC },
		{ "pci=noaer,noacpi,nomsi", IOAPIC }, { "noapic", IOAPIC }, { "noapic=1", IOAPIC },
		{ "nosmp", NOSMP }, { "maxcpus=0", NOSMP }, { "maxcpus=0x0", NOSMP },
		{ "nolapic", APIC }, { "disableapic", APIC }, { "nolapic_timer", APIC },
		{ "nolapic-timer", APIC }, { "noapictimer", APIC },
		{ "disable_cpu_apicid=0", "a CPU that is not to be the spawn's is left out of the instance" },
		{ "tsc=unstable", CLOCK }, { "notsc", CLOCK }, { "nomce", MCE }, { "mce=off", MCE },
		{ "rdt=l3cat", RDT }, { "rdt=!cmt,mba", RDT },
		{ "i8042.nopnp", "the keyboard controller is the host's" },
		{ "i8042.nopnp=1", "the keyboard controller is the host's" },
		{ "earlyprintk=serial,ttyS0,115200", PORT }, { "earlyprintk", PORT },
		{ "earlycon=uart8250,io,0x2f8", PORT }, { "earlycon", PORT },
		{ "console=uart8250,io,0x3f8,115200n8", PORT }, { "console=uart,io,0x3f8", PORT },
		{ "console=ns16550,io,0x3f8", PORT },
		{ "mem_encrypt=on",
		  "the host could read neither the spawn's log nor the area that both share" },
		{ "mem=1G", MEM }, { "mem=0x14fffffff", MEM }, { "mem=4096", MEM },
		{ "memmap=2G$0x100000000", MAP }, { "memmap=exactmap", MAP },
		{ "memmap=1M$1M,4K#0x14ffff000", MAP }, { "memmap=1G@4G", MAP },
		{ "memmap=1G!16G", MAP }, { "memmap=64M%16G-2", MAP }, { "memmap=1G", MAP },
		{ "memmap=1M$1M,exactmap", MAP }, { "memmap=x,exactmap", MAP }, { "memmap=0", MAP },
		{ "memmap=0xffffffffffffffff$1", MAP },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		assert_refused_for(words[i][0], words[i][1]);
	assert_refused("\"acpi=off\"", "acpi=off: " ACPI);
	assert_refused("acpi=\"off\"", "acpi=off: " ACPI);
	assert_refused("x=\"a acpi=force\" acpi=off", "acpi=off: " ACPI);
	assert_refused("earlyprintk=\"a\nb\x01\"", "earlyprintk=a?b?: " PORT);
	/* The decompressor knows neither quotes nor "--". */
	assert_refused("-- earlyprintk=ttyS0", "earlyprintk=ttyS0: " PORT);
	assert_refused("x=\"a console=uart,io,0x3f8 b\"", "console=uart,io,0x3f8: " PORT);
	assert_refused("-- mem_encrypt=on",
		       "mem_encrypt=on: the host could read neither the spawn's log nor the area that both share");
	/* A long word is cut. */
	assert_refused("earlycon=0123456789012345678901234567890123456789012345678901234567890123456789",
		       "earlycon=01234567890123456789012345678901234567890123456789: " PORT);
}

static void test_not_refused(void **state)
{
	static const char *const words[] = {
		"acpi=force", "acpi=offx", "acpi", "acpi=", "xacpi=off", "acpi=strict", "ACPI=off",
		"pci=noacpix", "pci=xnoacpi", "pci=noaer", "maxcpus=1", "maxcpus=", "maxcpus", "maxcpus=x",
		"nr_cpus=1", "rdt=!l3cat", "rdt", "rdt=", "rdt=,", "mce=ignore_ce", "mce", "tsc=noirqtime",
		"console=hvc0", "console=tty0", "console", "earlyprintkx", "i8042.noaux", "mem_encrypt=off",
		"mem=nopentium", "mem=0x150000000", "mem=64G", "mem=0", "mem", "mem=",
		"memmap=512M$0x120000000", "memmap=4G$0", "memmap=4K$0x150000000", "memmap=64G",
		"memmap=1M#1M,1M$2M", "memmap", "memmap=", "memmap=x", "memmap=0$4G",
		"x=\"a acpi=off b\"", "\"x acpi=off\"", "-- acpi=off", "-- noapic nolapic mem=1G",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (build_into(words[i], false, sizeof(line), NO_LIMIT) < 0)
			fail_msg("\"%s\" refused: %s", words[i], why.text);
}

/* A caller that does not know the instance's memory judges no word by it. */
static void test_unknown_memory(void **state)
{
	struct mk_command_line parts = line_of("mem=1G memmap=2G$0x100000000 hugepages=1000000", false);
	const char *position = parts.user;

	(void)state;
	parts.memory = NULL;
	parts.memory_bytes = 0;
	assert_true(mk_command_line_build(line, sizeof(line), &parts, &why) > 0);
	assert_false(mk_command_line_remark(&parts, &position, &why));
}

/* All remarks on a line, each on a line of its own. */
static void assert_remarks(const char *user, bool unsafe, const char *expected)
{
	struct mk_command_line parts = line_of(user, unsafe);
	const char *position = user;
	char remarks[4096] = "";

	while (mk_command_line_remark(&parts, &position, &why)) {
		strncat(remarks, why.text, sizeof(remarks) - strlen(remarks) - 1);
		strncat(remarks, "\n", sizeof(remarks) - strlen(remarks) - 1);
	}
	assert_string_equal(remarks, expected);
}

#define NO_SERIAL "a spawn has no serial port; its console is hvc0, with the multikernel module in it\n"
#define MUCH "this is more than half of the instance's memory\n"
#define NO_DISK "a spawn has no disk; its user space must be in the initrd\n"

static void test_remarks(void **state)
{
	(void)state;
	assert_remarks("", false, "");
	assert_remarks("quiet console=hvc0 console=tty0 -- console=ttyS0", false, "");
	assert_remarks("console=ttyS0 reboot=k panic=1 pci=off nomodule 8250.nr_uarts=0 i8042.noaux", false,
		"command line: console=ttyS0: " NO_SERIAL
		"command line: reboot=k: without effect, a spawn has reboot=acpi: it resets through the "
		"control page; any other way resets the machine\n"
		"command line: panic=1: without effect, a spawn has panic=-1: it resets at once after a "
		"panic, which the host sees that way\n"
		"command line: nomodule: the spawn then loads no multikernel module, and has no console\n");
	assert_remarks("pci=noaer panic= reboot=acpi initcall_blacklist=x tsc=nowatchdog", false, "");
	assert_remarks("console=\"ttyS1,115200\"", false, "command line: console=ttyS1,115200: " NO_SERIAL);
	assert_remarks("root=/dev/sda1", false, "command line: root=/dev/sda1: " NO_DISK);
	assert_remarks("root=UUID=1 root= root root=/dev/ram0 root=tmpfs root=none", false,
		"command line: root=UUID=1: " NO_DISK);
	assert_remarks("acpi=off", false, "");	/* that is refused */
	assert_remarks("acpi=off", true, "command line: acpi=off: " ACPI "\n");
	assert_remarks("pci=noaer", true,
		"command line: pci=noaer: taken in place of pci=off: the buses are the host's\n");
	assert_remarks("nox2apic=x reboot=acpi", true, "");
}

/* With disk images there are disks. */
static void test_remarks_with_images(void **state)
{
	struct mk_command_line parts = line_of("root=/dev/pmem0", false);
	const char *position = parts.user;

	(void)state;
	parts.disk_count = 1;
	assert_false(mk_command_line_remark(&parts, &position, &why));
}

/* 768 MB: half of it are 192 huge pages. */
static void test_remarks_of_size(void **state)
{
	(void)state;
	assert_remarks("hugepages=192 hugepages=193", false, "command line: hugepages=193: " MUCH);
	assert_remarks("hugepages=0:96,1:97", false, "command line: hugepages=0:96,1:97: " MUCH);
	assert_remarks("hugepagesz=1G hugepages=1", false, "command line: hugepages=1: " MUCH);
	assert_remarks("hugepages=1 hugepagesz=1G hugepages=0", false, "");
	assert_remarks("default_hugepagesz=1G hugepages=1", false, "command line: hugepages=1: " MUCH);
	assert_remarks("hugepages=0xffffffffffffffff", false,
		"command line: hugepages=0xffffffffffffffff: " MUCH);
	assert_remarks("hugepages hugepages= hugepages=x", false, "");
	assert_remarks("crashkernel=384M crashkernel=385M", false, "command line: crashkernel=385M: " MUCH);
	assert_remarks("crashkernel=1g,high", false, "command line: crashkernel=1g,high: " MUCH);
	assert_remarks("crashkernel=1G-:512M crashkernel crashkernel=auto", false, "");
}

static void test_words(void **state)
{
	const char *position = "  a-b=c \"d e=f g\" h=\"i j\" = =k=l \"-- ";
	struct mk_word word;

	(void)state;
	assert_true(mk_word_next(&position, &word));
	assert_true(mk_word_is(&word, "a_b") && mk_word_is(&word, "a-b") && !mk_word_is(&word, "a_bc"));
	assert_memory_equal(word.value, "c ", 2);
	assert_int_equal(word.value_length, 1);
	assert_true(mk_word_next(&position, &word));
	assert_true(mk_word_is(&word, "d e") && !mk_word_is(&word, "d"));
	assert_int_equal(word.value_length, 3);
	assert_true(mk_word_next(&position, &word));
	assert_memory_equal(word.value, "i j", 3);
	assert_int_equal(word.value_length, 3);
	assert_true(mk_word_next(&position, &word));
	assert_true(mk_word_is(&word, "=") && !word.value);
	assert_true(mk_word_next(&position, &word));
	assert_true(mk_word_is(&word, "=k") && word.value_length == 1);
	assert_true(mk_word_next(&position, &word));
	assert_true(mk_word_is(&word, "-- "));
	assert_false(mk_word_next(&position, &word));
	position = "a -- b";
	assert_true(mk_word_next(&position, &word));
	assert_false(mk_word_next(&position, &word));
	assert_string_equal(position, "-- b");
}

static void assert_too_long(const char *user, size_t size, u32 limit, const char *sentence)
{
	assert_int_equal(build_into(user, false, size, limit), -E2BIG);
	assert_string_equal(why.text, sentence);
}

/* To the byte, for the image's limit and for the buffer. */
static void assert_edges(const char *user)
{
	int length = build_into(user, false, sizeof(line), NO_LIMIT);
	char sentence[MK_REASON_SIZE], expected[MK_COMMAND_LINE_MAX];
	int size;

	assert_true(length > 0);
	strcpy(expected, line);
	assert_int_equal(build_into(user, false, length + 1, length), length);
	assert_string_equal(line, expected);

	snprintf(sentence, sizeof(sentence),
		 "command line: %d bytes with the words a spawn kernel needs, the image takes %d",
		 length, length - 1);
	assert_too_long(user, sizeof(line), length - 1, sentence);
	assert_too_long(user, length, NO_LIMIT, sentence);
	assert_too_long(user, length, length, sentence);
	for (size = 1; size < length; size++)
		assert_int_equal(build_into(user, false, size, NO_LIMIT), -E2BIG);
}

static void test_too_long(void **state)
{
	char user[MK_COMMAND_LINE_MAX + 1];
	size_t most = MK_COMMAND_LINE_MAX - 1 - strlen(" " ALL);

	(void)state;
	assert_edges("");
	assert_edges("quiet");
	assert_edges("quiet -- single");
	assert_edges("x=\"open");
	assert_edges(ALL);
	assert_too_long("", sizeof(line), 0,
			"command line: 325 bytes with the words a spawn kernel needs, the image takes 0");

	memset(user, 'x', sizeof(user));
	user[most] = '\0';
	assert_int_equal(build_into(user, false, sizeof(line), NO_LIMIT), MK_COMMAND_LINE_MAX - 1);
	user[most] = 'x';
	user[most + 1] = '\0';
	assert_too_long(user, sizeof(line), NO_LIMIT,
			"command line: 4096 bytes with the words a spawn kernel needs, the image takes 4095");
}

static void random_line(char *user, size_t size)
{
	static const char *const pieces[] = {
		" ", " ", " ", "\t", "\v", "\xa0", "\"", "\"", "--", "-", "=", "=x", "a", "pci=on",
		"pci", "no-ipi-broadcast=0", "no_ipi_broadcast", "8250.nr_uarts=", "tsc=",
		"apic_extnmi=all", "reboot=k", "panic", "panic=0", "panic=", "tsc_early-khz=1",
		"acpi=", "off", "noapic",
	};
	u32 count = random_below(PIECES_MAX + 1);

	for (*user = '\0'; count--;)
		strncat(user, pieces[random_below(ARRAY_SIZE(pieces))], size - strlen(user) - 1);
}

static void assert_same_word(const struct oracle_line *a, u32 i, const char *name, const char *value)
{
	assert_string_equal(a->name[i], name);
	assert_int_equal(!a->value[i], !value);
	if (value)
		assert_string_equal(a->value[i], value);
}

static void check_random_line(const char *user)
{
	static struct oracle_line before, after;
	u32 i, j, same;
	int length;

	oracle_line_read(&before, user);
	length = build_into(user, false, sizeof(line), NO_LIMIT);
	if (length < 0) {
		assert_int_equal(length, -EINVAL);
		assert_true(oracle_line_has(&before, "acpi", "off") ||
			    oracle_line_has(&before, "noapic", NULL));
		oracle_line_free(&before);
		return;
	}
	assert_false(oracle_line_has(&before, "acpi", "off") ||
		     oracle_line_has(&before, "noapic", NULL));
	oracle_line_read(&after, line);

	/* The user's own first, in their order; one with an open quote ends where the line did. */
	same = before.open ? before.count - 1 : before.count;
	for (i = 0; i < same; i++)
		assert_same_word(&after, i, before.name[i], before.value[i]);
	assert_false(after.open);
	/* Then what is needed, and nothing else but an empty panic=. */
	for (i = before.count, j = 0; j < ORACLE_NEEDED; j++) {
		assert_same_word(&after, i++, oracle_needed[j].name, oracle_needed[j].value);
		if (oracle_needed[j].last_counts)
			assert_string_equal(oracle_line_last(&after, oracle_needed[j].name), oracle_needed[j].value);
		if (!strcmp(oracle_needed[j].name, "panic") && i < after.count &&
		    !strcmp(after.name[i], "panic"))
			assert_same_word(&after, i++, "panic", "");
	}
	assert_int_equal(after.count, i);
	/* Then init's, untouched. */
	assert_int_equal(!after.rest, !before.rest);
	if (before.rest)
		assert_string_equal(after.rest, before.rest);
	oracle_line_free(&before);
	oracle_line_free(&after);
}

static void test_random(void **state)
{
	char user[PIECES_MAX * 32];
	u32 round;

	(void)state;
	for (round = 0; round < RANDOM_LINES; round++) {
		random_line(user, sizeof(user));
		check_random_line(user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_every_frequency),
		cmocka_unit_test(test_ours_win),
		cmocka_unit_test(test_empty_panic),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_arguments_of_init),
		cmocka_unit_test(test_open_quote),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_refused),
		cmocka_unit_test(test_unknown_memory),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_remarks_with_images),
		cmocka_unit_test(test_remarks_of_size),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("command_line", tests, random_seed, NULL);
}
