// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts the instructions of each of the machine's CPUs. Whenever one comes to a mark (mktest idle,
 * tests/vm/mktest.c; bench/work.c) it writes down which, and how many there have been on CPU 0, 1 ...; and when the machine
 * ends it does, after "end":
 *
 *	qemu-system-x86_64 -plugin build/bench/count.so,output=FILE
 *
 * The CPUs must take turns in one thread of the emulator, as in machine/run.
 *
 * What it uses of QEMU's plugin interface is declared here, since Debian has no package with the header; the interface
 * has a version, which QEMU checks. Source: QEMU's documentation, "QEMU TCG Plugins".
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "mark.h"

#define INTERFACE_VERSION 1
#define READS_NO_REGISTERS 0
#define CPUS_MAX 64
#define OUTPUT "output="	/* its only argument */

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

typedef uint64_t plugin_id;
typedef void (*when_executed)(unsigned int cpu, void *argument);
typedef void (*at_end)(plugin_id id, void *argument);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, when_executed call, int registers,
					  void *argument);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, when_executed call,
					    int registers, void *argument);
void qemu_plugin_register_atexit_cb(plugin_id id, at_end call, void *argument);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);

static uint64_t executed[CPUS_MAX];
static unsigned int cpus;	/* that have executed something */
static FILE *output;

static void count(unsigned int cpu, void *instructions)
{
	if (cpu >= CPUS_MAX)
		return;
	if (cpu >= cpus)
		cpus = cpu + 1;
	executed[cpu] += (uintptr_t)instructions;
}

static void write_counts(void)
{
	unsigned int i;

	for (i = 0; i < cpus; i++)
		fprintf(output, " %" PRIu64, executed[i]);
	fputc('\n', output);
	fflush(output);
}

static void write_down(unsigned int cpu, void *nothing)
{
	(void)nothing;
	fprintf(output, "%u", cpu);
	write_counts();
}

static void write_end(plugin_id id, void *nothing)
{
	(void)id;
	(void)nothing;
	fputs("end", output);
	write_counts();
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
	size_t count_of = qemu_plugin_tb_n_insns(block), i;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(block, count, READS_NO_REGISTERS, (void *)count_of);
	for (i = 0; i < count_of; i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);

		if (qemu_plugin_insn_size(instruction) == sizeof(mark_code) &&
		    !memcmp(qemu_plugin_insn_data(instruction), mark_code, sizeof(mark_code)))
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, write_down, READS_NO_REGISTERS, NULL);
	}
}

/* QEMU looks for these two. */
extern int qemu_plugin_version;
int qemu_plugin_version = INTERFACE_VERSION;
int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	if (argc == 1 && !strncmp(argv[0], OUTPUT, strlen(OUTPUT)))
		output = fopen(argv[0] + strlen(OUTPUT), "w");
	if (!output) {
		fputs("count: wants output= with the name of a file that can be written\n", stderr);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, write_end, NULL);
	return 0;
}
