/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel was built with, where a file beside its image tells. */
#ifndef MKCTL_KERNEL_CONFIG_H
#define MKCTL_KERNEL_CONFIG_H

/**
 * kernel_config_check - hold a kernel's configuration against what a spawn must have
 * @image: the image's path: vmlinuz-VERSION, with config-VERSION beside it, as distributions have it in
 *         /boot; or vmlinuz and config, as in /usr/lib/modules/VERSION; or a link to one of them
 *
 * Return: CLI_OK, also where no file tells; CLI_REFUSED after saying what is missing, and why that matters.
 */
int kernel_config_check(const char *image);

#endif
