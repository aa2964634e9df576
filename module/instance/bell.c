// SPDX-License-Identifier: GPL-2.0-only
/* An instance's kernel is rung where it wants to be, as long as that is in its instance. */
#include "control_page.h"
#include "cpu/vector.h"
#include "device_table.h"
#include "instance/bell.h"
#include "instance/instance.h"

void instance_send(const struct instance *instance, u64 place)
{
	u32 apic_id = MK_DEVICE_PLACE_APIC_ID(place), i;

	for (i = 0; i < instance->config.cpu_count; i++)
		if (instance->apic_ids[i] == apic_id)
			vector_send(place);
}

void instance_ring(const struct instance *instance)
{
	const struct mk_control *control = instance->control;

	instance_send(instance, MK_DEVICE_PLACE(READ_ONCE(control->spawn_apic_id),
						READ_ONCE(control->spawn_vector)));
}
