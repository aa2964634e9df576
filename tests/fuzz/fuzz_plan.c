// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any tree against any other on any machine: the verdict of mk_plan_make() held against the rules
 * of doc/interface.md once more, and a plan that is made against what it must be.
 *
 * The input draws the machine's CPUs, the present instances with their states, and the desired
 * ones, with cpus-max or without: mostly from few names, ids, CPUs and sizes, so that they meet.
 */
#include "boot_cpu_way.h"
#include "fuzz.h"
#include "plan.h"

#define CPUS 12
#define INSTANCES 6
#define IMAGES 3
#define MB (1ULL << 20)

struct input {
	const u8 *data;
	size_t size;
};

static u8 draw(struct input *input, u32 below)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++ % below;
}

static struct mk_tree present_tree, desired;
static u8 cpu[CPUS], state[INSTANCES], lost[INSTANCES];
static struct mk_present present = { .tree = &present_tree, .state = state, .lost = lost };
static struct mk_machine machine = { .cpu = cpu };
static struct mk_plan plan;

static bool has_cpu(const struct mk_tree *tree, u32 number)
{
	u32 i;

	for (i = 0; i < tree->cpu_total; i++)
		if (tree->cpu[i] == number)
			return true;
	return false;
}

/* As mk_tree_parse() makes them: no name, id or CPU is there twice. */
static void draw_instance(struct input *input, struct mk_tree *tree)
{
	struct mk_instance_config config = {
		.name = { 'a' + draw(input, 8) },
		.id = 1 + draw(input, 8),
		.memory_bytes = draw(input, 16) ? (1 + draw(input, 8)) * MB : ~0ULL - MB + 1,
	};
	u32 wanted = 1 + draw(input, 4), cpus[4], number, i;

	while (wanted--) {
		number = draw(input, CPUS + 2);
		for (i = 0; i < config.cpu_count && cpus[i] != number; i++)
			;
		if (i == config.cpu_count && !has_cpu(tree, number))
			cpus[config.cpu_count++] = number;
	}
	for (i = 0; i < tree->count; i++)
		if (!strcmp(tree->instance[i].name, config.name) || tree->instance[i].id == config.id)
			return;
	if (config.cpu_count)
		mk_tree_add(tree, &config, cpus);
}

static void draw_tree(struct input *input, struct mk_tree *tree)
{
	u32 count = draw(input, INSTANCES + 1);

	tree->count = tree->cpu_total = tree->max_total = tree->image_count = 0;
	while (count--)
		draw_instance(input, tree);
}

/* Drawn last of all, so that inputs from before there were any mean what they meant. */
static void draw_images(struct input *input, struct mk_tree *tree)
{
	u32 count = draw(input, IMAGES + 1), i, j;

	while (count--) {
		struct mk_disk_image_config image = {
			.name = { 'x' + draw(input, IMAGES) },
			.memory_bytes = (1 + draw(input, 4)) * 2 * MB,
		};

		if (mk_tree_find_image(tree, image.name) == tree->image_count)
			mk_tree_add_image(tree, &image);
	}
	for (i = 0; i < tree->count; i++) {
		struct mk_instance_config *config = &tree->instance[i];

		for (j = 0; j < tree->image_count; j++)
			if (draw(input, 2))
				config->image[config->image_count++] = j;
	}
}

/* The CPUs that it has and some more, which may be anyone's; drawn after the images. */
static void draw_max(struct input *input, struct mk_tree *tree)
{
	u32 i, number;

	for (i = 0; i < tree->count; i++) {
		struct mk_instance_config *config = &tree->instance[i];
		u32 *max = tree->max_cpu + tree->max_total;

		if (!draw(input, 2))
			continue;
		memcpy(max, mk_tree_cpus(tree, config), config->cpu_count * sizeof(u32));
		config->first_max = tree->max_total;
		config->max_count = config->cpu_count;
		for (number = 0; number < CPUS + 2; number++)
			if (!draw(input, 4) && !mk_has_cpu(max, config->max_count, number))
				max[config->max_count++] = number;
		tree->max_total += config->max_count;
	}
}

/*
 * What is held is held by a present instance, or by one that nobody knows, which must not happen.
 */
static void draw_machine(struct input *input)
{
	u32 i, j;

	machine.cpu_count = draw(input, CPUS + 1);
	machine.pool_bytes = draw(input, 64) * MB;
	for (i = 0; i < CPUS; i++)
		cpu[i] = draw(input, MK_CPU_LOST + 1);
	for (i = 0; i < present_tree.count; i++) {
		const u32 *cpus = mk_tree_cpus(&present_tree, &present_tree.instance[i]);

		state[i] = draw(input, MK_STATE_COUNT);
		lost[i] = !draw(input, 8);
		for (j = 0; draw(input, 8) && j < present_tree.instance[i].cpu_count; j++)
			if (cpus[j] < CPUS)
				cpu[cpus[j]] = MK_CPU_HELD;
	}
}

static const struct mk_instance_config *find(const struct mk_tree *tree, const char *name)
{
	u32 i;

	for (i = 0; i < tree->count; i++)
		if (!strcmp(tree->instance[i].name, name))
			return &tree->instance[i];
	return NULL;
}

static bool image_is_kept(const struct mk_disk_image_config *new)
{
	u32 i;

	for (i = 0; i < present_tree.image_count; i++)
		if (!strcmp(present_tree.image[i].name, new->name))
			return present_tree.image[i].memory_bytes == new->memory_bytes;
	return false;
}

/* Image by image of the new one's; what the old one has more is seen by the number. */
static bool images_are_kept(const struct mk_instance_config *old,
			    const struct mk_instance_config *new)
{
	u32 i;

	for (i = 0; i < new->image_count && i < old->image_count; i++) {
		const struct mk_disk_image_config *image = &desired.image[new->image[i]];

		if (strcmp(present_tree.image[old->image[i]].name, image->name) ||
		    !image_is_kept(image))
			return false;
	}
	return new->image_count == old->image_count;
}

static bool same_list(const u32 *a, u32 a_count, const u32 *b, u32 b_count)
{
	return a_count == b_count && !memcmp(a, b, a_count * sizeof(u32));
}

/* In any order behind the first, where there is cpus-max. */
static bool same_cpus(const struct mk_instance_config *old, const struct mk_instance_config *new)
{
	const u32 *a = mk_tree_cpus(&present_tree, old), *b = mk_tree_cpus(&desired, new);
	u32 i, found = 0;

	if (!old->max_count)
		return same_list(a, old->cpu_count, b, new->cpu_count);
	for (i = 0; i < old->cpu_count; i++)
		found += mk_has_cpu(b, new->cpu_count, a[i]);
	return a[0] == b[0] && found == old->cpu_count && found == new->cpu_count;
}

static bool same_otherwise(const struct mk_instance_config *old,
			   const struct mk_instance_config *new)
{
	return images_are_kept(old, new) && old->id == new->id &&
	       same_list(mk_tree_max_cpus(&present_tree, old), old->max_count,
			 mk_tree_max_cpus(&desired, new), new->max_count);
}

static bool is_kept(const struct mk_instance_config *new)
{
	const struct mk_instance_config *old = find(&present_tree, new->name);

	return old && same_otherwise(old, new) && old->memory_bytes == new->memory_bytes &&
	       same_cpus(old, new);
}

/* Its kernel runs, and gets or gives back. */
static bool is_resized(const struct mk_instance_config *new)
{
	const struct mk_instance_config *old = find(&present_tree, new->name);
	u32 i = old ? old - present_tree.instance : 0;

	return old && !is_kept(new) && same_otherwise(old, new) && state[i] == MK_ACTIVE && !lost[i] &&
	       (same_cpus(old, new) ||
		(old->max_count &&
		 mk_tree_cpus(&present_tree, old)[0] == mk_tree_cpus(&desired, new)[0]));
}

static bool stays(const struct mk_instance_config *new)
{
	return is_kept(new) || is_resized(new);
}

static bool goes(const struct mk_instance_config *old)
{
	const struct mk_instance_config *new = find(&desired, old->name);

	return !new || !stays(new);
}

static bool is_lost(const struct mk_instance_config *old)
{
	return lost[old - present_tree.instance];
}

static bool can_be_had(u32 number)
{
	u32 i, j;

	if (cpu[number] != MK_CPU_HELD)
		return cpu[number] == MK_CPU_ONLINE;
	for (i = 0; i < present_tree.count; i++) {
		const struct mk_instance_config *old = &present_tree.instance[i];

		for (j = 0; j < old->cpu_count; j++)
			if (mk_tree_cpus(&present_tree, old)[j] == number)
				return goes(old);
	}
	return false;
}

/* In 128 bits, so that nothing wraps around. */
static bool memory_is_there(void)
{
	unsigned __int128 kept = 0, wanted = 0, left = machine.pool_bytes;
	u32 i;

	for (i = 0; i < desired.image_count; i++) {
		if (image_is_kept(&desired.image[i]))
			kept += desired.image[i].memory_bytes;
		else
			wanted += desired.image[i].memory_bytes;
	}
	for (i = 0; i < desired.count; i++) {
		const struct mk_instance_config *new = &desired.instance[i];

		const struct mk_instance_config *old = find(&present_tree, new->name);

		if (!stays(new))
			wanted += new->memory_bytes;
		else if (!is_lost(old))
			kept += old->memory_bytes;
		if (stays(new) && new->memory_bytes > old->memory_bytes)
			wanted += new->memory_bytes - old->memory_bytes;
	}
	left -= kept < left ? kept : left;
	return wanted <= left;
}

static bool windows_are_there(void)
{
	u32 i, wanted = 0, left = machine.windows;

	for (i = 0; i < present_tree.count; i++)
		left += goes(&present_tree.instance[i]);
	for (i = 0; i < desired.count; i++)
		wanted += !stays(&desired.instance[i]);
	return wanted <= left;
}

static bool is_there(u32 number)
{
	return number < machine.cpu_count && cpu[number] != MK_CPU_ABSENT;
}

static bool is_its_own(const struct mk_instance_config *new, u32 number)
{
	const struct mk_instance_config *old = find(&present_tree, new->name);

	return is_resized(new) &&
	       mk_has_cpu(mk_tree_cpus(&present_tree, old), old->cpu_count, number);
}

/* In the order that the interface names. */
static int verdict(void)
{
	bool exist = true, free = true;
	u32 i, j;

	for (i = 0; i < desired.count; i++) {
		const struct mk_instance_config *new = &desired.instance[i];
		const u32 *cpus = mk_tree_cpus(&desired, new);

		for (j = 0; !is_kept(new) && j < new->cpu_count; j++) {
			if (!is_there(cpus[j]))
				exist = false;
			else
				free = free && (is_its_own(new, cpus[j]) || can_be_had(cpus[j])) &&
				       (cpus[j] != MK_BOOT_CPU || !j);
		}
		for (j = 0; !is_kept(new) && j < new->max_count; j++) {
			u32 number = mk_tree_max_cpus(&desired, new)[j];

			if (!is_there(number))
				exist = false;
			else
				free = free && cpu[number] != MK_CPU_BOOT &&
				       (number != MK_BOOT_CPU || cpus[0] == MK_BOOT_CPU);
		}
	}
	if (!exist)
		return -ENXIO;
	for (i = 0; i < present_tree.count; i++) {
		bool runs = state[i] == MK_LOADING || state[i] == MK_ACTIVE;

		if (goes(&present_tree.instance[i]) && (runs || lost[i]))
			return -EBUSY;
	}
	if (!free)
		return -EBUSY;
	return memory_is_there() && windows_are_there() ? 0 : -ENOSPC;
}

/* No instance that stays names an image that goes. */
static void check_images(void)
{
	u32 i, j, kept = 0;

	for (i = 0; i < desired.image_count; i++) {
		MUST((plan.image_action[i] == MK_KEEP) == image_is_kept(&desired.image[i]), "image");
		kept += plan.image_action[i] == MK_KEEP;
	}
	for (i = 0; i < present_tree.image_count; i++)
		kept -= !plan.image_destroy[i];
	MUST(!kept, "images that are kept");
	for (i = 0; i < present_tree.count; i++)
		for (j = 0; j < present_tree.instance[i].image_count; j++)
			MUST(plan.destroy[i] ||
			     !plan.image_destroy[present_tree.instance[i].image[j]], "in use");
}

static void check_plan(void)
{
	u32 i;

	check_images();

	for (i = 0; i < present_tree.count; i++)
		MUST(plan.destroy[i] == goes(&present_tree.instance[i]), "destroy");
	for (i = 0; i < desired.count; i++) {
		const struct mk_instance_config *new = &desired.instance[i];
		const struct mk_instance_config *old = find(&present_tree, new->name);
		u8 action = !old ? MK_CREATE : is_kept(new) ? MK_KEEP :
			    is_resized(new) ? MK_RESIZE : MK_REMAKE;

		MUST(plan.action[i] == action, new->name);
		MUST(plan.present[i] == (old ? old - present_tree.instance : MK_NO_INSTANCE), new->name);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, size };
	struct mk_reason why = { .text = "" };
	int error;

	draw_tree(&input, &present_tree);
	draw_machine(&input);
	draw_tree(&input, &desired);
	draw_images(&input, &present_tree);
	draw_images(&input, &desired);
	draw_max(&input, &present_tree);
	draw_max(&input, &desired);
	machine.windows = INSTANCES - draw(&input, INSTANCES + 1);
	error = mk_plan_make(&plan, &desired, &present, &machine, &why);
	MUST(error == verdict(), why.text);
	MUST(!error || is_sentence(why.text), why.text);
	if (!error)
		check_plan();
	return 0;
}
