// SPDX-License-Identifier: GPL-2.0-only
/* mkctl dump: an instance's memory as an ELF core file, for crash and gdb. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_core.h"
#include "interrupt.h"
#include "mkctl.h"
#include "progress.h"
#include "spawn_log.h"
#include "whole.h"

#define PIECE_SIZE (1ULL << 20)	/* copied at a time; the mappings of memory.c end at multiples of it */

static const char *path;

/**
 * struct dump - one run
 * @name:      the instance
 * @spawn:     its memory, and the kernel's log, which leads to its VMCOREINFO note
 * @fd:        the file to be written, open
 * @temporary: its name until it is whole; NULL for what cannot be replaced, such as a pipe
 * @sparse:    what is zero need not be written
 * @progress:  how far it is
 */
struct dump {
	const char *name;
	struct spawn_log spawn;
	int fd;
	char *temporary;
	bool sparse;
	struct cli_progress progress;
};

static int refuse_reading(const struct dump *dump, int error)
{
	return cli_refuse("instance \"%s\": cannot read its memory: %s", dump->name,
			    strerror(-error));
}

static int refuse_writing(int err)
{
	return cli_refuse("%s: cannot write: %s", path, strerror(-err));
}

static int write_bytes(const struct dump *dump, const u8 *bytes, size_t size)
{
	int err = write_all(dump->fd, bytes, size);

	return err ? refuse_writing(err) : CLI_OK;
}

static bool is_zero(const u8 *page)
{
	static const u8 zeros[MK_PAGE_SIZE];

	return !memcmp(page, zeros, MK_PAGE_SIZE);
}

/* Whole pages; those that are zero become holes of the file. */
static int write_pages(const struct dump *dump, const u8 *pages, size_t size)
{
	int code = CLI_OK;

	while (size && !code) {
		bool zero = is_zero(pages);
		size_t run = MK_PAGE_SIZE;

		while (run < size && is_zero(pages + run) == zero)
			run += MK_PAGE_SIZE;
		if (!zero || !dump->sparse)
			code = write_bytes(dump, pages, run);
		else if (lseek(dump->fd, run, SEEK_CUR) < 0)
			code = refuse_writing(-errno);
		pages += run;
		size -= run;
	}
	return code;
}

static int write_range(struct dump *dump, const struct mk_range *range)
{
	static u8 piece[PIECE_SIZE];
	u64 at = range->start, end = mk_range_end(range);
	int err, code = CLI_OK;

	while (at < end && !code) {
		u64 next = mk_align_down(at, PIECE_SIZE) + PIECE_SIZE;
		size_t size = (next < end ? next : end) - at;

		err = memory_read(&dump->spawn.memory, at, piece, size);
		if (err)
			return refuse_reading(dump, err);
		code = write_pages(dump, piece, size);
		cli_progress_add(&dump->progress, size);
		if (interrupted())
			code = CLI_INTERRUPTED;
		at += size;
	}
	return code;
}

/* It may end in a hole: then the file is made so long. */
static int write_core(struct dump *dump, const u8 *headers, u32 size)
{
	int code = write_bytes(dump, headers, size);
	u32 i;

	cli_progress_begin(&dump->progress, dump->name, mk_ranges_total(&dump->spawn.ranges));
	for (i = 0; i < dump->spawn.ranges.count && !code; i++)
		code = write_range(dump, &dump->spawn.ranges.range[i]);
	cli_progress_end(&dump->progress);
	if (!code && dump->sparse && ftruncate(dump->fd, lseek(dump->fd, 0, SEEK_CUR)))
		code = refuse_writing(-errno);
	return code;
}

/* Standard output as it is, at the place where it is. */
static bool is_standard_output(void)
{
	return !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
}

/* Holes are made by moving on, which a file that is only appended to does not allow. */
static bool can_be_sparse(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode) && !(fcntl(fd, F_GETFL) & O_APPEND);
}

/*
 * All that a kernel knows is in a dump, passwords too. So it is written to a file of our own, which
 * is only ours to read, and takes its name when it is whole: half a dump is none, a good one from
 * before stays until then, and a link leads nowhere.
 */
static int make_temporary(struct dump *dump)
{
	if (asprintf(&dump->temporary, "%s.XXXXXX", path) < 0) {
		dump->temporary = NULL;
		return -ENOMEM;
	}
	dump->fd = mkostemp(dump->temporary, O_CLOEXEC);
	return dump->fd < 0 ? -errno : 0;
}

/* A pipe or a device takes it as it comes. */
static int open_file(struct dump *dump)
{
	struct stat status;
	int err = 0;

	if (is_standard_output())
		dump->fd = dup(STDOUT_FILENO);
	else if (!stat(path, &status) && S_ISDIR(status.st_mode))
		err = -EISDIR;
	else if (!stat(path, &status) && !S_ISREG(status.st_mode))
		dump->fd = open(path, O_WRONLY | O_CLOEXEC);
	else
		err = make_temporary(dump);
	if (!err && dump->fd < 0)
		err = -errno;
	if (err)
		return cli_refuse("%s: cannot open: %s", path, strerror(-err));
	dump->sparse = can_be_sparse(dump->fd);
	return CLI_OK;
}

static int close_file(struct dump *dump, int code)
{
	if (!code && dump->temporary && (fsync(dump->fd) || rename(dump->temporary, path)))
		code = refuse_writing(-errno);
	if (dump->fd >= 0 && close(dump->fd) && !code)
		code = refuse_writing(-errno);
	if (code && dump->temporary && dump->fd >= 0)
		unlink(dump->temporary);
	free(dump->temporary);
	return code;
}

static int write_file(struct dump *dump, const u8 *headers, u32 size)
{
	int code = open_file(dump);

	if (!code)
		code = write_core(dump, headers, size);
	return close_file(dump, code);
}

/* What the kernel there says of itself. Without that there is still its memory. */
static int find_kernel(struct dump *dump, struct mk_elf_core *core)
{
	int err = mk_log_open(&dump->spawn.log, memory_read, &dump->spawn.memory, &dump->spawn.ranges);

	if (err == -ENOENT) {
		cli_warn("instance \"%s\": no VMCOREINFO note in its memory; the dump says nothing of its kernel",
			 dump->name);
		return 0;
	}
	if (err)
		return err;
	core->note = dump->spawn.log.note_text;
	core->note_size = dump->spawn.log.note_size;
	return mk_log_find_map(&dump->spawn.log, &core->map);
}

static int dump_instance(struct dump *dump)
{
	struct mk_elf_core core = { .memory = &dump->spawn.ranges };
	static u8 headers[MK_ELF_CORE_HEADERS_MAX];
	int err = spawn_log_open_memory(&dump->spawn, dump->name);

	if (!err)
		err = find_kernel(dump, &core);
	if (err)
		return refuse_reading(dump, err);
	if (!dump->spawn.ranges.count)
		return cli_refuse("instance \"%s\" has no memory", dump->name);
	interrupt_catch();
	return write_file(dump, headers, mk_elf_core_build(&core, headers));
}

static int run(int count, char **operand)
{
	static struct dump dump = { .spawn.memory.fd = -1, .fd = -1 };
	struct instance instance;
	int code = instance_find(&instance, operand[0]);

	(void)count;
	dump.name = instance.config.name;
	if (!code)
		code = dump_instance(&dump);
	spawn_log_close(&dump.spawn);
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "output", 'o', CLI_TEXT, "FILE", "where to; \"-\" is standard output", &path, .needed = true },
	{ 0 }
};

const struct cli_command mkctl_dump = {
	.name = "dump",
	.operands = "NAME",
	.summary = "write an instance's memory to a core file",
	.help =
"Writes the memory of instance NAME to an ELF core file that crash and gdb open with the debug\n"
"symbols of its kernel: one that runs, hangs or is dead. Nothing is stopped for it, so the memory of\n"
"one that runs changes meanwhile. What is zero is not written, where the file can have holes. The\n"
"file has its name, and one from before goes, when it is whole.\n",
	.options = options,
	.run = run,
};
