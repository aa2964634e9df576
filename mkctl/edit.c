// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl create and delete: the present tree with one instance more or less, applied. The module
 * takes whole trees only. Whoever changes the tree at the same moment is not overwritten: then all
 * is done once more, from the tree that is there by then.
 */
#include <stdlib.h>

#include "cpu_list.h"
#include "instance_view.h"
#include "mkctl.h"
#include "nearest.h"
#include "present.h"
#include "sysfs.h"
#include "upload.h"

static const char *cpus;
static u64 id, memory;

/* By the rules of the tree, as any other; they have their own words for each that is broken. */
static int finish(struct upload *upload, const struct mk_tree *tree)
{
	struct mk_reason why = { "" };
	struct mk_tree *read = calloc(1, sizeof(*read));
	size_t size;
	u8 *blob = tree_compile(tree, &size);
	int code = CLI_OK;

	if (!blob || !read)
		code = cli_refuse("out of memory");
	else if (mk_tree_parse(read, blob, size, &why))
		code = cli_refuse("%s", why.text);
	if (code)
		upload_drop(upload);
	else
		code = upload_finish(upload, blob, size, read);
	free(blob);
	free(read);
	return code;
}

/* What a command does to the present tree; @count words are its operands. Returns an exit code. */
typedef int edit_fn(struct mk_tree *tree, int count, char **operand);

/* The upload begins before the tree is read: so a change of another meanwhile is noticed. */
static int try(edit_fn *edit, int count, char **operand)
{
	static struct present present;
	struct upload upload;
	int code = upload_begin(&upload, operand[0]);

	if (code)
		return code;
	code = present_read(&present);
	if (!code)
		code = edit(&present.tree, count, operand);
	if (!code)
		return finish(&upload, &present.tree);
	upload_drop(&upload);
	return code;
}

static int apply(edit_fn *edit, int count, char **operand)
{
	u32 attempt = 0;
	int code;

	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	do
		code = try(edit, count, operand);
	while (code == UPLOAD_OVERTAKEN && upload_try_again(operand[0], ++attempt));
	if (code == UPLOAD_OVERTAKEN)
		return CLI_REFUSED;
	return code ? code : instances_show();
}

static u32 lowest_free_id(const struct mk_tree *tree)
{
	u32 lowest = 1;

	while (tree_find_id(tree, lowest) != TREE_NONE)
		lowest++;
	return lowest;
}

static int add(struct mk_tree *tree, int count, char **operand)
{
	static u32 list[MK_CPUS_MAX];
	struct mk_instance_config config = { .memory_bytes = memory };
	const char *name = operand[0];
	int err = cpu_list_parse(cpus, MK_CPUS_MAX, list, &config.cpu_count);

	(void)count;
	if (tree_find(tree, name) != TREE_NONE)
		return cli_refuse("there is an instance \"%s\" already", name);
	if (err == -EEXIST)
		return cli_usage("create: --cpus has CPU %u twice", list[config.cpu_count - 1]);
	if (err)
		return cli_usage("create: --cpus takes a list such as 2-3,5, and not \"%s\"", cpus);
	if (snprintf(config.name, sizeof(config.name), "%s", name) > MK_NAME_MAX)
		return cli_refuse("\"%s\": a name has %d characters at most", name, MK_NAME_MAX);
	config.id = id ? id : lowest_free_id(tree);
	if (mk_tree_add(tree, &config, list))
		return cli_refuse("more instances or CPUs than a tree can hold");
	return CLI_OK;
}

static int create(int count, char **operand)
{
	return apply(add, count, operand);
}

static const struct cli_option create_options[] = {
	{ "cpus", 0, CLI_TEXT, "LIST", "its CPUs, as 2-3,5; the first is its boot CPU", &cpus, .needed = true },
	{ "memory", 0, CLI_SIZE, "SIZE", "its memory, as 512M or 2G", &memory, .needed = true },
	{ "id", 0, CLI_NUMBER, "ID", "its id; the lowest that is free if not given", &id, MK_ID_MAX },
	{ 0 }
};

const struct cli_command mkctl_create = {
	.name = "create",
	.operands = "NAME",
	.summary = "add an instance",
	.help =
"Applies the present tree with one instance more.\n",
	.options = create_options,
	.run = create,
};

static int refuse_unknown(const struct mk_tree *tree, const char *name)
{
	struct cli_nearest nearest;
	char hint[CLI_HINT_SIZE];
	u32 i;

	cli_nearest_begin(&nearest, name);
	for (i = 0; i < tree->count; i++)
		cli_nearest_try(&nearest, tree->instance[i].name);
	return cli_refuse("there is no instance \"%s\"%s", name, cli_nearest_hint(&nearest, hint));
}

static int remove_one(struct mk_tree *tree, const char *word)
{
	u32 index = tree_find(tree, word);
	char *end;

	if (index == TREE_NONE && *word >= '0' && *word <= '9') {
		index = tree_find_id(tree, strtoul(word, &end, 10));
		if (*end)
			index = TREE_NONE;
	}
	if (index == TREE_NONE)
		return refuse_unknown(tree, word);
	tree_remove(tree, index);
	return CLI_OK;
}

static int remove_all(struct mk_tree *tree, int count, char **operand)
{
	int i, code = CLI_OK;

	for (i = 0; !code && i < count; i++)
		code = remove_one(tree, operand[i]);
	return code;
}

static int delete(int count, char **operand)
{
	return apply(remove_all, count, operand);
}

const struct cli_command mkctl_delete = {
	.name = "delete",
	.operands = "NAME...",
	.summary = "take an instance away",
	.help =
"Applies the present tree without these instances, all or nothing. Kernels in them must have stopped;\n"
"CPUs return to this kernel, memory to the pool.\n",
	.run = delete,
};
