// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interrupt vector a queue, whose handler signals an eventfd and does nothing else. A kick that
 * comes while nobody is bound is dropped: whoever begins to serve a queue looks at it first.
 */
#include <linux/err.h>
#include <linux/eventfd.h>

#include "compat.h"
#include "cpu/doorbell.h"
#include "cpu/vector.h"
#include "device/kick.h"

static void kick_rung(void *data)
{
	struct kick *kick = data;
	unsigned long flags;

	spin_lock_irqsave(&kick->lock, flags);
	kick->count++;
	if (kick->fd)
		mk_eventfd_signal(kick->fd);
	spin_unlock_irqrestore(&kick->lock, flags);
}

void kick_init(struct kick *kick, const char *name)
{
	struct vector *vector;

	spin_lock_init(&kick->lock);
	if (!doorbell_there())
		return;
	vector = vector_new(name, kick_rung, kick);
	if (IS_ERR(vector))
		pr_info_ratelimited("%s: no vector (error %ld): the doorbell rings for it\n", name,
				    PTR_ERR(vector));
	else
		kick->vector = vector;
}

void kick_free(struct kick *kick)
{
	vector_free(kick->vector);
	kick->vector = NULL;
	if (kick->fd)
		eventfd_ctx_put(kick->fd);
	kick->fd = NULL;
}

u64 kick_place(const struct kick *kick)
{
	return kick->vector ? vector_place(kick->vector) : 0;
}

void kick_bind(struct kick *kick, struct eventfd_ctx *fd)
{
	spin_lock_irq(&kick->lock);
	swap(kick->fd, fd);
	spin_unlock_irq(&kick->lock);
	if (fd)
		eventfd_ctx_put(fd);
}

bool kick_is_bound(struct kick *kick)
{
	return READ_ONCE(kick->fd);
}

void kick_signal(struct kick *kick)
{
	spin_lock_irq(&kick->lock);
	if (kick->fd)
		mk_eventfd_signal(kick->fd);
	spin_unlock_irq(&kick->lock);
}

void kick_polled(struct kick *kick)
{
	if (!kick->vector)
		kick_rung(kick);
}
