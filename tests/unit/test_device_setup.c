// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be offered as a device, and how a spawn's driver may set it up: each rule at its border,
 * all pairs of steps against the life of a driver as it is told, and random queues against sums of
 * which none can wrap around.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "device_setup.h"
#include "random.h"

#define VERSION_1 (1ULL << MK_VIRTIO_F_VERSION_1)
#define PACKED (1ULL << MK_VIRTIO_F_RING_PACKED)
#define RANDOM_QUEUES 200000

/* Part of the ABI between two kernels, and between the host's and its programs. */
#define ASSERT_OFFSET(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
ASSERT_OFFSET(mk_device_host, features, 8);
ASSERT_OFFSET(mk_device_host, answered, 36);
ASSERT_OFFSET(mk_device_host, name, 48);
ASSERT_OFFSET(mk_device_host, config, 80);
ASSERT_OFFSET(mk_device_host, queue, 336);
ASSERT_OFFSET(mk_device_spawn, asked, 4);
ASSERT_OFFSET(mk_device_spawn, features, 16);
ASSERT_OFFSET(mk_device_spawn, queue, 32);
_Static_assert(sizeof(struct mk_device_host) <= MK_DEVICE_PAGE, "one page");
_Static_assert(sizeof(struct mk_device_spawn) <= MK_DEVICE_PAGE, "one page");
_Static_assert(sizeof(struct mk_device_spawn_queue) == 40, "a queue");
_Static_assert(sizeof(struct multikernel_attach) == MULTIKERNEL_ATTACH_SIZE_MIN, "attach");
_Static_assert(sizeof(struct multikernel_memory) == MULTIKERNEL_MEMORY_SIZE_MIN, "memory");
/* It has grown since its first version. */
_Static_assert(offsetof(struct multikernel_queue, abandoned) == MULTIKERNEL_QUEUE_SIZE_MIN, "queue");
_Static_assert(sizeof(struct multikernel_queue_fd) == MULTIKERNEL_QUEUE_FD_SIZE_MIN, "queue_fd");
_Static_assert(sizeof(struct multikernel_config) == MULTIKERNEL_CONFIG_SIZE_MIN, "config");
_Static_assert(sizeof(struct multikernel_answer) == MULTIKERNEL_ANSWER_SIZE_MIN, "answer");
_Static_assert(sizeof(struct multikernel_event) == 24, "event");

static struct multikernel_attach attachment;
static struct mk_device_offer offer;
static struct mk_device_spawn page;
static struct mk_device_setup device;
static struct mk_reason why;
static struct mk_range region[MK_DEVICE_REGIONS_MAX];
static struct mk_ranges regions;

/* Two regions of a megabyte with a gap of a page. */
#define FIRST 0x40000000ULL
#define SECOND (FIRST + REGION + MK_PAGE_SIZE)
#define REGION 0x100000ULL

static int setup(void **state)
{
	(void)state;
	attachment = (struct multikernel_attach){
		.size = sizeof(attachment),
		.virtio_id = 19,
		.features = { VERSION_1 | 1 << 28 | 1 << 29 },
		.queue_count = 2,
		.queue_size = 128,
		.config_size = 8,
		.name = "vsock",
	};
	mk_device_take_offer(&offer, &attachment);
	region[0] = (struct mk_range){ .start = FIRST, .size = REGION };
	region[1] = (struct mk_range){ .start = SECOND, .size = REGION };
	regions = (struct mk_ranges){ .range = region, .count = 2, .capacity = MK_DEVICE_REGIONS_MAX };
	page = (struct mk_device_spawn){
		.features = { VERSION_1 },
		.queue[0] = { .descriptors = FIRST, .driver = FIRST + 0x1000,
			      .device = FIRST + 0x2000, .size = 128, .ready = 1 },
	};
	device = (struct mk_device_setup){};
	return 0;
}

static void refuses(const char *sentence)
{
	why.text[0] = '\0';
	assert_int_equal(mk_device_check_attach(&attachment, &why), -EINVAL);
	assert_string_equal(why.text, sentence);
	setup(NULL);
}

static void test_name(void **state)
{
	static const char allowed[] = "-_.azAZ09";
	u32 c;

	(void)state;
	assert_int_equal(mk_device_check_attach(&attachment, &why), 0);
	for (c = 1; c < 256; c++) {
		attachment.name[1] = c;
		assert_int_equal(mk_device_check_attach(&attachment, &why),
				 strchr(allowed, c) || (c >= 'a' && c <= 'z') ||
				 (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? 0 : -EINVAL);
	}
	setup(NULL);
	attachment.name[0] = '\0';
	refuses("device: it has no name");
	memset(attachment.name, 'a', sizeof(attachment.name));
	refuses("device: its name has more than 31 characters");
	memset(attachment.name, 'a', sizeof(attachment.name) - 1);
	assert_int_equal(mk_device_check_attach(&attachment, &why), 0);
}

static void test_attach(void **state)
{
	u32 number;

	(void)state;
	attachment.virtio_id = 0;
	refuses("device \"vsock\": 0 is no kind of virtio device");
	attachment.features[0] &= ~VERSION_1;
	refuses("device \"vsock\": feature bit 32 (VERSION_1) must be offered");
	attachment.features[0] |= 1ULL << 33;
	refuses("device \"vsock\": feature bit 33 cannot be offered: addresses are physical ones, with no IOMMU between");
	attachment.features[0] |= 1ULL << 36;
	refuses("device \"vsock\": feature bit 36 cannot be offered: both sides are CPUs of one machine");
	attachment.features[0] |= 1ULL << 37;
	refuses("device \"vsock\": feature bit 37 cannot be offered: there is no PCI device");
	attachment.features[0] |= 1ULL << 38;
	refuses("device \"vsock\": feature bit 38 cannot be offered: a kick is an interrupt and has no room for data");
	attachment.features[0] |= 1ULL << 40;
	refuses("device \"vsock\": feature bit 40 cannot be offered: queues are reset together");
	attachment.features[0] = ~0ULL & ~(1ULL << 33 | 1ULL << 36 | 1ULL << 37 | 1ULL << 38 | 1ULL << 40);
	attachment.features[1] = ~0ULL;
	assert_int_equal(mk_device_check_attach(&attachment, &why), 0);
	setup(NULL);
	for (number = 0; number < 3000; number++) {
		attachment.queue_count = number;
		assert_int_equal(mk_device_check_attach(&attachment, &why),
				 number >= 1 && number <= MK_DEVICE_QUEUES ? 0 : -EINVAL);
		setup(NULL);
		attachment.queue_size = number;
		assert_int_equal(mk_device_check_attach(&attachment, &why),
				 number >= 2 && number <= 1024 && __builtin_popcount(number) == 1 ? 0 : -EINVAL);
		setup(NULL);
		attachment.config_size = number;
		assert_int_equal(mk_device_check_attach(&attachment, &why), number <= 256 ? 0 : -EINVAL);
		setup(NULL);
	}
	attachment.queue_size = 0x80000000;
	refuses("device \"vsock\": its queues have 2147483648 descriptors, not a power of two from 2 to 1024");
}

static void is_other(const char *what)
{
	char sentence[MK_REASON_SIZE];

	snprintf(sentence, sizeof(sentence), "device \"vsock\": it is there already, with %s", what);
	assert_int_equal(mk_device_check_again(&offer, &attachment, &why), -EEXIST);
	assert_string_equal(why.text, sentence);
	setup(NULL);
}

static void test_again(void **state)
{
	(void)state;
	assert_int_equal(mk_device_check_again(&offer, &attachment, &why), 0);
	attachment.features[0] |= 1 << 5;
	attachment.features[1] = 1;
	assert_int_equal(mk_device_check_again(&offer, &attachment, &why), 0);
	attachment.features[0] &= ~(1ULL << 28);
	is_other("features that are not offered now");
	attachment.virtio_id++;
	is_other("another kind of virtio device");
	attachment.queue_count++;
	is_other("another number of queues");
	attachment.queue_size *= 2;
	is_other("another size of queues");
	attachment.config_size--;
	is_other("another size of configuration space");
}

/* Ranges that touch are one region, whatever their nodes; the area is none of it. */
static void test_regions(void **state)
{
	struct mk_range range[] = {
		{ .start = 0x1000000, .size = 0x1000000, .node = 0 },
		{ .start = 0x2000000, .size = 0x1000000, .node = 1, .host_ram = true },
		{ .start = 0x4000000, .size = 0x1000000, .node = 0 },
	};
	const struct mk_ranges memory = { .range = range, .count = 3, .capacity = 3 };
	const struct mk_range area = { .start = 0x2000000, .size = 0x56000 };

	(void)state;
	regions.count = 0;
	assert_int_equal(mk_device_regions(&regions, &memory, &area), 0);
	assert_int_equal(regions.count, 3);
	assert_int_equal(region[0].start, 0x1000000);
	assert_int_equal(region[0].size, 0x1000000);
	assert_int_equal(region[1].start, 0x2056000);
	assert_int_equal(region[1].size, 0x1000000 - 0x56000);
	assert_int_equal(region[2].start, 0x4000000);
	regions.count = 0;
	range[0].start = 0;
	assert_int_equal(mk_device_regions(&regions, &memory, &(struct mk_range){
		.start = 0x4000000, .size = 0x1000000 }), 0);
	assert_int_equal(regions.count, 2);
}

/* As many ranges as an instance can have, none of which touch. */
static void test_most_regions(void **state)
{
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	const struct mk_ranges memory = {
		.range = range, .count = MK_INSTANCE_RANGES_MAX, .capacity = MK_INSTANCE_RANGES_MAX,
	};
	u32 i;

	(void)state;
	for (i = 0; i < MK_INSTANCE_RANGES_MAX; i++)
		range[i] = (struct mk_range){ .start = (i + 1) * 0x10000ULL, .size = 0x4000 };
	regions.count = 0;
	assert_int_equal(mk_device_regions(&regions, &memory, &(struct mk_range){
		.start = range[5].start + 0x1000, .size = 0x1000 }), 0);
	assert_int_equal(regions.count, MK_DEVICE_REGIONS_MAX);
}

static int ask(u32 status)
{
	page.status = status;
	why.text[0] = '\0';
	return mk_device_request(&device, &page, &offer, &regions, &why);
}

static void go_to(enum mk_device_step step)
{
	setup(NULL);
	device.step = step;
	device.features[0] = VERSION_1;
}

/* A driver's way as virtio 1.2, 3.1.1 tells it. */
static void test_way(void **state)
{
	static const u32 way[] = { 0, 1, 3, 0xb, 0xf };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		assert_int_equal(ask(way[i]), 0);
		assert_int_equal(mk_device_status(device.step), way[i]);
		assert_int_equal(ask(way[i]), 0);
	}
	assert_int_equal(device.features[0], VERSION_1);
	assert_true(device.queue[0].ready);
	assert_int_equal(device.queue[0].descriptors, FIRST);
	assert_int_equal(device.queue[0].size, 128);
	assert_false(device.queue[1].ready);
	assert_int_equal(ask(0), 0);
	assert_int_equal(device.step, MK_DEVICE_RESET);
}

static enum mk_device_step step_meant(u32 status)
{
	switch (status) {
	case 0x0: return MK_DEVICE_RESET;
	case 0x1: return MK_DEVICE_ACKNOWLEDGED;
	case 0x3: return MK_DEVICE_DRIVER;
	case 0xb: return MK_DEVICE_AGREED;
	case 0xf: return MK_DEVICE_RUNNING;
	default: return status & 0x80 ? MK_DEVICE_FAILED : MK_DEVICE_STEPS;
	}
}

static bool may_follow(enum mk_device_step from, enum mk_device_step to)
{
	if (to == MK_DEVICE_RESET)
		return true;	/* always */
	if (to == MK_DEVICE_STEPS || from == MK_DEVICE_BROKEN)
		return false;
	if (to == MK_DEVICE_FAILED)
		return from != MK_DEVICE_RESET;
	return to == from || (from <= MK_DEVICE_AGREED && to == from + 1);
}

/* Every step and every byte that may be wanted then, and some words. */
static void test_steps(void **state)
{
	enum mk_device_step from;
	u32 status;

	(void)state;
	for (from = 0; from < MK_DEVICE_STEPS; from++) {
		for (status = 0; status < 0x10000; status++) {
			enum mk_device_step to = step_meant(status);
			bool may = may_follow(from, to);

			go_to(from);
			assert_int_equal(ask(status), may ? 0 : -EINVAL);
			assert_int_equal(device.step, may ? to : from);
			assert_true(may == !why.text[0]);
		}
		assert_string_not_equal(mk_device_step_name(from), "unknown");
	}
	assert_string_equal(mk_device_step_name(MK_DEVICE_STEPS), "unknown");
	assert_int_equal(mk_device_status(MK_DEVICE_STEPS), MK_VIRTIO_NEEDS_RESET);
}

static void test_features(void **state)
{
	u32 bit;

	(void)state;
	for (bit = 0; bit < 128; bit++) {
		go_to(MK_DEVICE_DRIVER);
		page.features[bit / 64] |= 1ULL << bit % 64;
		assert_int_equal(ask(0xb), bit == 28 || bit == 29 || bit == 32 ? 0 : -EINVAL);
	}
	go_to(MK_DEVICE_DRIVER);
	page.features[0] = 0;
	assert_int_equal(ask(0xb), -EINVAL);
	assert_string_equal(why.text, "its driver does not know virtio 1.0");
	assert_int_equal(device.step, MK_DEVICE_DRIVER);
	/* What was agreed upon holds. */
	go_to(MK_DEVICE_AGREED);
	page.features[0] |= 1 << 28;
	assert_int_equal(ask(0xf), -EINVAL);
	assert_int_equal(device.step, MK_DEVICE_BROKEN);
}

/* Is the first queue taken as it stands? */
static bool is_taken(u64 features)
{
	struct mk_device_spawn_queue queue = page.queue[0];
	int error;

	go_to(MK_DEVICE_AGREED);
	page.queue[0] = queue;
	page.features[0] = device.features[0] = features;
	error = ask(0xf);
	assert_int_equal(device.step, error ? MK_DEVICE_BROKEN : MK_DEVICE_RUNNING);
	page.queue[0] = queue;
	return !error;
}

/* From @least to @most and at no other border than @alignment. */
static void assert_places(__u64 *address, u64 least, u64 most, u64 alignment, u64 features)
{
	u64 right = *address, step;

	for (step = 0; step < 2 * alignment; step++) {
		*address = least + step;
		assert_int_equal(is_taken(features), step % alignment == 0);
		*address = most - step;
		assert_int_equal(is_taken(features), step % alignment == 0);
	}
	*address = least - alignment;
	assert_false(is_taken(features));
	*address = most + alignment;
	assert_false(is_taken(features));
	*address = right;
	assert_true(is_taken(features));
}

static void test_split_places(void **state)
{
	struct mk_device_spawn_queue *queue = &page.queue[0];

	(void)state;
	assert_places(&queue->descriptors, FIRST, FIRST + REGION - 128 * 16, 16, VERSION_1);
	assert_places(&queue->descriptors, SECOND, SECOND + REGION - 128 * 16, 16, VERSION_1);
	assert_places(&queue->driver, SECOND, SECOND + REGION - (6 + 2 * 128), 2, VERSION_1);
	/* The last multiple of 4 from which 6 + 8 * 128 bytes fit. */
	assert_places(&queue->device, SECOND, SECOND + REGION - (8 + 8 * 128), 4, VERSION_1);
	queue->size = 1;
	assert_places(&queue->driver, FIRST, FIRST + REGION - 8, 2, VERSION_1);
}

static void test_packed_places(void **state)
{
	struct mk_device_spawn_queue *queue = &page.queue[0];

	(void)state;
	assert_places(&queue->descriptors, FIRST, FIRST + REGION - 128 * 16, 16, VERSION_1 | PACKED);
	assert_places(&queue->driver, FIRST, FIRST + REGION - 4, 4, VERSION_1 | PACKED);
	assert_places(&queue->device, SECOND, SECOND + REGION - 4, 4, VERSION_1 | PACKED);
}

static void test_queues(void **state)
{
	u32 size;

	(void)state;
	for (size = 0; size <= 300; size++) {
		page.queue[0].size = size;
		assert_int_equal(is_taken(VERSION_1), size >= 1 && size <= 128 && __builtin_popcount(size) == 1);
	}
	page.queue[0].size = 0x80000000;
	assert_false(is_taken(VERSION_1));
	page.queue[0].size = 128;
	page.queue[0].ready = 2;
	assert_false(is_taken(VERSION_1));
	/* What is not in use, or not offered, may be anything. */
	setup(NULL);
	page.queue[0].ready = 0;
	page.queue[0].descriptors = 1;
	assert_true(is_taken(VERSION_1));
	go_to(MK_DEVICE_AGREED);
	memset(&page.queue[2], 0xff, sizeof(page.queue) - 2 * sizeof(page.queue[0]));
	assert_int_equal(ask(0xf), 0);
	assert_false(device.queue[2].ready);
	go_to(MK_DEVICE_AGREED);
	page.queue[1] = page.queue[0];
	page.queue[1].size = 256;
	assert_int_equal(ask(0xf), -EINVAL);
	assert_string_equal(why.text, "queue 1: its 256 descriptors are not a power of two of at most 128");
}

static u64 draw_address(void)
{
	static const u64 near[] = { 0, FIRST, FIRST + REGION, SECOND, SECOND + REGION, ~0ULL };

	if (!random_below(4))
		return random_below(~0ULL);
	return near[random_below(ARRAY_SIZE(near))] + random_below(8192) - 4096;
}

static bool lies_in(u64 address, u64 bytes, u64 start)
{
	return address >= start && address - start <= REGION && bytes <= REGION - (address - start);
}

static bool may_be(u64 address, u64 bytes, u64 alignment)
{
	return address % alignment == 0 && (lies_in(address, bytes, FIRST) || lies_in(address, bytes, SECOND));
}

static void test_random(void **state)
{
	struct mk_device_spawn_queue *queue = &page.queue[0];
	u32 i, taken = 0;
	u64 size;
	bool may;

	(void)state;
	for (i = 0; i < RANDOM_QUEUES; i++) {
		setup(NULL);
		size = queue->size = 1 << random_below(8);
		if (random_below(2))
			queue->descriptors = draw_address();
		if (random_below(2))
			queue->driver = draw_address();
		if (random_below(2))
			queue->device = draw_address();
		may = may_be(queue->descriptors, 16 * size, 16) &&
		      may_be(queue->driver, 6 + 2 * size, 2) && may_be(queue->device, 6 + 8 * size, 4);
		assert_int_equal(is_taken(VERSION_1), may);
		taken += may;
	}
	assert_true(taken && taken < RANDOM_QUEUES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_name, setup),
		cmocka_unit_test_setup(test_attach, setup),
		cmocka_unit_test_setup(test_again, setup),
		cmocka_unit_test_setup(test_regions, setup),
		cmocka_unit_test_setup(test_most_regions, setup),
		cmocka_unit_test_setup(test_way, setup),
		cmocka_unit_test_setup(test_steps, setup),
		cmocka_unit_test_setup(test_features, setup),
		cmocka_unit_test_setup(test_split_places, setup),
		cmocka_unit_test_setup(test_packed_places, setup),
		cmocka_unit_test_setup(test_queues, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests_name("device_setup", tests, random_seed, NULL);
}
