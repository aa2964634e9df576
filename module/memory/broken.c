// SPDX-License-Identifier: GPL-2.0-only
/*
 * How it is heard that memory broke: from the chain of those who decode machine checks, which hears
 * of what patrol scrubbing finds, of what a CPU of the host met, and, from APEI, of what firmware
 * saw first (arch/x86/kernel/cpu/mce/core.c, apei.c; drivers/acpi/nfit/mce.c listens there as well).
 * It sleeps, and it must not wait here for a change of the pool, since all others wait behind it: a
 * work does. A kernel without machine checks (CONFIG_X86_MCE; Debian's 6.1 for clouds) tells of none.
 */
#include <linux/kfifo.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <asm/mce.h>

#include "base.h"
#include "memory/broken.h"

#define NEWS_MAX 64	/* pages that broke in one moment: more are not heard of */

static struct mk_range range[BROKEN_RANGES_MAX];
static struct mk_ranges broken = { range, 0, BROKEN_RANGES_MAX };
static DEFINE_SPINLOCK(broken_lock);	/* @broken; it changes under change_lock, too */
static DEFINE_KFIFO(news, u64, NEWS_MAX);	/* one who puts, one who takes */
static void (*on_news)(u64 page);

static void hear_news(struct work_struct *work)
{
	u64 page;

	mutex_lock(&change_lock);
	while (kfifo_get(&news, &page))
		on_news(page);
	mutex_unlock(&change_lock);
}
static DECLARE_WORK(hearing, hear_news);

/* The chain is called by one work (mce_gen_pool_process()), never twice at a time. */
static int on_machine_check(struct notifier_block *notifier, unsigned long action, void *data)
{
	struct mce *check = data;

	if (!check || !mce_is_memory_error(check) || mce_is_correctable(check) ||
	    !mce_usable_address(check))
		return NOTIFY_DONE;
	if (kfifo_put(&news, check->addr & PHYSICAL_PAGE_MASK))
		schedule_work(&hearing);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = on_machine_check,
	.priority = MCE_PRIO_UC,
};

int broken_init(void (*news_function)(u64 page))
{
	on_news = news_function;
	if (IS_ENABLED(CONFIG_X86_MCE))
		mce_register_decode_chain(&notifier);
	return 0;
}

void broken_exit(void)
{
	if (IS_ENABLED(CONFIG_X86_MCE))
		mce_unregister_decode_chain(&notifier);
	cancel_work_sync(&hearing);
	kfifo_reset(&news);
}

int broken_add(u64 page)
{
	const struct mk_range added = { .start = page, .size = PAGE_SIZE, .node = MK_ANY_NODE };
	int error = -EEXIST;

	lockdep_assert_held(&change_lock);
	spin_lock(&broken_lock);
	if (!mk_ranges_overlap(&broken, page, PAGE_SIZE))
		error = mk_ranges_add(&broken, &added);
	spin_unlock(&broken_lock);
	return error;
}

u64 broken_bytes(u64 start, u64 size)
{
	u64 bytes;

	spin_lock(&broken_lock);
	bytes = mk_ranges_overlap(&broken, start, size);
	spin_unlock(&broken_lock);
	return bytes;
}

bool broken_find(const struct mk_ranges *memory, u64 *page)
{
	bool found = false;
	u32 i;

	spin_lock(&broken_lock);
	for (i = 0; i < broken.count && !found; i++) {
		*page = broken.range[i].start;
		found = mk_ranges_overlap(memory, *page, broken.range[i].size);
	}
	spin_unlock(&broken_lock);
	return found;
}

void broken_cut(struct mk_ranges *set)
{
	u32 i;

	lockdep_assert_held(&change_lock);
	for (i = 0; i < broken.count; i++)
		mk_ranges_cut(set, broken.range[i].start, broken.range[i].size);
}
