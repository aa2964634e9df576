/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What multikernel_virtio.ko, the transport of a spawn's virtio devices, has of multikernel.ko: the
 * device table, the bell and vectors. It is a module of its own, since virtio is one in some
 * kernels, and no host should need that.
 */
#ifndef MK_MODULE_SPAWN_DEVICES_H
#define MK_MODULE_SPAWN_DEVICES_H

#include <linux/types.h>

struct device;
struct vector;

/* Where multikernel_virtio.ko is asked for: a platform device of this name. */
#define SPAWN_DEVICES_NAME "multikernel-virtio"

/*
 * Has the transport loaded where the control page names a device table. Without one, or when that
 * fails, the spawn has no devices and all else.
 */
int spawn_devices_init(void);
void spawn_devices_exit(void);

/* The host rang: it may have to do with a device. Context: hard interrupt. */
void spawn_devices_rung(void);

/*
 * The device table, MK_DEVICE_TABLE_SIZE bytes; NULL in a host, or where the host knows of none.
 * Context: any.
 */
void *multikernel_devices(void);

/* The platform device, which the table's devices belong to. Context: any. */
struct device *multikernel_devices_parent(void);

/**
 * multikernel_devices_listen - be told when the host rings
 * @rung: in hard interrupt context, also when it has to do with something else; NULL for nobody
 *        any more, and then none is being told when this returns
 *
 * Context: process.
 */
void multikernel_devices_listen(void (*rung)(void));

/* Can the host ring this kernel? Else it must look for itself. Context: any. */
bool multikernel_has_bell(void);

/* As spawn_ring() and cpu/vector.h have it. */
void multikernel_ring_host(void);
struct vector *multikernel_vector_new(const char *name, void (*rung)(void *data), void *data);
void multikernel_vector_free(struct vector *vector);
u64 multikernel_vector_place(const struct vector *vector);
void multikernel_vector_send(u64 place);

#endif
