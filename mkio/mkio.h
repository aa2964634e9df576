/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of devices that mkio serves, each a command of its own. */
#ifndef MKIO_H
#define MKIO_H

#include "multikernel.h"
#include "options.h"

/* Beside the exit codes of cli/say.h: an engine has taken requests along, do not serve again. */
#define MKIO_LOST 4

extern const struct cli_command mkio_disk, mkio_net, mkio_share, mkio_vsock;

#endif
