/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of container_ask(): what is asked of the process that stands for a container. */
#ifndef MKRUN_REQUEST_H
#define MKRUN_REQUEST_H

#include "container.h"
#include "resources.h"

#define REQUEST_SIZE 128

/* A request for other limits, written and read; false for what is none. */
void request_of_limits(const struct limits *limits, char request[REQUEST_SIZE]);
bool request_limits(const char *request, struct limits *limits);

/* A socket on which others ask. Returns it, or a negative errno. */
int request_listen(const struct container *container);

/* What one who has connected asks for; "" for one who asks nothing in time. */
void request_hear(int fd, char request[REQUEST_SIZE]);

/* "ok", or why not; and the connection is closed. */
void request_answer(int fd, const char *text);

#endif
