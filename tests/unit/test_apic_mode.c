// SPDX-License-Identifier: GPL-2.0-only
/* Which kernels can run on which CPUs, by their APIC ids and where x2APIC mode is locked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "apic_mode.h"

static struct mk_reason why;

static int check(u32 last_id, bool locked, u32 major, u32 minor)
{
	const u32 cpus[] = { 4, 7 };
	const u32 apic_ids[] = { 8, last_id };
	const struct mk_apic_mode mode = {
		.cpus = cpus,
		.apic_ids = apic_ids,
		.cpu_count = 2,
		.locked = locked,
		.version_major = major,
		.version_minor = minor,
	};

	why.text[0] = '\0';
	return mk_apic_mode_check(&mode, &why);
}

static void test_ids(void **state)
{
	(void)state;
	assert_int_equal(check(0, false, 6, 1), 0);
	assert_int_equal(check(254, false, 6, 1), 0);
	assert_int_equal(check(254, false, 0, 0), 0);
	assert_int_equal(check(255, false, 6, 1), -EOPNOTSUPP);
	assert_string_equal(why.text,
			    "cpu 7 has APIC id 255; a spawn kernel, which has no interrupt remapping, can use ids up to 254");
	assert_int_equal(check(~0U, false, 7, 3), -EOPNOTSUPP);
	assert_int_equal(check(256, true, 7, 3), -EOPNOTSUPP);
}

static void test_locked(void **state)
{
	(void)state;
	assert_int_equal(check(1, true, 6, 12), 0);
	assert_int_equal(check(1, true, 6, 13), 0);
	assert_int_equal(check(1, true, 7, 0), 0);
	assert_int_equal(check(1, true, 6, 11), -EOPNOTSUPP);
	assert_string_equal(why.text,
			    "kernel image: version 6.11; the CPUs of this machine are locked in x2APIC mode, which kernels before 6.12 cannot do without interrupt remapping");
	assert_int_equal(check(1, true, 5, 15), -EOPNOTSUPP);
	assert_int_equal(check(1, true, 0, 0), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_locked),
	};

	return cmocka_run_group_tests_name("apic_mode", tests, NULL, NULL);
}
