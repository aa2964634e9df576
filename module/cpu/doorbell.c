// SPDX-License-Identifier: GPL-2.0-only
/* The doorbell is a vector; without one this kernel polls. */
#include <linux/err.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#include "cpu/doorbell.h"
#include "cpu/vector.h"
#include "device_table.h"

static bool wanted = true;
module_param_named(doorbell, wanted, bool, 0444);
MODULE_PARM_DESC(doorbell, "have an interrupt vector by which the other kernel can ring; without it this one polls");

static struct vector *bell;	/* NULL for none */
static void (*on_ring)(void);

static void doorbell_rung(void *data)
{
	on_ring();
}

int doorbell_init(void (*rung)(void))
{
	struct vector *vector;

	on_ring = rung;
	if (!wanted)
		return 0;
	vector = vector_new_hard("multikernel", doorbell_rung, NULL);
	if (IS_ERR(vector))
		pr_info("no vector for the doorbell (error %ld): polling\n", PTR_ERR(vector));
	else
		bell = vector;
	return 0;
}

void doorbell_exit(void)
{
	vector_free(bell);
	bell = NULL;
}

bool doorbell_there(void)
{
	return bell;
}

void doorbell_address(u32 *apic_id, u32 *vector)
{
	u64 place = bell ? vector_place(bell) : 0;

	*apic_id = MK_DEVICE_PLACE_APIC_ID(place);
	*vector = MK_DEVICE_PLACE_VECTOR(place);
}

void doorbell_ring(u32 apic_id, u32 vector)
{
	vector_send(MK_DEVICE_PLACE(apic_id, vector));
}
