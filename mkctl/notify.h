/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling systemd how a service is (sd_notify(3), "Notes"): a datagram, so no library is needed. */
#ifndef MKCTL_NOTIFY_H
#define MKCTL_NOTIFY_H

#include "port.h"

/* Lines such as "READY=1"; does nothing where nobody wants to know. */
void notify(const char *format, ...) __printf(1, 2);

#endif
