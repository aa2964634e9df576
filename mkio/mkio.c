// SPDX-License-Identifier: GPL-2.0-only
/* mkio, which serves a virtio device of an instance: the table of kinds. */
#include "instances.h"
#include "mkio.h"

static const struct cli_command *const kinds[] = {
	&mkio_net, &mkio_disk, &mkio_share, &mkio_vsock, NULL
};

static void complete(const char *placeholder, const char *before)
{
	struct instances list;
	size_t i;

	(void)before;
	if (strcmp(placeholder, "NAME") || instances_read(&list))
		return;
	for (i = 0; i < list.count; i++)
		printf("%s\t%s\n", list.instance[i].config.name, list.instance[i].status);
	instances_free(&list);
}

static const struct cli_program program = {
	.name = "mkio",
	.version = MULTIKERNEL_VERSION,
	.summary = "Serves one virtio device of an instance, for as long as it runs.",
	.commands = kinds,
	.complete = complete,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
