// SPDX-License-Identifier: GPL-2.0-only
/* The spawn's device table, as multikernel.ko knows it: that it is there, and who uses it. */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include "control_page.h"
#include "cpu/doorbell.h"
#include "cpu/vector.h"
#include "device_table.h"
#include "shared.h"
#include "spawn/area.h"
#include "spawn/devices.h"

static struct platform_device *parent;	/* NULL where there is no table */
static DEFINE_RAW_SPINLOCK(listener_lock);	/* the listener, and that it is not being told */
static void (*listener)(void);

int spawn_devices_init(void)
{
	struct platform_device *device;

	if (area_layout()->devices_size < MK_DEVICE_TABLE_SIZE)
		return 0;
	device = platform_device_register_simple(SPAWN_DEVICES_NAME, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		pr_warn("the host's devices cannot be used, error %ld\n", PTR_ERR(device));
	else
		parent = device;
	return 0;
}

void spawn_devices_exit(void)
{
	platform_device_unregister(parent);
	parent = NULL;
}

void spawn_devices_rung(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&listener_lock, flags);
	if (listener)
		listener();
	raw_spin_unlock_irqrestore(&listener_lock, flags);
}

void *multikernel_devices(void)
{
	return parent ? (u8 *)spawn_control() + area_layout()->devices : NULL;
}
EXPORT_SYMBOL_GPL(multikernel_devices);

struct device *multikernel_devices_parent(void)
{
	return &parent->dev;
}
EXPORT_SYMBOL_GPL(multikernel_devices_parent);

void multikernel_devices_listen(void (*rung)(void))
{
	raw_spin_lock_irq(&listener_lock);
	listener = rung;
	raw_spin_unlock_irq(&listener_lock);
}
EXPORT_SYMBOL_GPL(multikernel_devices_listen);

bool multikernel_has_bell(void)
{
	return doorbell_there();
}
EXPORT_SYMBOL_GPL(multikernel_has_bell);

void multikernel_ring_host(void)
{
	spawn_ring();
}
EXPORT_SYMBOL_GPL(multikernel_ring_host);

struct vector *multikernel_vector_new(const char *name, void (*rung)(void *data), void *data)
{
	return vector_new(name, rung, data);
}
EXPORT_SYMBOL_GPL(multikernel_vector_new);

void multikernel_vector_free(struct vector *vector)
{
	vector_free(vector);
}
EXPORT_SYMBOL_GPL(multikernel_vector_free);

u64 multikernel_vector_place(const struct vector *vector)
{
	return vector_place(vector);
}
EXPORT_SYMBOL_GPL(multikernel_vector_place);

void multikernel_vector_send(u64 place)
{
	vector_send(place);
}
EXPORT_SYMBOL_GPL(multikernel_vector_send);
