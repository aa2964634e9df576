// SPDX-License-Identifier: GPL-2.0-only
/* Which ways CPU 0 can go, and which sentence says that it cannot. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot_cpu_way.h"

static struct mk_reason why;

static struct mk_boot_cpu_facts able(void)
{
	return (struct mk_boot_cpu_facts){
		.returns = true, .pic_interrupt = MK_NO_INTERRUPT, .flag_clears = true,
		.honours_vector = true, .firmware = "SeaBIOS",
	};
}

static enum mk_boot_cpu_way chosen(struct mk_boot_cpu_facts facts)
{
	enum mk_boot_cpu_way way = MK_BOOT_CPU_STAYS;

	assert_int_equal(mk_boot_cpu_choose(&facts, &way, &why), 0);
	return way;
}

static void assert_stays(struct mk_boot_cpu_facts facts, const char *sentence)
{
	enum mk_boot_cpu_way way = MK_BOOT_CPU_AS_ANY;

	assert_int_equal(mk_boot_cpu_choose(&facts, &way, &why), -EBUSY);
	assert_int_equal(way, MK_BOOT_CPU_STAYS);
	assert_string_equal(why.text, sentence);
}

static void test_ways(void **state)
{
	struct mk_boot_cpu_facts facts = able();

	(void)state;
	assert_int_equal(chosen(facts), MK_BOOT_CPU_AS_ANY);
	facts.honours_vector = false;
	assert_int_equal(chosen(facts), MK_BOOT_CPU_AS_ANY);
	facts.honours_vector = true;
	facts.flag_clears = false;
	assert_int_equal(chosen(facts), MK_BOOT_CPU_BY_VECTOR);
}

static void test_stays(void **state)
{
	struct mk_boot_cpu_facts facts = able();

	(void)state;
	facts.returns = false;
	assert_stays(facts, "cpu 0: this kernel would wake it by an NMI, so it would not come back; it takes Linux 6.5");
	facts = able();
	facts.pic_interrupt = 0;
	assert_stays(facts, "cpu 0: interrupt 0 comes by the PIC, which no other CPU hears");
	facts = able();
	facts.flag_clears = facts.honours_vector = false;
	facts.firmware = "EDK II";
	assert_stays(facts, "cpu 0: INIT would restart this machine's firmware: its BSP flag cannot be cleared, and the firmware (\"EDK II\") is not known to honour the warm-reset vector");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
