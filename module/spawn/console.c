// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawn kernel's end of its console: a backend of the stock hvc layer, between the two rings of
 * the shared area.
 *
 * The layer's own thread looks for input at longer and longer intervals, up to two seconds: too
 * slow to type by. So it is woken when the host rings; and while the console is open, a work of
 * ours looks at the ring, and at the size of the host's window, often where nobody can ring.
 */
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "control_page.h"
#include "cpu/doorbell.h"
#include "ring.h"
#include "shared.h"
#include "spawn/area.h"
#include "spawn/console.h"
#include "spawn/hvc.h"

#define WRITE_BUFFER SZ_4K	/* the layer's, in front of the ring, bytes */
#define TERMINAL 0x4d4b		/* "MK": what the layer calls us by */
#define PACE_BUSY 1UL		/* jiffies between two looks */
#define PACE_POLL msecs_to_jiffies(50)	/* the longest where nobody says when to look */
#define PACE_IDLE HZ			/* the same where the host rings: just to be sure */

static struct hvc_struct *hvc;
static const struct mk_control *control;
static struct mk_ring_end output;	/* the terminal and printk both write */
static DEFINE_RAW_SPINLOCK(output_lock);
static struct mk_ring_end input;	/* read under the layer's lock */
static u32 window;			/* the host's, as last seen */
static unsigned long pace;
static bool is_open;

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look);

static mk_hvc_done get_chars(uint32_t vtermno, mk_hvc_char *bytes, mk_hvc_count count)
{
	u32 before = mk_ring_filled(&input), half = input.size / 2, done;

	done = mk_ring_take(&input, bytes, count);
	if (done && (done == before || (before > half && before - done <= half)))
		spawn_ring();	/* some wait for room, some until all is read */
	return done;
}

/*
 * A full ring takes nothing: the layer keeps what the terminal wrote and tries again, and drops
 * what printk wrote. At a panic the lock may be held by a CPU that was stopped: then the line is
 * lost here, but still in the kernel's log.
 */
static mk_hvc_done put_chars(uint32_t vtermno, const mk_hvc_char *bytes, mk_hvc_count count)
{
	unsigned long flags;
	u32 done;

	if (!oops_in_progress)
		raw_spin_lock_irqsave(&output_lock, flags);
	else if (!raw_spin_trylock_irqsave(&output_lock, flags))
		return -EBUSY;
	done = mk_ring_put(&output, bytes, count);
	if (done && output.size - mk_ring_room(&output) == done)
		spawn_ring();	/* it was empty: nobody looks */
	raw_spin_unlock_irqrestore(&output_lock, flags);
	return done;
}

static void take_over_window(struct hvc_struct *hvc)
{
	struct winsize size = { .ws_row = window & 0xffff, .ws_col = window >> 16 };
	unsigned long flags;

	if (!window)
		return;
	spin_lock_irqsave(&hvc->lock, flags);
	__hvc_resize(hvc, size);
	spin_unlock_irqrestore(&hvc->lock, flags);
}

/* Does someone read, and has room? */
static bool wants_input(void)
{
	struct tty_struct *tty = tty_port_tty_get(&hvc->port);
	bool wants = tty && !tty_throttled(tty);

	tty_kref_put(tty);
	return wants;
}

static void look(struct work_struct *work)
{
	u32 now = READ_ONCE(control->window);

	if (now != window) {
		WRITE_ONCE(window, now);
		take_over_window(hvc);
	}
	if (mk_ring_filled(&input) && wants_input()) {
		hvc_kick();
		pace = PACE_BUSY;
	} else {
		pace = min(pace * 2, doorbell_there() ? PACE_IDLE : PACE_POLL);
	}
	if (READ_ONCE(is_open))
		schedule_delayed_work(&look_work, pace);
}

static int on_open(struct hvc_struct *opened, int data)
{
	hvc = opened;	/* it may be opened before hvc_alloc() has told us what it is */
	window = READ_ONCE(control->window);
	take_over_window(hvc);
	pace = PACE_BUSY;
	WRITE_ONCE(is_open, true);
	schedule_delayed_work(&look_work, 0);
	return 0;
}

static void on_close(struct hvc_struct *closed, int data)
{
	WRITE_ONCE(is_open, false);
	cancel_delayed_work_sync(&look_work);
}

static const struct hv_ops operations = {
	.get_chars = get_chars,
	.put_chars = put_chars,
	.notifier_add = on_open,
	.notifier_del = on_close,
	.notifier_hangup = on_close,
};

int console_spawn_init(void)
{
	const struct mk_shared *layout = area_layout();
	void *shared = spawn_control();
	struct hvc_struct *made;

	control = shared;
	mk_ring_attach(&output, shared + layout->output, layout->output_size, true);
	mk_ring_attach(&input, shared + layout->input, layout->input_size, false);
	made = hvc_alloc(TERMINAL, 0, &operations, WRITE_BUFFER);
	if (IS_ERR(made))
		return PTR_ERR(made);
	hvc = made;
	return 0;
}

void console_spawn_exit(void)
{
	cancel_delayed_work_sync(&look_work);
	hvc_remove(hvc);
}

/*
 * A window that nobody looks at is seen at the next open: the layer's own work for a new size, which it
 * waits for when the terminal is closed or hung up, would outlive one that is removed while it is not open.
 */
void console_spawn_kick(void)
{
	hvc_kick();
	if (!READ_ONCE(is_open) || READ_ONCE(control->window) == READ_ONCE(window))
		return;
	cancel_delayed_work(&look_work);
	schedule_delayed_work(&look_work, 0);
}
