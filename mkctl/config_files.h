/* SPDX-License-Identifier: GPL-2.0-only */
/* Which files there are below /etc/multikernel. */
#ifndef MKCTL_CONFIG_FILES_H
#define MKCTL_CONFIG_FILES_H

#include "port.h"

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
