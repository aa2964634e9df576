// SPDX-License-Identifier: GPL-2.0-only
/* The rules of the multikernel-v1 tree: all that can be decided by looking at the tree alone. */
#include "tree.h"
#include "fdt.h"

#define CELL_SIZE 4
#define RIGHT_CPUS "cpus = <1 2 3>"	/* how the ids are to be written */

#define refuse_tree(why, error, format, ...) \
	mk_refuse(why, error, "device tree: " format, ##__VA_ARGS__)

/**
 * struct reading - one instance or disk image that is being read
 * @fdt:     the tree
 * @tree:    what was read of it
 * @kind:    "instance" or "image", for sentences
 * @name:    its name
 * @config:  the instance
 * @phandle: what refers to each of the images of @tree; 0: nothing can
 * @why:     the sentence, when refused
 */
struct reading {
	const struct mk_fdt *fdt;
	struct mk_tree *tree;
	const char *kind;
	char name[MK_NAME_MAX + 1];
	struct mk_instance_config *config;
	u32 phandle[MK_DISK_IMAGES_MAX];
	struct mk_reason *why;
};

#define refuse(reading, format, ...) \
	mk_refuse((reading)->why, -EINVAL, "%s \"%s\": " format, (reading)->kind, \
		  (reading)->name, ##__VA_ARGS__)

#define refuse_property(reading, property, format, ...) \
	refuse(reading, "property \"" property "\" " format, ##__VA_ARGS__)

/* One or more printable strings, each terminated and none of them empty. */
static bool is_string_list(const u8 *value, u32 size)
{
	u32 i, length = 0;

	for (i = 0; i < size; i++) {
		if (value[i] && (value[i] < ' ' || value[i] > '~'))
			return false;
		if (!value[i] && !length)
			return false;
		length = value[i] ? length + 1 : 0;
	}
	return size && !value[size - 1];
}

static int check_compatible(const struct mk_fdt *fdt, struct mk_reason *why)
{
	struct mk_fdt_property compatible;
	const char *entry, *end;

	if (!mk_fdt_property(fdt, MK_FDT_ROOT, "compatible", &compatible))
		return refuse_tree(why, -EINVAL,
				   "the root has no property \"compatible\"; it must be \"%s\"",
				   MK_COMPATIBLE);
	if (!is_string_list(compatible.value, compatible.size))
		return refuse_tree(why, -EINVAL,
				   "property \"compatible\" of the root is not a list of strings");
	entry = (const char *)compatible.value;
	end = entry + compatible.size;
	for (; entry < end; entry += strlen(entry) + 1)
		if (!strcmp(entry, MK_COMPATIBLE))
			return 0;
	return refuse_tree(why, -EINVAL,
			   "property \"compatible\" of the root is \"%s\"; it must be \"%s\"",
			   (const char *)compatible.value, MK_COMPATIBLE);
}

static bool is_name_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._+-", c));
}

static int read_name(struct reading *reading, const char *name)
{
	const char *unit_address = strchr(name, '@');
	const char *p;

	if (strlen(name) > MK_NAME_MAX)
		return mk_refuse(reading->why, -EINVAL,
				 "%s \"%s\": the name has %zu characters; use 1 to %u",
				 reading->kind, name, strlen(name), MK_NAME_MAX);
	strcpy(reading->name, name);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return refuse(reading, "the name is one that no directory can have");
	if (unit_address)
		return refuse(reading, "the name has a unit address, \"%s\"; leave it out",
			      unit_address);
	if (*name == '-')
		return refuse(reading, "the name begins with '-', as options of commands do");
	for (p = name; *p; p++)
		if (!is_name_character(*p))
			return refuse(reading, "the name has a '%c'; use A-Z a-z 0-9 . _ + -", *p);
	return 0;
}

static int read_id(struct reading *reading, int node)
{
	const struct mk_tree *tree = reading->tree;
	struct mk_fdt_property property;
	u32 i, id;

	if (!mk_fdt_property(reading->fdt, node, "id", &property))
		return refuse_property(reading, "id", "is missing; use 1 to %u", MK_ID_MAX);
	if (property.size != CELL_SIZE)
		return refuse_property(reading, "id", "has %u bytes; it must be one cell, %u bytes",
				       property.size, CELL_SIZE);
	id = mk_get_be32(property.value);
	if (!id)
		return refuse_property(reading, "id", "is 0, which is the host; use 1 to %u",
				       MK_ID_MAX);
	if (id > MK_ID_MAX)
		return refuse_property(reading, "id", "is %u, which is too large; use 1 to %u", id,
				       MK_ID_MAX);
	for (i = 0; i < tree->count; i++)
		if (tree->instance[i].id == id)
			return refuse_property(reading, "id",
					       "is %u, which instance \"%s\" has too",
					       id, tree->instance[i].name);
	reading->config->id = id;
	return 0;
}

/* The instance that has the CPU at this place in mk_tree.cpu, or NULL: it is the one being read. */
static const struct mk_instance_config *cpu_owner(const struct mk_tree *tree, u32 index)
{
	u32 i;

	for (i = 0; i < tree->count; i++)
		if (index - tree->instance[i].first_cpu < tree->instance[i].cpu_count)
			return &tree->instance[i];
	return NULL;
}

static int check_cpu_unique(struct reading *reading, u32 index)
{
	const struct mk_instance_config *owner;
	const struct mk_tree *tree = reading->tree;
	u32 i, cpu = tree->cpu[index];

	for (i = 0; i < index; i++) {
		if (tree->cpu[i] != cpu)
			continue;
		owner = cpu_owner(tree, i);
		if (!owner)
			return refuse_property(reading, "cpus", "has CPU %u twice; write " RIGHT_CPUS,
					       cpu);
		return refuse_property(reading, "cpus", "has CPU %u, which instance \"%s\" has too",
				       cpu, owner->name);
	}
	return 0;
}

/* How many CPUs a list names, of @left that a whole tree can have beside what was read of it. */
static int count_cpus(struct reading *reading, const struct mk_fdt_property *property, u32 left,
		      u32 *count)
{
	if (property->size % CELL_SIZE)
		return refuse(reading, "property \"%s\" has %u bytes; it must be cells of %u: "
			      RIGHT_CPUS, property->name, property->size, CELL_SIZE);
	*count = property->size / CELL_SIZE;
	if (!*count)
		return refuse(reading, "property \"%s\" is empty; at least one CPU is needed",
			      property->name);
	if (*count > left)
		return refuse(reading, "property \"%s\" has %u CPUs; a whole tree has at most %u",
			      property->name, *count, MK_CPUS_MAX);
	return 0;
}

/* A list as text, or cells of another size, is refused here. */
static int read_cpu(struct reading *reading, const struct mk_fdt_property *property, u32 index,
		    u32 *cpu)
{
	*cpu = mk_get_be32(property->value + CELL_SIZE * index);
	if (*cpu >= MK_CPUS_MAX)
		return refuse(reading,
			      "property \"%s\" has CPU %u; ids are below %u, one cell each: "
			      RIGHT_CPUS, property->name, *cpu, MK_CPUS_MAX);
	return 0;
}

/* The ids go straight behind those of the instances before. */
static int read_cpus(struct reading *reading, const struct mk_fdt_property *property)
{
	struct mk_tree *tree = reading->tree;
	u32 count, i;
	int err;

	err = count_cpus(reading, property, MK_CPUS_MAX - tree->cpu_total, &count);
	for (i = 0; !err && i < count; i++) {
		err = read_cpu(reading, property, i, &tree->cpu[tree->cpu_total + i]);
		if (!err)
			err = check_cpu_unique(reading, tree->cpu_total + i);
	}
	if (!err)
		reading->config->cpu_count = count;
	return err;
}

/* Others may name them as well: who has a CPU is said by "cpus" alone. */
static int read_max_cpus(struct reading *reading, const struct mk_fdt_property *property)
{
	struct mk_tree *tree = reading->tree;
	u32 *cpus = tree->max_cpu + tree->max_total;
	u32 count, i;
	int err;

	err = count_cpus(reading, property, MK_CPUS_MAX - tree->max_total, &count);
	for (i = 0; !err && i < count; i++) {
		err = read_cpu(reading, property, i, &cpus[i]);
		if (!err && mk_has_cpu(cpus, i, cpus[i]))
			err = refuse_property(reading, "cpus-max", "has CPU %u twice", cpus[i]);
	}
	if (!err)
		reading->config->max_count = count;
	return err;
}

static int check_max_cpus(struct reading *reading)
{
	const struct mk_instance_config *config = reading->config;
	const u32 *cpus = reading->tree->cpu + reading->tree->cpu_total;
	const u32 *max = reading->tree->max_cpu + reading->tree->max_total;
	u32 i;

	for (i = 0; config->max_count && i < config->cpu_count; i++)
		if (!mk_has_cpu(max, config->max_count, cpus[i]))
			return refuse_property(reading, "cpus-max",
					       "lacks CPU %u, which \"cpus\" has; it names all that the instance may have",
					       cpus[i]);
	if (config->max_count > config->cpu_count + MK_LATER_CPUS_MAX)
		return refuse_property(reading, "cpus-max", "has %u CPUs more than \"cpus\"; at most %u may come",
				       config->max_count - config->cpu_count, MK_LATER_CPUS_MAX);
	return 0;
}

/* Of an instance, or of an image; whole units of 0x@unit bytes. */
static int read_memory(struct reading *reading, const struct mk_fdt_property *property,
		       const char *unit_name, u64 unit, u64 *memory_bytes)
{
	u64 bytes;

	if (property->size == CELL_SIZE)
		bytes = mk_get_be32(property->value);
	else if (property->size == 2 * CELL_SIZE)
		bytes = mk_get_be64(property->value);
	else
		return refuse_property(reading, "memory-bytes",
				       "has %u bytes; it must be one or two cells of %u",
				       property->size, CELL_SIZE);
	if (!bytes)
		return refuse_property(reading, "memory-bytes", "is 0; a kernel needs memory");
	if (bytes % unit)
		return refuse_property(reading, "memory-bytes",
				       "is 0x%llx, which is not a multiple of the %s 0x%llx",
				       (unsigned long long)bytes, unit_name,
				       (unsigned long long)unit);
	*memory_bytes = bytes;
	return 0;
}

/* Appends an image to those of the instance. */
static int name_image(struct reading *reading, u32 image)
{
	struct mk_instance_config *config = reading->config;
	u32 i;

	for (i = 0; i < config->image_count; i++)
		if (config->image[i] == image)
			return refuse(reading, "image \"%s\" is named twice",
				      reading->tree->image[image].name);
	if (config->image_count == MK_INSTANCE_IMAGES_MAX)
		return refuse(reading, "more than %u images are named", MK_INSTANCE_IMAGES_MAX);
	config->image[config->image_count++] = image;
	return 0;
}

/* As <&rootfs &data>: each cell is the phandle of a node below "images". */
static int read_images(struct reading *reading, const struct mk_fdt_property *property)
{
	u32 i, image;
	int error = 0;

	if (!property->size || property->size % CELL_SIZE)
		return refuse_property(reading, "images",
				       "has %u bytes; it must be references, as in <&rootfs>",
				       property->size);
	for (i = 0; i < property->size && !error; i += CELL_SIZE) {
		u32 phandle = mk_get_be32(property->value + i);

		for (image = 0; image < reading->tree->image_count; image++)
			if (phandle && reading->phandle[image] == phandle)
				break;
		if (image == reading->tree->image_count)
			return refuse_property(reading, "images",
					       "has the reference %u, which is to no node below \"images\"",
					       phandle);
		error = name_image(reading, image);
	}
	return error;
}

/* As "rootfs", "data": by their names, as an instance is described to others. */
static int read_image_names(struct reading *reading, const struct mk_fdt_property *property)
{
	const char *name = (const char *)property->value;
	const char *end = name + property->size;
	int error = 0;
	u32 image;

	if (!is_string_list(property->value, property->size))
		return refuse_property(reading, "image-names", "is not a list of strings");
	for (; name < end && !error; name += strlen(name) + 1) {
		image = mk_tree_find_image(reading->tree, name);
		if (image == reading->tree->image_count)
			return refuse_property(reading, "image-names",
					       "has \"%s\", which no node below \"images\" is called",
					       name);
		error = name_image(reading, image);
	}
	return error;
}

/* What dtc adds to a node that has a label. */
static bool is_phandle(const char *property)
{
	return !strcmp(property, "phandle") || !strcmp(property, "linux,phandle");
}

static int read_disk_images(struct reading *reading, const struct mk_fdt_property *property)
{
	if (reading->config->image_count)
		return refuse(reading, "\"images\" and \"image-names\" are both there");
	if (!strcmp(property->name, "images"))
		return read_images(reading, property);
	return read_image_names(reading, property);
}

static bool is_disk_images(const char *property)
{
	return !strcmp(property, "images") || !strcmp(property, "image-names");
}

/* A resource that cannot be given must not be passed over: nothing unknown is allowed here. */
static int read_resources(struct reading *reading, int node)
{
	bool has_cpus = false, has_memory = false;
	struct mk_fdt_property property;
	int child, err = 0;

	mk_fdt_properties(reading->fdt, node, &property);
	while (!err && mk_fdt_next_property(reading->fdt, &property)) {
		if (!strcmp(property.name, "cpus")) {
			has_cpus = true;
			err = read_cpus(reading, &property);
		} else if (!strcmp(property.name, "cpus-max")) {
			err = read_max_cpus(reading, &property);
		} else if (!strcmp(property.name, "memory-bytes")) {
			has_memory = true;
			err = read_memory(reading, &property, "page size", MK_PAGE_SIZE,
					  &reading->config->memory_bytes);
		} else if (is_disk_images(property.name)) {
			err = read_disk_images(reading, &property);
		} else if (!is_phandle(property.name)) {
			err = refuse(reading, "property \"%s\" in \"resources\" is not known",
				     property.name);
		}
	}
	if (err)
		return err;
	child = mk_fdt_first_child(reading->fdt, node);
	if (child >= 0)
		return refuse(reading, "node \"%s\" in \"resources\" is not known",
			      mk_fdt_name(reading->fdt, child));
	if (!has_cpus)
		return refuse_property(reading, "cpus", "is missing in \"resources\"");
	if (!has_memory)
		return refuse_property(reading, "memory-bytes", "is missing in \"resources\"");
	return check_max_cpus(reading);
}

static bool is_word(const struct mk_fdt_property *property, const char *word)
{
	return property->size == strlen(word) + 1 && !memcmp(property->value, word, property->size);
}

/*
 * What is said of devices holds for instances: one that is "disabled" is as if it were not there
 * (Devicetree Specification, "status"; of_device_is_available()). A word that may be a slip, and
 * the states that only firmware knows, are refused.
 */
static int read_status(struct reading *reading, int node, bool *disabled)
{
	struct mk_fdt_property property;

	*disabled = false;
	if (!mk_fdt_property(reading->fdt, node, "status", &property))
		return 0;
	*disabled = is_word(&property, "disabled");
	if (*disabled || is_word(&property, "okay") || is_word(&property, "ok"))
		return 0;
	return refuse_property(reading, "status", "is neither \"okay\" nor \"disabled\"");
}

/* What is unknown in an instance is passed over; these would be meant for a resource. */
static int check_misplaced(struct reading *reading, int node)
{
	static const char *const names[] = { "cpus-max", "images", "image-names" };
	struct mk_fdt_property property;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (mk_fdt_property(reading->fdt, node, names[i], &property))
			return refuse(reading, "property \"%s\" belongs into \"resources\"", names[i]);
	return 0;
}

static int read_instance(struct reading *reading, int node)
{
	int resources, child, err;

	strcpy(reading->config->name, reading->name);
	err = read_id(reading, node);
	if (!err)
		err = check_misplaced(reading, node);
	if (err)
		return err;
	resources = mk_fdt_child(reading->fdt, node, "resources");
	if (resources < 0)
		return refuse(reading, "node \"resources\" is missing");
	mk_fdt_for_each_child(reading->fdt, node, child)
		if (child != resources)
			return refuse(reading, "node \"%s\" is not known; only \"resources\" is",
				      mk_fdt_name(reading->fdt, child));
	return read_resources(reading, resources);
}

static int read_phandle(struct reading *reading, const struct mk_fdt_property *property)
{
	const struct mk_tree *tree = reading->tree;
	u32 i, phandle;

	if (property->size != CELL_SIZE)
		return refuse_property(reading, "phandle", "has %u bytes; it must be one cell, %u bytes",
				       property->size, CELL_SIZE);
	phandle = mk_get_be32(property->value);
	for (i = 0; i < tree->image_count; i++)
		if (phandle && reading->phandle[i] == phandle)
			return refuse_property(reading, "phandle", "is %u, which image \"%s\" has too",
					       phandle, tree->image[i].name);
	reading->phandle[tree->image_count] = phandle;
	return 0;
}

/* As strict as in "resources": an image's memory is one. */
static int read_image(struct reading *reading, int node)
{
	struct mk_disk_image_config image = {};
	struct mk_fdt_property property;
	int child, err;

	err = read_name(reading, mk_fdt_name(reading->fdt, node));
	if (err)
		return err;
	strcpy(image.name, reading->name);
	if (reading->tree->image_count == MK_DISK_IMAGES_MAX)
		return refuse(reading, "a whole tree has at most %u images", MK_DISK_IMAGES_MAX);
	child = mk_fdt_first_child(reading->fdt, node);
	if (child >= 0)
		return refuse(reading, "node \"%s\" is not known", mk_fdt_name(reading->fdt, child));
	mk_fdt_properties(reading->fdt, node, &property);
	while (!err && mk_fdt_next_property(reading->fdt, &property)) {
		if (!strcmp(property.name, "memory-bytes"))
			err = read_memory(reading, &property, "large page size", MK_LARGE_PAGE_SIZE,
					  &image.memory_bytes);
		else if (!strcmp(property.name, "phandle"))
			err = read_phandle(reading, &property);
		else if (!is_phandle(property.name))
			err = refuse(reading, "property \"%s\" is not known", property.name);
	}
	if (err)
		return err;
	if (!image.memory_bytes)
		return refuse_property(reading, "memory-bytes", "is missing");
	return mk_tree_add_image(reading->tree, &image);
}

static int read_all_images(struct reading *reading, int parent)
{
	int images = mk_fdt_child(reading->fdt, parent, "images"), node, err;

	reading->tree->image_count = 0;
	reading->kind = "image";
	if (images < 0)
		return 0;
	mk_fdt_for_each_child(reading->fdt, images, node) {
		err = read_image(reading, node);
		if (err)
			return err;
	}
	return 0;
}

static int check_size(const void *blob, size_t size, struct mk_reason *why)
{
	u32 total;

	if (size > MK_TREE_SIZE_MAX)
		return refuse_tree(why, -EFBIG, "%zu bytes; at most %u are taken", size,
				   MK_TREE_SIZE_MAX);
	if (!mk_fdt_total_size(blob, size, &total) && total > MK_TREE_SIZE_MAX)
		return refuse_tree(why, -EFBIG, "the header states %u bytes; at most %u are taken",
				   total, MK_TREE_SIZE_MAX);
	return 0;
}

int mk_tree_read_instances(struct mk_tree *tree, const struct mk_fdt *fdt, int parent,
			   struct mk_reason *why)
{
	struct mk_instance_config config;
	struct reading reading = { .fdt = fdt, .tree = tree, .config = &config, .why = why };
	int instances, node, err;
	bool disabled;

	tree->count = 0;
	tree->cpu_total = 0;
	tree->max_total = 0;
	err = read_all_images(&reading, parent);
	if (err)
		return err;
	reading.kind = "instance";
	instances = mk_fdt_child(fdt, parent, "instances");
	if (instances < 0)
		return refuse_tree(why, -EINVAL, "node \"instances\" is missing");
	mk_fdt_for_each_child(fdt, instances, node) {
		memset(&config, 0, sizeof(config));
		err = read_name(&reading, mk_fdt_name(fdt, node));
		if (!err)
			err = read_status(&reading, node, &disabled);
		if (!err && disabled)
			continue;
		if (!err)
			err = read_instance(&reading, node);
		if (err)
			return err;
		/* Cannot fail: unique ids bound the instances, and read_cpus() the CPUs. */
		err = mk_tree_add(tree, &config, tree->cpu + tree->cpu_total);
		if (!err)
			err = mk_tree_add_max(tree, tree->max_cpu + tree->max_total, config.max_count);
		if (err)
			return err;
	}
	return 0;
}

int mk_tree_parse(struct mk_tree *tree, const void *blob, size_t size, struct mk_reason *why)
{
	struct mk_fdt fdt;
	int err;

	err = check_size(blob, size, why);
	if (err)
		return err;
	err = mk_fdt_open(&fdt, blob, size, why);
	if (err)
		return err;
	err = check_compatible(&fdt, why);
	if (err)
		return err;
	return mk_tree_read_instances(tree, &fdt, MK_FDT_ROOT, why);
}

int mk_tree_add(struct mk_tree *tree, const struct mk_instance_config *config, const u32 *cpus)
{
	if (tree->count == MK_INSTANCES_MAX || config->cpu_count > MK_CPUS_MAX - tree->cpu_total)
		return -ENOSPC;
	/* The ids may already be where they belong. */
	memmove(tree->cpu + tree->cpu_total, cpus, config->cpu_count * sizeof(*cpus));
	tree->instance[tree->count] = *config;
	tree->instance[tree->count].first_cpu = tree->cpu_total;
	tree->instance[tree->count].first_max = tree->max_total;
	tree->instance[tree->count].max_count = 0;
	tree->count++;
	tree->cpu_total += config->cpu_count;
	return 0;
}

int mk_tree_add_max(struct mk_tree *tree, const u32 *cpus, u32 count)
{
	if (count > MK_CPUS_MAX - tree->max_total)
		return -ENOSPC;
	if (count)
		memmove(tree->max_cpu + tree->max_total, cpus, count * sizeof(*cpus));
	tree->instance[tree->count - 1].max_count = count;
	tree->max_total += count;
	return 0;
}

int mk_tree_add_image(struct mk_tree *tree, const struct mk_disk_image_config *config)
{
	if (tree->image_count == MK_DISK_IMAGES_MAX)
		return -ENOSPC;
	tree->image[tree->image_count++] = *config;
	return 0;
}

u32 mk_tree_find_image(const struct mk_tree *tree, const char *name)
{
	u32 i;

	for (i = 0; i < tree->image_count; i++)
		if (!strcmp(tree->image[i].name, name))
			break;
	return i;
}
