// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kexec HandOver, from the spawn's side. The kernel keeps the pages of the handover until somebody
 * restores them, which nobody does: this module may be loaded again. Its root tree lies in memory
 * that anything may have written since, so an address in there is looked at before it is used.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include "base.h"
#include "compat.h"
#include "kho.h"
#include "spawn/preserved.h"

static bool by_kho;

const char *handover_way(void)
{
	return by_kho ? "KHO" : "ACPI";
}

static int compare(phys_addr_t address, const void *handover, u32 size, struct mk_reason *why)
{
	u64 start = address;
	const void *found;

	if (region_intersects(start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_INTERSECTS)
		return mk_refuse(why, -EINVAL, "handover: what KHO brought is not in this kernel's memory, at 0x%llx",
				 start);
	found = memremap(start, size, MEMREMAP_WB);
	if (!found)
		return mk_refuse(why, -ENOMEM, "handover: what KHO brought cannot be mapped");
	by_kho = !memcmp(found, handover, size);
	memunmap((void *)found);
	if (by_kho)
		return 0;
	return mk_refuse(why, -EINVAL, "handover: what KHO brought, at 0x%llx, differs from the shared area's",
			 start);
}

int preserved_compare(const void *handover, u32 size, struct mk_reason *why)
{
	phys_addr_t address = 0;
	size_t told = 0;

	if (mk_kho_retrieve(MK_KHO_SUBTREE, &address, &told))
		return 0;
	if (told && told != size)
		return mk_refuse(why, -EINVAL, "handover: what KHO brought has %zu bytes, the shared area's %u",
				 told, size);
	return compare(address, handover, size, why);
}
