/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of CPUs as Linux writes them: "0-3,8,10-11". */
#ifndef CLI_CPU_LIST_H
#define CLI_CPU_LIST_H

#include "port.h"

/**
 * cpu_list_next - read the next entry of a list
 * @list:  moved behind it, and behind the comma if another one follows
 * @limit: what no number reaches
 * @first: receives its first CPU
 * @last:  receives its last CPU, which may be the same
 *
 * Return: false at the end, or where the text is no such list: then @list is not at its end.
 */
bool cpu_list_next(const char **list, u32 limit, u32 *first, u32 *last);

/**
 * cpu_list_parse - read all of a list
 * @list:  as a person wrote it
 * @limit: what no number reaches
 * @cpus:  receives the CPUs in the order of the list, of which the first is the boot CPU; there is
 *         room for @limit
 * @count: receives how many
 *
 * Return: 0, -EINVAL (empty, or no list), -EEXIST (a CPU is there twice: the last one in @cpus).
 */
int cpu_list_parse(const char *list, u32 limit, u32 *cpus, u32 *count);

/* The list of these CPUs in their order, "2-3,1", to be freed; NULL without memory. */
char *cpu_list_text(const u32 *cpus, u32 count);

#endif
