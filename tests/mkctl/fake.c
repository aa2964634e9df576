// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes what the module would show of an instance, in a directory, so that mkctl can be tested
 * without it. Its memory is that of a kernel that only logs (tests/unit/logring_image.h), at its
 * physical address in a sparse file.
 *
 *	fake instance DIRECTORY NAME ID STATUS BYTES CPU...	all files, no kernel in the memory;
 *								its serial number is 100 and its id; its memory has
 *								as many bytes as $FAKE_BYTES says, where that is set
 *	fake boot DIRECTORY		a kernel starts there
 *	fake say DIRECTORY TEXT...	it logs: message N at N times 1.5 seconds
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/logring_image.h"
#include "describe.h"

#define BASE 0x40000000ULL
#define NS_A_MESSAGE 1500000000ULL

static struct image image = {
	.base = BASE, .count_bits = 6, .size_bits = 13, .direct = true, .page_shift = 21,
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int write_file(const char *directory, const char *name, const void *content, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fwrite(content, 1, size, file) != size || fclose(file))
		return fail(path);
	return 0;
}

static int write_text(const char *directory, const char *name, const char *text)
{
	return write_file(directory, name, text, strlen(text));
}

static int make_instance(const char *directory, char **argv, int argc)
{
	struct mk_instance_config config = {
		.id = strtoul(argv[1], NULL, 0),
		.memory_bytes = strtoull(argv[3], NULL, 0),
		.cpu_count = argc - 4,
	};
	const char *bytes = getenv("FAKE_BYTES");
	struct mk_range range = { .start = BASE, .size = bytes ? strtoull(bytes, NULL, 0) : IMAGE_BYTES };
	struct mk_ranges memory = { &range, 1, 1 };
	u32 cpus[64], apic_ids[64] = { 0 }, i;
	struct mk_description description = { &config, cpus, apic_ids, &memory, NULL };
	char id[16], serial[16], source[16384];
	u8 dtb[16384];
	int size;

	snprintf(config.name, sizeof(config.name), "%s", argv[0]);
	for (i = 0; i < config.cpu_count && i < ARRAY_SIZE(cpus); i++)
		cpus[i] = strtoul(argv[4 + i], NULL, 0);
	size = mk_describe_dtb(&description, dtb, sizeof(dtb));
	snprintf(id, sizeof(id), "%u\n", config.id);
	snprintf(serial, sizeof(serial), "%u\n", 100 + config.id);
	if (mk_describe_text(&description, source, sizeof(source)) < 0 ||
	    write_text(directory, "device_tree_source", source) ||
	    write_text(directory, "serial", serial) || write_text(directory, "generation", "5\n"))
		return 1;
	return size < 0 || write_file(directory, "device_tree", dtb, size) ||
	       write_text(directory, "id", id) || write_text(directory, "status", argv[2]) ||
	       write_text(directory, "failure",
			  strcmp(argv[2], "failed") ? "" : "it broke: \"why\"\n");
}

/*
 * Someone may read meanwhile: as with a real writer a text is there before its descriptor says so,
 * and that before the ring does.
 */
static ssize_t write_memory(int fd)
{
	static const size_t parts[] = { IMAGE_INFOS, IMAGE_DESCS, 0 };
	size_t i, end = IMAGE_BYTES;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		ssize_t size = end - parts[i];

		if (pwrite(fd, image.memory + parts[i], size, BASE + parts[i]) != size)
			return -1;
		end = parts[i];
	}
	return IMAGE_BYTES;
}

static int move_memory(const char *directory, bool out)
{
	char path[512];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/memory", directory);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return fail(path);
	size = out ? write_memory(fd) : pread(fd, image.memory, IMAGE_BYTES, BASE);
	close(fd);
	return size == IMAGE_BYTES ? 0 : fail(path);
}

int main(int argc, char **argv)
{
	u64 messages;
	int i;

	if (argc > 7 && !strcmp(argv[1], "instance"))
		return make_instance(argv[2], argv + 3, argc - 3) || move_memory(argv[2], true);
	if (argc == 3 && !strcmp(argv[1], "boot")) {
		image_boot(&image);
		return move_memory(argv[2], true);
	}
	if (argc < 4 || strcmp(argv[1], "say") || move_memory(argv[2], false))
		return 1;
	for (i = 3; i < argc; i++) {
		messages = IMAGE_ID(image_head(&image) + 1 + image_count(&image));
		image_say(&image, messages * NS_A_MESSAGE, argv[i]);
	}
	return move_memory(argv[2], true);
}
