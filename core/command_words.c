// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of words. What each does was read in Linux 6.1 and 6.12: where it is parsed (early ones
 * in setup_arch(), the others in start_kernel(), both in the order of the line), and whether the
 * last of several wins or all of them count.
 */
#include "command_words.h"
#include "number.h"

#define HUGE_PAGE_SIZE 0x200000ULL	/* what hugepages= counts in when nothing else is said */

/* A value of exactly this text. */
static bool is_value(const struct mk_word_rule *rule, const struct mk_word *word,
		     const struct mk_command_line *line)
{
	(void)line;
	return word->value_length == strlen(rule->value) &&
	       !memcmp(word->value, rule->value, word->value_length);
}

/* A value that begins with this text. */
static bool begins(const struct mk_word_rule *rule, const struct mk_word *word,
		   const struct mk_command_line *line)
{
	size_t length = strlen(rule->value);

	(void)line;
	return word->value_length >= length && !memcmp(word->value, rule->value, length);
}

/* Cuts the next item off a list with commas; false at its end. */
static bool next_item(const char **list, const char *end, const char **item, size_t *length)
{
	const char *p = *list;

	if (p > end)
		return false;
	*item = p;
	while (p < end && *p != ',')
		p++;
	*length = p - *item;
	*list = p + 1;
	return true;
}

/* A list with commas that has this item. */
static bool has_item(const struct mk_word_rule *rule, const struct mk_word *word,
		     const struct mk_command_line *line)
{
	const char *list = word->value, *end = list + word->value_length, *item;
	size_t length;

	(void)line;
	while (next_item(&list, end, &item, &length))
		if (length == strlen(rule->value) && !memcmp(item, rule->value, length))
			return true;
	return false;
}

/* rdt= turns off what has a "!" ahead, and on what has none; on wins over off. */
static bool turns_on(const struct mk_word_rule *rule, const struct mk_word *word,
		     const struct mk_command_line *line)
{
	const char *list = word->value, *end = list + word->value_length, *item;
	size_t length;

	(void)rule;
	(void)line;
	while (next_item(&list, end, &item, &length))
		if (length && *item != '!')
			return true;
	return false;
}

/*
 * A size as memparse() of lib/cmdline.c reads it, decimal, octal or hexadecimal; bits that do not
 * fit are lost there, too. Moves on behind it; not at all where there is no number.
 */
static u64 read_size(const char **position, const char *end)
{
	const char *p = *position;
	u32 base = 10, shift;
	u64 size = 0;

	if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && mk_digit_value(p[2]) < 16) {
		base = 16;
		p += 2;
	} else if (end - p > 0 && p[0] == '0') {
		base = 8;
	}
	for (; p < end && mk_digit_value(*p) < base; p++)
		size = size * base + mk_digit_value(*p);
	if (p == *position || p == end)
		shift = 0;
	else
		shift = mk_suffix_shift(*p);
	*position = p + !!shift;
	return size << shift;
}

/* A number that is 0. */
static bool is_zero(const struct mk_word_rule *rule, const struct mk_word *word,
		    const struct mk_command_line *line)
{
	const char *p = word->value, *end = p + word->value_length;

	(void)rule;
	(void)line;
	return word->value_length && !read_size(&p, end) && p > word->value;
}

static u64 end_of_memory(const struct mk_ranges *memory)
{
	return memory && memory->count ? mk_range_end(&memory->range[memory->count - 1]) : 0;
}

/* mem=SIZE: what lies above that address is no memory. */
static bool cuts_memory(const struct mk_word_rule *rule, const struct mk_word *word,
			const struct mk_command_line *line)
{
	const char *p = word->value, *end = p + word->value_length;
	u64 limit;

	(void)rule;
	limit = read_size(&p, end);
	return limit && limit < end_of_memory(line->memory);
}

static bool overlaps(const struct mk_ranges *memory, u64 start, u64 size)
{
	u32 i;

	for (i = 0; memory && i < memory->count; i++) {
		const struct mk_range *range = &memory->range[i];

		if (size && start < mk_range_end(range) &&
		    (start >= range->start || size > range->start - start))
			return true;
	}
	return false;
}

/*
 * memmap=, a list: SIZE is like mem=; SIZE@START, SIZE!START, SIZE%START and "exactmap" make
 * memory of what is not the spawn's, or none of what is; SIZE$START and SIZE#START keep a region
 * away, which harms only inside the instance's own memory.
 */
static bool changes_map(const struct mk_word_rule *rule, const struct mk_word *word,
			const struct mk_command_line *line)
{
	static const char exact[] = "exactmap";
	const char *list = word->value, *end = list + word->value_length, *item;
	size_t length;

	(void)rule;
	while (next_item(&list, end, &item, &length)) {
		const char *p = item, *item_end = item + length;
		u64 size = read_size(&p, item_end);

		if (p == item) {
			if (length >= strlen(exact) && !memcmp(item, exact, strlen(exact)))
				return true;
			continue;	/* an error to the kernel */
		}
		if (p == item_end || !strchr("@!%$#", *p)) {
			if (size < end_of_memory(line->memory))
				return true;
			continue;
		}
		if (*p != '$' && *p != '#')
			return true;
		p++;
		if (overlaps(line->memory, read_size(&p, item_end), size))
			return true;
	}
	return false;
}

/* So much that the kernel and what it needs to boot may not find their room. */
static bool is_much(u64 bytes, const struct mk_command_line *line)
{
	return line->memory_bytes && bytes > line->memory_bytes / 2;
}

/* The size that the last word of this name states ahead of @end; 0 without one. */
static u64 size_stated(const char *user, const char *name, const char *end)
{
	struct mk_word word;
	u64 size = 0;

	while (mk_word_next(&user, &word) && word.name < end)
		if (word.value && mk_word_is(&word, name)) {
			const char *p = word.value;

			size = read_size(&p, p + word.value_length);
		}
	return size;
}

/* hugepages=: a number, or NODE:NUMBER in a list, of the size that was named before it. */
static bool takes_many_pages(const struct mk_word_rule *rule, const struct mk_word *word,
			     const struct mk_command_line *line)
{
	const char *list = word->value, *end = list + word->value_length, *item;
	u64 count = 0, page;
	size_t length;

	(void)rule;
	page = size_stated(line->user, "hugepagesz", word->name);
	if (!page)
		page = size_stated(line->user, "default_hugepagesz",
				   line->user + strlen(line->user));
	if (!page)
		page = HUGE_PAGE_SIZE;
	while (next_item(&list, end, &item, &length)) {
		const char *p = item, *item_end = item + length;
		u64 number = read_size(&p, item_end);

		if (p < item_end && *p == ':') {
			p++;
			number = read_size(&p, item_end);
		}
		count += number;
	}
	return count > ~0ULL / page || is_much(count * page, line);
}

/* crashkernel=SIZE; a list of ranges of memory, with colons, fits itself to what is there. */
static bool takes_much(const struct mk_word_rule *rule, const struct mk_word *word,
		       const struct mk_command_line *line)
{
	const char *p = word->value, *end = p + word->value_length;

	(void)rule;
	return !memchr(p, ':', word->value_length) && is_much(read_size(&p, end), line);
}

/*
 * root= on a device of its own: not a RAM disk, and not the file system that the initrd is in. With
 * disk images or virtio devices there may be such ones.
 */
static bool names_disk(const struct mk_word_rule *rule, const struct mk_word *word,
		       const struct mk_command_line *line)
{
	static const char *const others[] = {
		"/dev/ram", "/dev/loop", "ram", "tmpfs", "rootfs", "none",
	};
	u32 i;

	(void)rule;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		const struct mk_word_rule other = { .value = others[i] };

		if (begins(&other, word, line))
			return false;
	}
	return word->value_length && !line->disk_count;
}

#define NO_ACPI "its ACPI tables are all that keeps a spawn on its own CPUs and off the host's I/O APIC"
#define NO_IOAPIC "the spawn would take the I/O APIC of the firmware's tables, which is the host's"
#define NO_APIC "a spawn has no timer and no interrupts but those of its local APICs"
#define NO_TSC "a spawn has no other clock than the TSC"
#define NO_PORT "the port is the host's, and its line would stop; mkctl logs reads a spawn's log"
#define NO_MCE "a machine check that reaches all CPUs would then reset the machine"

const struct mk_word_rule mk_word_rules[] = {
	/* early, drivers/pci/pci.c, arch/x86/pci/common.c: each word of the list does its part. */
	{ MK_WORD_OURS_TOO, "pci", "off", NULL, 0,
	  "the buses are the host's" },
	{ MK_WORD_OURS, "8250.nr_uarts", "0", NULL, 0,
	  "the serial ports are the host's, and the driver would probe them" },
	{ MK_WORD_OURS, "no_ipi_broadcast", "1", NULL, 0,
	  "a broadcast IPI reaches the host's CPUs, and the one at reboot stops them" },
	/* early */
	{ MK_WORD_OURS, "apic_extnmi", "none", NULL, 0,
	  "an NMI from outside is the host's to hear, not that of each kernel's first CPU" },
	/*
	 * early, before the MADT is read. A host with interrupt remapping has its CPUs in x2APIC
	 * mode, and INIT leaves them there. A spawn has no remapping, so its kernel goes back to
	 * xAPIC mode. Without this word it does so after it has chosen its APIC driver, and 6.1
	 * then chooses again by the number of CPUs: the flat one, whose logical ids other kernels'
	 * CPUs have, too (x2apic_disable(), physflat_probe()). With it the FADT decides: physical
	 * ids. Every other CPU is taken to xAPIC mode as it starts (x2apic_setup()).
	 */
	{ MK_WORD_OURS_TOO, "nox2apic", NULL, NULL, 0,
	  "it keeps to physical APIC ids; logical ones would be the host's CPUs' as well" },
	/*
	 * kernel/reboot.c: the type of the last word counts, for modes such as "warm" every word.
	 */
	{ MK_WORD_OURS, "reboot", "acpi", NULL, 0,
	  "it resets through the control page; any other way resets the machine" },
	/*
	 * The host sees a panic by the reset. An empty word is an error to the kernel, but
	 * initramfs-tools takes it, and the last one, for the wish to have a shell when there is no
	 * root file system.
	 */
	{ MK_WORD_OURS, "panic", "-1", NULL, MK_WORD_EMPTY_STAYS,
	  "it resets at once after a panic, which the host sees that way" },
	{ MK_WORD_OURS_TOO, "tsc", "reliable", NULL, 0,
	  "there is no other clock to check it against" },
	/*
	 * mm/memory_hotplug.c. A kernel that brings added memory online by itself (Debian's 7.3 does)
	 * chooses the zone by what is there already, and may have put something unmovable into it
	 * before our module there can choose again (module/memory/block.c).
	 */
	{ MK_WORD_OURS, "memhp_default_state", "online_movable", NULL, 0,
	  "memory that it gets while it runs could not be given back else" },
	/*
	 * i8237A_init_ops looks for the host's DMA controller. thermal_throttle_init_device gives
	 * the package's hardware feedback interface a page of the spawn to write to
	 * (intel_hfi_online()), which INIT does not undo: it would go on when the page has another
	 * owner.
	 */
	{ MK_WORD_OURS_TOO, "initcall_blacklist", "i8237A_init_ops,thermal_throttle_init_device",
	  NULL, 0,
	  "these would program the host's DMA controller and the package's thermal hardware" },
	/* early; there is no clock to measure it by, either */
	{ MK_WORD_OURS, "tsc_early_khz", "", NULL, MK_WORD_IS_FREQUENCY,
	  "the frequency is the host's" },
	/*
	 * Off once is off: domain_setup_ctrlval() would write defaults to all classes of the
	 * domain.
	 */
	{ MK_WORD_OURS_TOO, "rdt", "!cmt,!mbmtotal,!mbmlocal,!l3cat,!l2cat,!mba,!smba", NULL, 0,
	  "cache and bandwidth control is the package's, and the host's" },
	/*
	 * arch/x86/kernel/cpu/mce/intel.c: who hears a bank's corrected errors by interrupt sets a bit of
	 * the bank for it, which INIT leaves and a kernel that is stopped does not clear. Whoever has the CPU
	 * next, be it the host, takes the bank for someone else's then, and does not look at it ever again
	 * (cmci_discover()).
	 */
	{ MK_WORD_OURS_TOO, "mce", "no_cmci", NULL, 0,
	  "corrected errors are looked for; who hears them claims banks that nobody could have after it" },
	/*
	 * early. Where the host uses HWP it is on already, and the spawn uses it for its own CPUs
	 * as if the word were not there. Where it does not, the spawn would turn it on for the
	 * whole package, which cannot be undone (MSR_PM_ENABLE). "disable" would be worse: a CPU
	 * that left the host has its lowest frequency requested (intel_pstate_hwp_offline()), and
	 * nobody would raise it.
	 */
	{ MK_WORD_OURS_TOO, "intel_pstate", "no_hwp", NULL, 0,
	  "whether the package has HWP is the host's choice" },
	/*
	 * early, kernel/dma/swiotlb.c: off once is off. A kernel with memory above 4 GB else sets
	 * 64 MB of what lies below aside, for devices that reach no further, or looks for it in
	 * vain. A spawn has no such device: engines of the host work for virtio devices.
	 */
	{ MK_WORD_OURS_TOO, "swiotlb", "noforce", NULL, 0,
	  "none of its devices needs memory below 4 GB set aside" },

	{ MK_WORD_REFUSED, "acpi", "off", is_value, 0, NO_ACPI },
	{ MK_WORD_REFUSED, "acpi", "ht", is_value, 0, NO_ACPI },
	{ MK_WORD_REFUSED, "acpi_rsdp", NULL, NULL, 0, NO_ACPI },
	/* There is no RSDT, and one MADT. */
	{ MK_WORD_REFUSED, "acpi", "rsdt", is_value, 0, NO_ACPI },
	{ MK_WORD_REFUSED, "acpi_apic_instance", NULL, NULL, 0, NO_ACPI },
	{ MK_WORD_REFUSED, "acpi", "noirq", is_value, 0, NO_IOAPIC },
	{ MK_WORD_REFUSED, "pci", "noacpi", has_item, 0, NO_IOAPIC },
	{ MK_WORD_REFUSED, "noapic", NULL, NULL, 0, NO_IOAPIC },
	{ MK_WORD_REFUSED, "nosmp", NULL, NULL, 0,
	  "it implies noapic, and the spawn would take the host's I/O APIC; nr_cpus=1 does not" },
	{ MK_WORD_REFUSED, "maxcpus", NULL, is_zero, 0,
	  "it implies noapic, and the spawn would take the host's I/O APIC; nr_cpus=1 does not" },
	{ MK_WORD_REFUSED, "nolapic", NULL, NULL, 0, NO_APIC },
	{ MK_WORD_REFUSED, "disableapic", NULL, NULL, 0, NO_APIC },
	{ MK_WORD_REFUSED, "nolapic_timer", NULL, NULL, 0, NO_APIC },
	{ MK_WORD_REFUSED, "noapictimer", NULL, NULL, 0, NO_APIC },
	{ MK_WORD_REFUSED, "disable_cpu_apicid", NULL, NULL, 0,
	  "a CPU that is not to be the spawn's is left out of the instance" },
	{ MK_WORD_REFUSED, "tsc", "unstable", is_value, 0, NO_TSC },
	{ MK_WORD_REFUSED, "notsc", NULL, NULL, 0, NO_TSC },
	{ MK_WORD_REFUSED, "nomce", NULL, NULL, 0, NO_MCE },
	{ MK_WORD_REFUSED, "mce", "off", is_value, 0, NO_MCE },
	{ MK_WORD_REFUSED, "rdt", NULL, turns_on, 0,
	  "it would reset the host's shares of cache and bandwidth" },
	{ MK_WORD_REFUSED, "i8042.nopnp", NULL, NULL, 0,
	  "the keyboard controller is the host's" },
	{ MK_WORD_REFUSED, "mem", NULL, cuts_memory, 0,
	  "it hides the instance's own memory, which lies higher" },
	{ MK_WORD_REFUSED, "memmap", NULL, changes_map, 0,
	  "it hides the instance's own memory, or adds what is not the instance's" },
	/* The decompressor looks for these as well, in a plain way (arch/x86/boot/cmdline.c). */
	{ MK_WORD_REFUSED, "earlyprintk", NULL, NULL, MK_WORD_FOUND_PLAIN, NO_PORT },
	{ MK_WORD_REFUSED, "earlycon", NULL, NULL, 0, NO_PORT },
	{ MK_WORD_REFUSED, "console", "uart", begins, MK_WORD_FOUND_PLAIN, NO_PORT },
	{ MK_WORD_REFUSED, "console", "ns16550", begins, 0, NO_PORT },
	{ MK_WORD_REFUSED, "mem_encrypt", "on", is_value, MK_WORD_FOUND_PLAIN,
	  "the host could read neither the spawn's log nor the area that both share" },

	{ MK_WORD_WARNED, "console", "ttyS", begins, 0,
	  "a spawn has no serial port; its console is hvc0, with the multikernel module in it" },
	{ MK_WORD_WARNED, "hugepages", NULL, takes_many_pages, 0,
	  "this is more than half of the instance's memory" },
	{ MK_WORD_WARNED, "crashkernel", NULL, takes_much, 0,
	  "this is more than half of the instance's memory" },
	{ MK_WORD_WARNED, "root", NULL, names_disk, 0,
	  "a spawn has no disk; its user space must be in the initrd" },
	{ MK_WORD_WARNED, "nomodule", NULL, NULL, 0,
	  "the spawn then loads no multikernel module, and has no console" },
};

const u32 mk_word_rule_count = ARRAY_SIZE(mk_word_rules);

const struct mk_word_rule *mk_word_find_rule(enum mk_word_kind kind, u32 flags,
					     const struct mk_word *word,
					     const struct mk_command_line *line)
{
	u32 i;

	for (i = 0; i < mk_word_rule_count; i++) {
		const struct mk_word_rule *rule = &mk_word_rules[i];

		if (rule->kind == kind && (rule->flags & flags) == flags &&
		    mk_word_is(word, rule->name) &&
		    (!rule->test || (word->value && rule->test(rule, word, line))))
			return rule;
	}
	return NULL;
}
