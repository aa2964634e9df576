// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared area: how it is laid out, and that a spawn takes no control page that does not
 * describe such an area.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../include/control_page.h"
#include "../../include/device_table.h"
#include "acpi.h"
#include "random.h"
#include "shared.h"
#include "tree.h"

#define CPUS 4
#define ID 0x7ff
#define RANDOM_PAGES 200000

/* Part of the ABI between two kernels that may come from different builds. */
#define ASSERT_OFFSET(field, offset) \
	_Static_assert(offsetof(struct mk_control, field) == (offset), #field)
ASSERT_OFFSET(checksum, 44);
ASSERT_OFFSET(devices, 48);
ASSERT_OFFSET(devices_size, 52);
ASSERT_OFFSET(acpi_reset, 64);
ASSERT_OFFSET(acpi_sleep, 65);
ASSERT_OFFSET(host_apic_id, 128);
ASSERT_OFFSET(clock_tsc, 144);
ASSERT_OFFSET(window, 160);
ASSERT_OFFSET(resize_asked, 164);
ASSERT_OFFSET(resize_withdrawn, 180);
ASSERT_OFFSET(spawn_apic_id, 192);
ASSERT_OFFSET(heartbeat, 200);
ASSERT_OFFSET(resize_claimed, 208);
ASSERT_OFFSET(resize_result, 216);
ASSERT_OFFSET(memory_block, 220);
ASSERT_OFFSET(last_word, 256);
ASSERT_OFFSET(last_word_tsc, 264);
ASSERT_OFFSET(last_text, 272);
ASSERT_OFFSET(memory_start, 512);
_Static_assert(sizeof(struct mk_control) <= MK_CONTROL_CPU_STATUS, "half a page");
_Static_assert(MK_CONTROL_CPU_STATUS + MK_CONTROL_CPUS <= MK_PAGE_SIZE, "the other half");
_Static_assert(MK_LATER_CPUS_MAX <= MK_CONTROL_CPUS, "a byte for each");

static struct mk_control control;
static struct mk_shared shared;

static int setup(void **state)
{
	(void)state;
	memset(&control, 0, sizeof(control));
	mk_shared_make(&shared, CPUS);
	mk_shared_describe(&control, &shared, ID);
	return 0;
}

/* The sum of what comes before decides; the tests below want to get past it. */
static void sign(void)
{
	const u32 *words = (const u32 *)&control;
	u32 sum = 0, i;

	control.checksum = 0;
	for (i = 0; i < offsetof(struct mk_control, checksum) / 4; i++)
		sum += words[i];
	control.checksum = -sum;
}

static int read_control(struct mk_shared *read, u32 *id, u32 size)
{
	memset(read, 0xff, sizeof(*read));
	*id = 0;
	return mk_shared_read(read, id, &control, size);
}

static void assert_read(void)
{
	struct mk_shared read;
	u32 id;

	assert_int_equal(read_control(&read, &id, control.size), 0);
	assert_int_equal(id, control.id);
	assert_int_equal(read.handover, control.handover);
	assert_int_equal(read.handover_size, control.handover_size);
	assert_int_equal(read.output, control.output);
	assert_int_equal(read.output_size, control.output_size);
	assert_int_equal(read.input, control.input);
	assert_int_equal(read.input_size, control.input_size);
	assert_int_equal(read.devices, control.devices);
	assert_int_equal(read.devices_size, control.devices_size);
	assert_int_equal(read.size, control.size);
}

static void assert_refused(u32 size)
{
	struct mk_shared read;
	u32 id;

	assert_int_equal(read_control(&read, &id, size), -EINVAL);
}

static void assert_layout(u32 cpu_count)
{
	const u32 part[][2] = {
		{ 0, MK_PAGE_SIZE }, { shared.handover, shared.handover_size },
		{ shared.output, shared.output_size }, { shared.input, shared.input_size },
		{ shared.devices, shared.devices_size }, { shared.size, 0 },
	};
	size_t i;

	for (i = 0; i + 1 < ARRAY_SIZE(part); i++) {
		assert_true(part[i][1]);
		assert_int_equal(part[i][0] % MK_PAGE_SIZE, 0);
		assert_int_equal(part[i][0] + part[i][1], part[i + 1][0]);
	}
	assert_int_equal(shared.size % MK_PAGE_SIZE, 0);
	assert_int_equal(shared.devices_size, MK_DEVICE_TABLE_SIZE);
	assert_true(shared.size <= MK_ACPI_SHARED_MAX);
	assert_true(shared.handover_size >= 16 * cpu_count);
}

static void test_layout(void **state)
{
	u32 count;

	(void)state;
	for (count = 1; count <= MK_CPUS_MAX; count++) {
		mk_shared_make(&shared, count);
		assert_layout(count);
	}
}

static void test_round_trip(void **state)
{
	(void)state;
	assert_read();
	control.id = 1;
	sign();
	assert_read();
	/* What changes while a kernel runs is not part of it. */
	memset((u8 *)&control + offsetof(struct mk_control, acpi_reset), 0xff,
	       sizeof(control) - offsetof(struct mk_control, acpi_reset));
	assert_read();
}

static void test_size(void **state)
{
	(void)state;
	assert_refused(0);
	assert_refused(shared.size - MK_PAGE_SIZE);
	assert_refused(shared.size + MK_PAGE_SIZE);
	assert_refused(0xffffffff);
}

/* Each bit of what is constant. */
static void test_damaged(void **state)
{
	u32 bits = 8 * (offsetof(struct mk_control, checksum) + sizeof(control.checksum)), bit;

	(void)state;
	for (bit = 0; bit < bits; bit++) {
		((u8 *)&control)[bit / 8] ^= 1 << bit % 8;
		assert_refused(shared.size);
		((u8 *)&control)[bit / 8] ^= 1 << bit % 8;
	}
	assert_read();
}

static void test_other_pages(void **state)
{
	(void)state;
	memset(&control, 0, sizeof(control));
	assert_refused(shared.size);
	assert_refused(0);
	setup(NULL);
	control.magic ^= 1ULL << 40;
	sign();
	assert_refused(shared.size);
	setup(NULL);
	control.version++;
	sign();
	assert_refused(shared.size);
}

static void refuses(u32 *field, u32 value)
{
	u32 right = *field;

	*field = value;
	sign();
	assert_refused(shared.size);
	*field = right;
	sign();
}

/*
 * Parts outside the area, within each other, in another order, on no page border, with sizes that
 * wrap around.
 */
static void test_parts(void **state)
{
	(void)state;
	refuses(&control.handover, 0);
	refuses(&control.handover, MK_PAGE_SIZE - 1);
	refuses(&control.handover, MK_PAGE_SIZE + 8);
	refuses(&control.handover, shared.size + MK_PAGE_SIZE);
	refuses(&control.handover_size, shared.output);
	refuses(&control.handover_size, 0xffffffff);
	refuses(&control.handover_size, -MK_PAGE_SIZE & 0xffffffff);
	refuses(&control.output, shared.handover);
	refuses(&control.output, shared.output - MK_PAGE_SIZE);
	refuses(&control.output, 0xfffff000);
	refuses(&control.output_size, shared.output_size + 1);
	refuses(&control.output_size, 0xffffffff);
	refuses(&control.input, shared.output);
	refuses(&control.input, shared.input + MK_PAGE_SIZE);
	refuses(&control.input, shared.size);
	refuses(&control.input_size, shared.input_size + 1);
	refuses(&control.input_size, -shared.input);
	refuses(&control.devices, 0);
	refuses(&control.devices, shared.input);
	refuses(&control.devices, shared.devices + MK_PAGE_SIZE);
	refuses(&control.devices, shared.devices + 8);
	refuses(&control.devices, shared.size);
	refuses(&control.devices_size, 0);
	refuses(&control.devices_size, shared.devices_size - 1);
	refuses(&control.devices_size, shared.devices_size + 1);
	refuses(&control.devices_size, -shared.devices);
	assert_read();
	control.input_size--;
	sign();
	assert_read();
}

/* A host from before the device table left zeroes there, and its area ended with the rings. */
static void test_no_devices(void **state)
{
	(void)state;
	control.devices = 0;
	control.devices_size = 0;
	assert_read();
	control.size = shared.devices;
	sign();
	assert_read();
}

/* Numbers around the borders, which are where mistakes are. */
static u32 draw(void)
{
	static const u32 near[] = { 0, MK_PAGE_SIZE, 0x80000000 };
	u32 base = random_below(4) ? shared.size : near[random_below(ARRAY_SIZE(near))];

	switch (random_below(3)) {
	case 0:
		return mk_align_down(random_below(base + 1ULL), MK_PAGE_SIZE);
	case 1:
		return base + (random_below(5) - 2) * MK_PAGE_SIZE;
	default:
		return random_below(1ULL << 32);
	}
}

static bool inside(u64 offset, u64 size, u64 before)
{
	return offset % MK_PAGE_SIZE == 0 && offset >= before && offset + size <= shared.size;
}

static bool devices_fit(void)
{
	if (!control.devices && !control.devices_size)
		return true;
	return control.devices_size >= MK_DEVICE_TABLE_SIZE &&
	       inside(control.devices, control.devices_size, (u64)control.input + control.input_size);
}

static void test_random(void **state)
{
	u32 *const field[] = {
		&control.handover, &control.handover_size, &control.output, &control.output_size,
		&control.input, &control.input_size, &control.devices, &control.devices_size,
	};
	u32 i, changes, taken = 0;

	(void)state;
	for (i = 0; i < RANDOM_PAGES; i++) {
		setup(NULL);
		for (changes = random_below(3) + 1; changes; changes--)
			*field[random_below(ARRAY_SIZE(field))] = draw();
		sign();
		if (inside(control.handover, control.handover_size, MK_PAGE_SIZE) &&
		    inside(control.output, control.output_size,
			   (u64)control.handover + control.handover_size) &&
		    inside(control.input, control.input_size,
			   (u64)control.output + control.output_size) &&
		    devices_fit()) {
			assert_read();
			taken++;
		} else {
			assert_refused(shared.size);
		}
	}
	assert_true(taken && taken < RANDOM_PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_layout, setup),
		cmocka_unit_test_setup(test_round_trip, setup),
		cmocka_unit_test_setup(test_size, setup),
		cmocka_unit_test_setup(test_damaged, setup),
		cmocka_unit_test_setup(test_other_pages, setup),
		cmocka_unit_test_setup(test_parts, setup),
		cmocka_unit_test_setup(test_no_devices, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests_name("shared", tests, random_seed, NULL);
}
