// SPDX-License-Identifier: GPL-2.0-only
/* Questions about memory: how much can be given up, what is below 1 MB, whether it is encrypted. Its blocks have a file of their own. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "doctor.h"
#include "layout.h"
#include "number.h"
#include "place.h"
#include "size.h"
#include "sysfs.h"

#define LITTLE_MEMORY (512ULL << 20)
#define LOW_START 0x10000	/* what the module may take below 1 MB, see module/memory/low_memory.c */
#define LOW_END 0xa0000
#define WINDOWS_FEW 4
#define RECORD_SIZE 8192	/* of /dev/kmsg, which gives one with each read: Documentation/ABI/testing/dev-kmsg */
#define RECORDS_MOST (1 << 20)

/* "MemAvailable:    123 kB" of /proc/meminfo, in bytes. */
static u64 available_bytes(void)
{
	char text[4096];
	const char *line, *end;
	u64 number;

	if (!doctor_read(text, sizeof(text), "proc/meminfo"))
		return 0;
	line = strstr(text, "MemAvailable:");
	if (!line)
		return 0;
	line += strcspn(line, "0123456789");
	end = line + strlen(line);
	return mk_number_read(&line, end, 10, &number) ? number << 10 : 0;
}

static void ask_available(struct finding *finding)
{
	u64 bytes = available_bytes();
	char size[SIZE_TEXT];

	size_text(size, bytes & ~0xfffffULL);
	if (bytes < LITTLE_MEMORY)
		finding_warn(finding, "end what uses it, or give the machine more",
			     "%s of memory are available: too little for an instance beside this kernel", size);
	else
		finding_pass(finding, "%s of memory are available, of which 64 MB or a 128th stay here", size);
}

/* How much of a region is where windows can be. */
static u64 low_bytes(u64 start, u64 end)
{
	if (start < LOW_START)
		start = LOW_START;
	if (end > LOW_END)
		end = LOW_END;
	return start < end ? end - start : 0;
}

/* Each instance takes a window there. This kernel's own code for its CPUs is there, too. */
static void ask_low_memory(struct finding *finding)
{
	char path[SYSFS_PATH_SIZE], line[256];
	unsigned long long start, end, bytes = 0;
	bool known = false;
	FILE *iomem;

	snprintf(path, sizeof(path), "%s/iomem", PLACE_PROC);
	iomem = fopen(path, "re");
	while (iomem && fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, "%llx-%llx", &start, &end) != 2 || !strstr(line, " : System RAM"))
			continue;
		known |= end != 0;
		bytes += low_bytes(start, end + 1);
	}
	if (iomem)
		fclose(iomem);
	if (!known)
		finding_warn(finding, "ask as root", "where memory is below 1 MB is for root to know");
	else if (bytes < WINDOWS_FEW * MK_LOW_WINDOW_SIZE)
		finding_warn(finding, "none: the firmware keeps the rest",
			     "there is room for %llu instances at most below 1 MB", bytes / MK_LOW_WINDOW_SIZE);
	else
		finding_pass(finding, "there is room for %llu instances at most below 1 MB",
			     bytes / MK_LOW_WINDOW_SIZE);
}

static void ask_nodes(struct finding *finding)
{
	char nodes[256];

	if (!doctor_read(nodes, sizeof(nodes), "sys/devices/system/node/online") || !strcmp(nodes, "0"))
		finding_pass(finding, "there is one NUMA node");
	else
		finding_pass(finding, "there are NUMA nodes %s; an instance gets memory of its boot CPU's", nodes);
}

/* For root, and as long as the record is there: later ones take its place. One that was lost meanwhile is EPIPE. */
static bool log_says(const char *text)
{
	char path[SYSFS_PATH_SIZE], record[RECORD_SIZE + 1];
	bool found = false;
	ssize_t got;
	int fd, i;

	snprintf(path, sizeof(path), "%s/kmsg", PLACE_DEV);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (i = 0; i < RECORDS_MOST && !found; i++) {
		got = read(fd, record, RECORD_SIZE);
		if (!got || (got < 0 && errno != EPIPE))
			break;
		record[got > 0 ? got : 0] = '\0';
		found = strstr(record, text);
	}
	close(fd);
	return found;
}

/* As sme_enable() takes it (arch/x86/mm/mem_encrypt_identity.c). */
static bool is_told_to_encrypt(void)
{
	char line[COMMAND_LINE_SIZE];
	struct mk_word word;

	return doctor_last_word(line, mk_word_next_plain, "mem_encrypt", &word) &&
	       word.value_length == 2 && !memcmp(word.value, "on", 2);
}

/*
 * AMD's SME and SEV and Intel's TDX: a kernel then reads and writes memory through a key, which the page tables that a
 * spawn begins with do not ask for. In a guest the hypervisor gives the key, and no word turns it off. The flag "sme"
 * says that the firmware allows it, not that this kernel does it. The module asks cc_platform_has(), and does not load.
 */
static void ask_encryption(struct finding *finding)
{
	bool host = doctor_has_flag("sme");

	if (doctor_has_flag("tdx_guest") || (host && is_told_to_encrypt()) ||
	    log_says("Memory Encryption Features active:"))	/* arch/x86/mm/mem_encrypt.c */
		finding_fail(finding, host ? "boot this kernel with mem_encrypt=off" :
			     "this is an encrypted guest (SEV, TDX): take one that is not, or the machine itself",
			     "memory encryption is active: what one kernel writes no other could read");
	else
		finding_pass(finding, host ? "memory encryption (SME) can be had, and is not active" :
			     "no memory encryption is active");
}

const struct question doctor_memory[] = {
	{ "memory", ask_available },
	{ "low-memory", ask_low_memory },
	{ "numa", ask_nodes },
	{ "encryption", ask_encryption },
	{ 0 }
};
