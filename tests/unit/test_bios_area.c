// SPDX-License-Identifier: GPL-2.0-only
/* Where the firmware's data area below 1 MB begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bios_area.h"

static void test_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(mk_bios_area_start(0, 0), 0x9f000);
	assert_int_equal(mk_bios_area_start(0xffff, 0xffff), 0x9f000);
}

/* 639 KB and an area in the last one, as SeaBIOS has it. */
static void test_usual(void **state)
{
	(void)state;
	assert_int_equal(mk_bios_area_start(639, 0x9fc0), 0x9f000);
}

static void test_ram_kb(void **state)
{
	(void)state;
	assert_int_equal(mk_bios_area_start(127, 0), 0x9f000);
	assert_int_equal(mk_bios_area_start(128, 0), 0x20000);
	assert_int_equal(mk_bios_area_start(622, 0), 0x9b800);
	assert_int_equal(mk_bios_area_start(636, 0), 0x9f000);
	assert_int_equal(mk_bios_area_start(637, 0), 0x9f000);
}

static void test_ebda(void **state)
{
	(void)state;
	assert_int_equal(mk_bios_area_start(639, 0x9d80), 0x9d800);
	assert_int_equal(mk_bios_area_start(0, 0x8000), 0x80000);
	assert_int_equal(mk_bios_area_start(622, 0x9d80), 0x9b800);
	assert_int_equal(mk_bios_area_start(622, 0x1fff), 0x9b800);
	assert_int_equal(mk_bios_area_start(622, 0x2000), 0x20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_nothing),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_ram_kb),
		cmocka_unit_test(test_ebda),
	};

	return cmocka_run_group_tests_name("bios_area", tests, NULL, NULL);
}
