/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a user of the container is at home. */
#ifndef AGENT_HOME_H
#define AGENT_HOME_H

#include "port.h"

#define HOME_SIZE 4096

/*
 * As a variable of the environment, by the container's own /etc/passwd, which may hold anything: "/"
 * for who is not there. In the container's root.
 */
void home_find(u64 user, char variable[HOME_SIZE]);

#endif
