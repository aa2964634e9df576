// SPDX-License-Identifier: GPL-2.0-only
/* Which call fails, and what is held: the parameters of a test build of the module. See fail.h. */
#include <linux/atomic.h>
#include <linux/kallsyms.h>
#include <linux/module.h>

#include "memory/low_memory.h"

static atomic_t calls;			/* since fail_at was set */
static int fail_at, fail_more;
static char failed[KSYM_NAME_LEN];	/* the last one that was made to fail */
static atomic_t held[FAULT_KINDS];

noinline bool fault_strikes(const char *call)
{
	int number = atomic_inc_return(&calls), first = READ_ONCE(fail_at);

	if (!first || number < first || number - first > READ_ONCE(fail_more))
		return false;
	snprintf(failed, sizeof(failed), "%s in %ps", call, __builtin_return_address(0));
	pr_info("fault: call %d fails: %s\n", number, failed);
	return true;
}

void fault_hold(enum fault_kind kind, int change)
{
	atomic_add(change, &held[kind]);
}

static int fail_at_set(const char *text, const struct kernel_param *parameter)
{
	WRITE_ONCE(fail_at, 0);
	atomic_set(&calls, 0);
	return param_set_int(text, parameter);
}

static int calls_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&calls));
}

static int held_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "memory %d, mappings %d, names %d, files %d\n",
			  atomic_read(&held[FAULT_MEMORY]), atomic_read(&held[FAULT_MAPPING]),
			  atomic_read(&held[FAULT_NAME]), atomic_read(&held[FAULT_FILE]));
}

/* The last that is heard of a module, whether it went or was never there. */
static void held_free(void *argument)
{
	pr_info("fault: held at the end: memory %d, mappings %d, names %d, files %d\n",
		atomic_read(&held[FAULT_MEMORY]), atomic_read(&held[FAULT_MAPPING]),
		atomic_read(&held[FAULT_NAME]), atomic_read(&held[FAULT_FILE]));
}

static const struct kernel_param_ops fail_at_parameter = { .set = fail_at_set, .get = param_get_int };
static const struct kernel_param_ops calls_parameter = { .get = calls_get };
static const struct kernel_param_ops held_parameter = { .get = held_get, .free = held_free };

module_param_cb(fail_at, &fail_at_parameter, &fail_at, 0644);
MODULE_PARM_DESC(fail_at, "the call that fails, counted from the setting of this; 0 for none");
module_param(fail_more, int, 0644);
MODULE_PARM_DESC(fail_more, "so many after it fail as well");
module_param_cb(calls, &calls_parameter, NULL, 0444);
MODULE_PARM_DESC(calls, "calls so far");
module_param_string(failed, failed, sizeof(failed), 0444);
MODULE_PARM_DESC(failed, "the last call that was made to fail");
module_param_cb(held, &held_parameter, NULL, 0444);
MODULE_PARM_DESC(held, "what has been taken and not given back");

/*
 * CPUs that cannot be had in an emulated machine: one that does not answer, as in VMX operation;
 * one that never starts.
 */
static int deaf = -1, lame = -1;

module_param(deaf, int, 0644);
MODULE_PARM_DESC(deaf, "the APIC id of a CPU that INIT and SIPI do not reach; -1 for none");
module_param(lame, int, 0644);
MODULE_PARM_DESC(lame, "the APIC id of a CPU that starts nowhere but where it tells that it stands still; -1 for none");

void __real_apic_send_init(u32 apic_id);
void __real_apic_send_startup(u32 apic_id, u64 page);
u64 __real_low_memory_park_page(void);
void __wrap_apic_send_init(u32 apic_id);
void __wrap_apic_send_startup(u32 apic_id, u64 page);
u64 __wrap_low_memory_park_page(void);

void __wrap_apic_send_init(u32 apic_id)
{
	if (apic_id != READ_ONCE(deaf))
		__real_apic_send_init(apic_id);
}

/* Asked for under multikernel_lock, which who starts a kernel has not. */
static u64 park_page;

u64 __wrap_low_memory_park_page(void)
{
	u64 page = __real_low_memory_park_page();

	WRITE_ONCE(park_page, page);
	return page;
}

void __wrap_apic_send_startup(u32 apic_id, u64 page)
{
	if (apic_id != READ_ONCE(deaf) && (apic_id != READ_ONCE(lame) || page == READ_ONCE(park_page)))
		__real_apic_send_startup(apic_id, page);
}
