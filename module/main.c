// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: its parts in the order they are set up, and undone in reverse; its
 * parameter.
 */
#include <linux/acpi.h>
#include <linux/cc_platform.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "base.h"
#include "cpu/cpus.h"
#include "cpu/doorbell.h"
#include "device/console_host.h"
#include "device/devices.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "memory/broken.h"
#include "memory/low_memory.h"
#include "memory/pool.h"
#include "run/device_node.h"
#include "run/guard.h"
#include "run/run.h"
#include "run/watch.h"
#include "spawn/area.h"
#include "spawn/console.h"
#include "spawn/devices.h"
#include "spawn/identity.h"
#include "spawn/resize.h"
#include "spawn/signals.h"
#include "upload/apply.h"
#include "upload/root_files.h"

static char *pool_text;		/* the pool= in force; change_lock and the parameters' lock */
static bool pool_ready;		/* the pool is set up: pool= is carried out at once; change_lock */

static int change_pool(const char *text)
{
	struct mk_reason why = {};
	int error;

	if (multikernel_host_sleeps)
		return report(mk_refuse(&why, -EBUSY, "pool: the host is about to sleep"), "pool", &why);
	error = pool_set(text, &why);
	return report(error, "pool", &why);
}

/* Makes it true, and *text the old one. Context: without the lock of the module's parameters. */
static int put_pool_in_force(char **text)
{
	int error;

	if (mutex_lock_interruptible(&change_lock))
		return -EINTR;
	error = pool_ready ? change_pool(*text) : 0;
	if (!error) {
		kernel_param_lock(THIS_MODULE);
		swap(pool_text, *text);
		kernel_param_unlock(THIS_MODULE);
	}
	mutex_unlock(&change_lock);
	return error;
}

/*
 * The kernel calls this with the lock of the module's parameters held. A change of the pool can
 * take a minute, in which they are to be read: the lock is let go meanwhile. A write that a signal
 * ended is begun anew when nobody handled the signal: when the task was stopped or frozen.
 */
static int pool_parameter_set(const char *text, const struct kernel_param *parameter)
{
	char *copy = kstrdup(skip_spaces(text), GFP_KERNEL);
	struct mk_reason why = {};
	int error;

	if (!copy)
		return report(mk_refuse(&why, -ENOMEM, "pool: no memory to read the parameter"),
			      "pool", &why);
	strim(copy);
	if (multikernel_in_spawn) {
		error = report(mk_refuse(&why, -EPERM,
					 "pool: this is a spawn kernel, which gives no memory away"),
			       "pool", &why);
	} else {
		kernel_param_unlock(THIS_MODULE);
		error = put_pool_in_force(&copy);
		kernel_param_lock(THIS_MODULE);
	}
	kfree(copy);
	return error == -EINTR ? -ERESTARTSYS : error;
}

static int pool_parameter_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s\n", pool_text ?: "0");
}

static void pool_parameter_free(void *argument)
{
	kfree(pool_text);
	pool_text = NULL;
}

static const struct kernel_param_ops pool_parameter = {
	.set = pool_parameter_set,
	.get = pool_parameter_get,
	.free = pool_parameter_free,
};
module_param_cb(pool, &pool_parameter, NULL, 0644);
MODULE_PARM_DESC(pool, "memory for instances: SIZE from the running host, SIZE@ADDRESS kept back at boot; comma-separated");

static int pool_init(void)
{
	int error = 0;

	mutex_lock(&change_lock);
	if (pool_text)
		error = change_pool(pool_text);
	pool_ready = !error;
	mutex_unlock(&change_lock);
	return error;
}

static void pool_exit(void)
{
	mutex_lock(&change_lock);
	pool_ready = false;
	pool_empty();
	mutex_unlock(&change_lock);
}

/* Context: under change_lock, which keeps the instances in place. */
static void memory_broke(u64 page)
{
	struct instance *instance;
	struct disk_image *image;

	lockdep_assert_held(&change_lock);
	if (!pool_break(page))
		return;
	pr_err("pool: memory at 0x%llx is broken, a machine check says; no instance gets it any more\n", page);
	list_for_each_entry(instance, &instances, list)
		if (mk_ranges_find(&instance->memory, page, PAGE_SIZE))
			pr_err("instance \"%s\": it has that memory; nothing is loaded there until it is made anew\n",
			       instance->config.name);
	list_for_each_entry(image, &disk_images, list)
		if (page >= image->range.start && page < mk_range_end(&image->range))
			pr_err("image \"%s\": it has that memory; remove the image and make it anew\n",
			       image->config.name);
}

static int host_broken_init(void)
{
	return broken_init(memory_broke);
}

static int host_doorbell_init(void)
{
	return doorbell_init(watch_rung);
}

static void spawn_rung(void)
{
	spawn_signals_rung();
	spawn_resize_rung();
	console_spawn_kick();
	spawn_devices_rung();
}

/*
 * Behind all that is told when it rings, and undone before them: what the host asks for at that moment
 * would else be queued where there is no queue yet, or none any more. A crash kernel can be rung as soon
 * as it has the vector that the kernel before it had told the host of.
 */
static int spawn_doorbell_init(void)
{
	int error = doorbell_init(spawn_rung);

	if (!error)
		spawn_signals_publish_bell();
	return error;
}

static void spawn_doorbell_exit(void)
{
	spawn_signals_hide_bell();
	doorbell_exit();
}

struct part {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
};

static const struct part host_parts[] = {
	{ "memory below 1 MB", low_memory_init, low_memory_exit },
	{ "CPUs", cpus_init, cpus_exit },
	{ "pool", pool_init, pool_exit },
	{ "machine checks", host_broken_init, broken_exit },
	{ "running kernels", run_init, run_exit },
	{ "doorbell", host_doorbell_init, doorbell_exit },
	{ "guard", guard_init, guard_exit },
	{ "consoles", console_init, console_exit },
	{ "virtio devices", devices_init, devices_exit },
	{ "directories", root_directories_init, root_directories_exit },
	{ "instances", NULL, apply_nothing },
	{ "files", root_files_init, root_files_exit },
	{ "device", device_node_init, device_node_exit },
};

static const struct part spawn_parts[] = {
	{ "directories", root_directories_init, root_directories_exit },
	{ "handover", spawn_init, spawn_exit },
	{ "console", console_spawn_init, console_spawn_exit },
	{ "CPUs and memory", spawn_resize_init, spawn_resize_exit },
	{ "signals", spawn_signals_init, spawn_signals_exit },
	{ "doorbell", spawn_doorbell_init, spawn_doorbell_exit },
	{ "devices", spawn_devices_init, spawn_devices_exit },
	{ "files", root_files_init, root_files_exit },
};

static const struct part *parts;
static size_t part_count;

static void undo(size_t count)
{
	while (count--)
		parts[count].exit();
}

static void choose_role(void)
{
	multikernel_in_spawn = spawn_detect();
	parts = multikernel_in_spawn ? spawn_parts : host_parts;
	part_count = multikernel_in_spawn ? ARRAY_SIZE(spawn_parts) : ARRAY_SIZE(host_parts);
}

/*
 * Only an ACPI table tells a spawn that it is one. Where a kernel has no ACPI (it was built without PCI,
 * or was started with acpi=off) a spawn would take the role of a host, on a machine that has one.
 */
static int __init check_kernel(void)
{
	if (security_locked_down(LOCKDOWN_KEXEC)) {
		pr_err("the kernel is locked down: other kernels cannot be started\n");
		return -EPERM;
	}
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_err("memory encryption is active: what one kernel writes no other could read\n");
		return -EOPNOTSUPP;
	}
	if (acpi_disabled) {
		pr_err("this kernel has no ACPI: nothing tells whether it is a host or a spawn\n");
		return -ENODEV;
	}
	return 0;
}

static int __init multikernel_init(void)
{
	size_t i;
	int error;

	error = check_kernel();
	if (error)
		return error;
	choose_role();
	for (i = 0; i < part_count; i++) {
		error = parts[i].init ? parts[i].init() : 0;
		if (error) {
			pr_err("%s: cannot be set up, error %d\n", parts[i].name, error);
			undo(i);
			return error;
		}
	}
	if (!multikernel_in_spawn)
		pr_info("ready, with a pool of %llu MB\n", pool_bytes() >> 20);
	return 0;
}

/* In a host the module is held while a kernel is loading or active, so none is here. */
static void __exit multikernel_exit(void)
{
	undo(part_count);
}

module_init(multikernel_init);
module_exit(multikernel_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Several Linux kernels side by side, each on CPUs and memory of its own");
