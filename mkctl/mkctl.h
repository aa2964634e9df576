/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of mkctl: each is in a file of its own, with its row of the table. */
#ifndef MKCTL_H
#define MKCTL_H

#include "multikernel.h"
#include "options.h"
#include "port.h"
#include "say.h"

#define MKCTL_VERSION MULTIKERNEL_VERSION

extern const struct cli_command mkctl_apply, mkctl_boot, mkctl_check, mkctl_console, mkctl_create, mkctl_delete,
	mkctl_devices, mkctl_doctor, mkctl_dump, mkctl_events, mkctl_export, mkctl_image_list,
	mkctl_image_load, mkctl_kill, mkctl_list, mkctl_logs, mkctl_metrics, mkctl_pool, mkctl_reboot,
	mkctl_resize, mkctl_service_run, mkctl_service_start, mkctl_service_units, mkctl_set, mkctl_show,
	mkctl_stop, mkctl_top, mkctl_wait;

#endif
