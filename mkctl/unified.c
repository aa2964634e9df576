// SPDX-License-Identifier: GPL-2.0-only
/* Unified kernel images taken apart: sections found by their names, and copied to files in memory. */
#include <stdlib.h>
#include <unistd.h>

#include "command_line.h"
#include "initrd.h"
#include "kernel_header.h"
#include "mkctl.h"
#include "sysfs.h"
#include "unified.h"

/* "PE Format": the headers, and a row of the section table. */
#define PE_OFFSET_AT 0x3c
#define PE_MAGIC 0x00004550		/* "PE\0\0" */
#define PE_SECTIONS_AT 6
#define PE_OPTIONAL_SIZE_AT 20
#define PE_HEADER_SIZE 24
#define SECTION_BYTES 40
#define SECTION_NAME_BYTES 8
#define SECTION_MEMORY_AT 8		/* bytes in memory: what is meant, where the file has padding */
#define SECTION_SIZE_AT 16		/* bytes in the file */
#define SECTION_OFFSET_AT 20
#define SECTIONS_MAX 96

#define COPY_BYTES (1 << 16)

struct section {
	off_t offset;
	size_t size;
};

static bool read_at(int file, off_t offset, void *bytes, size_t size)
{
	return pread(file, bytes, size, offset) == (ssize_t)size;
}

/* Where the section table begins, and how many rows it has; false when the file is not PE. */
static bool find_table(int file, off_t *table, u32 *count)
{
	u8 header[PE_HEADER_SIZE], start[4];

	if (!read_at(file, 0, header, 2) || memcmp(header, "MZ", 2) ||
	    !read_at(file, PE_OFFSET_AT, start, sizeof(start)) ||
	    !read_at(file, mk_get_le32(start), header, sizeof(header)) ||
	    mk_get_le32(header) != PE_MAGIC)
		return false;
	*count = mk_get_le16(header + PE_SECTIONS_AT);
	*table = (off_t)mk_get_le32(start) + PE_HEADER_SIZE +
		 mk_get_le16(header + PE_OPTIONAL_SIZE_AT);
	return *count <= SECTIONS_MAX;
}

/* The first of several: more than one .linux is for other machines' firmware to choose from. */
static bool find_section(int file, const char *name, struct section *section)
{
	char wanted[SECTION_NAME_BYTES] = { 0 };
	u8 row[SECTION_BYTES];
	u32 count, i, memory, size;
	off_t table;

	memcpy(wanted, name, strlen(name));
	if (!find_table(file, &table, &count))
		return false;
	for (i = 0; i < count; i++) {
		if (!read_at(file, table + i * SECTION_BYTES, row, sizeof(row)))
			return false;
		if (memcmp(row, wanted, sizeof(wanted)))
			continue;
		memory = mk_get_le32(row + SECTION_MEMORY_AT);
		size = mk_get_le32(row + SECTION_SIZE_AT);
		section->size = memory < size ? memory : size;
		section->offset = mk_get_le32(row + SECTION_OFFSET_AT);
		return true;
	}
	return false;
}

static int copy(int from, const struct section *section, FILE *to)
{
	static char piece[COPY_BYTES];
	size_t done, size;

	for (done = 0; done < section->size; done += size) {
		size = section->size - done;
		if (size > sizeof(piece))
			size = sizeof(piece);
		if (!read_at(from, section->offset + done, piece, size))
			return -EINVAL;
		if (fwrite(piece, size, 1, to) != 1)
			break;		/* initrd_finish() sees it */
	}
	return 0;
}

/* To a file in memory of its own. */
static int take_section(int file, const char *path, const struct section *section, int *fd)
{
	FILE *copied = initrd_new();

	if (!copied)
		return cli_refuse("%s: no memory for what it carries: %s", path, strerror(errno));
	if (!copy(file, section, copied))
		return initrd_finish(copied, path, fd);
	fclose(copied);
	return cli_refuse("%s: a unified kernel image that is cut short", path);
}

/* One line, as the firmware's stub takes it: what ends it is no part. */
static int take_command_line(struct unified *unified, int file, const char *path,
			     const struct section *section)
{
	if (section->size > MK_COMMAND_LINE_MAX)
		return cli_refuse("%s: its command line has %zu bytes", path, section->size);
	unified->command_line = calloc(1, section->size + 1);
	if (!unified->command_line)
		return cli_refuse("%s: %s", path, strerror(ENOMEM));
	if (!read_at(file, section->offset, unified->command_line, section->size))
		return cli_refuse("%s: a unified kernel image that is cut short", path);
	unified->command_line[strcspn(unified->command_line, "\r\n")] = '\0';
	return CLI_OK;
}

/* A kernel that UEFI can start by itself is PE as well. */
static bool is_kernel(int file)
{
	static struct kernel_header header;

	return !kernel_header_read(&header, file, NULL);
}

int unified_read(struct unified *unified, int file, const char *path)
{
	struct section section;
	int code;

	*unified = (struct unified){ .kernel = -1, .initrd = -1 };
	if (is_kernel(file) || !find_section(file, ".linux", &section))
		return CLI_OK;
	code = take_section(file, path, &section, &unified->kernel);
	if (!code && find_section(file, ".initrd", &section))
		code = take_section(file, path, &section, &unified->initrd);
	if (!code && find_section(file, ".cmdline", &section))
		code = take_command_line(unified, file, path, &section);
	return code;
}

void unified_close(struct unified *unified)
{
	if (unified->kernel >= 0)
		close(unified->kernel);
	if (unified->initrd >= 0)
		close(unified->initrd);
	free(unified->command_line);
}

bool unified_is_named(const char *path)
{
	size_t length = strlen(path);

	return length > 4 && !strcasecmp(path + length - 4, ".efi");
}
