// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a kernel gets into an instance's memory: files are read straight to where they are needed,
 * everything else is built there by core/. All is decided from the header before the instance's
 * memory is touched.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kernel_read_file.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include <asm/msr.h>
#include <asm/tsc.h>

#include "acpi.h"
#include "apic_mode.h"
#include "boot_cpu_way.h"
#include "boot_params.h"
#include "command_line.h"
#include "control_page.h"
#include "cpu/apic.h"
#include "cpu/boot_cpu.h"
#include "cpu/cpus.h"
#include "device/devices.h"
#include "handover.h"
#include "image.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "kho.h"
#include "memory/broken.h"
#include "memory/low_memory.h"
#include "run/load.h"

#define CLOCK_TRIES 5

/**
 * struct load - a load on its way
 * @instance:     where to
 * @source:       the files
 * @layout:       where everything goes
 * @image:        what the kernel's header says
 * @header:       a copy of the beginning of the image, as it was checked
 * @header_size:  bytes of it
 * @command_line: the whole one
 * @later:        the CPUs that may come while the kernel runs, as the host numbers them
 * @later_ids:    as the hardware does
 * @later_count:  how many
 * @kho:          what the kernel is handed over by Kexec HandOver, if anything
 * @boot:         the boot range from its start to the end of the kernel, mapped
 */
struct load {
	struct instance *instance;
	const struct kernel_source *source;
	struct mk_layout *layout;
	struct mk_image image;
	u8 header[MK_SETUP_SIZE_MAX];
	size_t header_size;
	char command_line[MK_COMMAND_LINE_MAX];
	u32 later[MK_LATER_CPUS_MAX];
	u32 later_ids[MK_LATER_CPUS_MAX];
	u32 later_count;
	struct mk_kho kho;
	u8 *boot;
};

/* Where the host sees an address of the boot range. */
static void *boot_address(const struct load *load, u64 physical)
{
	return load->boot + (physical - load->layout->boot.start);
}

static int check_header(struct load *load, struct mk_reason *why)
{
	struct file *file = load->source->kernel;
	loff_t position = 0, size = i_size_read(file_inode(file));
	ssize_t read;

	if (!S_ISREG(file_inode(file)->i_mode) || size <= 0)
		return mk_refuse(why, -ENOEXEC, "kernel image: not a regular file with anything in it");
	read = kernel_read(file, load->header, sizeof(load->header), &position);
	if (read < 0)
		return mk_refuse(why, read, "kernel image: cannot be read (error %zd)", read);
	load->header_size = read;
	return mk_image_parse(&load->image, load->header, read, size, why);
}

static int check_initrd(struct load *load, u64 *size, struct mk_reason *why)
{
	struct file *file = load->source->initrd;
	loff_t bytes;

	*size = 0;
	if (!file)
		return 0;
	bytes = i_size_read(file_inode(file));
	if (!S_ISREG(file_inode(file)->i_mode) || bytes <= 0)
		return mk_refuse(why, -EINVAL, "initrd: not a regular file with anything in it");
	*size = bytes;
	return 0;
}

/* Nobody needs to wait for the end of a load that is no longer wanted. */
static int check_wanted(const struct load *load, struct mk_reason *why)
{
	if (READ_ONCE(load->instance->stop_asked))
		return mk_refuse(why, -ECANCELED, "stopped while it was loaded");
	if (fatal_signal_pending(current))
		return mk_refuse(why, -EINTR, "the caller was killed while it was loaded");
	return 0;
}

/* What the user should know of the command line; mkctl tells it as well. */
static void log_remarks(const struct instance *instance, const struct mk_command_line *line)
{
	const char *position = line->user;
	struct mk_reason remark;

	if (line->unsafe)
		pr_warn_ratelimited("instance \"%s\": loaded with KEXEC_MK_UNSAFE: the user's command line wins\n",
				    instance->config.name);
	while (mk_command_line_remark(line, &position, &remark))
		pr_notice_ratelimited("instance \"%s\": %s\n", instance->config.name, remark.text);
}

static int make_command_line(struct load *load, struct mk_reason *why)
{
	const struct instance *instance = load->instance;
	const struct mk_command_line line = {
		.user = load->source->command_line,
		.limit = load->image.cmdline_size,
		.tsc_khz = tsc_khz,
		.memory = &instance->memory,
		.memory_bytes = instance->config.memory_bytes,
		.disk_count = instance->config.image_count + devices_count(instance),
		.unsafe = load->source->unsafe,
	};
	int length;

	length = mk_command_line_build(load->command_line, sizeof(load->command_line), &line, why);
	if (length < 0)
		return length;
	log_remarks(instance, &line);
	return 0;
}

/* Those that it may have, but for those that it has. */
static void note_later_cpus(struct load *load)
{
	const struct instance *instance = load->instance;
	u32 i;

	for (i = 0; i < instance->config.max_count; i++) {
		u32 cpu = instance->max_cpus[i];

		if (mk_has_cpu(instance->cpus, instance->config.cpu_count, cpu) ||
		    load->later_count == MK_LATER_CPUS_MAX)
			continue;
		load->later[load->later_count] = cpu;
		load->later_ids[load->later_count++] = cpus_apic_id(cpu);
	}
}

static int check_apic_mode(const struct load *load, struct mk_reason *why)
{
	const struct instance *instance = load->instance;
	struct mk_apic_mode mode = {
		.cpus = instance->cpus,
		.apic_ids = instance->apic_ids,
		.cpu_count = instance->config.cpu_count,
		.locked = apic_mode_is_locked(),
		.version_major = load->image.version_major,
		.version_minor = load->image.version_minor,
	};
	int error;

	error = mk_apic_mode_check(&mode, why);
	if (error)
		return error;
	mode.cpus = load->later;
	mode.apic_ids = load->later_ids;
	mode.cpu_count = load->later_count;
	return mk_apic_mode_check(&mode, why);
}

/* A kernel would die of it, and the host could when it writes and looks there. */
static int check_memory(const struct load *load, struct mk_reason *why)
{
	u64 page;

	if (!broken_find(&load->instance->memory, &page))
		return 0;
	return mk_refuse(why, -EIO, "memory of it at 0x%llx is broken; delete the instance and make it anew",
			 page);
}

static int place(struct load *load, u64 initrd_size, struct mk_reason *why)
{
	struct instance *instance = load->instance;
	u32 cpu_count = mk_most_cpus(&instance->config);
	struct mk_layout_sizes sizes = {
		.initrd = initrd_size,
		.acpi = mk_acpi_data_size(cpu_count, instance->config.max_count),
	};

	mk_shared_make(&instance->shared, cpu_count);
	sizes.shared = instance->shared.size;
	load->kho.format = mk_kho_format(&load->image, load->source->command_line);
	if (load->kho.format != MK_KHO_NONE)
		sizes.kho = mk_kho_size(instance->shared.handover_size);
	return mk_layout_make(load->layout, &instance->memory, instance->low_window, &load->image,
			      &sizes, why);
}

/* Where that cannot be, nothing is lost: the handover is in the shared area in any case. */
static void plan_kho(struct load *load)
{
	struct instance *instance = load->instance;
	struct mk_layout *layout = load->layout;
	struct mk_reason why = {};

	if (load->kho.format == MK_KHO_NONE)
		return;
	if (!mk_kho_choose_scratch(&load->kho, layout, &instance->memory, load->image.init_size,
				   mk_most_cpus(&instance->config), &why))
		return;
	pr_info_ratelimited("instance \"%s\": nothing is handed over by KHO: %s\n",
			    instance->config.name, why.text);
	layout->kho = 0;
	layout->kho_size = 0;
}

/* Everything that can be known to fail without touching the instance. */
static int plan(struct load *load, struct mk_reason *why)
{
	u64 initrd_size;
	int error;

	error = check_memory(load, why);
	if (error)
		return error;
	error = check_header(load, why);
	if (error)
		return error;
	error = check_initrd(load, &initrd_size, why);
	if (error)
		return error;
	note_later_cpus(load);
	error = check_apic_mode(load, why);
	if (error)
		return error;
	error = make_command_line(load, why);
	if (error)
		return error;
	error = place(load, initrd_size, why);
	if (error)
		return error;
	plan_kho(load);
	return 0;
}

/* One file, whole, to its place. The kernel's own function asks the security modules. */
static int read_file(struct file *file, void *place, size_t size, enum kernel_read_file_id id,
		     const char *what, struct mk_reason *why)
{
	size_t file_size = 0;
	ssize_t read;

	read = kernel_read_file(file, 0, &place, size, &file_size, id);
	if (read < 0)
		return mk_refuse(why, read, "%s: cannot be read (error %zd)", what, read);
	if (read != size || file_size != size)
		return mk_refuse(why, -EAGAIN, "%s: its size changed while it was read", what);
	return 0;
}

/* The header was checked in a copy; what was loaded must be the same. */
static int read_kernel(struct load *load, struct mk_reason *why)
{
	void *place = boot_address(load, load->layout->image);
	int error;

	error = read_file(load->source->kernel, place, load->image.file_size, READING_KEXEC_IMAGE,
			  "kernel image", why);
	if (error)
		return error;
	if (memcmp(place, load->header, load->header_size))
		return mk_refuse(why, -EAGAIN, "kernel image: it changed while it was read");
	return 0;
}

static int read_initrd(struct load *load, struct mk_reason *why)
{
	const struct mk_layout *layout = load->layout;
	void *place;
	int error;

	if (!layout->initrd_size)
		return 0;
	place = instance_map(load->instance, layout->initrd,
			     mk_align_up(layout->initrd_size, MK_PAGE_SIZE));
	if (!place)
		return mk_refuse(why, -ENOMEM, "initrd: its place cannot be mapped");
	error = read_file(load->source->initrd, place, layout->initrd_size, READING_KEXEC_INITRAMFS,
			  "initrd", why);
	memunmap(place);
	return error;
}

/*
 * The clock comes last of all that is written: a spawn kernel goes on counting from here. A CPU can
 * be held up between two readings, by its firmware or a hypervisor: the closest ones count.
 */
static void write_clock(struct mk_control *control)
{
	u64 before, after, ns, closest = U64_MAX;
	unsigned long flags;
	int tries;

	for (tries = 0; tries < CLOCK_TRIES; tries++) {
		local_irq_save(flags);
		before = rdtsc_ordered();
		ns = ktime_get_real_ns();
		after = rdtsc_ordered();
		local_irq_restore(flags);
		if (after - before >= closest)
			continue;
		closest = after - before;
		control->clock_tsc = before;
		control->clock_ns = ns;
	}
}

/* The same once more, as the kernel's own hand finds it. */
static int write_kho(struct load *load, const void *handover, u32 size, struct mk_reason *why)
{
	int error;

	if (load->kho.format == MK_KHO_NONE)
		return 0;
	error = mk_kho_write(&load->kho, boot_address(load, load->kho.area), handover, size);
	if (!error)
		return 0;
	return mk_refuse(why, error, "handover: KHO's area of 0x%llx bytes does not hold it", load->kho.size);
}

static int write_shared_area(struct load *load, struct mk_reason *why)
{
	struct instance *instance = load->instance;
	u8 *area = boot_address(load, load->layout->control);
	struct mk_image_place places[MK_INSTANCE_IMAGES_MAX];
	struct mk_description description;
	int size;

	instance_describe(instance, &description, places);
	size = mk_handover_write(&description, area + instance->shared.handover,
				 instance->shared.handover_size);
	if (size < 0)
		return mk_refuse(why, size, "handover: %u bytes do not hold it",
				 instance->shared.handover_size);
	mk_shared_describe((struct mk_control *)area, &instance->shared, instance->config.id);
	((struct mk_control *)area)->request_count = 1;	/* they are counted; none is there yet */
	write_clock((struct mk_control *)area);
	return write_kho(load, area + instance->shared.handover, size, why);
}

/* The host has a CPU online in any case, and no instance has that one. */
static u32 listed_first(const struct mk_acpi *acpi)
{
	u32 bsp = cpus_apic_id(MK_BOOT_CPU);

	return mk_acpi_listed_first(acpi->apic_ids, acpi->cpu_count, bsp, boot_cpu_has_flag(bsp),
				    cpus_apic_id(cpumask_first(cpu_online_mask)));
}

static void write_acpi(struct load *load)
{
	struct mk_range images[MK_INSTANCE_IMAGES_MAX];
	const struct mk_layout *layout = load->layout;
	const struct mk_image *image = &load->image;
	struct mk_acpi acpi = {
		.apic_ids = load->instance->apic_ids,
		.cpu_count = load->instance->config.cpu_count,
		.later_apic_ids = load->later_ids,
		.later_count = load->later_count,
		.later_status = layout->control + MK_CONTROL_CPU_STATUS,
		.bsp_apic_id = MK_NO_APIC_ID,
		.ioapic_address = layout->low_window + MK_LOW_IOAPIC_PAGE * MK_PAGE_SIZE,
		.reset_register = layout->control + offsetof(struct mk_control, acpi_reset),
		.sleep_register = layout->control + offsetof(struct mk_control, acpi_sleep),
		.shared = layout->control,
		.shared_size = load->instance->shared.size,
		.images = images,
		.image_count = load->instance->config.image_count,
	};
	u32 i;

	for (i = 0; i < acpi.image_count; i++)
		images[i] = load->instance->images[i]->range;

	if (mk_acpi_names_bsp(image->version_major, image->version_minor))
		acpi.bsp_apic_id = listed_first(&acpi);
	mk_acpi_build(&acpi, boot_address(load, layout->acpi), layout->acpi);
}

/*
 * At the end of the ACPI range. Without it a kernel has nothing but its own jitter, and what its CPU
 * calls random, until its devices interrupt it; a spawn has few of these.
 */
static void write_seed(struct load *load)
{
	const struct mk_layout *layout = load->layout;
	u64 address = layout->acpi + layout->acpi_size - MK_SEED_SIZE;
	u8 seed[MK_SEED_BYTES];

	get_random_bytes(seed, sizeof(seed));
	mk_boot_params_add_seed(boot_address(load, layout->boot_params),
				boot_address(load, address), address, seed);
	memzero_explicit(seed, sizeof(seed));
}

static int write_tables(struct load *load, struct mk_reason *why)
{
	const struct mk_layout *layout = load->layout;
	int error;

	memset(low_memory_map(layout->low_window), 0, MK_LOW_WINDOW_SIZE);
	write_acpi(load);
	strscpy(boot_address(load, layout->command_line), load->command_line, MK_COMMAND_LINE_MAX);
	error = mk_boot_params_build(boot_address(load, layout->boot_params), load->header,
				     &load->image, layout, &load->instance->memory);
	if (error)
		return mk_refuse(why, error, "kernel image: the memory map has no room for %u ranges",
				 load->instance->memory.count);
	write_seed(load);
	return write_shared_area(load, why);
}

static int fill_memory(struct load *load, struct mk_reason *why)
{
	const struct mk_layout *layout = load->layout;
	int error;

	if (load->instance->dirty) {
		error = instance_clear(load->instance);
		if (error)
			return mk_refuse(why, error, "its memory cannot be cleared (error %d)", error);
	}
	load->instance->dirty = true;
	load->boot = instance_map(load->instance, layout->boot.start,
				  layout->kernel_end - layout->boot.start);
	if (!load->boot)
		return mk_refuse(why, -ENOMEM, "kernel image: its place cannot be mapped");
	error = read_kernel(load, why);
	if (!error)
		error = check_wanted(load, why);
	if (!error)
		error = read_initrd(load, why);
	if (!error)
		error = check_wanted(load, why);
	if (!error)
		error = write_tables(load, why);
	memunmap(load->boot);
	return error;
}

void load_put_source(struct kernel_source *source)
{
	kfree(source->command_line);
	if (source->initrd)
		fput(source->initrd);
	if (source->kernel)
		fput(source->kernel);
	memset(source, 0, sizeof(*source));
}

int load_kernel(struct instance *instance, const struct kernel_source *source,
		struct mk_layout *layout, struct mk_reason *why)
{
	struct load *load = kvzalloc(sizeof(*load), GFP_KERNEL);
	int error;

	if (!load)
		return mk_refuse(why, -ENOMEM, "kernel image: no memory to read its header");
	load->instance = instance;
	load->source = source;
	load->layout = layout;
	error = plan(load, why);
	if (!error)
		error = fill_memory(load, why);
	kvfree(load);
	return error;
}
