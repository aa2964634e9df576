// SPDX-License-Identifier: GPL-2.0-only
/* CPU lists, read and written. */
#include <stdlib.h>

#include "cpu_list.h"
#include "number.h"

bool cpu_list_next(const char **list, u32 limit, u32 *first, u32 *last)
{
	const char *at = *list, *end = at + strlen(at);
	u64 from, to;

	if (!mk_number_read(&at, end, 10, &from))
		return false;
	to = from;
	if (*at == '-') {
		at++;
		if (!mk_number_read(&at, end, 10, &to))
			return false;
	}
	if (from > to || to >= limit || (*at && *at != ','))
		return false;
	if (*at == ',' && !*++at)
		return false;
	*list = at;
	*first = from;
	*last = to;
	return true;
}

static bool contains(const u32 *cpus, u32 count, u32 cpu)
{
	while (count--)
		if (cpus[count] == cpu)
			return true;
	return false;
}

int cpu_list_parse(const char *list, u32 limit, u32 *cpus, u32 *count)
{
	u32 cpu, last;

	*count = 0;
	while (cpu_list_next(&list, limit, &cpu, &last)) {
		for (; cpu <= last; cpu++) {
			bool twice = contains(cpus, *count, cpu);

			/* There is room: so far all have been different. */
			if (twice && *count == limit)
				return -EEXIST;
			cpus[(*count)++] = cpu;
			if (twice)
				return -EEXIST;
		}
	}
	return *list || !*count ? -EINVAL : 0;
}

char *cpu_list_text(const u32 *cpus, u32 count)
{
	size_t size = 24 * (size_t)count + 1;	/* two numbers and two signs each are less */
	char *text = calloc(1, size);
	size_t used = 0;
	u32 i = 0, last;

	while (text && i < count) {
		for (last = i; last + 1 < count && cpus[last + 1] == cpus[last] + 1; last++)
			;
		used += snprintf(text + used, size - used, "%s%u", i ? "," : "", cpus[i]);
		if (last > i)
			used += snprintf(text + used, size - used, "-%u", cpus[last]);
		i = last + 1;
	}
	return text;
}
