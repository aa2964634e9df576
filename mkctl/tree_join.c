// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joining trees: the images and the instances that each has, one behind the other. What goes on is
 * what was read of them, not their nodes: each tree numbers its own from 1 (phandle), so the joined
 * tree has references by name.
 */
#include <stdlib.h>

#include "present.h"
#include "say.h"
#include "size.h"
#include "tree_join.h"

/**
 * struct joining - what is being joined
 * @files: the trees
 * @file:  the one that is being added
 * @sum:   all before it, and what is there of it so far
 */
struct joining {
	const struct tree_file *files;
	const struct tree_file *file;
	struct mk_tree *sum;
};

static int refuse(const struct joining *joining, const char *why)
{
	return cli_refuse("%s: with the trees before it: %s", joining->file->path, why);
}

/* One before has an image of that name: the first that has it. */
static int refuse_size(const struct joining *joining, const struct mk_disk_image_config *image,
		       u64 bytes)
{
	const struct tree_file *first = joining->files;
	char has[SIZE_TEXT], had[SIZE_TEXT];

	while (mk_tree_find_image(first->tree, image->name) == first->tree->image_count)
		first++;
	return cli_refuse("%s: image \"%s\" has %s here and %s in %s, and can have one size only",
			  joining->file->path, image->name, size_text(has, image->memory_bytes),
			  size_text(had, bytes), first->path);
}

/* One that is there already, of the same size, is the same. */
static int add_image(const struct joining *joining, const struct mk_disk_image_config *image)
{
	struct mk_tree *sum = joining->sum;
	u32 place = mk_tree_find_image(sum, image->name);

	if (place < sum->image_count && sum->image[place].memory_bytes != image->memory_bytes)
		return refuse_size(joining, image, sum->image[place].memory_bytes);
	if (place == sum->image_count && mk_tree_add_image(sum, image))
		return refuse(joining, "more images than a tree can hold");
	return CLI_OK;
}

/* All of its images are there. */
static int add_instance(const struct joining *joining, const struct mk_instance_config *instance)
{
	const struct mk_tree *tree = joining->file->tree;
	struct mk_instance_config config = *instance;
	const char *name;
	u32 i;

	for (i = 0; i < config.image_count; i++) {
		name = tree->image[instance->image[i]].name;
		config.image[i] = mk_tree_find_image(joining->sum, name);
	}
	if (mk_tree_add(joining->sum, &config, mk_tree_cpus(tree, instance)) ||
	    mk_tree_add_max(joining->sum, mk_tree_max_cpus(tree, instance), instance->max_count))
		return refuse(joining, "more instances or CPUs than a tree can hold");
	return CLI_OK;
}

static int add(const struct joining *joining)
{
	const struct mk_tree *tree = joining->file->tree;
	int code = CLI_OK;
	u32 i;

	for (i = 0; !code && i < tree->image_count; i++)
		code = add_image(joining, &tree->image[i]);
	for (i = 0; !code && i < tree->count; i++)
		code = add_instance(joining, &tree->instance[i]);
	return code;
}

/* By the rules of the tree, as any other. */
static int finish(const struct joining *joining, struct tree_file *joined)
{
	struct mk_reason why = { "" };

	joined->blob = tree_compile(joining->sum, &joined->size);
	if (!joined->blob)
		return cli_refuse("out of memory");
	if (mk_tree_parse(joined->tree, joined->blob, joined->size, &why))
		return refuse(joining, why.text);
	return CLI_OK;
}

int tree_join(struct tree_file *joined, const struct tree_file *files, size_t count)
{
	struct joining joining = { .files = files, .file = files };
	int code = CLI_OK;
	size_t i;

	joined->path = files[count - 1].path;
	joined->tree = calloc(1, sizeof(*joined->tree));
	joining.sum = calloc(1, sizeof(*joining.sum));
	if (!joined->tree || !joining.sum)
		code = cli_refuse("out of memory");
	for (i = 0; !code && i < count; i++) {
		joining.file = &files[i];
		code = add(&joining);
	}
	if (!code)
		code = finish(&joining, joined);
	free(joining.sum);
	return code;
}
