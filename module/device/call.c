// SPDX-License-Identifier: GPL-2.0-only
/*
 * An entry in the eventfd's wait queue, whose callback empties the eventfd and sends the interrupt,
 * there and then: nobody is woken for a call. The same is done for virtual machines
 * (virt/kvm/eventfd.c) and for devices in user space (drivers/vfio/virqfd.c). Unlike there nothing
 * is to be done when the last descriptor goes: the reference keeps the eventfd, and with it the wait
 * queue, until the call is unbound.
 */
#include <linux/eventfd.h>
#include <linux/err.h>
#include <linux/file.h>

#include "device/call.h"
#include "instance/bell.h"

static void send_call(const struct call *call)
{
	u64 place = READ_ONCE(*call->place);

	if (place)
		instance_send(call->instance, place);
	else
		instance_ring(call->instance);
}

/* Context: any, with interrupts off and the eventfd's lock held. */
static int call_signalled(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct call *call = container_of(wait, struct call, wait);
	u64 signals;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(call->fd, &signals);
	WRITE_ONCE(call->count, call->count + 1);
	send_call(call);
	return 0;
}

static void call_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	add_wait_queue(head, &container_of(table, struct call, table)->wait);
}

int call_bind(struct call *call, struct file *file, const struct instance *instance,
	      const u64 *place)
{
	struct eventfd_ctx *fd = eventfd_ctx_fileget(file);

	if (IS_ERR(fd))
		return PTR_ERR(fd);
	call->fd = fd;
	call->instance = instance;
	call->place = place;
	init_waitqueue_func_entry(&call->wait, call_signalled);
	init_poll_funcptr(&call->table, call_queue);
	/* What was signalled before is told now. */
	if (vfs_poll(file, &call->table) & EPOLLIN)
		send_call(call);
	return 0;
}

void call_unbind(struct call *call)
{
	u64 signals;

	if (!call->fd)
		return;
	eventfd_ctx_remove_wait_queue(call->fd, &call->wait, &signals);
	eventfd_ctx_put(call->fd);
	call->fd = NULL;
}
