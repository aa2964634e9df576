// SPDX-License-Identifier: GPL-2.0-only
/* What makes a file a kernel that can be started at its 64-bit entry. */
#include "image.h"

#define BOOT_FLAG 0xaa55
#define MAGIC 0x53726448			/* "HdrS" */
#define PROTOCOL_MINIMUM 0x020c			/* 2.12: xloadflags */
#define SETUP_SECTS_DEFAULT 4			/* what 0 means, for old kernels */
#define SETUP_SECTS_MAXIMUM 64
#define SECTOR 512
#define SYSSIZE_UNIT 16				/* syssize counts the protected-mode part in these, bytes */
#define XLF_KERNEL_64 (1 << 0)
#define XLF_CAN_BE_LOADED_ABOVE_4G (1 << 1)
#define ALIGNMENT_MAXIMUM (1U << 30)
#define VERSION_LENGTH_MAXIMUM 5		/* digits of one part of a version we believe */

static bool is_power_of_two(u32 value)
{
	return value && !(value & (value - 1));
}

/* Reads digits at *position; false when there are none, too many, or nothing behind them. */
static bool read_number(const u8 *text, u32 end, u32 *position, u16 *number)
{
	u32 start = *position, value = 0;

	while (*position < end && text[*position] >= '0' && text[*position] <= '9') {
		value = value * 10 + (text[*position] - '0');
		if (++*position - start > VERSION_LENGTH_MAXIMUM || value > 0xffff)
			return false;
	}
	*number = value;
	return *position > start && *position < end;
}

/*
 * The version string ("6.1.0-56-amd64 (...)") is for people: when it is odd, the version is
 * unknown.
 */
static void read_version(struct mk_image *image, const u8 *header)
{
	u32 position = mk_get_le16(header + MK_SETUP_KERNEL_VERSION);
	u16 major, minor;

	if (!position)
		return;
	position += SECTOR;
	if (!read_number(header, image->setup_size, &position, &major))
		return;
	if (header[position++] != '.')
		return;
	if (!read_number(header, image->setup_size, &position, &minor))
		return;
	image->version_major = major;
	image->version_minor = minor;
}

static bool is_release_character(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

int mk_image_release(const struct mk_image *image, const void *header,
		     char release[MK_RELEASE_MAX + 1])
{
	const u8 *text = (const u8 *)header + SECTOR;
	u32 start = mk_get_le16((const u8 *)header + MK_SETUP_KERNEL_VERSION), length = 0, end;

	end = image->setup_size - SECTOR;
	if (!start || start >= end || text[start] < '0' || text[start] > '9')
		return -ENOENT;
	while (start + length < end && is_release_character(text[start + length])) {
		if (length == MK_RELEASE_MAX)
			return -ENOENT;
		release[length] = text[start + length];
		length++;
	}
	if (start + length == end || (text[start + length] && text[start + length] != ' '))
		return -ENOENT;
	release[length] = '\0';
	return 0;
}

static int check_entry(const u8 *header, struct mk_reason *why)
{
	u16 protocol = mk_get_le16(header + MK_SETUP_VERSION);
	u16 flags = mk_get_le16(header + MK_SETUP_XLOADFLAGS);

	if (protocol < PROTOCOL_MINIMUM)
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: boot protocol %u.%02u is too old, 2.12 is needed",
				 protocol >> 8, protocol & 0xff);
	if (!(flags & XLF_KERNEL_64))
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: it has no 64-bit entry (xloadflags 0x%x)", flags);
	if (!(flags & XLF_CAN_BE_LOADED_ABOVE_4G))
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: it cannot be loaded above 4 GB (xloadflags 0x%x)",
				 flags);
	if (!header[MK_SETUP_RELOCATABLE])
		return mk_refuse(why, -ENOEXEC, "kernel image: it is not relocatable");
	return 0;
}

/* What else people take for a kernel: by its first bytes, and what would help. */
struct file_kind {
	const char *magic;
	u8 length;
	const char *name;
	const char *remedy;
};

#define UNPACK "unpack it first, by "

static const struct file_kind kinds[] = {
	{ "\x7f" "ELF", 4, "an ELF file, such as vmlinux",
	  "the kernel's build makes arch/x86/boot/bzImage of it" },
	{ "MZ", 2, "a program for UEFI, maybe a unified kernel image",
	  "its kernel is had by objcopy -O binary --only-section=.linux" },
	{ "\x1f\x8b", 2, "compressed", UNPACK "gzip -dc" },
	{ "\xfd" "7zXZ", 5, "compressed", UNPACK "xz -dc" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed", UNPACK "zstd -dc" },
	{ "\x04\x22\x4d\x18", 4, "compressed", UNPACK "lz4 -dc" },
	{ "BZh", 3, "compressed", UNPACK "bzip2 -dc" },
	{ "07070", 5, "an archive, such as an initrd", "the kernel is another file" },
};

static int refuse_kind(const u8 *bytes, size_t size, struct mk_reason *why)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (size >= kinds[i].length && !memcmp(bytes, kinds[i].magic, kinds[i].length))
			return mk_refuse(why, -ENOEXEC, "kernel image: not a Linux bzImage but %s; %s",
					 kinds[i].name, kinds[i].remedy);
	return mk_refuse(why, -ENOEXEC, "kernel image: not a Linux bzImage");
}

int mk_image_parse(struct mk_image *image, const void *header, size_t size, u64 file_size,
		   struct mk_reason *why)
{
	const u8 *bytes = header;
	u64 code_size;
	u32 sectors;

	memset(image, 0, sizeof(*image));
	if (size < MK_SETUP_HEADER_MINIMUM || size > file_size ||
	    mk_get_le16(bytes + MK_SETUP_BOOT_FLAG) != BOOT_FLAG ||
	    mk_get_le32(bytes + MK_SETUP_MAGIC) != MAGIC)
		return refuse_kind(bytes, size, why);

	sectors = bytes[MK_SETUP_SECTS] ? bytes[MK_SETUP_SECTS] : SETUP_SECTS_DEFAULT;
	image->file_size = file_size;
	image->setup_size = (sectors + 1) * SECTOR;
	image->header_end = MK_SETUP_MAGIC + bytes[MK_SETUP_JUMP_LENGTH];
	if (sectors > SETUP_SECTS_MAXIMUM || image->setup_size > size ||
	    file_size <= image->setup_size + MK_IMAGE_ENTRY_64)
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: cut short, %llu bytes with %u setup sectors",
				 (unsigned long long)file_size, sectors);
	if (image->header_end < MK_SETUP_HEADER_MINIMUM ||
	    image->header_end > MK_SETUP_HEADER_MAXIMUM)
		return mk_refuse(why, -ENOEXEC, "kernel image: its setup header ends at 0x%x",
				 image->header_end);

	/*
	 * A signature may follow. What is missing would be run as zeros, and a triple fault resets
	 * the whole machine.
	 */
	code_size = (u64)mk_get_le32(bytes + MK_SETUP_SYSSIZE) * SYSSIZE_UNIT;
	if (code_size > file_size - image->setup_size)
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: cut short, it has 0x%llx of the 0x%llx bytes of kernel that its header states",
				 (unsigned long long)(file_size - image->setup_size),
				 (unsigned long long)code_size);

	image->alignment = mk_get_le32(bytes + MK_SETUP_KERNEL_ALIGNMENT);
	image->preferred_address = mk_get_le64(bytes + MK_SETUP_PREFERRED_ADDRESS);
	image->init_size = mk_get_le32(bytes + MK_SETUP_INIT_SIZE);
	image->cmdline_size = mk_get_le32(bytes + MK_SETUP_CMDLINE_SIZE);
	if (!is_power_of_two(image->alignment) || image->alignment < MK_PAGE_SIZE ||
	    image->alignment > ALIGNMENT_MAXIMUM)
		return mk_refuse(why, -ENOEXEC, "kernel image: its alignment is 0x%x",
				 image->alignment);
	if (image->init_size < file_size - image->setup_size)
		return mk_refuse(why, -ENOEXEC,
				 "kernel image: its init_size 0x%x is less than its 0x%llx bytes of kernel",
				 image->init_size,
				 (unsigned long long)(file_size - image->setup_size));
	read_version(image, bytes);
	return check_entry(bytes, why);
}
