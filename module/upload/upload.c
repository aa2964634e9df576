// SPDX-License-Identifier: GPL-2.0-only
/* A device tree arrives in pieces; once whole it is handed to apply.c, or refused. */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "base.h"
#include "fdt.h"
#include "tree.h"
#include "upload/apply.h"
#include "upload/upload.h"

/* The tree that is arriving. Its lock keeps the pieces of several writers apart. */
static struct {
	struct mutex lock;
	const struct file *writer;
	u8 *bytes;
	u32 received;
	u32 total;	/* 0 until that is there */
} upload = { .lock = __MUTEX_INITIALIZER(upload.lock) };

static void forget(void)
{
	kvfree(upload.bytes);
	upload.bytes = NULL;
	upload.writer = NULL;
	upload.received = 0;
	upload.total = 0;
}

static int begin(const struct file *writer, struct mk_reason *why)
{
	forget();
	upload.bytes = kvmalloc(MK_TREE_SIZE_MAX, GFP_KERNEL);
	if (!upload.bytes)
		return mk_refuse(why, -ENOMEM, "device tree: no memory to receive it");
	upload.writer = writer;
	return 0;
}

/* What has come says how much there must be, or is no tree; nothing is said where it is too little to tell. */
static int read_total(struct mk_reason *why)
{
	int error = mk_fdt_total_size(upload.bytes, upload.received, &upload.total);

	if (error == -EAGAIN)
		return 0;
	if (error || upload.total < MK_FDT_HEADER_SIZE)
		return mk_refuse(why, -EINVAL, "device tree: not a flattened device tree");
	if (upload.total > MK_TREE_SIZE_MAX)
		return mk_refuse(why, -EFBIG,
				 "device tree: its %u bytes are more than the 1 MiB that are taken",
				 upload.total);
	return 0;
}

/* Takes a piece in. */
static int receive(const void *piece, u32 size, struct mk_reason *why)
{
	int error = 0;

	if (size > MK_TREE_SIZE_MAX - upload.received)
		return mk_refuse(why, -EFBIG, "device tree: larger than the 1 MiB that are taken");
	memcpy(upload.bytes + upload.received, piece, size);
	upload.received += size;
	if (!upload.total)
		error = read_total(why);
	if (error)
		return error;
	if (upload.total && upload.received > upload.total)
		return mk_refuse(why, -EINVAL,
				 "device tree: its header states %u bytes, more were written",
				 upload.total);
	return 0;
}

static int take_piece(const struct file *writer, const void *piece, u64 offset, u32 size,
		      struct mk_reason *why)
{
	int error = 0;

	if (!offset)
		error = begin(writer, why);
	else if (!upload.bytes || upload.writer != writer || offset != upload.received)
		error = mk_refuse(why, -EINVAL,
				  "device tree: written at offset %llu, where %u bytes of an upload are there",
				  offset, upload.writer == writer ? upload.received : 0);
	if (!error)
		error = receive(piece, size, why);
	if (error)
		forget();
	return error;
}

ssize_t upload_write(struct file *file, const void *piece, loff_t offset, size_t size)
{
	struct mk_reason why = {};
	bool whole = false;
	int error;

	if (mutex_lock_killable(&upload.lock))
		return -EINTR;
	error = take_piece(file, piece, offset, size, &why);
	if (!error && upload.total && upload.received == upload.total) {
		whole = true;
		error = apply_tree(upload.bytes, upload.total, &why);
		forget();
	}
	mutex_unlock(&upload.lock);
	if (error || whole)
		report(error, "upload", &why);
	return error ? error : size;
}

void upload_exit(void)
{
	forget();
}
