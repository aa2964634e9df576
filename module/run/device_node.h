/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/multikernel, the door that needs no livepatch. */
#ifndef MK_MODULE_DEVICE_NODE_H
#define MK_MODULE_DEVICE_NODE_H

/* From the one to the other, calls can come. Context: process. */
int device_node_init(void);
void device_node_exit(void);

#endif
