// SPDX-License-Identifier: GPL-2.0-only
/* An instance's kernel is rung where it wants to be, as long as that is in its instance. */
#include "control_page.h"
#include "cpu/doorbell.h"
#include "instance/bell.h"
#include "instance/instance.h"

/* Where to ring is the spawn's word: only a CPU of its own is rung, whatever it says. */
void instance_ring(const struct instance *instance)
{
	const struct mk_control *control = instance->control;
	u32 apic_id = READ_ONCE(control->spawn_apic_id), i;

	for (i = 0; i < instance->config.cpu_count; i++)
		if (instance->apic_ids[i] == apic_id)
			doorbell_ring(apic_id, READ_ONCE(control->spawn_vector));
}
