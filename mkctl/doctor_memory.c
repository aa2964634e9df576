// SPDX-License-Identifier: GPL-2.0-only
/* Questions about memory: how much can be given up, what is below 1 MB. Its blocks have a file of their own. */
#include <stdio.h>

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

const struct question doctor_memory[] = {
	{ "memory", ask_available },
	{ "low-memory", ask_low_memory },
	{ "numa", ask_nodes },
	{ 0 }
};
