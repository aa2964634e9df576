// SPDX-License-Identifier: GPL-2.0-only
/* Descriptions of instances: the text to the letter; the DTB says what dtc makes of the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libfdt.h>
#include <unistd.h>

#include "describe.h"
#include "fdt.h"
#include "oracle.h"

#define BUFFER_SIZE 8192

static const u32 cpus[] = { 1, 8191, 0, 4294967295 };
static const u32 apic_ids[] = { 2, 0x100, 0, 0xfffffffe };

static const struct mk_instance_config web = {
	.name = "web-server", .id = 1, .cpu_count = 1, .memory_bytes = 0x20000000,
};

static const struct mk_disk_image_config rootfs = { "rootfs", 0x40000000 };
static const struct mk_disk_image_config data = { "data", 0x100200000 };
static const struct mk_image_place images[] = {
	{ &rootfs, { .start = 0x80000000, .size = 0x40000000 } },
	{ &data, { .start = 0x200000000, .size = 0x100200000 } },
};

static void expect_text(const struct mk_instance_config *config, const char *expected)
{
	const struct mk_description description = {
		.config = config, .cpus = cpus, .images = images,
	};
	size_t size = strlen(expected) + 1;
	char *buffer = malloc(size);

	assert_non_null(buffer);
	assert_int_equal(mk_describe_text(&description, buffer, size), size - 1);
	assert_string_equal(buffer, expected);
	assert_int_equal(mk_describe_text(&description, buffer, size - 1), -ENOSPC);
	assert_int_equal(mk_describe_text(&description, buffer, 0), -ENOSPC);
	assert_true(mk_describe_size(config->cpu_count) >= size);
	free(buffer);
}

static void test_text(void **state)
{
	struct mk_instance_config config = web;

	(void)state;
	expect_text(&config, "/dts-v1/;\n"
			     "\n"
			     "/web-server {\n"
			     "    compatible = \"multikernel-v1\";\n"
			     "    id = <1>;\n"
			     "    resources {\n"
			     "        cpus = <1>;\n"
			     "        memory-bytes = <0x20000000>; // 512 MB\n"
			     "    };\n"
			     "};\n");
	strcpy(config.name, "a");
	config.id = 2047;
	config.cpu_count = 4;
	config.memory_bytes = 0x123456789000;
	expect_text(&config, "/dts-v1/;\n"
			     "\n"
			     "/a {\n"
			     "    compatible = \"multikernel-v1\";\n"
			     "    id = <2047>;\n"
			     "    resources {\n"
			     "        cpus = <1 8191 0 4294967295>;\n"
			     "        memory-bytes = <0x1234 0x56789000>; // 19546873380 KB\n"
			     "    };\n"
			     "};\n");
}

static void test_image_names(void **state)
{
	struct mk_instance_config config = web;

	(void)state;
	config.image_count = 2;
	expect_text(&config, "/dts-v1/;\n"
			     "\n"
			     "/web-server {\n"
			     "    compatible = \"multikernel-v1\";\n"
			     "    id = <1>;\n"
			     "    resources {\n"
			     "        cpus = <1>;\n"
			     "        memory-bytes = <0x20000000>; // 512 MB\n"
			     "        image-names = \"rootfs\", \"data\";\n"
			     "    };\n"
			     "};\n");
}

static const struct {
	u64 bytes;
	const char *line;
} amounts[] = {
	{ 0x1000, "<0x1000>; // 4 KB\n" },
	{ 0xff000, "<0xff000>; // 1020 KB\n" },
	{ 0x100000, "<0x100000>; // 1 MB\n" },
	{ 0x101000, "<0x101000>; // 1028 KB\n" },
	{ 0x40000000, "<0x40000000>; // 1024 MB\n" },
	{ 0xfffff000, "<0xfffff000>; // 4194300 KB\n" },
	{ 0x100000000, "<0x1 0x0>; // 4096 MB\n" },
	{ 0x100001000, "<0x1 0x1000>; // 4194308 KB\n" },
	{ 0xfffffffffffff000, "<0xffffffff 0xfffff000>; // 18014398509481980 KB\n" },
};

static void test_amounts(void **state)
{
	struct mk_instance_config config = web;
	const struct mk_description description = { .config = &config, .cpus = cpus };
	static char buffer[BUFFER_SIZE];
	const char *value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(amounts); i++) {
		config.memory_bytes = amounts[i].bytes;
		assert_true(mk_describe_text(&description, buffer, sizeof(buffer)) > 0);
		value = strstr(buffer, "memory-bytes = ");
		assert_non_null(value);
		value += strlen("memory-bytes = ");
		assert_memory_equal(value, amounts[i].line, strlen(amounts[i].line));
	}
}

/* dtc wants a root: "/name" of the text is put inside one, and nothing else is changed. */
static size_t compile(const char *text, void *buffer, size_t size)
{
	char name[] = "/tmp/test_describe.XXXXXX";
	char command[128];
	int file = mkstemp(name);
	const char *body = strstr(text, "\n\n/");
	FILE *output;
	size_t length;

	assert_true(file >= 0);
	assert_non_null(body);
	assert_true(dprintf(file, "/dts-v1/;\n/ {\n%s\n};\n", body + strlen("\n\n/")) > 0);
	close(file);
	snprintf(command, sizeof(command), "timeout 10 dtc -q -I dts -O dtb %s", name);
	output = popen(command, "r");
	assert_non_null(output);
	length = fread(buffer, 1, size, output);
	assert_int_equal(pclose(output), 0);
	unlink(name);
	return length;
}

static void test_dtb_is_what_dtc_makes(void **state)
{
	struct mk_instance_config config = web;
	const struct mk_description description = { .config = &config, .cpus = cpus };
	static char text[BUFFER_SIZE], ours[BUFFER_SIZE], theirs[BUFFER_SIZE];
	struct mk_fdt fdt;
	u32 wide;
	int size;

	(void)state;
	if (system("dtc --version >/dev/null 2>&1")) {
		print_message("SKIP: dtc (device-tree-compiler) is not installed\n");
		skip();
	}
	for (wide = 0; wide < 2; wide++) {
		config.memory_bytes = wide ? 0x123400000000 : 0x20000000;
		config.cpu_count = 1 + 3 * wide;
		size = mk_describe_dtb(&description, ours, sizeof(ours));
		assert_true(size > 0);
		assert_true(mk_describe_text(&description, text, sizeof(text)) > 0);
		assert_int_equal(compile(text, theirs, sizeof(theirs)), size);
		assert_int_equal(mk_fdt_open(&fdt, ours, size, NULL), 0);
		assert_null(oracle_compare(&fdt, theirs, size));
	}
}

static void expect_cells(const void *fdt, const char *path, const char *property, const u32 *cells,
			 int count)
{
	int i, size, node = fdt_path_offset(fdt, path);
	const fdt32_t *value;

	assert_true(node >= 0);
	value = fdt_getprop(fdt, node, property, &size);
	assert_non_null(value);
	assert_int_equal(size, 4 * count);
	for (i = 0; i < count; i++)
		assert_int_equal(fdt32_ld(&value[i]), cells[i]);
}

static void test_assigned(void **state)
{
	struct mk_instance_config config = web;
	struct mk_range range[] = {
		{ .start = 0x100000000, .size = 0x10000000 },
		{ .start = 0x7700000000, .size = 0x110000000 },
	};
	const u32 expected[] = { 1, 0, 0, 0x10000000, 0x77, 0, 1, 0x10000000 };
	struct mk_ranges memory = { .range = range, .count = 2, .capacity = 2 };
	struct mk_description description = {
		.config = &config, .cpus = cpus, .apic_ids = apic_ids, .memory = &memory,
	};
	static u64 buffer[BUFFER_SIZE / 8];
	int size;

	(void)state;
	config.cpu_count = ARRAY_SIZE(cpus);
	size = mk_describe_dtb(&description, buffer, sizeof(buffer));
	assert_true(size > 0);
	assert_int_equal(fdt_check_full(buffer, size), 0);
	expect_cells(buffer, "/web-server/resources", "cpus", cpus, ARRAY_SIZE(cpus));
	expect_cells(buffer, "/web-server/assigned", "apic-ids", apic_ids, ARRAY_SIZE(apic_ids));
	expect_cells(buffer, "/web-server/assigned", "memory-ranges", expected,
		     ARRAY_SIZE(expected));

	description.apic_ids = NULL;
	assert_true(mk_describe_dtb(&description, buffer, sizeof(buffer)) > 0);
	expect_cells(buffer, "/web-server/assigned", "memory-ranges", expected,
		     ARRAY_SIZE(expected));
	assert_null(fdt_getprop(buffer, fdt_path_offset(buffer, "/web-server/assigned"),
				"apic-ids", NULL));
	description.memory = NULL;
	assert_true(mk_describe_dtb(&description, buffer, sizeof(buffer)) > 0);
	assert_true(fdt_path_offset(buffer, "/web-server/assigned") < 0);
}

static void test_images(void **state)
{
	static const u32 expected[] = { 0, 0x80000000, 0, 0x40000000, 2, 0, 1, 0x200000 };
	struct mk_instance_config config = web;
	struct mk_range range = { .start = 0x40000000, .size = 0x20000000 };
	struct mk_ranges memory = { &range, 1, 1 };
	struct mk_description description = {
		.config = &config, .cpus = cpus, .memory = &memory, .images = images,
	};
	static u64 buffer[BUFFER_SIZE / 8];
	const void *names;
	int size;

	(void)state;
	config.image_count = 2;
	assert_true(mk_describe_dtb(&description, buffer, sizeof(buffer)) > 0);
	names = fdt_getprop(buffer, fdt_path_offset(buffer, "/web-server/resources"), "image-names",
			    &size);
	assert_int_equal(size, sizeof("rootfs\0data"));
	assert_memory_equal(names, "rootfs\0data", sizeof("rootfs\0data"));
	expect_cells(buffer, "/web-server/assigned", "image-ranges", expected, ARRAY_SIZE(expected));
}

/* The largest instance fits in what mk_describe_size() says. */
static void test_largest(void **state)
{
	static u32 many[MK_CPUS_MAX];
	static struct mk_range range[MK_INSTANCE_RANGES_MAX];
	struct mk_ranges memory = { .range = range, .count = MK_INSTANCE_RANGES_MAX };
	struct mk_instance_config config = {
		.name = "abcdefghijklmnopqrstuvwxyz01234", .id = MK_ID_MAX,
		.cpu_count = MK_CPUS_MAX, .memory_bytes = 0xfffffffffffff000,
		.image_count = MK_INSTANCE_IMAGES_MAX,
	};
	const struct mk_disk_image_config longest = {
		"abcdefghijklmnopqrstuvwxyz01234", 0xffffffffffe00000,
	};
	struct mk_image_place most[MK_INSTANCE_IMAGES_MAX];
	struct mk_description description = {
		.config = &config, .cpus = many, .apic_ids = many, .memory = &memory,
		.images = most,
	};
	size_t size = mk_describe_size(MK_CPUS_MAX);
	void *buffer = malloc(size);
	u32 i;

	(void)state;
	assert_non_null(buffer);
	for (i = 0; i < MK_INSTANCE_IMAGES_MAX; i++)
		most[i] = (struct mk_image_place){ .config = &longest };
	memset(many, 0xff, sizeof(many));
	assert_true(mk_describe_text(&description, buffer, size) > 0);
	assert_true(mk_describe_dtb(&description, buffer, size) > 0);
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_image_names),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_dtb_is_what_dtc_makes),
		cmocka_unit_test(test_assigned),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
