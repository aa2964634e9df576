/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handover: what a spawn kernel is told of its own instance, as a flattened device tree. The same
 * bytes reach it in the shared area, which an ACPI table names, and as a subtree of Kexec HandOver
 * (kho.h), where its kernel knows of that.
 *
 *	/ {
 *		compatible = "multikernel-v1";
 *		images { NAME { ... as in an uploaded tree ... }; };	// those it names
 *		instances { NAME { ... as in an uploaded tree ... }; };
 *		assigned {
 *			memory-ranges = <address size ...>; apic-ids = <...>;
 *			image-ranges = <address size ...>;
 *		};
 *	};
 */
#ifndef MK_CORE_HANDOVER_H
#define MK_CORE_HANDOVER_H

#include "describe.h"
#include "port.h"
#include "ranges.h"
#include "reason.h"
#include "tree.h"

/**
 * mk_handover_write - tell an instance's spawn kernel what it owns
 * @description: the instance, with its assignments
 * @buffer:      receives the tree
 * @size:        bytes in @buffer
 *
 * Context: any; pure.
 * Return: size of the tree, or -ENOSPC.
 */
int mk_handover_write(const struct mk_description *description, void *buffer, size_t size);

/**
 * struct mk_handover - a handover as the spawn kernel reads it
 * @tree:     one instance
 * @memory:   its ranges
 * @range:    the array of @memory
 * @apic_ids: one for each of its CPUs, same order
 * @images:   where its disk images are, in its order
 */
struct mk_handover {
	struct mk_tree tree;
	struct mk_ranges memory;
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	u32 apic_ids[MK_CPUS_MAX];
	struct mk_range images[MK_INSTANCE_IMAGES_MAX];
};

/**
 * mk_handover_read - read and check a handover
 * @handover: filled in; about 270 KB, so never on a stack
 * @blob:     the tree, untrusted; must not change during the call
 * @size:     bytes in @blob
 * @why:      the sentence, when refused
 *
 * Beside the rules of an uploaded tree: exactly one instance, as many APIC ids as CPUs and all
 * different, memory ranges that do not overlap and add up to memory-bytes, those images
 * alone that the instance names, in its order, and a range of the right size for each.
 *
 * Context: any; pure.
 * Return: 0 or -EINVAL.
 */
int mk_handover_read(struct mk_handover *handover, const void *blob, size_t size,
		     struct mk_reason *why);

#endif
