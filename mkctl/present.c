// SPDX-License-Identifier: GPL-2.0-only
/* The present tree, put together from what the module shows of each instance. */
#include <stdlib.h>

#include "describe.h"
#include "fdt.h"
#include "images.h"
#include "instances.h"
#include "present.h"
#include "say.h"
#include "size.h"

#define TREE_FRAME 4096		/* bytes of a DTB beside its instances are less */

static int read_images(struct mk_tree *tree)
{
	struct images list;
	int err = images_read(&list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = mk_tree_add_image(tree, &list.image[i].config);
	images_free(&list);
	return err ? cli_refuse("cannot read the images: %s", strerror(-err)) : CLI_OK;
}

/* One that has gone meanwhile is no image of the instance any more. */
static void find_images(const struct mk_tree *tree, struct instance *instance)
{
	u32 count = instance->config.image_count, i, place;

	instance->config.image_count = 0;
	for (i = 0; i < count; i++) {
		place = mk_tree_find_image(tree, instance->image_name[i]);
		if (place < tree->image_count)
			instance->config.image[instance->config.image_count++] = place;
	}
}

int present_read(struct present *present)
{
	struct instances list;
	int err = instances_read(&list), code;
	size_t i;

	memset(present, 0, sizeof(*present));
	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	code = instances_refuse_problems(&list);
	if (!code)
		code = read_images(&present->tree);
	for (i = 0; !code && i < list.count; i++) {
		struct instance *instance = &list.instance[i];

		find_images(&present->tree, instance);
		if (mk_tree_add(&present->tree, &instance->config, instance->cpus) ||
		    mk_tree_add_max(&present->tree, instance->max_cpus, instance->config.max_count))
			code = cli_refuse("the instances are more than a tree can hold");
		present->state[i] = instance->state;
	}
	instances_free(&list);
	return code;
}

/* An instance, with room for MK_INSTANCE_IMAGES_MAX @places. */
static struct mk_description describe(const struct mk_tree *tree, u32 index,
				      struct mk_image_place *places)
{
	const struct mk_instance_config *config = &tree->instance[index];
	u32 i;

	for (i = 0; i < config->image_count; i++)
		places[i] = (struct mk_image_place){ .config = &tree->image[config->image[i]] };
	return (struct mk_description){
		.config = config, .cpus = mk_tree_cpus(tree, config), .images = places,
		.max_cpus = mk_tree_max_cpus(tree, config),
	};
}

static void print_bytes(u64 bytes)
{
	char size[SIZE_TEXT];

	fputs("memory-bytes = <", stdout);
	if (bytes >> 32)
		printf("0x%x ", (u32)(bytes >> 32));
	printf("0x%x>; // %s\n", (u32)bytes, size_text(size, bytes));
}

static void print_image(const struct mk_disk_image_config *image)
{
	printf("        %s {\n            ", image->name);
	print_bytes(image->memory_bytes);
	puts("        };");
}

/* By their names: not every name can be a label. */
static void print_image_names(const struct mk_tree *tree, const struct mk_instance_config *config)
{
	u32 i;

	for (i = 0; i < config->image_count; i++)
		printf(i ? ", \"%s\"" : "                image-names = \"%s\"",
		       tree->image[config->image[i]].name);
	if (i)
		puts(";");
}

static void print_cpus(const u32 *cpus, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		printf(i ? " %u" : "%u", cpus[i]);
	fputs(">;\n                ", stdout);
}

static void print_instance(const struct mk_tree *tree, u32 index)
{
	const struct mk_instance_config *config = &tree->instance[index];

	printf("        %s {\n            id = <%u>;\n            resources {\n                cpus = <",
	       config->name, config->id);
	print_cpus(mk_tree_cpus(tree, config), config->cpu_count);
	if (config->max_count) {
		fputs("cpus-max = <", stdout);
		print_cpus(mk_tree_max_cpus(tree, config), config->max_count);
	}
	print_bytes(config->memory_bytes);
	print_image_names(tree, config);
	puts("            };\n        };");
}

void tree_print_source(const struct mk_tree *tree)
{
	u32 i;

	puts("/dts-v1/;\n/ {\n    compatible = \"" MK_COMPATIBLE "\";");
	if (tree->image_count)
		puts("    images {");
	for (i = 0; i < tree->image_count; i++)
		print_image(&tree->image[i]);
	if (tree->image_count)
		puts("    };");
	puts("    instances {");
	for (i = 0; i < tree->count; i++)
		print_instance(tree, i);
	puts("    };\n};");
}

static size_t compiled_size(const struct mk_tree *tree)
{
	size_t size = TREE_FRAME + tree->image_count * MK_DESCRIBE_IMAGE_SIZE;
	u32 i;

	for (i = 0; i < tree->count; i++)
		size += mk_describe_size(mk_most_cpus(&tree->instance[i]));
	return size;
}

static void write_images(struct mk_fdt_writer *writer, const struct mk_tree *tree)
{
	const struct mk_instance_config all = { .image_count = tree->image_count };
	struct mk_image_place places[MK_DISK_IMAGES_MAX];
	const struct mk_description description = { .config = &all, .images = places };
	u32 i;

	for (i = 0; i < tree->image_count; i++)
		places[i] = (struct mk_image_place){ .config = &tree->image[i] };
	mk_describe_images(writer, &description);
}

u8 *tree_compile(const struct mk_tree *tree, size_t *size)
{
	struct mk_image_place places[MK_INSTANCE_IMAGES_MAX];
	size_t room = compiled_size(tree);
	u8 *blob = malloc(room);
	struct mk_fdt_writer writer;
	int written;
	u32 i;

	if (!blob)
		return NULL;
	mk_fdt_write_begin(&writer, blob, room);
	mk_fdt_write_node(&writer, "");
	mk_fdt_write_string(&writer, "compatible", MK_COMPATIBLE);
	write_images(&writer, tree);
	mk_fdt_write_node(&writer, "instances");
	for (i = 0; i < tree->count; i++) {
		const struct mk_description description = describe(tree, i, places);

		mk_describe_instance(&writer, &description);
	}
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	written = mk_fdt_write_finish(&writer);
	if (written < 0) {
		free(blob);
		return NULL;
	}
	*size = written;
	return blob;
}

/* Its CPUs stay where they are in the array; nobody names them any more. */
void tree_remove(struct mk_tree *tree, u32 index)
{
	tree->count--;
	memmove(&tree->instance[index], &tree->instance[index + 1],
		(tree->count - index) * sizeof(*tree->instance));
}

u32 tree_find(const struct mk_tree *tree, const char *name)
{
	u32 i;

	for (i = 0; i < tree->count; i++)
		if (!strcmp(tree->instance[i].name, name))
			return i;
	return TREE_NONE;
}

u32 tree_find_id(const struct mk_tree *tree, u32 id)
{
	u32 i;

	for (i = 0; i < tree->count; i++)
		if (tree->instance[i].id == id)
			return i;
	return TREE_NONE;
}
