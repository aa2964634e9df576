// SPDX-License-Identifier: GPL-2.0-only
/* mkctl dump: an instance's memory as an ELF core file, for crash and gdb. */
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_core.h"
#include "instances.h"
#include "logring.h"
#include "memory.h"
#include "mkctl.h"

#define PIECE_SIZE (1ULL << 20)	/* copied at a time; the mappings of memory.c end at multiples of it */
#define DUMP_MODE 0600		/* all that a kernel knows is in it, passwords too */

/**
 * struct dump - one run
 * @name:     the instance
 * @instance: what its files say
 * @ranges:   where its memory is
 * @memory:   its content
 * @log:      the kernel's log, which leads to its VMCOREINFO note
 * @path:     the file to be written
 * @fd:       the same, open
 * @regular:  it is a regular file: what is zero need not be written
 */
struct dump {
	const char *name;
	struct instance instance;
	struct mk_ranges ranges;
	struct memory memory;
	struct mk_log log;
	const char *path;
	int fd;
	bool regular;
};

static int refuse_reading(const struct dump *dump, int error)
{
	return mkctl_refuse("instance \"%s\": cannot read its memory: %s", dump->name,
			    strerror(-error));
}

static int refuse_writing(const struct dump *dump)
{
	return mkctl_refuse("%s: cannot write: %s", dump->path, strerror(errno));
}

static int write_bytes(const struct dump *dump, const u8 *bytes, size_t size)
{
	while (size) {
		ssize_t wrote = write(dump->fd, bytes, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return refuse_writing(dump);
		bytes += wrote;
		size -= wrote;
	}
	return MKCTL_OK;
}

static bool is_zero(const u8 *page)
{
	static const u8 zeros[MK_PAGE_SIZE];

	return !memcmp(page, zeros, MK_PAGE_SIZE);
}

/* Whole pages; those that are zero become holes of the file. */
static int write_pages(const struct dump *dump, const u8 *pages, size_t size)
{
	int code = MKCTL_OK;

	while (size && !code) {
		bool zero = is_zero(pages);
		size_t run = MK_PAGE_SIZE;

		while (run < size && is_zero(pages + run) == zero)
			run += MK_PAGE_SIZE;
		if (!zero || !dump->regular)
			code = write_bytes(dump, pages, run);
		else if (lseek(dump->fd, run, SEEK_CUR) < 0)
			code = refuse_writing(dump);
		pages += run;
		size -= run;
	}
	return code;
}

static int write_range(struct dump *dump, const struct mk_range *range)
{
	static u8 piece[PIECE_SIZE];
	u64 at = range->start, end = mk_range_end(range);
	int err, code = MKCTL_OK;

	while (at < end && !code) {
		u64 next = mk_align_down(at, PIECE_SIZE) + PIECE_SIZE;
		size_t size = (next < end ? next : end) - at;

		err = memory_read(&dump->memory, at, piece, size);
		if (err)
			return refuse_reading(dump, err);
		code = write_pages(dump, piece, size);
		at += size;
	}
	return code;
}

static int write_core(struct dump *dump, const u8 *headers, u32 size)
{
	int code = write_bytes(dump, headers, size);
	u32 i;

	for (i = 0; i < dump->ranges.count && !code; i++)
		code = write_range(dump, &dump->ranges.range[i]);
	/* It may end in a hole. */
	if (!code && dump->regular && ftruncate(dump->fd, size + mk_ranges_total(&dump->ranges)))
		code = refuse_writing(dump);
	return code;
}

/*
 * Half a dump is none. Only what was given as a file itself is removed, not /dev/stdout and the
 * like.
 */
static void remove_file(const char *path)
{
	struct stat status;

	if (!lstat(path, &status) && S_ISREG(status.st_mode))
		unlink(path);
}

static int write_file(struct dump *dump, const u8 *headers, u32 size)
{
	struct stat status;
	int code;

	dump->fd = open(dump->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, DUMP_MODE);
	if (dump->fd < 0)
		return mkctl_refuse("%s: cannot open: %s", dump->path, strerror(errno));
	dump->regular = !fstat(dump->fd, &status) && S_ISREG(status.st_mode);
	code = write_core(dump, headers, size);
	if (close(dump->fd) && !code)
		code = refuse_writing(dump);
	if (code)
		remove_file(dump->path);
	return code;
}

/* What the kernel there says of itself. Without that there is still its memory. */
static int find_kernel(struct dump *dump, struct mk_elf_core *core)
{
	int err = mk_log_open(&dump->log, memory_read, &dump->memory, &dump->ranges);

	if (err == -ENOENT) {
		fprintf(stderr, "mkctl: instance \"%s\": no VMCOREINFO note in its memory; "
			"the dump says nothing of its kernel\n", dump->name);
		return 0;
	}
	if (err)
		return err;
	core->note = dump->log.note_text;
	core->note_size = dump->log.note_size;
	return mk_log_find_map(&dump->log, &core->map);
}

static int dump_instance(struct dump *dump)
{
	struct mk_elf_core core = { .memory = &dump->ranges };
	static u8 headers[MK_ELF_CORE_HEADERS_MAX];
	int err = instance_read_ranges(&dump->instance);

	if (err)
		return refuse_reading(dump, err);
	dump->ranges.range = dump->instance.range;
	dump->ranges.count = dump->ranges.capacity = dump->instance.range_count;
	if (!dump->ranges.count)
		return mkctl_refuse("instance \"%s\" has no memory", dump->name);
	err = memory_open(&dump->memory, dump->name, &dump->ranges);
	if (!err)
		err = find_kernel(dump, &core);
	if (err)
		return refuse_reading(dump, err);
	return write_file(dump, headers, mk_elf_core_build(&core, headers));
}

int mkctl_dump(int argc, char **argv)
{
	static const struct option options[] = { { "output", required_argument, NULL, 'o' }, { 0 } };
	static struct dump dump = { .memory.fd = -1 };
	int letter, code;

	while ((letter = mkctl_next_option(argc, argv, ":o:", options)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		dump.path = optarg;
	}
	if (argc - optind != 1)
		return mkctl_usage("dump takes one NAME");
	if (!dump.path)
		return mkctl_usage("dump wants a file to write, -o FILE");
	dump.name = argv[optind];
	code = instance_find(&dump.instance, dump.name);
	if (!code)
		code = dump_instance(&dump);
	memory_close(&dump.memory);
	instance_free(&dump.instance);
	return code;
}
