/* SPDX-License-Identifier: GPL-2.0-only */
/* An mkio that serves one device: its words, and how it is started. */
#ifndef MKCTL_DEVICE_SERVER_H
#define MKCTL_DEVICE_SERVER_H

#include "device_table.h"
#include "instances.h"
#include "origin.h"

#define SERVER_WORDS 64
#define SERVER_TEXT 256
#define SERVER_UNIT 128

/**
 * struct server - an mkio to be started
 * @instance: for which
 * @device:   the device's name there
 * @origin:   from what it is to be served
 * @is_there: one that serves just this runs already
 * @unit:     systemd's name for it
 * @word:     its command line
 * @count:    words of it
 * @text:     those that are made here
 * @path:     one more, to be freed; or NULL
 * @log:      a file for what it says, or -1
 */
struct server {
	const struct instance *instance;
	char device[MK_DEVICE_NAME];
	struct origin origin;
	bool is_there;
	char unit[SERVER_UNIT];
	const char *word[SERVER_WORDS];
	int count;
	char text[3][SERVER_TEXT];
	char *path;
	int log;
};

/* Begins its command line: @kind of device, @instance and @device are known. */
void server_begin(struct server *server, const char *kind);
void server_add_option(struct server *server, const char *name, const char *value);

/**
 * server_start - start it, and wait until the device is attached
 * @server: its command line is whole
 *
 * Under systemd it is a transient unit, mkio-INSTANCE-DEVICE, which is restarted when it fails; else a process
 * in the background.
 *
 * Return: an exit code, with the reason on stderr.
 */
int server_start(struct server *server);

#endif
