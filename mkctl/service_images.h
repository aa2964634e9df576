/* SPDX-License-Identifier: GPL-2.0-only */
/* The disk images' files below /etc/multikernel/images. */
#ifndef MKCTL_SERVICE_IMAGES_H
#define MKCTL_SERVICE_IMAGES_H

/* Load each disk image that has a file of its name there, if it has not been; returns an exit code. */
int service_load_images(void);

#endif
