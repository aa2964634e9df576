/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An initrd that brings the multikernel modules with it, whatever it is itself: an archive is put in
 * front of it, with the modules and a small program that loads them and then goes on with the
 * initrd's own /init.
 *
 * In front and not behind: an archive that is not compressed may come before anything, while not
 * every compressed one tells the kernel where it ends (lz4 does not). The kernel unpacks both into
 * the same place.
 *
 * Source of the format: Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef MKCTL_INJECT_H
#define MKCTL_INJECT_H

#include "initrd.h"

/*
 * What the command line must say for the program to be run; mk-init (mkctl/init) knows the same
 * places.
 */
#define INJECT_DIRECTORY "multikernel"
#define INJECT_INIT INJECT_DIRECTORY "/init"
#define INJECT_MODULE INJECT_DIRECTORY "/multikernel.ko"

/*
 * The transport of devices, and virtio itself, in the order of loading: where they are found beside
 * the module. They are no more than that: with none the spawn has no devices.
 */
#define INJECT_VIRTIO_RING INJECT_DIRECTORY "/virtio_ring.ko"
#define INJECT_VIRTIO INJECT_DIRECTORY "/virtio.ko"
#define INJECT_TRANSPORT INJECT_DIRECTORY "/multikernel_virtio.ko"
#define INJECT_WORD "rdinit=/" INJECT_INIT

/**
 * struct injection - what goes into it
 * @kernel:      the kernel image, open: it tells which module is the right one
 * @kernel_path: its name, for messages
 * @initrds:     the operator's, open, at least one
 * @module_path: the module; NULL for the one that is installed for the kernel's version
 */
struct injection {
	int kernel;
	const char *kernel_path;
	const struct initrds *initrds;
	const char *module_path;
};

/**
 * inject_make - put them together
 * @injection: what of
 * @fd:        receives the new initrd, a file in memory, open for reading only
 *
 * The module is looked for in /lib/modules, and must be made for exactly that kernel.
 *
 * Return: an exit code; when refused it has been said why.
 */
int inject_make(const struct injection *injection, int *fd);

/* Is there a module for this kernel where inject_make() looks? */
bool inject_module_is_installed(const char *release);

#endif
