// SPDX-License-Identifier: GPL-2.0-only
/* By /proc/PID/io, whose rchar and wchar these are. */
#include <stdio.h>

#include "traffic.h"

/* virtiofsd has one, to be the first process of its PID namespace. More than that are not looked at. */
#define CHILDREN_MAX 16

static FILE *open_file(const char *format, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), format, (int)pid, (int)pid);
	return fopen(path, "re");
}

static bool add(pid_t pid, struct traffic *traffic)
{
	unsigned long long read = 0, written = 0;
	FILE *file = open_file("/proc/%d/io", pid);
	bool known;

	if (!file)
		return false;
	known = fscanf(file, "rchar: %llu wchar: %llu", &read, &written) == 2;
	fclose(file);
	traffic->read += read;
	traffic->written += written;
	return known;
}

static bool add_children(pid_t pid, struct traffic *traffic)
{
	FILE *file = open_file("/proc/%d/task/%d/children", pid);
	bool known = true;
	int i, child;

	if (!file)
		return true;		/* a kernel that does not tell, or it has ended */
	for (i = 0; known && i < CHILDREN_MAX && fscanf(file, "%d", &child) == 1; i++)
		known = add(child, traffic);
	fclose(file);
	return known;
}

bool traffic_read(pid_t pid, struct traffic *traffic)
{
	*traffic = (struct traffic){ 0 };
	return add(pid, traffic) && add_children(pid, traffic);
}
