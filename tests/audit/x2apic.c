// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that traces what CPUs write to their local APICs in x2APIC mode. There they do so by WRMSR, which is
 * no access to a device, so that QEMU's own trace does not have it. A line goes to the same place as those of that trace:
 *
 *	x2apic_write cpu 1 register 0x30 value 0x4608 high 0x2
 *
 * "value" has the lower half of what was written, "high" the upper, which is an interrupt's destination.
 *
 * What it uses of QEMU's plugin interface is declared here, since Debian has no package with the header; the interface has
 * a version, which QEMU checks. Source: QEMU's documentation, "QEMU TCG Plugins", and GLib's, "Byte Arrays".
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define INTERFACE_VERSION 3	/* of QEMU 9.1; it has registers that can be read */
#define READS_REGISTERS 1
#define X2APIC_FIRST 0x800	/* Intel SDM volume 3, "x2APIC Register Address Space" */
#define X2APIC_LAST 0x8ff
#define LINE_BYTES 128

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_register;
struct qemu_info;

typedef uint64_t plugin_id;
typedef void (*when_executed)(unsigned int cpu, void *argument);

struct glib_array {
	char *data;
	unsigned int count;
};

struct register_description {
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

void qemu_plugin_register_vcpu_init_cb(plugin_id id, void (*call)(plugin_id id, unsigned int cpu));
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, when_executed call,
					    int registers, void *argument);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *bytes, size_t size);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
struct glib_array *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct glib_array *bytes);
void qemu_plugin_outs(const char *text);
struct glib_array *g_byte_array_new(void);
struct glib_array *g_byte_array_set_size(struct glib_array *array, unsigned int count);

/* As kernels have it: newer ones put a prefix that means nothing ahead of it, where a longer instruction may come. */
static const unsigned char wrmsr[] = { 0x0f, 0x30 };
static const unsigned char padded_wrmsr[] = { 0x3e, 0x0f, 0x30 };

static struct qemu_plugin_register *rax, *rcx, *rdx;

/* The lower half of a register. */
static uint32_t low_half(struct qemu_plugin_register *handle)
{
	static __thread struct glib_array *bytes;
	uint32_t value = 0;

	if (!bytes)
		bytes = g_byte_array_new();
	g_byte_array_set_size(bytes, 0);
	qemu_plugin_read_register(handle, bytes);
	if (bytes->count >= sizeof(value))
		memcpy(&value, bytes->data, sizeof(value));
	return value;
}

static void msr_is_written(unsigned int cpu, void *nothing)
{
	uint32_t msr = low_half(rcx);
	char line[LINE_BYTES];

	(void)nothing;
	if (msr < X2APIC_FIRST || msr > X2APIC_LAST)
		return;
	snprintf(line, sizeof(line), "x2apic_write cpu %u register 0x%" PRIx32 " value 0x%" PRIx32 " high 0x%" PRIx32 "\n",
		 cpu, msr - X2APIC_FIRST, low_half(rax), low_half(rdx));
	qemu_plugin_outs(line);
}

static int is_wrmsr(const struct qemu_plugin_insn *instruction)
{
	size_t size = qemu_plugin_insn_size(instruction);
	unsigned char bytes[sizeof(padded_wrmsr)];

	if (size != sizeof(wrmsr) && size != sizeof(padded_wrmsr))
		return 0;
	qemu_plugin_insn_data(instruction, bytes, size);
	return !memcmp(bytes, size == sizeof(wrmsr) ? wrmsr : padded_wrmsr, size);
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
	size_t count = qemu_plugin_tb_n_insns(block), i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);

		if (is_wrmsr(instruction))
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, msr_is_written, READS_REGISTERS, NULL);
	}
}

/* All CPUs have the same registers. */
static void cpu_is_there(plugin_id id, unsigned int cpu)
{
	struct glib_array *all = qemu_plugin_get_registers();
	const struct register_description *description = (const void *)all->data;
	unsigned int i;

	(void)id;
	(void)cpu;
	for (i = 0; i < all->count; i++, description++) {
		if (!strcmp(description->name, "rax"))
			rax = description->handle;
		else if (!strcmp(description->name, "rcx"))
			rcx = description->handle;
		else if (!strcmp(description->name, "rdx"))
			rdx = description->handle;
	}
}

/* QEMU looks for these two. */
extern int qemu_plugin_version;
int qemu_plugin_version = INTERFACE_VERSION;
int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_init_cb(id, cpu_is_there);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
