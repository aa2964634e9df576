/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of "mkctl service", each a file; service.c has the command itself. */
#ifndef MKCTL_SERVICE_H
#define MKCTL_SERVICE_H

#include "port.h"

/* Make the trees of /etc/multikernel the machine's; returns an exit code. */
int service_apply_trees(void);

/*
 * Write what systemd is to know of each spawn below @directory, in the manner of
 * systemd.generator(7); returns an exit code.
 */
int service_write_units(const char *directory);

/* The names of the files below the configuration that match, sorted, with their paths. */
struct config_files {
	char **path;
	size_t count;
};

int config_files_find(struct config_files *files, const char *pattern);
void config_files_free(struct config_files *files);

/* "web" of "/etc/multikernel/boot.d/web.conf"; to be freed; NULL without memory. */
char *config_file_name(const char *path);

#endif
