// SPDX-License-Identifier: GPL-2.0-only
/* Reading the operator's tree: a compiled one as it is, source through dtc, run as a child. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fdt.h"
#include "mkctl.h"
#include "size.h"
#include "sysfs.h"
#include "tree_file.h"

#define DTC_SECONDS 30		/* a tree takes it milliseconds */
#define DTC_NOT_FOUND 127	/* as a shell says it */

static bool is_compiled(const char *path, const u8 *start, size_t size)
{
	size_t length = strlen(path);

	if (size >= MK_FDT_TOKEN_SIZE && mk_get_be32(start) == MK_FDT_MAGIC)
		return true;
	return length > 4 && !strcmp(path + length - 4, ".dtb");
}

static void run_dtc(const char *path, int output)
{
	/* The alarm outlives exec and ends a dtc that does not end. */
	alarm(DTC_SECONDS);
	if (dup2(output, STDOUT_FILENO) >= 0)
		execlp("dtc", "dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "-", "--", path,
		       (char *)NULL);
	_exit(errno == ENOENT ? DTC_NOT_FOUND : 1);
}

static int dtc_verdict(const char *path, pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return mkctl_refuse("cannot wait for dtc: %s", strerror(errno));
	if (WIFSIGNALED(status))
		return mkctl_refuse("%s: dtc was ended by signal %d", path, WTERMSIG(status));
	if (WEXITSTATUS(status) == DTC_NOT_FOUND)
		return mkctl_refuse("%s: source needs dtc to compile it (package device-tree-compiler)",
				    path);
	if (WEXITSTATUS(status))
		return mkctl_refuse("%s: dtc does not compile it", path);
	return MKCTL_OK;
}

/* What dtc says about errors goes to our stderr by itself. */
static int compile(struct tree_file *file)
{
	ssize_t size;
	int ends[2];
	pid_t child;
	int code;

	if (pipe2(ends, O_CLOEXEC))
		return mkctl_refuse("cannot make a pipe to dtc: %s", strerror(errno));
	child = fork();
	if (child < 0) {
		close(ends[0]);
		close(ends[1]);
		return mkctl_refuse("cannot start dtc: %s", strerror(errno));
	}
	if (!child)
		run_dtc(file->path, ends[1]);
	close(ends[1]);
	size = read_all(ends[0], file->blob, MK_TREE_SIZE_MAX + 1);
	close(ends[0]);
	code = dtc_verdict(file->path, child);
	if (code)
		return code;
	if (size < 0)
		return mkctl_refuse("%s: cannot read what dtc made: %s", file->path,
				    strerror(-size));
	file->size = size;
	return MKCTL_OK;
}

static int load(struct tree_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0)
		return mkctl_refuse("%s: %s", file->path, strerror(errno));
	size = read_all(fd, file->blob, MK_TREE_SIZE_MAX + 1);
	close(fd);
	if (size < 0)
		return mkctl_refuse("%s: %s", file->path, strerror(-size));
	file->size = size;
	if (is_compiled(file->path, file->blob, size))
		return MKCTL_OK;
	return compile(file);
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
		return mkctl_refuse("out of memory");
	code = load(file);
	if (code)
		return code;
	if (mk_tree_parse(file->tree, file->blob, file->size, &why))
		return mkctl_refuse("%s: %s", path, why.text);
	if (!mk_fdt_total_size(file->blob, file->size, &total) && total < file->size)
		file->size = total;
	return MKCTL_OK;
}

void tree_file_free(struct tree_file *file)
{
	free(file->blob);
	free(file->tree);
}

void tree_file_print(const struct tree_file *file)
{
	const struct mk_tree *tree = file->tree;
	char size[SIZE_TEXT];
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < tree->count; i++) {
		u64 more = tree->instance[i].memory_bytes;

		bytes = more > ~bytes ? ~0ULL : bytes + more;	/* no machine has so much, nor this */
	}
	printf("%s: %u instance%s, %u CPU%s, %s", file->path, tree->count,
	       tree->count == 1 ? "" : "s", tree->cpu_total, tree->cpu_total == 1 ? "" : "s",
	       size_text(size, bytes));
}
