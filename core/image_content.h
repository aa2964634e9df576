/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk image in memory of the pool: what may be written of it, and when. Spawn kernels see it as
 * /dev/pmemN, without a module of ours.
 */
#ifndef MK_CORE_IMAGE_CONTENT_H
#define MK_CORE_IMAGE_CONTENT_H

#include "port.h"
#include "reason.h"

enum mk_image_state {
	MK_IMAGE_EMPTY,	/* zeros */
	MK_IMAGE_LOADING,	/* it is being written: no kernel starts with it */
	MK_IMAGE_READY,	/* whole: whoever wrote it has said so */
	MK_IMAGE_STATE_COUNT
};

/* "empty", "loading", "ready", as in its file "status". Context: any; pure. */
const char *mk_image_state_name(enum mk_image_state state);

/**
 * struct mk_image_content - one image, as far as its content goes
 * @name:   its name
 * @size:   bytes that it can hold
 * @state:  of it
 * @loaded: bytes that were written of it, from its start on
 * @user:   an instance that names it and whose kernel runs or starts, NULL: none
 */
struct mk_image_content {
	const char *name;
	u64 size;
	enum mk_image_state state;
	u64 loaded;
	const char *user;
};

/**
 * mk_image_content_check_piece - may a piece of its content be written
 * @image:  what is there
 * @offset: where the piece belongs; 0 begins anew, whatever was there
 * @size:   its bytes, not 0
 * @why:    the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0, -EBUSY (a kernel uses it), -EINVAL (the piece does not continue what was written),
 * -EFBIG (more than it can hold).
 */
int mk_image_content_check_piece(const struct mk_image_content *image, u64 offset, u64 size,
			      struct mk_reason *why);

/**
 * mk_image_content_check_word - may its state become what was written to "status"
 * @image: what is there
 * @word:  "ready" or "empty", maybe with a newline
 * @state: receives it
 * @why:   the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (another word, or an image without content shall be ready), -EBUSY (a kernel
 * uses what shall be cleared).
 */
int mk_image_content_check_word(const struct mk_image_content *image, const char *word,
			     enum mk_image_state *state, struct mk_reason *why);

#endif
