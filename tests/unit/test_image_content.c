// SPDX-License-Identifier: GPL-2.0-only
/* What may be written of a disk image, and when: each rule with its sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image_content.h"

#define SIZE 0x200000ULL

static struct mk_reason why;

static struct mk_image_content image(enum mk_image_state state, u64 loaded, const char *user)
{
	return (struct mk_image_content){
		.name = "rootfs", .size = SIZE, .state = state, .loaded = loaded, .user = user,
	};
}

static void piece(struct mk_image_content content, u64 offset, u64 size, int error,
		  const char *sentence)
{
	strcpy(why.text, "ok");
	assert_int_equal(mk_image_content_check_piece(&content, offset, size, &why), error);
	assert_string_equal(why.text, sentence);
}

static void test_pieces(void **state)
{
	static const char *const large = "image \"rootfs\": its 0x200000 bytes cannot hold what is written to it";

	(void)state;
	piece(image(MK_IMAGE_EMPTY, 0, NULL), 0, 1, 0, "ok");
	piece(image(MK_IMAGE_EMPTY, 0, NULL), 0, SIZE, 0, "ok");
	piece(image(MK_IMAGE_READY, SIZE, NULL), 0, 1, 0, "ok");
	piece(image(MK_IMAGE_LOADING, 100, NULL), 0, 1, 0, "ok");
	piece(image(MK_IMAGE_LOADING, 100, NULL), 100, SIZE - 100, 0, "ok");
	piece(image(MK_IMAGE_LOADING, 100, NULL), 100, SIZE - 99, -EFBIG, large);
	piece(image(MK_IMAGE_LOADING, SIZE, NULL), SIZE, 1, -EFBIG, large);
	piece(image(MK_IMAGE_LOADING, 100, NULL), 100, ~0ULL, -EFBIG, large);
	piece(image(MK_IMAGE_LOADING, 100, NULL), 99, 1, -EINVAL,
	      "image \"rootfs\": written at offset 99, where 100 bytes of a load are there");
	piece(image(MK_IMAGE_READY, 100, NULL), 100, 1, -EINVAL,
	      "image \"rootfs\": written at offset 100, where 0 bytes of a load are there");
	piece(image(MK_IMAGE_EMPTY, 0, NULL), 1, 1, -EINVAL,
	      "image \"rootfs\": written at offset 1, where 0 bytes of a load are there");
	piece(image(MK_IMAGE_READY, 100, "web"), 0, 1, -EBUSY,
	      "image \"rootfs\": the kernel of instance \"web\" uses it; stop that kernel first");
}

static void word(struct mk_image_content content, const char *text, int error, int wanted,
		 const char *sentence)
{
	enum mk_image_state state = MK_IMAGE_STATE_COUNT;

	strcpy(why.text, "ok");
	assert_int_equal(mk_image_content_check_word(&content, text, &state, &why), error);
	assert_string_equal(why.text, sentence);
	assert_int_equal(state, error ? MK_IMAGE_STATE_COUNT : wanted);
}

static void test_words(void **state)
{
	static const char *const other =
		"image \"rootfs\": its status can be set to \"ready\" and \"empty\" only";

	(void)state;
	word(image(MK_IMAGE_LOADING, 1, NULL), "ready\n", 0, MK_IMAGE_READY, "ok");
	word(image(MK_IMAGE_READY, 1, "web"), "ready", 0, MK_IMAGE_READY, "ok");
	word(image(MK_IMAGE_EMPTY, 0, NULL), "ready", -EINVAL, 0,
	     "image \"rootfs\": it is empty; write its content first");
	word(image(MK_IMAGE_LOADING, 1, NULL), "empty", 0, MK_IMAGE_EMPTY, "ok");
	word(image(MK_IMAGE_EMPTY, 0, NULL), "empty\n", 0, MK_IMAGE_EMPTY, "ok");
	word(image(MK_IMAGE_READY, 1, "web"), "empty", -EBUSY, 0,
	     "image \"rootfs\": the kernel of instance \"web\" uses it; stop that kernel first");
	word(image(MK_IMAGE_LOADING, 1, NULL), "loading", -EINVAL, 0, other);
	word(image(MK_IMAGE_LOADING, 1, NULL), "ready\n\n", -EINVAL, 0, other);
	word(image(MK_IMAGE_LOADING, 1, NULL), "readyx", -EINVAL, 0, other);
	word(image(MK_IMAGE_LOADING, 1, NULL), "rea", -EINVAL, 0, other);
	word(image(MK_IMAGE_LOADING, 1, NULL), "", -EINVAL, 0, other);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(mk_image_state_name(MK_IMAGE_EMPTY), "empty");
	assert_string_equal(mk_image_state_name(MK_IMAGE_LOADING), "loading");
	assert_string_equal(mk_image_state_name(MK_IMAGE_READY), "ready");
	assert_string_equal(mk_image_state_name(MK_IMAGE_STATE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
