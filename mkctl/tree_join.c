// SPDX-License-Identifier: GPL-2.0-only
/* Joining trees: all that each has below "instances", one behind the other. */
#include <stdlib.h>

#include "fdt.h"
#include "say.h"
#include "tree_join.h"

/* As deep as a verified tree can be: MK_FDT_DEPTH_MAX. */
static void copy_node(struct mk_fdt_writer *writer, const struct mk_fdt *fdt, int node)
{
	struct mk_fdt_property property;
	int child;

	mk_fdt_write_node(writer, mk_fdt_name(fdt, node));
	mk_fdt_properties(fdt, node, &property);
	while (mk_fdt_next_property(fdt, &property))
		mk_fdt_write_bytes(writer, property.name, property.value, property.size);
	mk_fdt_for_each_child(fdt, node, child)
		copy_node(writer, fdt, child);
	mk_fdt_write_end_node(writer);
}

static int copy_instances(struct mk_fdt_writer *writer, const struct tree_file *file)
{
	struct mk_reason why = { "" };
	struct mk_fdt fdt;
	int instances, child;

	if (mk_fdt_open(&fdt, file->blob, file->size, &why))
		return cli_refuse("%s: %s", file->path, why.text);
	instances = mk_fdt_child(&fdt, MK_FDT_ROOT, "instances");
	mk_fdt_for_each_child(&fdt, instances, child)
		copy_node(writer, &fdt, child);
	return CLI_OK;
}

static int write_joined(struct tree_file *joined, const struct tree_file *files, size_t count)
{
	struct mk_fdt_writer writer;
	int code = CLI_OK, size;
	size_t i;

	mk_fdt_write_begin(&writer, joined->blob, MK_TREE_SIZE_MAX);
	mk_fdt_write_node(&writer, "");
	mk_fdt_write_string(&writer, "compatible", MK_COMPATIBLE);
	mk_fdt_write_node(&writer, "instances");
	for (i = 0; i < count; i++)
		code |= copy_instances(&writer, &files[i]);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	size = mk_fdt_write_finish(&writer);
	if (!code && size < 0)
		code = cli_refuse("%s: with the trees before it: %s", joined->path,
				    strerror(-size));
	joined->size = code ? 0 : size;
	return code;
}

int tree_join(struct tree_file *joined, const struct tree_file *files, size_t count)
{
	struct mk_reason why = { "" };
	int code;

	joined->path = count ? files[count - 1].path : "";
	joined->blob = malloc(MK_TREE_SIZE_MAX);
	joined->tree = calloc(1, sizeof(*joined->tree));
	if (!joined->blob || !joined->tree)
		return cli_refuse("out of memory");
	code = write_joined(joined, files, count);
	if (!code && mk_tree_parse(joined->tree, joined->blob, joined->size, &why))
		code = cli_refuse("%s: with the trees before it: %s", joined->path, why.text);
	return code;
}
