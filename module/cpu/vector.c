// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a vector is had: as an interrupt straight from the domain of CPU vectors
 * (arch/x86/kernel/apic/vector.c), bound to the first CPU that the kernel has; and how the other
 * side is rung: a fixed interprocessor interrupt.
 */
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "cpu/apic.h"
#include "cpu/vector.h"
#include "device_table.h"

#define VECTOR_NAME 64	/* bytes, the NUL included; a longer name is cut */

/**
 * struct vector - one of them
 * @list: among all of them
 * @rung: whom to tell
 * @data: for @rung
 * @irq:  the interrupt's number
 * @name: as /proc/interrupts shows it
 */
struct vector {
	struct list_head list;
	void (*rung)(void *data);
	void *data;
	int irq;
	char name[VECTOR_NAME];
};

static LIST_HEAD(vectors);
static DEFINE_MUTEX(vectors_lock);	/* the list */

/* The host's CPU 0 where it has it: an IPI there never meets a spawn. */
static const struct cpumask *preferred_cpu(void)
{
	return cpumask_of(cpumask_first(cpu_online_mask));
}

/* The kernel moves it elsewhere when that CPU goes offline. */
static unsigned int cpu_of(const struct vector *vector)
{
	return cpumask_first(irq_data_get_effective_affinity_mask(irq_get_irq_data(vector->irq)));
}

static irqreturn_t vector_handler(int irq, void *data)
{
	struct vector *vector = data;

	vector->rung(vector->data);
	return IRQ_HANDLED;
}

/*
 * Balancing would move the vector, and its place is known to the other kernel; the affinity is set
 * by hand, since the kernel sets none for an interrupt that is not balanced.
 */
static int allocate(struct vector *vector, unsigned long flags)
{
	struct irq_alloc_info info = { .mask = preferred_cpu() };
	int irq, error;

	irq = irq_domain_alloc_irqs(x86_vector_domain, 1, NUMA_NO_NODE, &info);
	if (irq <= 0)
		return irq ? irq : -ENOSPC;
	irq_set_handler(irq, handle_edge_irq);
	error = request_irq(irq, vector_handler, IRQF_NOBALANCING | flags, vector->name, vector);
	if (error) {
		irq_dispose_mapping(irq);
		return error;
	}
	irq_set_affinity(irq, info.mask);
	vector->irq = irq;
	return 0;
}

static struct vector *make(const char *name, void (*rung)(void *), void *data, unsigned long flags)
{
	struct vector *vector = kzalloc(sizeof(*vector), GFP_KERNEL);
	int error;

	if (!vector)
		return ERR_PTR(-ENOMEM);
	strscpy(vector->name, name, sizeof(vector->name));
	vector->rung = rung;
	vector->data = data;
	error = allocate(vector, flags);
	if (error) {
		kfree(vector);
		return ERR_PTR(error);
	}
	mutex_lock(&vectors_lock);
	list_add(&vector->list, &vectors);
	mutex_unlock(&vectors_lock);
	return vector;
}

struct vector *vector_new(const char *name, void (*rung)(void *data), void *data)
{
	return make(name, rung, data, 0);
}

struct vector *vector_new_hard(const char *name, void (*rung)(void *data), void *data)
{
	return make(name, rung, data, IRQF_NO_THREAD);
}

void vector_free(struct vector *vector)
{
	if (IS_ERR_OR_NULL(vector))
		return;
	mutex_lock(&vectors_lock);
	list_del(&vector->list);
	mutex_unlock(&vectors_lock);
	free_irq(vector->irq, vector);
	irq_dispose_mapping(vector->irq);
	kfree(vector);
}

bool vector_any_on(unsigned int cpu)
{
	struct vector *vector;
	bool any = false;

	mutex_lock(&vectors_lock);
	list_for_each_entry(vector, &vectors, list)
		any = any || cpu_of(vector) == cpu;
	mutex_unlock(&vectors_lock);
	return any;
}

u64 vector_place(const struct vector *vector)
{
	const struct irq_cfg *config = irqd_cfg(irq_get_irq_data(vector->irq));

	/*
	 * The physical id: the destination in @config is a logical one where this kernel uses such.
	 */
	return MK_DEVICE_PLACE(cpu_physical_id(cpu_of(vector)), config->vector);
}

void vector_send(u64 place)
{
	u32 vector = MK_DEVICE_PLACE_VECTOR(place);

	/*
	 * Below are exceptions, above the vectors a kernel uses for itself: neither is ours to send.
	 */
	if (vector >= FIRST_EXTERNAL_VECTOR && vector < FIRST_SYSTEM_VECTOR)
		apic_send_fixed(MK_DEVICE_PLACE_APIC_ID(place), vector);
}
