// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second opinion. What libfdt refuses, our reader must refuse. Where libfdt's fdt_check_full()
 * is content, our reader is stricter for these reasons and no others:
 *
 * - version 16 and older (libfdt reads down to version 2)
 * - the structure block is not aligned to 4 bytes, the memory reservation block not to 8
 * - the blocks are not in the order of the specification's section 5.1, or overlap
 * - the memory reservation block does not end with an entry of zeros before the structure block
 *   begins (libfdt takes a size of zero for the end, and looks on to the end of the blob)
 * - the structure block does not begin with the root (libfdt accepts that, but cannot walk it)
 * - there is no root
 * - a property of 2 GiB or more (libfdt 1.6.1 wraps round, and may even loop for ever)
 * - a property after a subnode
 * - something in the structure block behind FDT_END
 * - a name of a node (but the root's) or a property is empty, not printable ASCII, or longer than
 *   MK_FDT_NAME_MAX
 * - two properties of a node, or two subnodes of a node, have the same name
 * - more levels than MK_FDT_DEPTH_MAX, more properties or subnodes in a node than
 *   MK_FDT_SIBLINGS_MAX
 */
#include <libfdt.h>
#include <stdlib.h>

#include "oracle.h"

#define LEVELS_MAX 8
#define SIBLINGS_MAX 2048
#define NAME_MAX_LENGTH 63

/* libfdt wants its blob aligned; the exact size shows AddressSanitizer its borders. */
static void *aligned_copy(const void *blob, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	return size ? memcpy(copy, blob, size) : copy;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static bool is_fit_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 1 && length <= NAME_MAX_LENGTH && is_printable(name);
}

static bool has_ordered_blocks(const void *fdt)
{
	u64 reservations = fdt_off_mem_rsvmap(fdt);
	u64 structure = fdt_off_dt_struct(fdt);
	u64 strings = fdt_off_dt_strings(fdt);

	return reservations >= 40 && reservations % 8 == 0 && reservations <= structure &&
	       structure % 4 == 0 && structure + fdt_size_dt_struct(fdt) <= strings &&
	       strings + fdt_size_dt_strings(fdt) <= fdt_totalsize(fdt);
}

static bool has_terminated_reservations(const void *fdt)
{
	static const char zeros[sizeof(struct fdt_reserve_entry)];
	const char *entry = (const char *)fdt + fdt_off_mem_rsvmap(fdt);
	const char *end = (const char *)fdt + fdt_off_dt_struct(fdt);

	for (; end - entry >= (long)sizeof(zeros); entry += sizeof(zeros))
		if (!memcmp(entry, zeros, sizeof(zeros)))
			return true;
	return false;
}

static bool has_unique_properties(const void *fdt, int node)
{
	const char *name, *other;
	int property, later, count = 0;

	fdt_for_each_property_offset(property, fdt, node) {
		if (!fdt_getprop_by_offset(fdt, property, &name, NULL) || !is_fit_name(name))
			return false;
		if (++count > SIBLINGS_MAX)
			return false;
		for (later = fdt_next_property_offset(fdt, property); later >= 0;
		     later = fdt_next_property_offset(fdt, later))
			if (fdt_getprop_by_offset(fdt, later, &other, NULL) && !strcmp(name, other))
				return false;
	}
	return true;
}

static bool has_unique_subnodes(const void *fdt, int node)
{
	int child, later, count = 0;
	const char *name;

	fdt_for_each_subnode(child, fdt, node) {
		name = fdt_get_name(fdt, child, NULL);
		if (!name || !is_fit_name(name) || ++count > SIBLINGS_MAX)
			return false;
		for (later = fdt_next_subnode(fdt, child); later >= 0;
		     later = fdt_next_subnode(fdt, later))
			if (!strcmp(name, fdt_get_name(fdt, later, NULL)))
				return false;
	}
	return true;
}

/*
 * To be asked before any function that walks the tree: where a property seems to end before it
 * begins, libfdt 1.6.1 would come back to it again and again.
 */
static bool has_plausible_sizes(const void *fdt)
{
	const struct fdt_property *property;
	int offset, next;
	u32 tag;

	for (offset = 0; (tag = fdt_next_tag(fdt, offset, &next)) != FDT_END; offset = next) {
		property = fdt_offset_ptr(fdt, offset, sizeof(*property));
		if (tag == FDT_PROP && (!property || fdt32_ld(&property->len) > INT_MAX))
			return false;
	}
	return true;
}

/* What fdt_check_full() lets pass in the sequence of tokens. */
static bool has_strict_grammar(const void *fdt)
{
	int offset = 0, next = 0, depth = 0, roots = 0;
	bool in_properties = false;

	for (;; offset = next) {
		u32 tag = fdt_next_tag(fdt, offset, &next);

		switch (tag) {
		case FDT_BEGIN_NODE:
			if ((!depth && ++roots > 1) || ++depth > LEVELS_MAX)
				return false;
			in_properties = true;
			break;
		case FDT_END_NODE:
			depth--;
			in_properties = false;
			break;
		case FDT_PROP:
			if (!in_properties)
				return false;
			break;
		case FDT_NOP:
			if (!roots)
				return false;
			break;
		default:
			return roots == 1 && (u32)next == fdt_size_dt_struct(fdt);
		}
	}
}

static bool has_unique_names(const void *fdt)
{
	int node;

	for (node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
		if (!has_unique_properties(fdt, node) || !has_unique_subnodes(fdt, node))
			return false;
	return true;
}

bool oracle_accepts_fdt(const void *blob, size_t size)
{
	void *fdt = aligned_copy(blob, size);
	bool accepts;

	/* The version before the rest: fdt_check_full() of libfdt 1.6.1 can crash on an old one. */
	accepts = size >= FDT_V17_SIZE && fdt_version(fdt) >= 17 && !fdt_check_header(fdt) &&
		  fdt_totalsize(fdt) <= size && has_ordered_blocks(fdt) &&
		  has_terminated_reservations(fdt) && has_plausible_sizes(fdt) &&
		  !fdt_check_full(fdt, size) && has_strict_grammar(fdt) && has_unique_names(fdt);
	free(fdt);
	return accepts;
}

static const char *compare_properties(const struct mk_fdt *ours, const void *fdt, int node)
{
	struct mk_fdt_property property, same;
	const void *value;
	const char *name;
	int offset, size;

	mk_fdt_properties(ours, node, &property);
	fdt_for_each_property_offset(offset, fdt, node) {
		value = fdt_getprop_by_offset(fdt, offset, &name, &size);
		if (!mk_fdt_next_property(ours, &property))
			return "a property that only libfdt sees";
		if (strcmp(property.name, name))
			return "the name of a property";
		if (property.size != (u32)size || memcmp(property.value, value, size))
			return "the value of a property";
		if (!mk_fdt_property(ours, node, name, &same) || same.value != property.value)
			return "a property looked up by name";
	}
	if (mk_fdt_next_property(ours, &property))
		return "a property that only our reader sees";
	if (mk_fdt_property(ours, node, "no such name", &same))
		return fdt_getprop(fdt, node, "no such name", NULL) ? NULL : "an invented property";
	return NULL;
}

static const char *compare_node(const struct mk_fdt *ours, const void *fdt, int node)
{
	const char *difference = compare_properties(ours, fdt, node);
	int child, our_child = mk_fdt_first_child(ours, node);

	if (difference)
		return difference;
	if (strcmp(mk_fdt_name(ours, node), fdt_get_name(fdt, node, NULL)))
		return "the name of a node";
	fdt_for_each_subnode(child, fdt, node) {
		if (our_child != child)
			return "a subnode";
		if (mk_fdt_child(ours, node, fdt_get_name(fdt, child, NULL)) != child)
			return "a subnode looked up by name";
		difference = compare_node(ours, fdt, child);
		if (difference)
			return difference;
		our_child = mk_fdt_next_sibling(ours, our_child);
	}
	return our_child >= 0 ? "a subnode that only our reader sees" : NULL;
}

const char *oracle_compare(const struct mk_fdt *ours, const void *blob, size_t size)
{
	void *fdt = aligned_copy(blob, size);
	const char *difference = compare_node(ours, fdt, 0);

	free(fdt);
	return difference;
}

/* The subnode with exactly this name; libfdt's own search would also take "name@address". */
static int find_subnode(const void *fdt, int parent, const char *name)
{
	int child;

	fdt_for_each_subnode(child, fdt, parent)
		if (!strcmp(fdt_get_name(fdt, child, NULL), name))
			return child;
	return -1;
}

static bool is_compatible(const void *fdt)
{
	int i, count = fdt_stringlist_count(fdt, 0, "compatible");
	const char *entry;

	for (i = 0; i < count; i++) {
		entry = fdt_stringlist_get(fdt, 0, "compatible", i, NULL);
		if (!entry || !*entry || !is_printable(entry))
			return false;
	}
	return fdt_stringlist_search(fdt, 0, "compatible", "multikernel-v1") >= 0 && count > 0;
}

static bool read_name(char *into, const char *name)
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789._+-");

	if (name[length] || *name == '-' || length > 31 || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	strcpy(into, name);
	return true;
}

static bool read_id(struct mk_instance_config *config, const void *fdt, int node)
{
	int size;
	const fdt32_t *id = fdt_getprop(fdt, node, "id", &size);

	if (!id || size != 4)
		return false;
	config->id = fdt32_ld(id);
	return config->id >= 1 && config->id <= 2047;
}

static bool read_cpus(struct mk_tree *tree, struct mk_instance_config *config, const void *fdt,
		      int resources)
{
	int i, size;
	const fdt32_t *cpus = fdt_getprop(fdt, resources, "cpus", &size);

	if (!cpus || size % 4 || !size)
		return false;
	config->first_cpu = tree->cpu_total;
	config->cpu_count = size / 4;
	for (i = 0; i < size / 4; i++) {
		if (tree->cpu_total == ARRAY_SIZE(tree->cpu))
			return false;
		if (fdt32_ld(&cpus[i]) > 8191)
			return false;
		tree->cpu[tree->cpu_total++] = fdt32_ld(&cpus[i]);
	}
	return true;
}

/* All of "cpus" and no number twice, so that it has at least as many. */
static bool read_max_cpus(struct mk_tree *tree, struct mk_instance_config *config, const void *fdt,
			  int resources)
{
	static u8 seen[8192];
	int i, size;
	const fdt32_t *cpus = fdt_getprop(fdt, resources, "cpus-max", &size);

	config->first_max = tree->max_total;
	config->max_count = 0;
	if (!cpus)
		return true;
	if (size % 4 || !size)
		return false;
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < size / 4; i++) {
		u32 cpu = fdt32_ld(&cpus[i]);

		if (cpu > 8191 || seen[cpu]++ || tree->max_total == ARRAY_SIZE(tree->max_cpu))
			return false;
		tree->max_cpu[tree->max_total++] = cpu;
		config->max_count++;
	}
	for (i = 0; i < (int)config->cpu_count; i++)
		if (!seen[tree->cpu[config->first_cpu + i]])
			return false;
	return config->max_count - config->cpu_count <= 2048;
}

static bool read_memory(struct mk_instance_config *config, const void *fdt, int resources)
{
	int size;
	const void *bytes = fdt_getprop(fdt, resources, "memory-bytes", &size);

	if (!bytes || (size != 4 && size != 8))
		return false;
	config->memory_bytes = size == 4 ? fdt32_ld(bytes) : fdt64_ld(bytes);
	return config->memory_bytes && !(config->memory_bytes & 0xfff);
}

static bool has_only(const void *fdt, int node, const char *const *known, size_t count)
{
	const char *name;
	int property;
	size_t i;

	fdt_for_each_property_offset(property, fdt, node) {
		fdt_getprop_by_offset(fdt, property, &name, NULL);
		for (i = 0; i < count; i++)
			if (!strcmp(name, known[i]))
				break;
		if (i == count)
			return false;
	}
	return fdt_first_subnode(fdt, node) < 0;
}

static bool has_only_known_resources(const void *fdt, int resources)
{
	static const char *const known[] = {
		"cpus", "cpus-max", "memory-bytes", "images", "image-names", "phandle", "linux,phandle",
	};

	return has_only(fdt, resources, known, ARRAY_SIZE(known));
}

static bool read_image(struct mk_tree *tree, const void *fdt, int node)
{
	static const char *const known[] = { "memory-bytes", "phandle", "linux,phandle" };
	struct mk_disk_image_config *image = &tree->image[tree->image_count];
	int size;
	const void *bytes = fdt_getprop(fdt, node, "memory-bytes", &size);

	if (tree->image_count++ == ARRAY_SIZE(tree->image) || !bytes || (size != 4 && size != 8))
		return false;
	image->memory_bytes = size == 4 ? fdt32_ld(bytes) : fdt64_ld(bytes);
	if (fdt_getprop(fdt, node, "phandle", &size) && size != 4)
		return false;
	return read_name(image->name, fdt_get_name(fdt, node, NULL)) && image->memory_bytes &&
	       !(image->memory_bytes & 0x1fffff) && has_only(fdt, node, known, ARRAY_SIZE(known));
}

/* The phandle of the image at that place, 0 without one. */
static u32 image_phandle(const void *fdt, u32 place)
{
	int node = fdt_first_subnode(fdt, find_subnode(fdt, 0, "images"));
	const fdt32_t *phandle;

	while (place--)
		node = fdt_next_subnode(fdt, node);
	phandle = fdt_getprop(fdt, node, "phandle", NULL);
	return phandle ? fdt32_ld(phandle) : 0;
}

static bool read_all_images(struct mk_tree *tree, const void *fdt)
{
	int node, images = find_subnode(fdt, 0, "images");
	u32 i, j;

	if (images < 0)
		return true;
	fdt_for_each_subnode(node, fdt, images)
		if (!read_image(tree, fdt, node))
			return false;
	for (i = 0; i < tree->image_count; i++)
		for (j = 0; j < i; j++)
			if (image_phandle(fdt, i) && image_phandle(fdt, i) == image_phandle(fdt, j))
				return false;
	return true;
}

/* By what refers to them, or else by their names. */
static bool read_references(struct mk_tree *tree, struct mk_instance_config *config,
			    const void *fdt, int resources)
{
	int size, count, i;
	const fdt32_t *cells = fdt_getprop(fdt, resources, "images", &size);
	const void *names = fdt_getprop(fdt, resources, "image-names", NULL);
	u32 place, other;

	if (!cells && !names)
		return true;
	if ((cells && names) || (cells && (size % 4 || !size)))
		return false;
	count = cells ? size / 4 : fdt_stringlist_count(fdt, resources, "image-names");
	if (count < 1)
		return false;
	for (i = 0; i < count; i++) {
		const char *name = cells ? NULL :
				   fdt_stringlist_get(fdt, resources, "image-names", i, NULL);

		for (place = 0; place < tree->image_count; place++)
			if (cells ? fdt32_ld(&cells[i]) &&
				    fdt32_ld(&cells[i]) == image_phandle(fdt, place) :
				    !strcmp(name, tree->image[place].name))
				break;
		if (place == tree->image_count || config->image_count == 16)
			return false;
		for (other = 0; other < config->image_count; other++)
			if (config->image[other] == place)
				return false;
		config->image[config->image_count++] = place;
	}
	return true;
}

static bool read_instance(struct mk_tree *tree, const void *fdt, int node)
{
	struct mk_instance_config *config = &tree->instance[tree->count];
	int resources = find_subnode(fdt, node, "resources");

	/* "resources" is the only subnode when it is the first and nothing follows it. */
	if (resources < 0 || fdt_first_subnode(fdt, node) != resources ||
	    fdt_next_subnode(fdt, resources) >= 0)
		return false;
	if (tree->count == ARRAY_SIZE(tree->instance))
		return false;
	tree->count++;
	if (fdt_getprop(fdt, node, "images", NULL) || fdt_getprop(fdt, node, "image-names", NULL) ||
	    fdt_getprop(fdt, node, "cpus-max", NULL))
		return false;
	return read_name(config->name, fdt_get_name(fdt, node, NULL)) &&
	       read_id(config, fdt, node) && read_references(tree, config, fdt, resources) &&
	       read_cpus(tree, config, fdt, resources) &&
	       read_max_cpus(tree, config, fdt, resources) &&
	       read_memory(config, fdt, resources) &&
	       has_only_known_resources(fdt, resources);
}

static int compare_u32(const void *a, const void *b)
{
	u32 first = *(const u32 *)a, second = *(const u32 *)b;

	return (first > second) - (first < second);
}

static bool are_unique(u32 *values, u32 count)
{
	u32 i;

	qsort(values, count, sizeof(*values), compare_u32);
	for (i = 1; i < count; i++)
		if (values[i] == values[i - 1])
			return false;
	return true;
}

static bool has_unique_ids_and_cpus(const struct mk_tree *tree)
{
	static u32 values[MK_CPUS_MAX];
	u32 i;

	for (i = 0; i < tree->count; i++)
		values[i] = tree->instance[i].id;
	if (!are_unique(values, tree->count))
		return false;
	memcpy(values, tree->cpu, sizeof(*values) * tree->cpu_total);
	return are_unique(values, tree->cpu_total);
}

static bool read_instances(struct mk_tree *tree, const void *fdt)
{
	int node, instances = find_subnode(fdt, 0, "instances");

	if (instances < 0 || !is_compatible(fdt) || !read_all_images(tree, fdt))
		return false;
	fdt_for_each_subnode(node, fdt, instances) {
		char name[MK_NAME_MAX + 1];
		int size;
		const char *status = fdt_getprop(fdt, node, "status", &size);

		if (status && size == 9 && !memcmp(status, "disabled", 9)) {
			if (!read_name(name, fdt_get_name(fdt, node, NULL)))
				return false;
			continue;
		}
		if (status && (size != 5 || memcmp(status, "okay", 5)) && (size != 3 || memcmp(status, "ok", 3)))
			return false;
		if (!read_instance(tree, fdt, node))
			return false;
	}
	return has_unique_ids_and_cpus(tree);
}

int oracle_tree(struct mk_tree *tree, const void *blob, size_t size)
{
	void *fdt;
	bool valid;

	memset(tree, 0, sizeof(*tree));
	if (size > 1024 * 1024)
		return -EFBIG;
	fdt = aligned_copy(blob, size);
	if (size >= 8 && fdt_magic(fdt) == FDT_MAGIC && fdt_totalsize(fdt) > 1024 * 1024) {
		free(fdt);
		return -EFBIG;
	}
	valid = oracle_accepts_fdt(blob, size) && read_instances(tree, fdt);
	free(fdt);
	return valid ? 0 : -EINVAL;
}

bool oracle_same_tree(const struct mk_tree *a, const struct mk_tree *b)
{
	u32 i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->instance[i].name, b->instance[i].name) ||
		    a->instance[i].id != b->instance[i].id ||
		    a->instance[i].first_cpu != b->instance[i].first_cpu ||
		    a->instance[i].cpu_count != b->instance[i].cpu_count ||
		    a->instance[i].first_max != b->instance[i].first_max ||
		    a->instance[i].max_count != b->instance[i].max_count ||
		    a->instance[i].memory_bytes != b->instance[i].memory_bytes ||
		    a->instance[i].image_count != b->instance[i].image_count ||
		    memcmp(a->instance[i].image, b->instance[i].image, b->instance[i].image_count))
			return false;
	for (i = 0; i < a->image_count && i < b->image_count; i++)
		if (strcmp(a->image[i].name, b->image[i].name) ||
		    a->image[i].memory_bytes != b->image[i].memory_bytes)
			return false;
	return a->image_count == b->image_count && a->count == b->count &&
	       a->cpu_total == b->cpu_total && a->max_total == b->max_total &&
	       !memcmp(a->max_cpu, b->max_cpu, sizeof(*a->max_cpu) * a->max_total) &&
	       !memcmp(a->cpu, b->cpu, sizeof(*a->cpu) * a->cpu_total);
}
