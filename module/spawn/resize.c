// SPDX-License-Identifier: GPL-2.0-only
/* Requests of the host for CPUs and memory: taken one by one, obeyed, answered (core/resize_request.h). */
#include <linux/workqueue.h>

#include "control_page.h"
#include "resize_request.h"
#include "spawn/area.h"
#include "spawn/cpus.h"
#include "spawn/memory.h"
#include "spawn/resize.h"

static struct workqueue_struct *queue;	/* bound to no CPU: the one it ran on could be the one that goes */
static u32 last;			/* the request that has been dealt with; the work's */

static void spawn_resize_work(struct work_struct *work);
static DECLARE_WORK(work, spawn_resize_work);

static int obey(const struct mk_resize_request *request)
{
	switch (request->wish) {
	case MK_BRING_CPU:
		return spawn_cpu_bring(request->cpu, request->apic_id);
	case MK_REMOVE_CPU:
		return spawn_cpu_give_back(request->cpu, request->apic_id);
	case MK_BRING_MEMORY:
		return spawn_memory_bring(request->start, request->size);
	case MK_REMOVE_MEMORY:
		return spawn_memory_give_back(request->start, request->size);
	default:
		return -EOPNOTSUPP;
	}
}

static void spawn_resize_work(struct work_struct *work)
{
	struct mk_control *control = spawn_control();
	struct mk_resize_request request;

	if (mk_resize_claim(control, last, &request))
		mk_resize_answer(control, request.sequence, obey(&request));
	last = request.sequence;
}

void spawn_resize_rung(void)
{
	if (READ_ONCE(spawn_control()->resize_asked) != READ_ONCE(last))
		queue_work(queue, &work);
}

int spawn_resize_init(void)
{
	int error;

	last = READ_ONCE(spawn_control()->resize_answered);
	queue = alloc_workqueue("multikernel_resize", WQ_UNBOUND, 1);
	if (!queue)
		return -ENOMEM;
	error = spawn_cpus_init();
	if (error)
		destroy_workqueue(queue);
	else
		spawn_memory_init();
	return error;
}

void spawn_resize_exit(void)
{
	cancel_work_sync(&work);
	spawn_memory_exit();
	spawn_cpus_exit();
	destroy_workqueue(queue);
}
