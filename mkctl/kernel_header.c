// SPDX-License-Identifier: GPL-2.0-only
/* Reading the header of a kernel image. */
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_header.h"

int kernel_header_read(struct kernel_header *header, int file, struct mk_reason *why)
{
	ssize_t size = pread(file, header->bytes, sizeof(header->bytes), 0);
	struct stat status;

	if (size < 0 || fstat(file, &status))
		return mk_refuse(why, -errno, "%s", strerror(errno));
	return mk_image_parse(&header->image, header->bytes, size, status.st_size, why);
}
