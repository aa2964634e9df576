// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image does not tell what it was built with. Without ACPI a spawn asks the host for nothing: its reboot resets the
 * machine, and it takes the machine's CPUs and I/O APIC for its own (doc/isolation.md).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_config.h"
#include "mkctl.h"

#define IMAGE_NAME "vmlinuz"
#define CONFIG_NAME "config"
#define LINE_SIZE 256		/* lines of interest are far shorter */

/* Without PCI a kernel gives up ACPI as it boots (7.3: drivers/acpi/acpica/evhandler.c). */
static const char *const needed[] = { "CONFIG_ACPI", "CONFIG_PCI" };

/* The file beside the image, open; NULL where the image has another name or no such file. */
static FILE *open_beside(const char *image, char **path)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;

	*path = NULL;
	if (strncmp(name, IMAGE_NAME, strlen(IMAGE_NAME)))
		return NULL;
	if (asprintf(path, "%.*s" CONFIG_NAME "%s", (int)(name - image), image, name + strlen(IMAGE_NAME)) < 0) {
		*path = NULL;
		return NULL;
	}
	return fopen(*path, "re");
}

/* Debian's /vmlinuz is a link to the newest one in /boot, and what tells of that lies there. */
static FILE *open_config(const char *image, char **path)
{
	FILE *file = open_beside(image, path);
	char *real = file ? NULL : realpath(image, NULL);

	if (real) {
		free(*path);
		file = open_beside(real, path);
	}
	free(real);
	return file;
}

/* The needed option that this line says is off; or NULL. */
static const char *missing(const char *line)
{
	char wanted[LINE_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		snprintf(wanted, sizeof(wanted), "# %s is not set\n", needed[i]);
		if (!strcmp(line, wanted))
			return needed[i];
	}
	return NULL;
}

int kernel_config_check(const char *image)
{
	const char *option = NULL;
	char *path, line[LINE_SIZE];
	FILE *file = open_config(image, &path);

	while (file && !option && fgets(line, sizeof(line), file))
		option = missing(line);
	if (option)
		cli_refuse("%s: %s says that it has no %s: its reboot would reset the machine, and it may take the host's "
			   "interrupts; --unsafe takes it all the same", image, path, option);
	if (file)
		fclose(file);
	free(path);
	return option ? CLI_REFUSED : CLI_OK;
}
