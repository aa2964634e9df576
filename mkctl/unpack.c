// SPDX-License-Identifier: GPL-2.0-only
/* The kernel inside a bzImage unpacked, and put into a new one. */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "initrd.h"
#include "mkctl.h"
#include "sysfs.h"
#include "unpack.h"
#include "unpack_cache.h"
#include "unpacked.h"

#define FILE_MAX (1 << 30)

extern const u8 mk_entry[], mk_entry_end[];

/* One kernel on its way: the file, what comes of unpacking it, and what it is called. */
struct unpacking {
	const char *path;
	struct mk_image image;
	struct mk_packed packed;
	struct unpack_origin origin;
	u8 *file;
	u8 *elf;
};

static int refuse_memory(const struct unpacking *unpacking)
{
	return cli_refuse("%s: no memory to unpack it", unpacking->path);
}

static int read_file(struct unpacking *unpacking, int kernel)
{
	struct mk_reason why;
	struct stat status;
	ssize_t size;

	if (fstat(kernel, &status))
		return cli_refuse("%s: %s", unpacking->path, strerror(errno));
	if (status.st_size > FILE_MAX)
		return cli_refuse("%s: a kernel of %lld bytes", unpacking->path, (long long)status.st_size);
	unpacking->file = malloc(status.st_size + 1);
	if (!unpacking->file)
		return refuse_memory(unpacking);
	size = pread(kernel, unpacking->file, status.st_size, 0);
	if (size != status.st_size)
		return cli_refuse("%s: cannot be read whole", unpacking->path);
	if (mk_image_parse(&unpacking->image, unpacking->file, size, size, &why) ||
	    mk_packed_find(&unpacking->packed, &unpacking->image, unpacking->file, &why))
		return cli_refuse("%s: %s", unpacking->path, why.text);
	unpacking->origin = (struct unpack_origin){
		{ unpacking->file, mk_entry }, { size, mk_entry_end - mk_entry },
	};
	return CLI_OK;
}

/* What is packed, as a file of its own: the program reads it to its end. */
static int packed_file(const struct unpacking *unpacking, int *fd)
{
	const struct mk_packed *packed = &unpacking->packed;
	FILE *file = initrd_new();

	if (!file)
		return refuse_memory(unpacking);
	fwrite(unpacking->file + packed->offset, packed->size, 1, file);	/* initrd_finish() looks */
	return initrd_finish(file, unpacking->path, fd);
}

/* Into unpacking->elf, which has room for a byte more than there should be. */
static int run_program(struct unpacking *unpacking, int input)
{
	const struct mk_packed_format *format = &mk_packed_formats[unpacking->packed.format];
	const char *const command[] = { format->command, "-dc", NULL };
	struct child child = {
		.command = command,
		.package = format->package,
		.about = unpacking->path,
		.input = input,
		.output = unpacking->elf,
		.limit = (size_t)unpacking->packed.whole + 1,
	};
	int code = child_run(&child);

	if (!code && child.size != unpacking->packed.whole)
		return cli_refuse("%s: unpacked it has not the %u bytes that it says", unpacking->path,
				  unpacking->packed.whole);
	return code;
}

static int unpack(struct unpacking *unpacking)
{
	int input = -1, code;

	unpacking->elf = malloc((size_t)unpacking->packed.whole + 1);
	if (!unpacking->elf)
		return refuse_memory(unpacking);
	code = packed_file(unpacking, &input);
	if (!code) {
		code = run_program(unpacking, input);
		close(input);
	}
	return code;
}

/* Kept where that can be, else in memory. */
static int finish(const struct unpacking *unpacking, const u8 *bytes, size_t size, int *fd)
{
	FILE *file;

	*fd = unpack_cache_add(&unpacking->origin, bytes, size);
	if (*fd >= 0)
		return CLI_OK;
	file = initrd_new();
	if (!file)
		return refuse_memory(unpacking);
	fwrite(bytes, size, 1, file);
	return initrd_finish(file, unpacking->path, fd);
}

static int build(const struct unpacking *unpacking, int *fd)
{
	struct mk_unpacked unpacked = {
		.image = &unpacking->image,
		.file = unpacking->file,
		.elf = unpacking->elf,
		.elf_size = unpacking->packed.whole,
		.entry = mk_entry,
		.entry_size = mk_entry_end - mk_entry,
	};
	struct mk_reason why;
	s64 size = mk_unpacked_size(&unpacked, &why);
	u8 *bytes;
	int code;

	if (size < 0)
		return cli_refuse("%s: %s", unpacking->path, why.text);
	if (getrandom(&unpacked.seed, sizeof(unpacked.seed), 0) != sizeof(unpacked.seed))
		return cli_refuse("%s: no random number to be had", unpacking->path);
	bytes = malloc(size);
	if (!bytes)
		return refuse_memory(unpacking);
	mk_unpacked_build(&unpacked, bytes);
	code = finish(unpacking, bytes, size, fd);
	free(bytes);
	return code;
}

int unpack_kernel(int *kernel, const char *path)
{
	struct unpacking unpacking = { .path = path };
	int code = read_file(&unpacking, *kernel), made = -1;

	if (!code)
		made = unpack_cache_find(&unpacking.origin);
	if (!code && made < 0)
		code = unpack(&unpacking);
	if (!code && made < 0)
		code = build(&unpacking, &made);
	free(unpacking.elf);
	free(unpacking.file);
	if (code)
		return code;
	close(*kernel);
	*kernel = made;
	return CLI_OK;
}
