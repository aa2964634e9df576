// SPDX-License-Identifier: GPL-2.0-only
/* A core file, read where its program headers say that the memory is. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core_file.h"
#include "say.h"
#include "whole.h"

int core_file_open(struct core_file *core, const char *path)
{
	u8 start[MK_ELF_CORE_HEADERS_MAX];
	struct mk_reason why;
	struct stat status;
	ssize_t size;

	core->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (core->fd < 0 || fstat(core->fd, &status))
		return cli_refuse("%s: cannot open: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return cli_refuse("%s: it must be a file, since all of it is looked through", path);
	size = read_all(core->fd, start, sizeof(start));
	if (size < 0)
		return cli_refuse("%s: cannot read: %s", path, strerror(-size));
	if (mk_elf_core_parse(&core->map, start, size, status.st_size, &why))
		return cli_refuse("%s: %s", path, why.text);
	if (core->map.missing)
		cli_warn("%s: it is cut short, and lacks %llu MB of memory", path,
			 (unsigned long long)(core->map.missing + (1 << 20) - 1) >> 20);
	return CLI_OK;
}

void core_file_close(struct core_file *core)
{
	if (core->fd >= 0)
		close(core->fd);
	core->fd = -1;
}

int core_file_read(void *context, u64 physical, void *buffer, size_t size)
{
	struct core_file *core = context;
	u64 offset;
	ssize_t got;

	if (!mk_elf_core_find(&core->map, physical, size, &offset))
		return -ENXIO;
	got = pread(core->fd, buffer, size, offset);
	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -ENXIO;
}
