// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio transport that runs wild, for a spawn: as long as it is loaded it writes garbage to the
 * spawn's pages of the device table, asks the host to look, kicks queues, and begins anew. Half of
 * the time all of a page is random; else it looks like a driver's set-up with one thing or another
 * wrong, so that the host gets further before it refuses. What a queue holds is random, too, in
 * memory of its own; addresses in there lead outside of the spawn, which so lives on.
 *
 * Its sequence is made from "seed" alone.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/virtio_config.h>

#include "../../../include/device_table.h"

#define RING_ORDER 5	/* for rings of any size that may be had, with room to be wrong in */
#define RING_BYTES (PAGE_SIZE << RING_ORDER)
#define KICKS 20	/* after each set-up */

static unsigned int seed = 1;
module_param(seed, uint, 0444);

static struct rnd_state state;
static struct task_struct *thread;
static u8 *ring;	/* what queues that look right lie in */
static unsigned long rounds;
module_param(rounds, ulong, 0444);

/* multikernel.ko's, looked up by name: this module is built without it. */
static void *(*devices)(void);
static void (*ring_host)(void);
static void (*send)(u64 place);

static u32 below(u32 bound)
{
	return prandom_u32_state(&state) % bound;
}

static u64 random(void)
{
	return (u64)prandom_u32_state(&state) << 32 | prandom_u32_state(&state);
}

/* Mostly in the ring; else at its edges, out of step, in the table, or anywhere. */
static u64 some_address(const void *table)
{
	u64 start = virt_to_phys(ring);

	switch (below(12)) {
	case 0: return random();
	case 1: return -below(RING_BYTES);
	case 2: return start + RING_BYTES - below(64);
	case 3: return start + below(RING_BYTES);
	case 4: return slow_virt_to_phys((void *)table) + below(MK_DEVICE_TABLE_SIZE);
	case 5: return below(1 << 20);
	default: return start + below(RING_BYTES / PAGE_SIZE / 2) * PAGE_SIZE;
	}
}

static u32 some_size(u32 size_max)
{
	switch (below(6)) {
	case 0: return prandom_u32_state(&state);
	case 1: return below(2 * MK_DEVICE_QUEUE_SIZE_MAX);
	case 2: return 0;
	default: return size_max;
	}
}

static u64 some_place(void)
{
	switch (below(4)) {
	case 0: return random();
	case 1: return MK_DEVICE_PLACE(below(8), below(512));
	default: return 0;
	}
}

/* The steps of a driver (virtio 1.2, 3.1.1), mostly in their order. */
static u32 some_status(u32 step)
{
	static const u32 steps[] = {
		0, VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER,
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK,
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |
			VIRTIO_CONFIG_S_DRIVER_OK,
	};

	return below(10) ? steps[step % ARRAY_SIZE(steps)] : below(10) ? below(256) : random();
}

static void fill(void *bytes, u32 size)
{
	prandom_bytes_state(&state, bytes, size);
}

static void pretend(const void *table, const struct mk_device_host *host, struct mk_device_spawn *spawn,
		    u32 step)
{
	struct mk_device_spawn_queue *queue;
	u32 i;

	spawn->generation = below(20) ? host->generation : random();
	spawn->status = some_status(step);
	spawn->features[0] = below(8) ? host->features[0] : random();
	spawn->features[1] = below(8) ? 0 : random();
	for (i = 0; i < MK_DEVICE_QUEUES; i++) {
		queue = &spawn->queue[i];
		queue->descriptors = some_address(table);
		queue->driver = some_address(table);
		queue->device = some_address(table);
		queue->size = some_size(host->queue[i].size_max);
		queue->ready = below(8) ? 1 : random();
		queue->call = some_place();
	}
}

static void do_round(u8 *table, u32 step)
{
	u32 slot = below(8) ? 0 : below(MK_DEVICE_SLOTS), i;
	const struct mk_device_host *host = (void *)(table + 2 * slot * MK_DEVICE_PAGE);
	struct mk_device_spawn *spawn = (void *)(table + (2 * slot + 1) * MK_DEVICE_PAGE);

	if (below(16))
		pretend(table, host, spawn, step);
	else
		fill(spawn, MK_DEVICE_PAGE);
	fill(ring, RING_BYTES);
	smp_store_release(&spawn->asked, below(16) ? spawn->asked + 1 : below(1000));
	ring_host();
	for (i = 0; i < KICKS; i++)
		send(READ_ONCE(host->queue[below(MK_DEVICE_QUEUES)].kick));
}

static int run(void *unused)
{
	u8 *table = devices();
	u32 step = 0;

	while (!kthread_should_stop()) {
		do_round(table, step++);
		rounds++;
		if (below(4))
			usleep_range(500, 5000);
		cond_resched();
	}
	return 0;
}

static int __init garbage_init(void)
{
	prandom_seed_state(&state, seed);
	devices = (void *)__symbol_get("multikernel_devices");
	ring_host = (void *)__symbol_get("multikernel_ring_host");
	send = (void *)__symbol_get("multikernel_vector_send");
	if (!devices || !ring_host || !send || !devices())
		return -ENODEV;
	ring = (void *)__get_free_pages(GFP_KERNEL, RING_ORDER);
	if (!ring)
		return -ENOMEM;
	thread = kthread_run(run, NULL, "garbage");
	if (IS_ERR(thread))
		free_pages((unsigned long)ring, RING_ORDER);
	return PTR_ERR_OR_ZERO(thread);
}
module_init(garbage_init);

static void __exit garbage_exit(void)
{
	kthread_stop(thread);
	free_pages((unsigned long)ring, RING_ORDER);
	__symbol_put("multikernel_devices");
	__symbol_put("multikernel_ring_host");
	__symbol_put("multikernel_vector_send");
}
module_exit(garbage_exit);

MODULE_DESCRIPTION("Writes garbage to the device table, for tests");
MODULE_LICENSE("GPL");
