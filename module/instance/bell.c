// SPDX-License-Identifier: GPL-2.0-only
/* An instance's kernel is rung where it wants to be, as long as that is in its instance. */
#include <linux/rcupdate.h>

#include "control_page.h"
#include "cpu/vector.h"
#include "device_table.h"
#include "instance/bell.h"
#include "instance/instance.h"

void instance_send(const struct instance *instance, u64 place)
{
	u32 apic_id = MK_DEVICE_PLACE_APIC_ID(place), count, i;

	/* A CPU that leaves the instance is waited for with synchronize_rcu(). */
	rcu_read_lock();
	count = instance_cpu_count(instance);
	for (i = 0; i < count && READ_ONCE(instance->apic_ids[i]) != apic_id; i++)
		;
	if (i < count)
		vector_send(place);
	rcu_read_unlock();
}

void instance_ring(const struct instance *instance)
{
	const struct mk_control *control = instance->control;

	instance_send(instance, MK_DEVICE_PLACE(READ_ONCE(control->spawn_apic_id),
						READ_ONCE(control->spawn_vector)));
}
