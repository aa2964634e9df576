// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trees of /etc/multikernel. Each is whole by itself, and their instances and images together
 * are what the machine is to have. What keeps one out is said, and the others are applied without it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "config_files.h"
#include "instance_view.h"
#include "machine.h"
#include "say.h"
#include "service_images.h"
#include "service_kept.h"
#include "service_trees.h"
#include "sysfs.h"
#include "tree_join.h"
#include "upload.h"

#define POOL_PARAMETER "module/multikernel/parameters/pool"
#define POOL_UNIT (2ULL << 20)		/* sizes in the pool are multiples of it */

/**
 * struct trees - those that are in use
 * @file:  what was read
 * @count: how many of them; the one behind is being tried
 */
struct trees {
	struct tree_file *file;
	size_t count;
};

/* Keeps the one behind the last one if it goes with all others. */
static int try_next(struct trees *trees)
{
	struct tree_file joined = { 0 };
	int code = tree_join(&joined, trees->file, trees->count + 1);

	tree_file_free(&joined);
	if (code)
		tree_file_free(&trees->file[trees->count]);
	else
		trees->count++;
	return code;
}

static int read_trees(struct trees *trees, const struct config_files *files)
{
	int code = CLI_OK;
	size_t i;

	trees->file = calloc(files->count, sizeof(*trees->file));
	if (!trees->file)
		return cli_refuse("out of memory");
	for (i = 0; i < files->count; i++) {
		struct tree_file *next = &trees->file[trees->count];

		if (!tree_file_read(next, files->path[i])) {
			code |= try_next(trees);
		} else {
			tree_file_free(next);
			code = CLI_REFUSED;
		}
	}
	return code;
}

/* Whoever has @more has it in whole units at worst. */
static u64 add_units(u64 bytes, u64 more)
{
	if (more > ~0ULL - POOL_UNIT || bytes > ~0ULL - POOL_UNIT - more)
		return ~0ULL & ~(POOL_UNIT - 1);	/* no machine has so much */
	return bytes + ((more + POOL_UNIT - 1) & ~(POOL_UNIT - 1));
}

/* Without images that others have as well, if there are others. */
static u64 bytes_of(const struct mk_tree *tree, const struct mk_tree *others)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < tree->image_count; i++) {
		const struct mk_disk_image_config *image = &tree->image[i];

		if (!others || mk_tree_find_image(others, image->name) == others->image_count)
			bytes = add_units(bytes, image->memory_bytes);
	}
	for (i = 0; i < tree->count; i++)
		bytes = add_units(bytes, tree->instance[i].memory_bytes);
	return bytes;
}

static void write_pool(const char *text)
{
	int fd = sysfs_open(O_WRONLY | O_TRUNC, POOL_PARAMETER);
	char before[SYSFS_TEXT_SIZE];

	if (fd < 0) {
		cli_warn("the pool cannot be changed: %s", strerror(-fd));
		return;
	}
	sysfs_last_error(before);
	if (write(fd, text, strlen(text)) < 0)
		sysfs_refuse("the pool cannot grow", errno, before);
	close(fd);
}

/*
 * A pool that is too small for the trees grows by what is missing, so that nobody has to add up
 * sizes; it never shrinks here. Sizes in its text are added up.
 */
static void grow_pool(u64 wanted)
{
	char now[SYSFS_TEXT_SIZE], text[SYSFS_TEXT_SIZE + 32];
	u64 have;
	int err = sysfs_read_number(&have, "fs/multikernel/pool/memory_bytes");

	if (!err)
		err = sysfs_read_text(now, sizeof(now), POOL_PARAMETER);
	if (err)
		cli_warn("cannot read what the pool is: %s", strerror(-err));
	if (err || have >= wanted)
		return;
	snprintf(text, sizeof(text), "%s%s%lluK", now, *now ? "," : "",
		 (unsigned long long)((wanted - have + POOL_UNIT - 1) & ~(POOL_UNIT - 1)) >> 10);
	write_pool(text);
}

/* Where it does not, the kernel says what is missing. */
static void grow_for_all(const struct trees *trees)
{
	struct tree_file joined = { 0 }, kept = { 0 };
	u64 wanted;

	if (!tree_join(&joined, trees->file, trees->count)) {
		wanted = bytes_of(joined.tree, NULL);
		if (!service_kept_read(&kept, trees->file, trees->count))
			wanted = add_units(wanted, bytes_of(kept.tree, joined.tree));
		grow_pool(wanted);
	}
	tree_file_free(&joined);
	tree_file_free(&kept);
}

/* The first @count of them, behind what runs and is in none of them. */
static int join(struct tree_file *joined, const struct trees *trees, size_t count)
{
	struct tree_file *all = calloc(count + 1, sizeof(*all));
	int code;
	bool kept;

	if (!all)
		return cli_refuse("out of memory");
	memcpy(all + 1, trees->file, count * sizeof(*all));
	kept = !service_kept_read(all, trees->file, count) && all->tree->count;
	code = tree_join(joined, all + !kept, count + kept);
	tree_file_free(all);
	free(all);
	return code;
}

static int upload_joined(const struct trees *trees, size_t count)
{
	struct tree_file joined = { 0 };
	int code = join(&joined, trees, count);

	if (!code)
		code = upload(joined.path, joined.blob, joined.size, joined.tree);
	tree_file_free(&joined);
	return code;
}

/* By the kernel's rules, before anything changes; where they cannot be asked it will say itself. */
static int hold_against_machine(const struct tree_file *joined, bool aloud)
{
	struct machine *machine = machine_read();
	int code = CLI_OK;

	if (machine && machine_plan(machine, joined->tree)) {
		code = CLI_REFUSED;
		if (aloud) {
			cli_refuse("%s: %s", joined->path, machine->why.text);
			machine_advise(machine, joined->tree);
		}
	}
	free(machine);
	return code;
}

/* A pool that cannot be had for all of them may be had for these. */
static int judge(const struct trees *trees, size_t count)
{
	struct tree_file joined = { 0 };
	int code = join(&joined, trees, count);

	if (!code && hold_against_machine(&joined, false)) {
		grow_pool(bytes_of(joined.tree, NULL));
		code = hold_against_machine(&joined, true);
	}
	tree_file_free(&joined);
	return code;
}

/*
 * Leaves those out that the machine will not take. To find them by uploads would have what is in
 * the others go and come again, and with it the content of their images; what was stopped would
 * look new.
 */
static int leave_out(struct trees *trees)
{
	size_t count = trees->count, i;

	if (count < 2)
		return CLI_OK;
	trees->count = 0;
	for (i = 0; i < count; i++) {
		trees->file[trees->count] = trees->file[i];
		if (judge(trees, trees->count + 1))
			tree_file_free(&trees->file[trees->count]);
		else
			trees->count++;
	}
	return trees->count == count ? CLI_OK : CLI_REFUSED;
}

static void swap(struct trees *trees, size_t one, size_t other)
{
	struct tree_file file = trees->file[one];

	trees->file[one] = trees->file[other];
	trees->file[other] = file;
}

static bool is_there(const struct tree_file *file, const struct mk_tree *present)
{
	u32 i;

	for (i = 0; i < file->tree->count; i++)
		if (tree_find(present, file->tree->instance[i].name) == TREE_NONE)
			return false;
	return true;
}

/* Those whose instances are all there come first; returns how many. */
static size_t sort_out_new(struct trees *trees)
{
	static struct present present;
	size_t i, count = 0;

	if (present_read(&present))
		return 0;
	for (i = 0; i < trees->count; i++)
		if (is_there(&trees->file[i], &present.tree))
			swap(trees, i, count++);
	return count;
}

/*
 * It does not take them all, for a reason that it alone knows: each that it does, so that one is
 * missing and not all. What is there already begins, together, lest it go and come again.
 */
static int upload_one_by_one(struct trees *trees)
{
	struct trees taken = { .file = trees->file, .count = sort_out_new(trees) };
	size_t i;

	if (taken.count && upload_joined(&taken, taken.count))
		taken.count = 0;
	for (i = taken.count; i < trees->count; i++) {
		swap(trees, i, taken.count);
		if (!upload_joined(&taken, taken.count + 1))
			taken.count++;
	}
	return taken.count ? service_kept_tell(taken.file, taken.count) : CLI_REFUSED;
}

static int apply(struct trees *trees)
{
	int code;

	grow_for_all(trees);
	code = leave_out(trees);
	if (trees->count && upload_joined(trees, trees->count))
		code = trees->count > 1 ? upload_one_by_one(trees) | CLI_REFUSED : CLI_REFUSED;
	else if (trees->count)
		code |= service_kept_tell(trees->file, trees->count);
	code |= service_load_images();
	code |= instances_show();
	return code;
}

int service_apply_trees(void)
{
	struct config_files files;
	struct trees trees = { 0 };
	int code = config_files_find(&files, "*.dts");
	size_t i;

	if (!code && files.count) {
		code = sysfs_has_multikernel() ? read_trees(&trees, &files) : CLI_REFUSED;
		if (trees.count)
			code |= apply(&trees);
	}
	for (i = 0; i < trees.count; i++)
		tree_file_free(&trees.file[i]);
	free(trees.file);
	config_files_free(&files);
	return code;
}
