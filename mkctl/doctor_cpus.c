// SPDX-License-Identifier: GPL-2.0-only
/* Questions about CPUs: which can go, what their clock is, how the hardware numbers and pairs them. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "apic_mode.h"
#include "cpu_list.h"
#include "doctor.h"
#include "machine.h"
#include "place.h"
#include "sysfs.h"
#include "tree.h"

/* Intel SDM, volume 4, and arch/x86/include/asm/msr-index.h */
#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (1ULL << 10)
#define MSR_XAPIC_DISABLE_STATUS 0xbd
#define LEGACY_XAPIC_DISABLED (1ULL << 0)
#define MSR_ARCH_CAPABILITIES 0x10a
#define CAP_XAPIC_DISABLE (1ULL << 21)

#define INTERRUPTS_SIZE (1 << 20)
#define CPUINFO_SIZE (1 << 16)	/* the first CPUs tell for all what is asked here */

bool doctor_has_flag(const char *flag)
{
	static char cpuinfo[CPUINFO_SIZE];
	size_t length = strlen(flag);
	const char *at, *end;

	doctor_read(cpuinfo, sizeof(cpuinfo), "proc/cpuinfo");
	at = strstr(cpuinfo, "\nflags");
	if (!at)
		return false;
	end = at + 1 + strcspn(at + 1, "\n");
	while ((at = memchr(at, ' ', end - at))) {
		at++;
		if ((size_t)(end - at) >= length && !memcmp(at, flag, length) &&
		    (at + length == end || at[length] == ' '))
			return true;
	}
	return false;
}

static void ask_tsc(struct finding *finding)
{
	char source[64];

	doctor_read(source, sizeof(source), "sys/devices/system/clocksource/clocksource0/current_clocksource");
	if (!doctor_has_flag("constant_tsc") || !doctor_has_flag("nonstop_tsc"))
		finding_warn(finding,
			     "in a virtual machine, have the hypervisor offer an invariant TSC (QEMU: +invtsc)",
			     "the TSC is not said to be invariant; a spawn takes its time from nothing else");
	else if (*source && strcmp(source, "tsc") && strncmp(source, "kvm", 3))
		finding_warn(finding, "look in the kernel log why",
			     "the TSC is invariant, but this kernel takes its time from %s", source);
	else
		finding_pass(finding, "the TSC is invariant");
}

/* The ids of all CPUs are in a part of /proc/cpuinfo each; the largest counts. */
static void ask_apic_ids(struct finding *finding)
{
	char path[SYSFS_PATH_SIZE], line[512];
	unsigned int id, most = 0;
	FILE *cpuinfo;

	snprintf(path, sizeof(path), "%s/cpuinfo", PLACE_PROC);
	cpuinfo = fopen(path, "re");
	while (cpuinfo && fgets(line, sizeof(line), cpuinfo))
		if (sscanf(line, "apicid : %u", &id) == 1 && id > most)
			most = id;
	if (cpuinfo)
		fclose(cpuinfo);
	if (most > MK_XAPIC_ID_MAX)
		finding_warn(finding, "give instances CPUs with lower ids (apicid in /proc/cpuinfo)",
			     "the highest APIC id is %u; kernels that go back to xAPIC mode cannot have CPUs above %u",
			     most, MK_XAPIC_ID_MAX);
	else
		finding_pass(finding, "the highest APIC id is %u, which every kernel can have", most);
}

static bool read_msr(int fd, u32 number, u64 *value)
{
	return pread(fd, value, sizeof(*value), number) == sizeof(*value);
}

/* The firmware can have seen to it that CPUs never leave x2APIC mode: x2apic_hw_locked() of the kernel. */
static bool is_locked(int fd)
{
	u64 capabilities, status;

	return read_msr(fd, MSR_ARCH_CAPABILITIES, &capabilities) && capabilities & CAP_XAPIC_DISABLE &&
	       read_msr(fd, MSR_XAPIC_DISABLE_STATUS, &status) && status & LEGACY_XAPIC_DISABLED;
}

/* A spawn takes its CPUs back to xAPIC mode, see core/apic_mode.h. */
static void ask_apic_mode(struct finding *finding)
{
	char path[SYSFS_PATH_SIZE];
	u64 base;
	int fd;

	snprintf(path, sizeof(path), "%s/cpu/0/msr", PLACE_DEV);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !read_msr(fd, MSR_APIC_BASE, &base))
		finding_pass(finding, "the mode of the APICs is not known; root is told when the kernel's module msr is loaded");
	else if (!(base & APIC_BASE_X2APIC))
		finding_pass(finding, "the APICs are in xAPIC mode");
	else if (is_locked(fd))
		finding_warn(finding, "boot Linux 6.12 or later in instances, or look in the firmware's setup for x2APIC",
			     "the firmware has locked the APICs in x2APIC mode");
	else
		finding_pass(finding, "the APICs are in x2APIC mode, which spawns can leave");
	if (fd >= 0)
		close(fd);
}

static bool has_iommu(void)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *directory;
	bool found = false;

	sysfs_path(path, "class/iommu");
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		found |= *entry->d_name != '.';
	if (directory)
		closedir(directory);
	return found;
}

/* Names of interrupt chips begin so where interrupts are remapped: drivers/iommu, the irq_chip of Intel's and AMD's. */
static bool remaps_interrupts(void)
{
	static char interrupts[INTERRUPTS_SIZE];

	return doctor_read(interrupts, sizeof(interrupts), "proc/interrupts") && strstr(interrupts, " IR-");
}

static void ask_remapping(struct finding *finding)
{
	if (remaps_interrupts())
		finding_pass(finding, "interrupts are remapped: each device reaches the CPUs that this kernel says");
	else if (has_iommu())
		finding_pass(finding, "there is an IOMMU, which does not remap interrupts: a device could send one to any CPU");
	else
		finding_pass(finding, "there is no IOMMU, so nothing remaps interrupts: a device could send one to any CPU");
}

/* As core/words.c says; the kernel takes any number but 0 (arch/x86/kernel/apic/ipi.c). */
static bool is_told_not_to_broadcast(void)
{
	char line[COMMAND_LINE_SIZE];
	struct mk_word word;

	return doctor_last_word(line, mk_word_next, "no_ipi_broadcast", &word) && strtol(word.value, NULL, 0);
}

/*
 * An interrupt that is sent by the shorthand "all but self" reaches CPUs whatever kernel they run. This kernel uses it only
 * while each CPU that it has ever started is present (apic_smt_update()), which no CPU of an instance is.
 */
static void ask_broadcast(struct finding *finding)
{
	char cpus[SYSFS_TEXT_SIZE];

	if (is_told_not_to_broadcast())
		finding_pass(finding, "this kernel was told to send no broadcast interrupts (no_ipi_broadcast)");
	else if (doctor_read(cpus, sizeof(cpus), "sys/fs/multikernel/pool/cpus") && *cpus)
		finding_pass(finding, "this kernel sends no broadcast interrupts while CPUs are away: %s", cpus);
	else
		finding_pass(finding, "this kernel may send broadcast interrupts; it ceases when the first CPU goes");
}

static bool online(u8 *cpu, const char *file, u8 mark)
{
	char text[SYSFS_TEXT_SIZE];
	const char *list = text;
	u32 first, last;

	if (!doctor_read(text, sizeof(text), "sys/devices/system/cpu/%s", file))
		return false;
	while (cpu_list_next(&list, MK_CPUS_MAX, &first, &last))
		for (; first <= last; first++)
			cpu[first] = mark;
	return !*list;
}

/* One that can be switched off, and has been for nobody else. */
static bool can_go(const u8 *cpu, u32 number)
{
	return cpu[number] && sysfs_exists("devices/system/cpu/cpu%u/online", number);
}

static void ask_cpus(struct finding *finding)
{
	static u8 cpu[MK_CPUS_MAX];
	static u32 list[MK_CPUS_MAX];
	u32 i, count = 0;
	char *text;

	if (!online(cpu, "online", 1)) {
		finding_fail(finding, "mount /sys", "the CPUs of this machine cannot be read");
		return;
	}
	for (i = 0; i < MK_CPUS_MAX; i++)
		if (can_go(cpu, i))
			list[count++] = i;
	text = cpu_list_text(list, count);
	if (count)
		finding_pass(finding, "CPUs that an instance can have: %s", text ? text : "?");
	else
		finding_fail(finding, "it takes a machine with two CPUs at least, and CONFIG_HOTPLUG_CPU",
			     "this kernel can give up no CPU");
	free(text);
}

/* A core with one thread here and another given away. */
static bool is_split(const u8 *here, u32 number)
{
	char text[SYSFS_TEXT_SIZE];
	const char *list = text;
	u32 first, last, threads = 0;

	if (!here[number] || !doctor_read(text, sizeof(text),
					  "sys/devices/system/cpu/cpu%u/topology/core_cpus_list", number))
		return false;
	while (cpu_list_next(&list, MK_CPUS_MAX, &first, &last))
		threads += last - first + 1;
	return threads == 1;
}

/*
 * CPUs that are given away leave the lists of siblings, too; so what tells is whether some cores
 * have two threads here, and others one.
 */
static void ask_siblings(struct finding *finding)
{
	static u8 cpu[MK_CPUS_MAX];
	char active[8];
	u32 i, single = 0, all = 0;

	if (!doctor_read(active, sizeof(active), "sys/devices/system/cpu/smt/active") || *active != '1') {
		finding_pass(finding, "no core here has two threads");
		return;
	}
	online(cpu, "online", 1);
	for (i = 0; i < MK_CPUS_MAX; i++) {
		all += cpu[i];
		single += is_split(cpu, i);
	}
	if (single && single < all)
		finding_warn(finding, "give both threads of a core to the same instance, see topology/thread_siblings_list",
			     "%u CPUs of this kernel share their cores with CPUs that are elsewhere or off", single);
	else
		finding_pass(finding, "cores have two threads; give both to the same instance");
}

static bool runs(const char *program)
{
	struct dirent *entry;
	char name[32];
	DIR *directory = opendir(PLACE_PROC);
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = isdigit((unsigned char)*entry->d_name) &&
			doctor_read(name, sizeof(name), "proc/%s/comm", entry->d_name) &&
			!strcmp(name, program);
	if (directory)
		closedir(directory);
	return found;
}

static void ask_irqbalance(struct finding *finding)
{
	if (runs("irqbalance"))
		finding_pass(finding, "irqbalance runs, and leaves CPUs alone that are not here");
	else
		finding_pass(finding, "irqbalance does not run");
}

const struct question doctor_cpus[] = {
	{ "cpus", ask_cpus },
	{ "smt", ask_siblings },
	{ "tsc", ask_tsc },
	{ "apic-ids", ask_apic_ids },
	{ "apic-mode", ask_apic_mode },
	{ "iommu", ask_remapping },
	{ "broadcast", ask_broadcast },
	{ "irqbalance", ask_irqbalance },
	{ 0 }
};
