// SPDX-License-Identifier: GPL-2.0-only
/* What is not above zero is no limit, as -1 is by the specification. */
#include "json.h"
#include "resources.h"

/* The kernel's own (Documentation/scheduler/sched-bwc.rst). */
#define PERIOD_US 100000

static u64 member(json_t *resources, const char *part, const char *key, u64 otherwise)
{
	json_int_t value = json_integer_value(json_object_get(json_object_get(resources, part), key));

	return value > 0 ? (u64)value : otherwise;
}

struct limits resources_limits(json_t *resources, bool shares_kernel)
{
	struct limits limits = { ~0ULL, ~0ULL, ~0ULL, ~0ULL };

	limits.tasks = member(resources, "pids", "limit", ~0ULL);
	if (!shares_kernel)
		return limits;
	limits.memory = member(resources, "memory", "limit", ~0ULL);
	limits.cpu_time = member(resources, "cpu", "quota", ~0ULL);
	if (limits.cpu_time != ~0ULL)
		limits.cpu_period = member(resources, "cpu", "period", PERIOD_US);
	return limits;
}

u32 resources_cpu_count(json_t *resources)
{
	u64 quota = member(resources, "cpu", "quota", 1);
	u64 count = (quota - 1) / member(resources, "cpu", "period", PERIOD_US) + 1;

	return count < UINT_MAX ? count : UINT_MAX;
}

u64 resources_memory_limit(json_t *resources)
{
	return member(resources, "memory", "limit", 0);
}

u64 resources_memory(json_t *resources, const struct conf *conf)
{
	u64 limit = resources_memory_limit(resources);

	return limit ? limit + conf->overhead : conf->memory;
}

void resources_wish(json_t *resources, const struct conf *conf, struct wish *wish)
{
	const char *cpus = cli_json_text(json_object_get(resources, "cpu"), "cpus");

	wish->cpus = cpus ? cpus : "";
	wish->cpu_count = resources_cpu_count(resources);
	wish->memory = resources_memory(resources, conf);
}
