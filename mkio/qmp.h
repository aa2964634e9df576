/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands to a program of QEMU (its docs/interop/qmp-spec.rst). */
#ifndef MKIO_QMP_H
#define MKIO_QMP_H

#include <jansson.h>
#include <stddef.h>

#include "port.h"

/**
 * qmp_command - have it do something
 * @fd:        a connected socket of its
 * @command:   what
 * @arguments: of that; taken over
 * @why:       receives a sentence when it does not
 * @size:      bytes at @why
 *
 * Return: whether it has. Bounded in time.
 */
bool qmp_command(int fd, const char *command, json_t *arguments, char *why, size_t size);

#endif
