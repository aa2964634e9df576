// SPDX-License-Identifier: GPL-2.0-only
/*
 * multikernel_virtio.ko: a spawn's virtio devices. It sees what comes and goes in the slots of the
 * device table when the host rings, or by looking where nobody can ring.
 *
 * Each slot has works of its own: a driver that takes long, or that waits for ever for what a device
 * will not do any more, holds up no other.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "device_table.h"
#include "spawn/devices.h"
#include "virtio/device.h"

#define TICK_BUSY 1UL		/* jiffies between two looks without a bell, while there are devices */
#define TICK_IDLE (HZ / 4)	/* and while there are none */

#define TURN_US 1000		/* between two looks whether a device is up, so that the next has its turn */
#define TURN_PATIENCE (5 * HZ)	/* and how long that may take at most */

/**
 * struct slot - one of the device table's
 * @host:    the host's page
 * @spawn:   ours
 * @device:  what is there; changed by @change alone
 * @refused: generation of a device that could not be taken up, and is not tried again
 * @lock:    @device is not let go while a reference to it is taken
 * @change:  takes devices up, and lets go of those that have gone
 * @look:    looks at the device
 */
struct slot {
	struct mk_device_host *host;
	struct mk_device_spawn *spawn;
	struct spawn_device *device;
	u32 refused;
	raw_spinlock_t lock;
	struct work_struct change;
	struct work_struct look;
};

static struct slot slots[MK_DEVICE_SLOTS];
static bool begun;	/* what was there when the module came has had its turn */
static bool leaving;	/* the module goes: no device is there any more */

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(tick_work, tick);

static void set_device(struct slot *slot, struct spawn_device *device)
{
	raw_spin_lock_irq(&slot->lock);
	slot->device = device;
	raw_spin_unlock_irq(&slot->lock);
}

/* To be put; NULL when there is none. */
static struct spawn_device *get_device_of(struct slot *slot)
{
	struct spawn_device *device;

	raw_spin_lock_irq(&slot->lock);
	device = slot->device;
	if (device)
		spawn_device_get(device);
	raw_spin_unlock_irq(&slot->lock);
	return device;
}

static bool has_offer(const struct slot *slot)
{
	u32 generation = READ_ONCE(slot->host->generation);

	return generation && generation != READ_ONCE(slot->refused) &&
	       !READ_ONCE(slot->host->leaving);
}

/* In its place before the driver has it, which may want answers and interrupts at once. */
static void take_up(struct slot *slot)
{
	u32 generation = READ_ONCE(slot->host->generation);
	struct spawn_device *device = spawn_device_new(slot->host, slot->spawn);

	set_device(slot, device);
	if (device && !spawn_device_add(device)) {
		queue_work(system_highpri_wq, &slot->look);
		return;
	}
	WRITE_ONCE(slot->refused, generation);
	set_device(slot, NULL);
	if (device)
		spawn_device_put(device);
}

static void let_go(struct slot *slot)
{
	struct spawn_device *device = slot->device;

	spawn_device_remove(device);
	set_device(slot, NULL);
	spawn_device_put(device);
}

static void slot_change(struct work_struct *work)
{
	struct slot *slot = container_of(work, struct slot, change);

	if (slot->device && (READ_ONCE(leaving) || spawn_device_goes(slot->device)))
		let_go(slot);
	if (!slot->device && !READ_ONCE(leaving) && has_offer(slot))
		take_up(slot);
}

static void slot_look(struct work_struct *work)
{
	struct slot *slot = container_of(work, struct slot, look);
	struct spawn_device *device = get_device_of(slot);

	if (!device)
		return;
	spawn_device_look(device);
	spawn_device_put(device);
}

/* Context: any, hard interrupts too. Return: whether there is a device. */
static bool slot_rung(struct slot *slot)
{
	unsigned long flags;
	bool there, look = false, change;

	raw_spin_lock_irqsave(&slot->lock, flags);
	there = slot->device;
	if (there)
		look = spawn_device_rung(slot->device);
	change = there ? spawn_device_goes(slot->device) : has_offer(slot);
	raw_spin_unlock_irqrestore(&slot->lock, flags);
	if (look)
		queue_work(system_highpri_wq, &slot->look);
	if (change && READ_ONCE(begun))
		queue_work(system_unbound_wq, &slot->change);
	return there;
}

static bool ring_all(void)
{
	bool any = false;
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		any |= slot_rung(&slots[i]);
	return any;
}

static void transport_rung(void)
{
	ring_all();
}

static void tick(struct work_struct *work)
{
	schedule_delayed_work(&tick_work, ring_all() ? TICK_BUSY : TICK_IDLE);
}

/*
 * Kernels give disks and networks their names in the order in which they come: vda is to be the one
 * in the lowest slot at each boot. A driver has chosen the name before it asks the device for
 * anything (virtblk_probe() in drivers/block/virtio_blk.c), so one that does not answer holds up the
 * others only for a while.
 */
static void __init take_turn(struct slot *slot)
{
	unsigned long end = jiffies + TURN_PATIENCE;

	if (!has_offer(slot))
		return;
	queue_work(system_unbound_wq, &slot->change);
	while (work_busy(&slot->change) && time_before(jiffies, end))
		usleep_range(TURN_US, 2 * TURN_US);
}

static int __init transport_init(void)
{
	u8 *table = multikernel_devices();
	u32 i;

	BUILD_BUG_ON(sizeof(struct mk_device_host) > MK_DEVICE_PAGE);
	BUILD_BUG_ON(sizeof(struct mk_device_spawn) > MK_DEVICE_PAGE);
	if (!table)
		return -ENODEV;
	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		slots[i].host = (void *)(table + 2 * i * MK_DEVICE_PAGE);
		slots[i].spawn = (void *)(table + (2 * i + 1) * MK_DEVICE_PAGE);
		raw_spin_lock_init(&slots[i].lock);
		INIT_WORK(&slots[i].change, slot_change);
		INIT_WORK(&slots[i].look, slot_look);
	}
	multikernel_devices_listen(transport_rung);
	if (!multikernel_has_bell())
		schedule_delayed_work(&tick_work, TICK_BUSY);
	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		take_turn(&slots[i]);
	WRITE_ONCE(begun, true);
	ring_all();
	/* What is there already is on the bus when the module has been loaded: a root may lie there. */
	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		flush_work(&slots[i].change);
	return 0;
}

/* What a slot's work does last of all is let go of its device. */
static void __exit transport_exit(void)
{
	u32 i;

	WRITE_ONCE(leaving, true);
	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		queue_work(system_unbound_wq, &slots[i].change);
	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		flush_work(&slots[i].change);
	multikernel_devices_listen(NULL);
	cancel_delayed_work_sync(&tick_work);
	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		cancel_work_sync(&slots[i].look);
		cancel_work_sync(&slots[i].change);
	}
}

module_init(transport_init);
module_exit(transport_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("The virtio devices of a kernel that multikernel.ko has started");
MODULE_ALIAS("platform:" SPAWN_DEVICES_NAME);
