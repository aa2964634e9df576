// SPDX-License-Identifier: GPL-2.0-only
/* The present tree, put together from what the module shows of each instance. */
#include <stdlib.h>

#include "describe.h"
#include "fdt.h"
#include "instances.h"
#include "present.h"
#include "say.h"
#include "size.h"

#define TREE_FRAME 4096		/* bytes of a DTB beside its instances are less */

int present_read(struct present *present)
{
	struct instances list;
	int err = instances_read(&list), code;
	size_t i;

	memset(present, 0, sizeof(*present));
	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	code = instances_refuse_problems(&list);
	for (i = 0; !code && i < list.count; i++) {
		struct instance *instance = &list.instance[i];

		if (mk_tree_add(&present->tree, &instance->config, instance->cpus))
			code = cli_refuse("the instances are more than a tree can hold");
		present->state[i] = instance->state;
	}
	instances_free(&list);
	return code;
}

static struct mk_description describe(const struct mk_tree *tree, u32 index)
{
	const struct mk_instance_config *config = &tree->instance[index];

	return (struct mk_description){ .config = config, .cpus = mk_tree_cpus(tree, config) };
}

static void print_instance(const struct mk_tree *tree, u32 index)
{
	const struct mk_instance_config *config = &tree->instance[index];
	char size[SIZE_TEXT];
	u32 i;

	printf("        %s {\n            id = <%u>;\n            resources {\n                cpus = <",
	       config->name, config->id);
	for (i = 0; i < config->cpu_count; i++)
		printf(i ? " %u" : "%u", mk_tree_cpus(tree, config)[i]);
	fputs(">;\n                memory-bytes = <", stdout);
	if (config->memory_bytes >> 32)
		printf("0x%x ", (u32)(config->memory_bytes >> 32));
	printf("0x%x>; // %s\n            };\n        };\n", (u32)config->memory_bytes,
	       size_text(size, config->memory_bytes));
}

void tree_print_source(const struct mk_tree *tree)
{
	u32 i;

	puts("/dts-v1/;\n/ {\n    compatible = \"" MK_COMPATIBLE "\";\n    instances {");
	for (i = 0; i < tree->count; i++)
		print_instance(tree, i);
	puts("    };\n};");
}

static size_t compiled_size(const struct mk_tree *tree)
{
	size_t size = TREE_FRAME;
	u32 i;

	for (i = 0; i < tree->count; i++)
		size += mk_describe_size(tree->instance[i].cpu_count);
	return size;
}

u8 *tree_compile(const struct mk_tree *tree, size_t *size)
{
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
	mk_fdt_write_node(&writer, "instances");
	for (i = 0; i < tree->count; i++) {
		const struct mk_description description = describe(tree, i);

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
