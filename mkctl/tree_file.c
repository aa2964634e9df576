// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the operator's tree, once, so that it may come out of a pipe: a compiled one as it is,
 * source through dtc, run as a child.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "fdt.h"
#include "say.h"
#include "size.h"
#include "tree_file.h"
#include "whole.h"

static bool is_compiled(const char *path, const u8 *start, size_t size)
{
	size_t length = strlen(path);

	if (size >= MK_FDT_TOKEN_SIZE && mk_get_be32(start) == MK_FDT_MAGIC)
		return true;
	return length > 4 && !strcmp(path + length - 4, ".dtb");
}

/* Another descriptor for what has been read: a pipe gives it once only. */
static int hold(const struct tree_file *file)
{
	int fd = memfd_create("tree", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, file->blob, file->size) != (ssize_t)file->size || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* dtc reads a file of its name again, to tell places by it; all else comes by its standard input. */
static int compile(struct tree_file *file, bool regular)
{
	const char *const command[] = {
		"dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "-", "--", regular ? file->path : "-",
		NULL
	};
	struct child dtc = {
		.command = command,
		.package = "device-tree-compiler",
		.about = file->path,
		.input = -1,
		.output = file->blob,
		.limit = MK_TREE_SIZE_MAX + 1,
	};
	int code;

	if (file->size > MK_TREE_SIZE_MAX)
		return cli_refuse("%s: more than the %llu bytes that a tree may have", file->path,
				    (unsigned long long)MK_TREE_SIZE_MAX);
	if (!regular)
		dtc.input = hold(file);
	if (!regular && dtc.input < 0)
		return cli_refuse("%s: %s", file->path, strerror(-dtc.input));
	code = child_run(&dtc);
	if (dtc.input >= 0)
		close(dtc.input);
	file->size = dtc.size;
	return code;
}

static int load(struct tree_file *file)
{
	bool standard_input = !strcmp(file->path, "-");
	int fd = standard_input ? STDIN_FILENO : open(file->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	ssize_t size;
	bool regular;

	if (fd < 0)
		return cli_refuse("%s: %s", file->path, strerror(errno));
	regular = !standard_input && !fstat(fd, &status) && S_ISREG(status.st_mode);
	size = read_all(fd, file->blob, MK_TREE_SIZE_MAX + 1);
	if (!standard_input)
		close(fd);
	if (size < 0)
		return cli_refuse("%s: %s", file->path, strerror(-size));
	file->size = size;
	if (is_compiled(file->path, file->blob, size))
		return CLI_OK;
	return compile(file, regular);
}

int tree_file_read(struct tree_file *file, const char *path)
{
	struct mk_reason why = { "" };
	int code;
	u32 total;

	file->path = path;
	/* One byte more than may be, to see that it is too much. */
	file->blob = malloc(MK_TREE_SIZE_MAX + 1);
	file->tree = calloc(1, sizeof(*file->tree));
	if (!file->blob || !file->tree)
		return cli_refuse("out of memory");
	code = load(file);
	if (code)
		return code;
	if (mk_tree_parse(file->tree, file->blob, file->size, &why))
		return cli_refuse("%s: %s", path, why.text);
	if (!mk_fdt_total_size(file->blob, file->size, &total) && total < file->size)
		file->size = total;
	return CLI_OK;
}

void tree_file_free(struct tree_file *file)
{
	free(file->blob);
	free(file->tree);
}

/* No machine has so much as what does not fit, nor that. */
static u64 add_bytes(u64 bytes, u64 more)
{
	return more > ~bytes ? ~0ULL : bytes + more;
}

static void print_images(const struct mk_tree *tree)
{
	char size[SIZE_TEXT];
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < tree->image_count; i++)
		bytes = add_bytes(bytes, tree->image[i].memory_bytes);
	if (i)
		printf("; %u image%s, %s", i, i == 1 ? "" : "s", size_text(size, bytes));
}

void tree_file_print(const struct tree_file *file)
{
	const struct mk_tree *tree = file->tree;
	char size[SIZE_TEXT];
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < tree->count; i++)
		bytes = add_bytes(bytes, tree->instance[i].memory_bytes);
	printf("%s: %u instance%s, %u CPU%s, %s", file->path, tree->count,
	       tree->count == 1 ? "" : "s", tree->cpu_total, tree->cpu_total == 1 ? "" : "s",
	       size_text(size, bytes));
	print_images(tree);
}
