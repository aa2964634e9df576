// SPDX-License-Identifier: GPL-2.0-only
/* The rules of a disk image's content. */
#include "image_content.h"

#define refuse(image, why, error, format, ...) \
	mk_refuse(why, error, "image \"%s\": " format, (image)->name, ##__VA_ARGS__)

static const char *const names[] = {
	[MK_IMAGE_EMPTY] = "empty",
	[MK_IMAGE_LOADING] = "loading",
	[MK_IMAGE_READY] = "ready",
};

const char *mk_image_state_name(enum mk_image_state state)
{
	return state < ARRAY_SIZE(names) ? names[state] : "?";
}

static int refuse_used(const struct mk_image_content *image, struct mk_reason *why)
{
	return refuse(image, why, -EBUSY,
		      "the kernel of instance \"%s\" uses it; stop that kernel first", image->user);
}

int mk_image_content_check_piece(const struct mk_image_content *image, u64 offset, u64 size,
			      struct mk_reason *why)
{
	bool loading = image->state == MK_IMAGE_LOADING;

	if (image->user)
		return refuse_used(image, why);
	if (offset && (!loading || offset != image->loaded))
		return refuse(image, why, -EINVAL,
			      "written at offset %llu, where %llu bytes of a load are there",
			      (unsigned long long)offset,
			      (unsigned long long)(loading ? image->loaded : 0));
	if (offset > image->size || size > image->size - offset)
		return refuse(image, why, -EFBIG, "its 0x%llx bytes cannot hold what is written to it",
			      (unsigned long long)image->size);
	return 0;
}

/* sysfs passes on what was written: with the newline of an echo, and a NUL behind it. */
static bool is_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	return !strncmp(text, word, length) && (!text[length] || !strcmp(text + length, "\n"));
}

int mk_image_content_check_word(const struct mk_image_content *image, const char *word,
			     enum mk_image_state *state, struct mk_reason *why)
{
	if (is_word(word, names[MK_IMAGE_READY])) {
		if (image->state == MK_IMAGE_EMPTY)
			return refuse(image, why, -EINVAL, "it is empty; write its content first");
		*state = MK_IMAGE_READY;
		return 0;
	}
	if (!is_word(word, names[MK_IMAGE_EMPTY]))
		return refuse(image, why, -EINVAL, "its status can be set to \"%s\" and \"%s\" only",
			      names[MK_IMAGE_READY], names[MK_IMAGE_EMPTY]);
	if (image->user)
		return refuse_used(image, why);
	*state = MK_IMAGE_EMPTY;
	return 0;
}
