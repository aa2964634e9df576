// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl create, set and delete: the present tree with one instance more, other or less, applied. The
 * module takes whole trees only. Whoever changes the tree at the same moment is not overwritten: then all
 * is done once more, from the tree that is there by then.
 */
#include <stdlib.h>

#include "cpu_list.h"
#include "instance_view.h"
#include "machine.h"
#include "mkctl.h"
#include "nearest.h"
#include "present.h"
#include "sysfs.h"
#include "upload.h"

#define NOT_GIVEN (~0ULL)	/* 0 is what someone may say, and the rules of the tree refuse */

static const char *cpus, *cpus_max;
static u64 id = NOT_GIVEN, memory = NOT_GIVEN;

static int refuse(const struct mk_tree *tree, const char *why)
{
	int code = cli_refuse("%s", why);

	machine_advise_now(tree);
	return code;
}

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
		code = refuse(tree, why.text);
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

/* The words of an option, in a list with room for MK_CPUS_MAX. */
static int read_list(const char *option, const char *text, u32 *list, u32 *count)
{
	int err = cpu_list_parse(text, MK_CPUS_MAX, list, count);

	if (err == -EEXIST)
		return cli_usage("%s has CPU %u twice", option, list[*count - 1]);
	if (err)
		return cli_usage("%s takes a list such as 2-3,5, and not \"%s\"", option, text);
	return CLI_OK;
}

static int add(struct mk_tree *tree, int count, char **operand)
{
	static u32 list[MK_CPUS_MAX], max[MK_CPUS_MAX];
	struct mk_instance_config config = { .memory_bytes = memory };
	const char *name = operand[0];
	u32 max_count = 0;
	int code;

	(void)count;
	if (tree_find(tree, name) != TREE_NONE)
		return cli_refuse("there is an instance \"%s\" already", name);
	code = read_list("create: --cpus", cpus, list, &config.cpu_count);
	if (!code && cpus_max)
		code = read_list("create: --cpus-max", cpus_max, max, &max_count);
	if (code)
		return code;
	if (snprintf(config.name, sizeof(config.name), "%s", name) > MK_NAME_MAX)
		return cli_refuse("\"%s\": a name has %d characters at most", name, MK_NAME_MAX);
	config.id = id == NOT_GIVEN ? lowest_free_id(tree) : id;
	if (mk_tree_add(tree, &config, list) || mk_tree_add_max(tree, max, max_count))
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
	{ "cpus-max", 0, CLI_TEXT, "LIST", "all that it may have while its kernel runs; --cpus if not given",
	  &cpus_max },
	{ "id", 0, CLI_NUMBER, "ID", "its id; the lowest that is free if not given", &id, MK_ID_MAX },
	{ 0 }
};

const struct cli_command mkctl_create = {
	.name = "create",
	.operands = "NEW-NAME",
	.summary = "add an instance",
	.help =
"Applies the present tree with one instance more.\n",
	.options = create_options,
	.run = create,
};

static const char *name_of(const void *tree, size_t row)
{
	return ((const struct mk_tree *)tree)->instance[row].name;
}

/* By name, or by id. */
static int find_one(const struct mk_tree *tree, const char *word, u32 *index)
{
	unsigned long number;
	char *end;

	*index = tree_find(tree, word);
	if (*index == TREE_NONE && *word >= '0' && *word <= '9') {
		number = strtoul(word, &end, 10);
		if (!*end && number <= MK_ID_MAX)
			*index = tree_find_id(tree, number);
	}
	return *index == TREE_NONE ? cli_refuse_unknown("there is no instance", word, name_of, tree, tree->count) :
				      CLI_OK;
}

static int remove_one(struct mk_tree *tree, const char *word)
{
	u32 index;
	int code = find_one(tree, word, &index);

	if (!code)
		tree_remove(tree, index);
	return code;
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

/* Its CPUs go to the end of the array; nobody names the old ones any more. */
static int set_cpus(struct mk_tree *tree, struct mk_instance_config *config)
{
	static u32 list[MK_CPUS_MAX];
	u32 count;
	int code = read_list("set: --cpus", cpus, list, &count);

	if (code)
		return code;
	if (count > MK_CPUS_MAX - tree->cpu_total)
		return cli_refuse("more CPUs than a tree can hold");
	memcpy(tree->cpu + tree->cpu_total, list, count * sizeof(*list));
	config->first_cpu = tree->cpu_total;
	config->cpu_count = count;
	tree->cpu_total += count;
	return CLI_OK;
}

static int set_one(struct mk_tree *tree, int count, char **operand)
{
	struct mk_instance_config *config;
	u32 index;
	int code = find_one(tree, operand[0], &index);

	(void)count;
	if (code)
		return code;
	config = &tree->instance[index];
	if (memory != NOT_GIVEN)
		config->memory_bytes = memory;
	return cpus ? set_cpus(tree, config) : CLI_OK;
}

static int set(int count, char **operand)
{
	if (!cpus && memory == NOT_GIVEN)
		return cli_usage("set: --cpus or --memory is missing");
	return apply(set_one, count, operand);
}

static const struct cli_option set_options[] = {
	{ "cpus", 0, CLI_TEXT, "LIST", "its CPUs from now on, as 2-3,5; the first is its boot CPU", &cpus },
	{ "memory", 0, CLI_SIZE, "SIZE", "its memory from now on, as 512M or 2G", &memory },
	{ 0 }
};

const struct cli_command mkctl_set = {
	.name = "set",
	.operands = "NAME",
	.summary = "give an instance other CPUs, or more or less memory",
	.help =
"Applies the present tree with that change. A kernel that runs there gets CPUs and memory and gives them\n"
"back, CPUs within its cpus-max, memory in whole blocks, if it has the multikernel module.\n",
	.options = set_options,
	.run = set,
};

const struct cli_command mkctl_delete = {
	.name = "delete",
	.operands = "NAME...",
	.summary = "take an instance away",
	.help =
"Applies the present tree without these instances, all or nothing. Kernels in them must have stopped;\n"
"CPUs return to this kernel, memory to the pool.\n",
	.run = delete,
};
