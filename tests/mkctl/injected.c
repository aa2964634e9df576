// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mkctl boot --inject would hand to the kernel, to standard output, so that it can be looked at:
 *
 *	injected KERNEL INITRD [MODULE [INITRD]]
 */
#include <fcntl.h>
#include <unistd.h>

#include "../../mkctl/inject.h"
#include "../../cli/say.h"
#include "../../cli/whole.h"

int main(int argc, char **argv)
{
	struct initrds initrds = { .count = 1 };
	struct injection injection = { .initrds = &initrds };
	char piece[4096];
	ssize_t size;
	int fd, code;

	cli_set_program("mkctl");
	if (argc < 3)
		return CLI_USAGE;
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
		return cli_refuse("the file can be written");
	while ((size = read_all(fd, piece, sizeof(piece))) > 0)
		if (write(STDOUT_FILENO, piece, size) != size)
			return CLI_REFUSED;
	close(fd);
	close(injection.kernel);
	initrds_close(&initrds);
	return size < 0 ? CLI_REFUSED : CLI_OK;
}
