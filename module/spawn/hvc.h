/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stock kernel's hvc layer offers to drivers. Its header, drivers/tty/hvc/hvc_console.h,
 * is not among those that modules are built with, so the part that is needed is declared here; it
 * was held against kernels 6.1, 6.12 and 7.2.
 */
#ifndef MK_MODULE_HVC_H
#define MK_MODULE_HVC_H

#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>

#include "compat.h"

/* The layer's own, only its beginning: it allocates this, nobody else does. */
struct hvc_struct {
	struct tty_port port;
	spinlock_t lock;
};

/*
 * All of it, in this order: it is the driver's own. The notifiers are called at the first open and
 * the last close.
 */
struct hv_ops {
	mk_hvc_done (*get_chars)(uint32_t vtermno, mk_hvc_char *bytes, mk_hvc_count count);
	mk_hvc_done (*put_chars)(uint32_t vtermno, const mk_hvc_char *bytes, mk_hvc_count count);
	int (*flush)(uint32_t vtermno, bool wait);
	int (*notifier_add)(struct hvc_struct *hvc, int data);
	void (*notifier_del)(struct hvc_struct *hvc, int data);
	void (*notifier_hangup)(struct hvc_struct *hvc, int data);
	int (*tiocmget)(struct hvc_struct *hvc);
	int (*tiocmset)(struct hvc_struct *hvc, unsigned int set, unsigned int clear);
	void (*dtr_rts)(struct hvc_struct *hvc, bool raise);	/* not used; an int before 6.4 */
};

struct hvc_struct *hvc_alloc(uint32_t vtermno, int data, const struct hv_ops *ops, int outbuf_size);
void hvc_remove(struct hvc_struct *hvc);	/* older kernels return an int that means nothing */
void hvc_kick(void);
void __hvc_resize(struct hvc_struct *hvc, struct winsize size);	/* under its lock */

#endif
