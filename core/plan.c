// SPDX-License-Identifier: GPL-2.0-only
/* The rules that need to know the machine: may this tree replace the present one, and how. */
#include "boot_cpu_way.h"
#include "plan.h"

/*
 * The search begins where the caller expects it and goes around: a tree that is uploaded again is
 * mostly in the order that it had.
 */
static u32 find_by_name(const struct mk_tree *tree, const char *name, u32 expected)
{
	u32 tried, i;

	for (tried = 0; tried < tree->count; tried++) {
		i = (expected + tried) % tree->count;
		if (!strcmp(tree->instance[i].name, name))
			return i;
	}
	return MK_NO_INSTANCE;
}

/*
 * The same in the same order; where CPUs come and go, the first alone has a place: one that went has
 * left the others in an order that no tree asked for.
 */
static bool same_cpus(const struct mk_tree *a, const struct mk_instance_config *of_a,
		      const struct mk_tree *b, const struct mk_instance_config *of_b)
{
	const u32 *cpus = mk_tree_cpus(a, of_a), *others = mk_tree_cpus(b, of_b);
	u32 count = of_a->cpu_count, i;

	if (of_b->cpu_count != count || cpus[0] != others[0])
		return false;
	if (!of_a->max_count)
		return !memcmp(cpus, others, count * sizeof(u32));
	for (i = 1; i < count; i++)
		if (!mk_has_cpu(others, count, cpus[i]))
			return false;
	return true;
}

static bool same_max_cpus(const struct mk_tree *a, const struct mk_instance_config *of_a,
			  const struct mk_tree *b, const struct mk_instance_config *of_b)
{
	return of_a->max_count == of_b->max_count &&
	       !memcmp(mk_tree_max_cpus(a, of_a), mk_tree_max_cpus(b, of_b),
		       of_a->max_count * sizeof(u32));
}

/* The same names in the same order; what an image of that name is like does not matter here. */
static bool same_images(const struct mk_tree *a, const struct mk_instance_config *of_a,
			const struct mk_tree *b, const struct mk_instance_config *of_b)
{
	u32 i;

	if (of_a->image_count != of_b->image_count)
		return false;
	for (i = 0; i < of_a->image_count; i++)
		if (strcmp(a->image[of_a->image[i]].name, b->image[of_b->image[i]].name))
			return false;
	return true;
}

/*
 * Its first image that is not kept, as a place in the desired tree, or the number of images there.
 */
static u32 find_changing_image(const struct mk_plan *plan, const struct mk_tree *desired,
			       const struct mk_instance_config *config)
{
	u32 i;

	for (i = 0; i < config->image_count; i++)
		if (plan->image_action[config->image[i]] != MK_KEEP)
			return config->image[i];
	return desired->image_count;
}

/* All but the CPUs and the memory that it has. */
static bool same_otherwise(const struct mk_plan *plan, const struct mk_tree *desired,
			   const struct mk_instance_config *new, const struct mk_tree *present,
			   const struct mk_instance_config *old)
{
	return new->id == old->id && same_max_cpus(desired, new, present, old) &&
	       same_images(desired, new, present, old) &&
	       find_changing_image(plan, desired, new) == desired->image_count;
}

/*
 * May a kernel that runs there stay while its CPUs or its memory change? The CPU that it was started
 * on cannot go (Seen in 6.1, 6.12: cpu 0 cannot be taken offline, or only by a test option).
 */
static bool can_resize(const struct mk_tree *desired, const struct mk_instance_config *new,
		       const struct mk_present *present, u32 index)
{
	const struct mk_instance_config *old = &present->tree->instance[index];

	if (present->state[index] != MK_ACTIVE || (present->lost && present->lost[index]))
		return false;
	if (same_cpus(desired, new, present->tree, old))
		return true;
	return old->max_count && mk_tree_cpus(desired, new)[0] == mk_tree_cpus(present->tree, old)[0];
}

static enum mk_action choose(const struct mk_plan *plan, const struct mk_tree *desired,
			     const struct mk_instance_config *new, const struct mk_present *present,
			     u32 index)
{
	const struct mk_tree *tree = present->tree;
	const struct mk_instance_config *old = &tree->instance[index];

	if (!same_otherwise(plan, desired, new, tree, old))
		return MK_REMAKE;
	if (same_cpus(desired, new, tree, old) && new->memory_bytes == old->memory_bytes)
		return MK_KEEP;
	return can_resize(desired, new, present, index) ? MK_RESIZE : MK_REMAKE;
}

static void match_images(struct mk_plan *plan, const struct mk_tree *desired,
			 const struct mk_tree *present)
{
	u32 i, found;

	for (i = 0; i < present->image_count; i++)
		plan->image_destroy[i] = true;
	for (i = 0; i < desired->image_count; i++) {
		const struct mk_disk_image_config *new = &desired->image[i];

		found = mk_tree_find_image(present, new->name);
		if (found == present->image_count) {
			plan->image_action[i] = MK_CREATE;
		} else if (new->memory_bytes == present->image[found].memory_bytes) {
			plan->image_action[i] = MK_KEEP;
			plan->image_destroy[found] = false;
		} else {
			plan->image_action[i] = MK_REMAKE;
		}
	}
}

/* By name: what is kept, created, made anew and destroyed. */
static void match(struct mk_plan *plan, const struct mk_tree *desired,
		  const struct mk_present *present)
{
	u32 i, found, next = 0;

	memset(plan, 0, sizeof(*plan));
	match_images(plan, desired, present->tree);
	for (i = 0; i < present->tree->count; i++)
		plan->destroy[i] = true;
	for (i = 0; i < desired->count; i++) {
		const struct mk_instance_config *new = &desired->instance[i];

		found = find_by_name(present->tree, new->name, next);
		plan->present[i] = found;
		plan->action[i] = MK_CREATE;
		if (found == MK_NO_INSTANCE)
			continue;
		next = found + 1;
		plan->action[i] = choose(plan, desired, new, present, found);
		if (mk_action_keeps(plan->action[i]))
			plan->destroy[found] = false;
	}
}

/* A number that is not below cpu_count is no CPU either. */
static enum mk_cpu_status cpu_status(const struct mk_machine *machine, u32 cpu)
{
	return cpu < machine->cpu_count ? machine->cpu[cpu] : MK_CPU_ABSENT;
}

static int check_cpus_exist(const struct mk_plan *plan, const struct mk_tree *desired,
			    const struct mk_machine *machine, struct mk_reason *why)
{
	u32 i, j;

	for (i = 0; i < desired->count; i++) {
		const struct mk_instance_config *config = &desired->instance[i];
		const u32 *cpus = mk_tree_cpus(desired, config);

		if (plan->action[i] == MK_KEEP)
			continue;
		for (j = 0; j < config->cpu_count; j++) {
			if (cpu_status(machine, cpus[j]) == MK_CPU_ABSENT)
				return mk_refuse(why, -ENXIO,
						 "instance \"%s\": cpus asks for cpu %u, which this machine does not have",
						 config->name, cpus[j]);
		}
		cpus = mk_tree_max_cpus(desired, config);
		for (j = 0; j < config->max_count; j++) {
			if (cpu_status(machine, cpus[j]) == MK_CPU_ABSENT)
				return mk_refuse(why, -ENXIO,
						 "instance \"%s\": cpus-max has cpu %u, which this machine does not have",
						 config->name, cpus[j]);
		}
	}
	return 0;
}

/* An instance must stay as it is: a CPU of it is lost, or a kernel is loading or runs there. */
static int refuse_destroy(const struct mk_present *present, u32 index, const char *what,
			  struct mk_reason *why)
{
	const char *name = present->tree->instance[index].name;

	if (present->lost && present->lost[index])
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": %s while a CPU of it does not answer; nothing it holds can be handed on",
				 name, what);
	return mk_refuse(why, -EBUSY, "instance \"%s\": %s while it is %s; stop its kernel first",
			 name, what, mk_state_name(present->state[index]));
}

/* It would only be made anew since an image of it is. */
static int refuse_new_image(const struct mk_plan *plan, const struct mk_tree *desired,
			    const struct mk_instance_config *new, const struct mk_present *present,
			    u32 index, struct mk_reason *why)
{
	const struct mk_tree *tree = present->tree;
	const struct mk_disk_image_config *image;
	u64 old_bytes = 0;
	char what[128];
	u32 found;

	image = &desired->image[find_changing_image(plan, desired, new)];
	found = mk_tree_find_image(tree, image->name);
	if (found < tree->image_count)
		old_bytes = tree->image[found].memory_bytes;
	snprintf(what, sizeof(what), "its image \"%s\" cannot change from 0x%llx to 0x%llx bytes",
		 image->name, (unsigned long long)old_bytes,
		 (unsigned long long)image->memory_bytes);
	return refuse_destroy(present, index, what, why);
}

/* What it is that a kernel cannot do without: which of its CPUs, and why. */
static const char *changing_cpus(const struct mk_present *present, u32 index)
{
	if (present->state[index] != MK_ACTIVE)
		return "cpus";
	return present->tree->instance[index].max_count ? "the first of cpus" :
							   "cpus without cpus-max";
}

/* The same for one that would be made anew, naming the first property that differs. */
static int refuse_remake(const struct mk_plan *plan, const struct mk_tree *desired,
			 const struct mk_instance_config *new, const struct mk_present *present,
			 u32 index, struct mk_reason *why)
{
	const struct mk_instance_config *old = &present->tree->instance[index];
	char what[96];

	if (new->id != old->id)
		snprintf(what, sizeof(what), "id cannot change from %u to %u", old->id, new->id);
	else if (!same_max_cpus(desired, new, present->tree, old))
		snprintf(what, sizeof(what), "cpus-max cannot change");
	else if (!same_cpus(desired, new, present->tree, old))
		snprintf(what, sizeof(what), "%s cannot change", changing_cpus(present, index));
	else if (!same_images(desired, new, present->tree, old))
		snprintf(what, sizeof(what), "images cannot change");
	else if (new->memory_bytes == old->memory_bytes)
		return refuse_new_image(plan, desired, new, present, index, why);
	else
		snprintf(what, sizeof(what), "memory-bytes cannot change from 0x%llx to 0x%llx",
			 (unsigned long long)old->memory_bytes,
			 (unsigned long long)new->memory_bytes);
	return refuse_destroy(present, index, what, why);
}

static bool can_destroy(const struct mk_present *present, u32 index)
{
	if (present->lost && present->lost[index])
		return false;
	return mk_state_next(present->state[index], MK_DESTROY) >= 0;
}

static int check_destroy(const struct mk_plan *plan, const struct mk_tree *desired,
			 const struct mk_present *present, struct mk_reason *why)
{
	u32 i, successor;

	for (i = 0; i < present->tree->count; i++) {
		if (!plan->destroy[i] || can_destroy(present, i))
			continue;
		successor = find_by_name(desired, present->tree->instance[i].name, i);
		if (successor == MK_NO_INSTANCE)
			return refuse_destroy(present, i, "cannot be removed", why);
		return refuse_remake(plan, desired, &desired->instance[successor], present, i, why);
	}
	return 0;
}

static u32 find_holder(const struct mk_tree *present, u32 cpu)
{
	u32 i, j;

	for (i = 0; i < present->count; i++) {
		const u32 *cpus = mk_tree_cpus(present, &present->instance[i]);

		for (j = 0; j < present->instance[i].cpu_count; j++) {
			if (cpus[j] == cpu)
				return i;
		}
	}
	return MK_NO_INSTANCE;
}

static int check_cpu(const struct mk_plan *plan, const struct mk_tree *present,
		     const struct mk_machine *machine, const char *name, u32 cpu,
		     struct mk_reason *why)
{
	u32 holder;

	switch (cpu_status(machine, cpu)) {
	case MK_CPU_ONLINE:
		return 0;
	case MK_CPU_BOOT:
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": cpu %u is the host's boot CPU, which it cannot give up",
				 name, cpu);
	case MK_CPU_OFFLINE:
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": cpu %u is offline in the host; bring it online first",
				 name, cpu);
	case MK_CPU_LOST:
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": cpu %u did not stop when it was last told to; nobody can have it",
				 name, cpu);
	default:
		break;
	}

	holder = find_holder(present, cpu);
	if (holder == MK_NO_INSTANCE)
		return mk_refuse(why, -EBUSY, "instance \"%s\": cpu %u is not free", name, cpu);
	if (!plan->destroy[holder])
		return mk_refuse(why, -EBUSY, "instance \"%s\": cpu %u is held by instance \"%s\"",
				 name, cpu, present->instance[holder].name);
	return 0;
}

/* CPU 0 would never come: where it can be had at all, it is the first that a kernel has. */
static int check_max_cpus(const struct mk_tree *desired, const struct mk_instance_config *config,
			  const struct mk_machine *machine, struct mk_reason *why)
{
	const u32 *cpus = mk_tree_max_cpus(desired, config);
	u32 i;

	for (i = 0; i < config->max_count; i++)
		if (cpu_status(machine, cpus[i]) == MK_CPU_BOOT ||
		    (cpus[i] == MK_BOOT_CPU && mk_tree_cpus(desired, config)[0] != MK_BOOT_CPU))
			return mk_refuse(why, -EBUSY,
					 "instance \"%s\": cpus-max has cpu %u, the host's boot CPU, which cannot come to a kernel that runs",
					 config->name, cpus[i]);
	return 0;
}

/* What a kernel that runs has is its own; only what comes is looked at. */
static bool has_already(const struct mk_plan *plan, const struct mk_tree *present, u32 index,
			u32 cpu)
{
	const struct mk_instance_config *old;

	if (plan->action[index] != MK_RESIZE)
		return false;
	old = &present->instance[plan->present[index]];
	return mk_has_cpu(mk_tree_cpus(present, old), old->cpu_count, cpu);
}

/*
 * Cells of 64 bits read as CPU 0 and another, again and again. More than one such pair is refused
 * as CPU 0 twice. A single one is that, or asks for the host's boot CPU: the error is the latter's.
 */
static int check_wide_cell(const struct mk_machine *machine, const char *name, const u32 *cpus,
			   u32 count, struct mk_reason *why)
{
	if (count != 2 || cpus[0] || cpu_status(machine, cpus[0]) != MK_CPU_BOOT)
		return 0;
	return mk_refuse(why, -EBUSY,
			 "instance \"%s\": property \"cpus\" has cpu 0, the host's boot CPU, which it cannot give up, and cpu %u; if it is one cell of 64 bits, write cpus = <%u>",
			 name, cpus[1], cpus[1]);
}

static int check_cpus_free(const struct mk_plan *plan, const struct mk_tree *desired,
			   const struct mk_tree *present, const struct mk_machine *machine,
			   struct mk_reason *why)
{
	u32 i, j;
	int error;

	for (i = 0; i < desired->count; i++) {
		const struct mk_instance_config *config = &desired->instance[i];
		const u32 *cpus = mk_tree_cpus(desired, config);

		if (plan->action[i] == MK_KEEP)
			continue;
		error = check_max_cpus(desired, config, machine, why);
		if (!error)
			error = check_wide_cell(machine, config->name, cpus, config->cpu_count, why);
		for (j = 0; !error && j < config->cpu_count; j++) {
			if (!has_already(plan, present, i, cpus[j]))
				error = check_cpu(plan, present, machine, config->name, cpus[j], why);
			if (!error && j && cpus[j] == MK_BOOT_CPU)
				error = mk_refuse(why, -EBUSY,
						  "instance \"%s\": cpu 0 can only be the first of its CPUs",
						  config->name);
		}
		if (error)
			return error;
	}
	return 0;
}

static u64 less(u64 left, u64 bytes)
{
	return left - (bytes < left ? bytes : left);
}

/*
 * What of the pool is left once what is kept has what it has now; lost instances hold it outside.
 * What a kernel that runs gives back is not to be had before it has.
 */
static u64 pool_left(const struct mk_plan *plan, const struct mk_tree *desired,
		     const struct mk_present *present, const struct mk_machine *machine)
{
	u64 left = machine->pool_bytes;
	u32 i;

	for (i = 0; i < desired->image_count; i++)
		if (plan->image_action[i] == MK_KEEP)
			left = less(left, desired->image[i].memory_bytes);
	for (i = 0; i < desired->count; i++) {
		if (!mk_action_keeps(plan->action[i]))
			continue;
		if (present->lost && present->lost[plan->present[i]])
			continue;
		left = less(left, present->tree->instance[plan->present[i]].memory_bytes);
	}
	return left;
}

static int take_bytes(const char *kind, const char *name, u64 bytes, u64 *left,
		      const struct mk_machine *machine, struct mk_reason *why)
{
	if (bytes > *left)
		return mk_refuse(why, -ENOSPC,
				 "%s \"%s\": memory-bytes asks for 0x%llx bytes; of the pool's 0x%llx bytes only 0x%llx are left for it; enlarge the pool",
				 kind, name, (unsigned long long)bytes,
				 (unsigned long long)machine->pool_bytes,
				 (unsigned long long)*left);
	*left -= bytes;
	return 0;
}

/* What an instance needs of the pool beside what it has and keeps. */
static u64 new_bytes(const struct mk_plan *plan, const struct mk_tree *desired,
		     const struct mk_present *present, u32 index)
{
	u64 bytes = desired->instance[index].memory_bytes;

	if (!mk_action_keeps(plan->action[index]))
		return bytes;
	return less(bytes, present->tree->instance[plan->present[index]].memory_bytes);
}

/* A plan that only keeps and destroys needs nothing, and is never refused here. */
static int check_memory(const struct mk_plan *plan, const struct mk_tree *desired,
			const struct mk_present *present, const struct mk_machine *machine,
			struct mk_reason *why)
{
	u64 left = pool_left(plan, desired, present, machine);
	int error = 0;
	u32 i;

	for (i = 0; i < desired->image_count && !error; i++) {
		const struct mk_disk_image_config *image = &desired->image[i];

		if (plan->image_action[i] != MK_KEEP)
			error = take_bytes("image", image->name, image->memory_bytes, &left,
					   machine, why);
	}
	for (i = 0; i < desired->count && !error; i++) {
		u64 bytes = new_bytes(plan, desired, present, i);

		if (bytes)
			error = take_bytes("instance", desired->instance[i].name, bytes, &left, machine,
					   why);
	}
	return error;
}

/* Those of instances that go can be had in the same upload. */
static int check_windows(const struct mk_plan *plan, const struct mk_tree *desired,
			 const struct mk_tree *present, const struct mk_machine *machine,
			 struct mk_reason *why)
{
	u64 left = machine->windows;
	u32 i;

	for (i = 0; i < present->count; i++)
		left += plan->destroy[i];
	for (i = 0; i < desired->count; i++) {
		if (mk_action_keeps(plan->action[i]))
			continue;
		if (!left--)
			return mk_refuse(why, -ENOSPC,
					 "instance \"%s\": no window is left below 1 MB, which every spawn kernel needs",
					 desired->instance[i].name);
	}
	return 0;
}

int mk_plan_make(struct mk_plan *plan, const struct mk_tree *desired,
		 const struct mk_present *present, const struct mk_machine *machine,
		 struct mk_reason *why)
{
	int error;

	match(plan, desired, present);
	error = check_cpus_exist(plan, desired, machine, why);
	if (error)
		return error;
	error = check_destroy(plan, desired, present, why);
	if (error)
		return error;
	error = check_cpus_free(plan, desired, present->tree, machine, why);
	if (error)
		return error;
	error = check_memory(plan, desired, present, machine, why);
	if (error)
		return error;
	return check_windows(plan, desired, present->tree, machine, why);
}
