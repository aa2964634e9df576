// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the vector is had: as an interrupt straight from the domain of CPU vectors
 * (arch/x86/kernel/apic/vector.c), bound to the boot CPU, which no kernel gives up; and how the
 * other side is rung: a fixed interprocessor interrupt.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/smp.h>
#include <linux/moduleparam.h>

#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "cpu/apic.h"
#include "cpu/doorbell.h"

#define BELL_CPU 0

static bool wanted = true;
module_param_named(doorbell, wanted, bool, 0444);
MODULE_PARM_DESC(doorbell, "have an interrupt vector by which the other kernel can ring; without it this one polls");

static unsigned int bell;	/* the interrupt's number, 0 for none */
static void (*on_ring)(void);

static irqreturn_t ring_handler(int irq, void *data)
{
	on_ring();
	return IRQ_HANDLED;
}

static int allocate(void)
{
	struct irq_alloc_info info = { .mask = cpumask_of(BELL_CPU) };
	int irq, error;

	irq = irq_domain_alloc_irqs(x86_vector_domain, 1, NUMA_NO_NODE, &info);
	if (irq <= 0)
		return irq ? irq : -ENOSPC;
	irq_set_handler(irq, handle_edge_irq);
	error = request_irq(irq, ring_handler, IRQF_NOBALANCING | IRQF_NO_THREAD, "multikernel", &bell);
	if (error) {
		irq_dispose_mapping(irq);
		return error;
	}
	irq_set_affinity(irq, cpumask_of(BELL_CPU));
	bell = irq;
	return 0;
}

int doorbell_init(void (*rung)(void))
{
	int error;

	on_ring = rung;
	if (!wanted)
		return 0;
	error = allocate();
	if (error)
		pr_info("no vector for the doorbell (error %d): polling\n", error);
	return 0;
}

void doorbell_exit(void)
{
	if (!bell)
		return;
	free_irq(bell, &bell);
	irq_dispose_mapping(bell);
	bell = 0;
}

bool doorbell_there(void)
{
	return bell;
}

void doorbell_address(u32 *apic_id, u32 *vector)
{
	struct irq_cfg *config = bell ? irqd_cfg(irq_get_irq_data(bell)) : NULL;

	/*
	 * The physical id: the destination in @config is a logical one where this kernel uses such.
	 */
	*apic_id = config ? cpu_physical_id(BELL_CPU) : 0;
	*vector = config ? config->vector : 0;
}

void doorbell_ring(u32 apic_id, u32 vector)
{
	/*
	 * Below are exceptions, above the vectors a kernel uses for itself: neither is a doorbell.
	 */
	if (vector >= FIRST_EXTERNAL_VECTOR && vector < FIRST_SYSTEM_VECTOR)
		apic_send_fixed(apic_id, vector);
}
