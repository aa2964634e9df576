// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each instance's terminal line. Output goes from the spawn's ring through the backlog to whoever
 * has the line open; with no one there the backlog fills, and drops its oldest bytes. A reader that
 * is slow is waited for: then the ring fills and the spawn waits. Input goes straight into the
 * other ring.
 *
 * The rings are looked at by a work of each line: at once while bytes flow or when the spawn rings,
 * else less and less often, and not at all while no kernel runs. Rings are the spawn's to write:
 * core/ring.c sees to it that no counter leads astray.
 */
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/serial.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "backlog.h"
#include "compat.h"
#include "control_page.h"
#include "cpu/doorbell.h"
#include "device/console_host.h"
#include "instance/bell.h"
#include "instance/instance.h"
#include "ring.h"
#include "shared.h"

#define BACKLOG_SIZE (MK_CONSOLE_OUTPUT_SIZE + SZ_64K)	/* a full ring at the end still leaves 64 KB of before */
#define PIECE_BYTES SZ_16K	/* on its way from the ring to a reader */
#define PASS_BYTES SZ_1M	/* then others get their turn */
#define PACE_BUSY 1UL		/* jiffies between two looks */
#define PACE_POLL msecs_to_jiffies(50)	/* the longest where nobody says when to look */
#define PACE_IDLE HZ			/* the same where the spawn rings: just to be sure */
#define SILENT_ROOM 4096	/* taken at a time when there is no one to hear it */

/**
 * struct console_line - the line of an id
 * @port:        its tty; once used it stays with the id, because a tty that was hung up may be open
 *               long after
 * @id:          the instance's id
 * @look:        the work
 * @pace:        jiffies until it looks again, while all is quiet; the work's
 * @output_lock: guards what follows, and that only one hands over to the tty
 * @present:     its instance is there
 * @listening:   someone has it open
 * @full:        the tty's buffers are full
 * @output:      what the spawn writes; of size 0 while no kernel runs
 * @backlog:     what it has written
 * @input_lock:  guards what follows; the next three change under both locks
 * @input:       what the spawn reads
 * @control:     the spawn's control page; NULL while no kernel runs
 * @instance:    whose kernel to ring; NULL while there is none that could hear it
 * @unread:      bytes that it has not read yet, as last seen
 * @written:     something was put there since the last look
 * @window:      size of the reader's window, as in struct mk_control
 */
struct console_line {
	struct tty_port port;
	u32 id;
	struct delayed_work look;
	unsigned long pace;

	struct mutex output_lock;
	bool present;
	bool listening;
	bool full;
	struct mk_ring_end output;
	struct mk_backlog backlog;

	spinlock_t input_lock;
	struct mk_ring_end input;
	struct mk_control *control;
	const struct instance *instance;
	u32 unread;
	bool written;
	u32 window;
};

static DEFINE_XARRAY(consoles);		/* by id; what is in stays until the module goes */
static struct tty_driver *driver;
static struct workqueue_struct *queue;

static void look_after(struct console_line *console, unsigned long delay)
{
	mod_delayed_work(queue, &console->look, delay);
}

/* Context: under one of the two locks. */
static void ring(struct console_line *console)
{
	if (console->instance)
		instance_ring(console->instance);
}

/* From the ring to the backlog, at most so many bytes or little more. Returns how many. */
static u32 collect(struct console_line *console, u32 limit)
{
	u32 half = console->output.size / 2, before = mk_ring_filled(&console->output);
	u32 total = 0, count, room;
	u8 *place;

	do {
		place = mk_backlog_place(&console->backlog, &room);
		count = mk_ring_take(&console->output, place, min(room, limit));
		mk_backlog_added(&console->backlog, count);
		total += count;
	} while (count && total < limit);
	if (before > half && mk_ring_filled(&console->output) <= half)
		ring(console);	/* it may wait for room */
	return total;
}

/* The reader sees where bytes are missing. False when there is no room to say so. */
static bool tell_lost(struct console_line *console)
{
	char line[64];
	int length;

	if (!console->backlog.lost)
		return true;
	length = scnprintf(line, sizeof(line), "\r\n[multikernel: %llu bytes lost]\r\n",
			   (unsigned long long)console->backlog.lost);
	if (tty_buffer_request_room(&console->port, length) < length)
		return false;
	tty_insert_flip_string(&console->port, line, length);
	console->backlog.lost = 0;
	return true;
}

/*
 * From the backlog to the tty, as much as it takes of what lies there in one piece. Returns how
 * many bytes.
 */
static u32 hand_over_piece(struct console_line *console)
{
	const u8 *oldest;
	u32 count;

	if (!tell_lost(console))
		return 0;
	oldest = mk_backlog_oldest(&console->backlog, &count);
	count = tty_insert_flip_string(&console->port, oldest, count);
	mk_backlog_read(&console->backlog, count);
	tty_flip_buffer_push(&console->port);
	return count;
}

/*
 * To the reader, until there is no more or it has had enough for now. Nothing is collected that it
 * would not take.
 */
static u32 hand_over(struct console_line *console)
{
	struct tty_struct *tty = tty_port_tty_get(&console->port);
	u32 total = 0, count;

	console->full = false;
	while (tty && !tty_throttled(tty) && total < PASS_BYTES) {
		if (!console->backlog.filled && !collect(console, PIECE_BYTES))
			break;
		count = hand_over_piece(console);
		console->full = !count;
		if (!count)
			break;
		total += count;
	}
	tty_kref_put(tty);
	return total;
}

static u32 move_output(struct console_line *console)
{
	return console->listening ? hand_over(console) : collect(console, PASS_BYTES);
}

/* Context: under input_lock, with a kernel attached. */
static u32 input_unread(const struct console_line *console)
{
	lockdep_assert_held(&console->input_lock);
	return console->input.size - mk_ring_room(&console->input);
}

/*
 * Writers wait for room, and some for all to be read. Returns true when bytes have moved since the
 * last look.
 */
static bool watch_input(struct console_line *console)
{
	bool read = false, wake = false, moved;
	u32 unread;

	spin_lock_irq(&console->input_lock);
	if (console->control) {
		unread = input_unread(console);
		read = unread < console->unread;
		wake = read && unread <= console->input.size / 2;
		console->unread = unread;
	}
	moved = read || console->written;
	console->written = false;
	spin_unlock_irq(&console->input_lock);
	if (wake)
		tty_port_tty_wakeup(&console->port);
	return moved;
}

/* Context: under output_lock. A tty that is full does not always tell when it has room again. */
static unsigned long longest_pace(const struct console_line *console)
{
	lockdep_assert_held(&console->output_lock);
	return doorbell_there() && !console->full ? PACE_IDLE : PACE_POLL;
}

static void look(struct work_struct *work)
{
	struct console_line *console = container_of(to_delayed_work(work), struct console_line, look);
	unsigned long longest;
	bool again, input_moved;
	u32 moved;

	mutex_lock(&console->output_lock);
	moved = move_output(console);
	again = console->full || console->output.size;
	longest = longest_pace(console);
	mutex_unlock(&console->output_lock);
	input_moved = watch_input(console);

	if (moved || input_moved)
		console->pace = PACE_BUSY;
	else
		console->pace = min(console->pace * 2, longest);
	if (moved >= PASS_BYTES)
		queue_delayed_work(queue, &console->look, 0);
	else if (again)
		queue_delayed_work(queue, &console->look, console->pace);
}

static int install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct console_line *console = xa_load(&consoles, tty->index);

	if (!console)
		return -ENODEV;
	tty->driver_data = console;
	return tty_port_install(&console->port, driver, tty);
}

static int open(struct tty_struct *tty, struct file *file)
{
	struct console_line *console = tty->driver_data;

	return tty_port_open(&console->port, tty, file);
}

/*
 * What the tty has taken in and nobody has read goes back to the front of the backlog, for the next
 * reader. It is read as the file's owner would; while there is a cookie the line discipline holds
 * its locks and wants to be called again.
 * Context: under output_lock.
 */
static void take_back(struct console_line *console, struct tty_struct *tty, struct file *file)
{
	struct tty_ldisc *discipline = tty_ldisc_ref(tty);
	u32 ahead = console->backlog.filled, room;
	unsigned int flags = file->f_flags;
	void *cookie = NULL;
	ssize_t count;
	u8 *place;

	lockdep_assert_held(&console->output_lock);
	if (!discipline)
		return;
	file->f_flags |= O_NONBLOCK;
	while (discipline->ops->num == N_TTY) {
		place = mk_backlog_place(&console->backlog, &room);
		room = min(room, console->backlog.size - console->backlog.filled);
		count = discipline->ops->read(tty, file, place, room, &cookie, 0);
		if (count > 0)
			mk_backlog_added(&console->backlog, count);
		else if (!cookie)
			break;
	}
	file->f_flags = flags;
	tty_ldisc_deref(discipline);
	mk_backlog_rotate(&console->backlog, ahead);
}

static void close(struct tty_struct *tty, struct file *file)
{
	struct console_line *console = tty->driver_data;

	mutex_lock(&console->output_lock);
	if (console->listening && tty->count == 1 && !tty_hung_up_p(file)) {
		console->listening = false;
		take_back(console, tty, file);
	}
	mutex_unlock(&console->output_lock);
	tty_port_close(&console->port, tty, file);
}

static void hangup(struct tty_struct *tty)
{
	struct console_line *console = tty->driver_data;

	tty_port_hangup(&console->port);
}

/* The first one opens it. */
static int activate(struct tty_port *port, struct tty_struct *tty)
{
	struct console_line *console = container_of(port, struct console_line, port);
	bool present;

	mutex_lock(&console->output_lock);
	present = console->present;
	console->listening = present;
	mutex_unlock(&console->output_lock);
	if (!present)
		return -ENODEV;
	look_after(console, 0);
	return 0;
}

/* The last one closes it. */
static void shutdown(struct tty_port *port)
{
	struct console_line *console = container_of(port, struct console_line, port);

	mutex_lock(&console->output_lock);
	console->listening = false;
	console->full = false;
	mutex_unlock(&console->output_lock);
}

/* Without a kernel there is no one to hear it: it goes as on a line whose other end is off. */
static mk_tty_done write(struct tty_struct *tty, const u8 *bytes, mk_tty_count count)
{
	struct console_line *console = tty->driver_data;
	bool first = false;
	unsigned long flags;

	spin_lock_irqsave(&console->input_lock, flags);
	if (console->control) {
		count = mk_ring_put(&console->input, bytes, count);
		console->unread = input_unread(console);
		console->written = true;
		first = count && console->unread <= count;
		if (first)
			ring(console);	/* it was empty: nobody looks */
	}
	spin_unlock_irqrestore(&console->input_lock, flags);
	if (first)
		look_after(console, PACE_BUSY);
	return count;
}

static unsigned int write_room(struct tty_struct *tty)
{
	struct console_line *console = tty->driver_data;
	unsigned int room = SILENT_ROOM;
	unsigned long flags;

	spin_lock_irqsave(&console->input_lock, flags);
	if (console->control)
		room = mk_ring_room(&console->input);
	spin_unlock_irqrestore(&console->input_lock, flags);
	return room;
}

static unsigned int chars_in_buffer(struct tty_struct *tty)
{
	struct console_line *console = tty->driver_data;
	unsigned int count = 0;
	unsigned long flags;

	spin_lock_irqsave(&console->input_lock, flags);
	if (console->control)
		count = input_unread(console);
	spin_unlock_irqrestore(&console->input_lock, flags);
	return count;
}

static void unthrottle(struct tty_struct *tty)
{
	look_after(tty->driver_data, 0);
}

/* As a modem would have it: there is a carrier while a kernel runs. */
static int tiocmget(struct tty_struct *tty)
{
	struct console_line *console = tty->driver_data;

	return READ_ONCE(console->control) ? TIOCM_CAR | TIOCM_DSR | TIOCM_CTS : 0;
}

static int resize(struct tty_struct *tty, struct winsize *size)
{
	struct console_line *console = tty->driver_data;
	int error;

	error = tty_do_resize(tty, size);
	if (error)
		return error;
	spin_lock_irq(&console->input_lock);
	console->window = size->ws_row | (u32)size->ws_col << 16;
	if (console->control) {
		WRITE_ONCE(console->control->window, console->window);
		ring(console);
	}
	spin_unlock_irq(&console->input_lock);
	return 0;
}

static const struct tty_port_operations port_operations = {
	.activate = activate,
	.shutdown = shutdown,
};

static const struct tty_operations operations = {
	.install = install,
	.open = open,
	.close = close,
	.hangup = hangup,
	.write = write,
	.write_room = write_room,
	.chars_in_buffer = chars_in_buffer,
	.unthrottle = unthrottle,
	.tiocmget = tiocmget,
	.resize = resize,
};

/*
 * The order is: port->mutex (activate), output_lock (take_back), the tty's termios_rwsem. A serial
 * port's mutex is taken inside that semaphore instead (drivers/tty/serial/serial_core.c,
 * uart_set_termios()), but this driver has no set_termios. lockdep takes the mutexes of all ports
 * for one, unless told that ours are a class of their own.
 */
static struct lock_class_key port_mutex_class;

static struct console_line *make_console(u32 id)
{
	struct console_line *console = kzalloc(sizeof(*console), GFP_KERNEL);

	if (!console)
		return NULL;
	console->id = id;
	console->pace = PACE_BUSY;
	mutex_init(&console->output_lock);
	spin_lock_init(&console->input_lock);
	INIT_DELAYED_WORK(&console->look, look);
	tty_port_init(&console->port);
	lockdep_set_class(&console->port.mutex, &port_mutex_class);
	console->port.ops = &port_operations;
	/* What is in the ring is the spawn's to read whenever it likes: no close waits for that. */
	console->port.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	if (xa_err(xa_store(&consoles, id, console, GFP_KERNEL))) {
		tty_port_destroy(&console->port);
		kfree(console);
		return NULL;
	}
	return console;
}

static void set_present(struct console_line *console, bool present)
{
	mutex_lock(&console->output_lock);
	console->present = present;
	mutex_unlock(&console->output_lock);
}

int console_add(struct instance *instance)
{
	u32 id = instance->config.id;
	struct console_line *console = xa_load(&consoles, id) ?: make_console(id);
	struct device *device;
	u8 *data;

	if (!console)
		return -ENOMEM;
	data = kvmalloc(BACKLOG_SIZE, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	console->backlog = (struct mk_backlog){ .data = data, .size = BACKLOG_SIZE };
	set_present(console, true);
	device = tty_port_register_device(&console->port, driver, id, NULL);
	if (IS_ERR(device)) {
		set_present(console, false);
		kvfree(data);
		console->backlog = (struct mk_backlog){};
		return PTR_ERR(device);
	}
	instance->console = console;
	return 0;
}

void console_remove(struct instance *instance)
{
	struct console_line *console = instance->console;
	struct tty_struct *tty;

	if (!console)
		return;
	instance->console = NULL;
	set_present(console, false);
	tty_unregister_device(driver, console->id);
	tty = tty_port_tty_get(&console->port);
	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);
	cancel_delayed_work_sync(&console->look);
	mutex_lock(&console->output_lock);
	kvfree(console->backlog.data);
	console->backlog = (struct mk_backlog){};
	mutex_unlock(&console->output_lock);
}

int console_attach(struct instance *instance)
{
	const struct mk_shared *layout = &instance->shared;
	void *area = instance->control;
	struct console_line *console = instance->console;

	if (!console)
		return 0;
	mutex_lock(&console->output_lock);
	spin_lock_irq(&console->input_lock);
	mk_ring_attach(&console->output, area + layout->output, layout->output_size, false);
	mk_ring_attach(&console->input, area + layout->input, layout->input_size, true);
	console->unread = 0;
	console->control = area;
	console->instance = instance;
	WRITE_ONCE(console->control->window, console->window);
	spin_unlock_irq(&console->input_lock);
	mutex_unlock(&console->output_lock);
	look_after(console, 0);
	return 0;
}

void console_detach(struct instance *instance)
{
	struct console_line *console = instance->console;

	if (!console || !console->control)
		return;
	mutex_lock(&console->output_lock);
	spin_lock_irq(&console->input_lock);
	console->input = (struct mk_ring_end){};
	console->control = NULL;
	console->instance = NULL;
	spin_unlock_irq(&console->input_lock);
	if (console->listening)
		hand_over(console);
	collect(console, console->output.size);
	console->output = (struct mk_ring_end){};
	mutex_unlock(&console->output_lock);
	look_after(console, 0);
	tty_port_tty_wakeup(&console->port);
	tty_port_tty_hangup(&console->port, true);	/* unless it was told to do without a carrier */
}

/*
 * A ring says not whose it was. Without the locks this is a guess, and a wrong one costs a look at
 * most.
 */
void console_kick(struct instance *instance)
{
	struct console_line *console = instance->console;

	if (!console)
		return;
	if (mk_ring_filled(&console->output) || READ_ONCE(console->unread))
		look_after(console, 0);
}

static void free_consoles(void)
{
	struct console_line *console;
	unsigned long id;

	xa_for_each(&consoles, id, console) {
		cancel_delayed_work_sync(&console->look);
		tty_port_destroy(&console->port);
		kfree(console);
	}
	xa_destroy(&consoles);
}

/* A line to a kernel that echoes itself: every byte passes as it is. */
static void set_up_driver(void)
{
	driver->driver_name = KBUILD_MODNAME;
	/*
	 * Not "tty" and a capital letter: udev's default rules (50-udev-default.rules) give whatever
	 * is called so to the group dialout, and this is a way to root.
	 */
	driver->name = "mktty";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_iflag = 0;
	driver->init_termios.c_oflag = 0;
	driver->init_termios.c_lflag = 0;
	driver->init_termios.c_cflag = B115200 | CS8 | CREAD | CLOCAL;
	driver->init_termios.c_ispeed = 115200;
	driver->init_termios.c_ospeed = 115200;
	tty_set_operations(driver, &operations);
}

int console_init(void)
{
	int error;

	queue = alloc_workqueue("multikernel_console", WQ_UNBOUND, 0);
	if (!queue)
		return -ENOMEM;
	driver = tty_alloc_driver(MK_ID_MAX + 1, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV |
				  TTY_DRIVER_RESET_TERMIOS);
	if (IS_ERR(driver)) {
		error = PTR_ERR(driver);
		goto destroy_queue;
	}
	set_up_driver();
	error = tty_register_driver(driver);
	if (!error)
		return 0;
	tty_driver_kref_put(driver);
destroy_queue:
	destroy_workqueue(queue);
	return error;
}

/* Who has a line open, also one that was hung up, holds the module: no one has. */
void console_exit(void)
{
	tty_unregister_driver(driver);
	tty_driver_kref_put(driver);
	free_consoles();
	destroy_workqueue(queue);
}
