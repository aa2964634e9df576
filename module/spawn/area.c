// SPDX-License-Identifier: GPL-2.0-only
/*
 * The area that a spawn kernel shares with its host, from the spawn's side: an ACPI table names it,
 * the control page in front says what stands where in it. The page is copied before it is read: it
 * lies in memory that anything may have written since.
 */
#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include "acpi.h"
#include "control_page.h"
#include "cpu/doorbell.h"
#include "shared.h"
#include "spawn/area.h"

static u8 *area;		/* the shared area */
static u64 start;		/* its physical address */
static struct mk_shared shared;	/* what stands where in it */

struct mk_control *spawn_control(void)
{
	return (struct mk_control *)area;
}

bool spawn_detect(void)
{
	struct acpi_table_header *table;

	if (ACPI_FAILURE(acpi_get_table(MK_ACPI_SHARED_SIGNATURE, 1, &table)))
		return false;
	acpi_put_table(table);
	return true;
}

int area_map(struct mk_reason *why)
{
	struct acpi_table_header *table;
	u64 address = 0;
	u32 size = 0;
	int error;

	if (ACPI_FAILURE(acpi_get_table(MK_ACPI_SHARED_SIGNATURE, 1, &table)))
		return mk_refuse(why, -EINVAL, "handover: the ACPI table %s is gone",
				 MK_ACPI_SHARED_SIGNATURE);
	error = mk_acpi_read_shared(table, table->length, &address, &size);
	acpi_put_table(table);
	if (error)
		return mk_refuse(why, error, "handover: the ACPI table %s is malformed",
				 MK_ACPI_SHARED_SIGNATURE);
	if (region_intersects(address, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return mk_refuse(why, -EINVAL, "handover: the shared area at 0x%llx is in use", address);
	area = memremap(address, size, MEMREMAP_WB);
	if (!area)
		return mk_refuse(why, -ENOMEM, "handover: the shared area cannot be mapped");
	shared.size = size;
	start = address;
	return 0;
}

int area_read_control(u32 *id, struct mk_reason *why)
{
	struct mk_control control;

	memcpy(&control, area, sizeof(control));
	if (mk_shared_read(&shared, id, &control, shared.size))
		return mk_refuse(why, -EINVAL, "handover: the control page is not one of version %u",
				 MK_CONTROL_VERSION);
	return 0;
}

void area_unmap(void)
{
	memunmap(area);
}

u64 area_start(void)
{
	return start;
}

const struct mk_shared *area_layout(void)
{
	return &shared;
}

void spawn_ring(void)
{
	const struct mk_control *control = spawn_control();

	doorbell_ring(READ_ONCE(control->host_apic_id), READ_ONCE(control->host_vector));
}
