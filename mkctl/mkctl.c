// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl, the operator's command: the table of its commands, and what shells offer for their words.
 */
#include <dirent.h>

#include "device_list.h"
#include "images.h"
#include "instances.h"
#include "mkctl.h"
#include "sysfs.h"

/* In the order of a first acquaintance: what may be, what is there, what runs, what it says. */
static const struct cli_command *const commands[] = {
	&mkctl_doctor, &mkctl_pool,
	&mkctl_check, &mkctl_apply, &mkctl_export, &mkctl_create, &mkctl_set, &mkctl_delete,
	&mkctl_list, &mkctl_show, &mkctl_devices, &mkctl_resize, &mkctl_top, &mkctl_events, &mkctl_wait, &mkctl_metrics,
	&mkctl_image_load, &mkctl_image_list,
	&mkctl_boot, &mkctl_stop, &mkctl_kill, &mkctl_reboot,
	&mkctl_console, &mkctl_logs, &mkctl_dump,
	&mkctl_service_start, &mkctl_service_run, &mkctl_service_units,
	NULL
};

/* Bridges of this machine, at which a network can be. */
static void offer_bridges(void)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *directory;

	sysfs_path(path, "class/net");
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (sysfs_exists("class/net/%s/bridge", entry->d_name))
			printf("%s\t\n", entry->d_name);
	if (directory)
		closedir(directory);
}

static void offer_devices(const char *instance)
{
	struct devices list;
	u32 i;

	if (devices_read(&list, instance))
		return;
	for (i = 0; i < list.count; i++)
		printf("%s\t%s\n", list.device[i].name, list.device[i].step);
}

static void complete(const char *placeholder, const char *before)
{
	struct instances list;
	struct images images;
	size_t i;

	if (!strcmp(placeholder, "NAME") && !instances_read(&list)) {
		for (i = 0; i < list.count; i++)
			printf("%s\t%s\n", list.instance[i].config.name, list.instance[i].status);
		instances_free(&list);
	}
	if (!strcmp(placeholder, "IMAGE") && !images_read(&images)) {
		for (i = 0; i < images.count; i++)
			printf("%s\t%s\n", images.image[i].config.name, images.image[i].status);
		images_free(&images);
	}
	if (!strncmp(placeholder, "BRIDGE", strlen("BRIDGE")))
		offer_bridges();
	if (!strcmp(placeholder, "DEVICE"))
		offer_devices(before);
	if (!strcmp(placeholder, "STATE"))
		for (i = MK_READY; i < MK_STATE_COUNT; i++)
			printf("%s\t\n", mk_state_name(i));
}

static const struct cli_program program = {
	.name = "mkctl",
	.version = MKCTL_VERSION,
	.summary = "Several Linux kernels side by side on this machine.",
	.commands = commands,
	.complete = complete,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
