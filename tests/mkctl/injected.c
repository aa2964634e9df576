// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mkctl boot --inject would hand to the kernel, to standard output, so that it can be looked at:
 *
 *	injected KERNEL INITRD [MODULE [INITRD]]
 */
#include <fcntl.h>
#include <unistd.h>

#include "../../mkctl/inject.h"
#include "../../mkctl/mkctl.h"
#include "../../mkctl/sysfs.h"

int mkctl_refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return MKCTL_REFUSED;
}

int main(int argc, char **argv)
{
	struct initrds initrds = { .count = 1 };
	struct injection injection = { .initrds = &initrds };
	char piece[4096];
	ssize_t size;
	int fd, code;

	if (argc < 3)
		return MKCTL_USAGE;
	injection.kernel_path = argv[1];
	injection.kernel = open(argv[1], O_RDONLY);
	initrds.path[0] = argv[2];
	initrds.fd[0] = open(argv[2], O_RDONLY);
	injection.module_path = argv[3];
	if (argc > 4) {
		initrds.path[1] = argv[4];
		initrds.fd[1] = open(argv[4], O_RDONLY);
		initrds.count = 2;
	}
	code = inject_make(&injection, &fd);
	if (code)
		return code;
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return mkctl_refuse("the file can be written");
	while ((size = read_all(fd, piece, sizeof(piece))) > 0)
		if (write(STDOUT_FILENO, piece, size) != size)
			return MKCTL_REFUSED;
	close(fd);
	close(injection.kernel);
	initrds_close(&initrds);
	return size < 0 ? MKCTL_REFUSED : MKCTL_OK;
}
