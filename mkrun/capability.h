/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that bundles have for the kernel's numbers. */
#ifndef MKRUN_CAPABILITY_H
#define MKRUN_CAPABILITY_H

#include <jansson.h>

#include "port.h"

/* The bit of "CAP_..."; 0 for one that does not exist. */
u64 capability_bit(const char *name);

/* The names of all of them. */
json_t *capability_names(void);

/* The number of "RLIMIT_..."; -1 for one that does not exist. */
int limit_number(const char *name);

#endif
