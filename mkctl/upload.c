// SPDX-License-Identifier: GPL-2.0-only
/* The kernel takes a tree in pieces, and decides when the last one is there. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "fdt.h"
#include "machine.h"
#include "say.h"
#include "upload.h"
#include "whole.h"

#define TRIES_MAX 50
#define REST_MS 40		/* several times what an upload needs to follow its beginning */
#define TREE "fs/multikernel/device_tree"
#define TURN_MS 30000		/* an upload waits for CPUs and memory; one that takes longer may hang */
#define TURN_LOOK_MS 10

/* What the module says of a piece that does not continue an upload (module/upload/upload.c). */
static const char lost_place[] = "device tree: written at offset";

/* Who does not get it in time goes on without: an upload that is overtaken does nothing. */
static int wait_turn(void)
{
	int turn = sysfs_open(O_RDONLY, TREE);
	u64 end = clock_ms() + TURN_MS;

	while (turn >= 0 && flock(turn, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK && clock_ms() < end)
		usleep(TURN_LOOK_MS * 1000);
	return turn;
}

int upload_begin(struct upload *upload, const char *what)
{
	u8 magic[MK_FDT_TOKEN_SIZE];
	int err;

	upload->what = what;
	upload->turn = wait_turn();
	upload->fd = sysfs_open(O_WRONLY | O_TRUNC, TREE);
	if (upload->fd < 0) {
		upload_drop(upload);
		return cli_refuse("cannot open /sys/fs/multikernel/device_tree: %s",
				  strerror(-upload->fd));
	}
	sysfs_last_error(upload->before);
	mk_put_be32(magic, MK_FDT_MAGIC);
	err = write_all(upload->fd, magic, sizeof(magic));
	if (!err)
		return CLI_OK;
	upload_drop(upload);
	return sysfs_refuse(what, -err, upload->before);
}

/* By the sentence; or, where there is none any more, by the upload of someone else that was taken since. */
static bool is_overtaken(int err)
{
	char sentence[SYSFS_TEXT_SIZE];

	sysfs_last_error(sentence);
	return err == -EINVAL &&
	       (!strncmp(sentence, lost_place, strlen(lost_place)) || !strcmp(sentence, "ok"));
}

/* What lies behind the magic number, which every DTB begins with. */
int upload_finish(struct upload *upload, const u8 *blob, size_t size, const struct mk_tree *tree)
{
	int err = write_all(upload->fd, blob + MK_FDT_TOKEN_SIZE, size - MK_FDT_TOKEN_SIZE);

	upload_drop(upload);
	if (!err)
		return CLI_OK;
	if (is_overtaken(err))
		return UPLOAD_OVERTAKEN;
	sysfs_refuse(upload->what, -err, upload->before);
	machine_advise_now(tree);
	return CLI_REFUSED;
}

void upload_drop(struct upload *upload)
{
	if (upload->fd >= 0)
		close(upload->fd);
	if (upload->turn >= 0)
		close(upload->turn);
}

/* Two that get into each other's way again and again rest for different times. */
bool upload_try_again(const char *what, u32 attempt)
{
	if (attempt >= TRIES_MAX) {
		cli_refuse("%s: others upload trees over and over", what);
		return false;
	}
	usleep((REST_MS / 4 + (getpid() * attempt + clock_ms()) % REST_MS) * 1000);
	return true;
}

int upload(const char *what, const u8 *blob, size_t size, const struct mk_tree *tree)
{
	struct upload upload;
	u32 attempt = 0;
	int code;

	do {
		code = upload_begin(&upload, what);
		if (!code)
			code = upload_finish(&upload, blob, size, tree);
	} while (code == UPLOAD_OVERTAKEN && upload_try_again(what, ++attempt));
	return code == UPLOAD_OVERTAKEN ? CLI_REFUSED : code;
}
