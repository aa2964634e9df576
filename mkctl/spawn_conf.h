/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the service is to run in an instance: /etc/multikernel/boot.d/NAME.conf, lines of KEY=VALUE.
 */
#ifndef MKCTL_SPAWN_CONF_H
#define MKCTL_SPAWN_CONF_H

#include "initrd.h"
#include "port.h"
#include "tree.h"

#define SPAWN_CONF_PATH_SIZE 512
#define CONF_VALUES_MAX INITRDS_MAX	/* of a key that may be there several times */

enum spawn_restart {
	SPAWN_RESTART_NO,
	SPAWN_RESTART_ON_FAILURE,
	SPAWN_RESTART_ALWAYS,
};

/* The values of a key that may be there several times. */
struct conf_values {
	const char *text[CONF_VALUES_MAX];
	u32 count;
};

/**
 * struct spawn_conf - one such file
 * @name:         the instance, which the file is named after
 * @path:         of the file
 * @content:      the file itself; the texts below are in it
 * @kernel:       the kernel's image
 * @initrd:       initrds in their order
 * @disk:         what boot's --disk takes, an image each
 * @net:          likewise, a bridge, or macvtap=INTERFACE
 * @share:        likewise, DIRECTORY or TAG=DIRECTORY
 * @vsock:        sockets to the host
 * @append:       the kernel's command line, or NULL
 * @module:       the multikernel module to inject, or NULL for the one that is installed
 * @after:        instances that are started before, separated by blanks; or NULL
 * @devices:      services of mkio(8) that are started before, likewise
 * @inject:       bring the module into the initrd
 * @unpack:       unpack the kernel once, ahead of its starts
 * @unsafe:       take any command line
 * @restart:      an enum spawn_restart: whether a kernel that has ended is started again
 * @restart_sec:  so many seconds after its end
 * @stop_timeout: so many seconds it has to shut down before it is stopped by force
 */
struct spawn_conf {
	const char *name;
	char path[SPAWN_CONF_PATH_SIZE];
	char *content;
	const char *kernel;
	struct conf_values initrd;
	struct conf_values disk;
	struct conf_values net;
	struct conf_values share;
	bool vsock;
	const char *append;
	const char *module;
	const char *after;
	const char *devices;
	bool inject;
	bool unpack;
	bool unsafe;
	u32 restart;
	u32 restart_sec;
	u32 stop_timeout;
};

/**
 * spawn_conf_read - read the file of an instance
 * @conf: filled in; to be freed with spawn_conf_free(), also after a failure
 * @name: of the instance; must stay as long as @conf
 *
 * Return: CLI_OK, or CLI_REFUSED with all that is wrong on stderr, by file and line.
 */
int spawn_conf_read(struct spawn_conf *conf, const char *name);
void spawn_conf_free(struct spawn_conf *conf);

/* Can this be an instance's name, and part of a systemd unit's? That has no place for a plus. */
bool spawn_name_is_sane(const char *name, size_t length);

/**
 * spawn_conf_next_name - the names in a value of several, one after the other
 * @rest: what is left of the value, or NULL; goes on behind the name
 * @name: it
 *
 * Return: false when none is left.
 */
bool spawn_conf_next_name(const char **rest, char name[MK_NAME_MAX + 1]);

/* The path of a file below the directory of the configuration; returns 0 or -ENAMETOOLONG. */
int config_path(char path[SPAWN_CONF_PATH_SIZE], const char *format, ...) __printf(2, 3);

#endif
