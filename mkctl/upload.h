/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tree handed to the module. An upload that is begun, and then finds that no other one was begun
 * or applied since, has a present tree that nobody has changed meanwhile: the module drops one that
 * is under way when another begins. Those of mkctl take turns besides, by a lock on that file: on a
 * slow machine they would go on overtaking each other.
 */
#ifndef MKCTL_UPLOAD_H
#define MKCTL_UPLOAD_H

#include "sysfs.h"
#include "tree.h"

#define UPLOAD_OVERTAKEN (-1)	/* beside exit codes */

/**
 * struct upload - one that is under way
 * @what:   whose tree it is
 * @fd:     the file that takes trees
 * @turn:   the same, open for the lock alone; -1 for none
 * @before: what last_error said when it began
 */
struct upload {
	const char *what;
	int fd;
	int turn;
	char before[SYSFS_TEXT_SIZE];
};

/**
 * upload_begin - let the module know that a tree is to come
 * @upload: to be ended by upload_finish() or upload_drop()
 * @what:   whose tree it is, for messages
 *
 * Return: an exit code, with the reason on stderr.
 */
int upload_begin(struct upload *upload, const char *what);

/**
 * upload_finish - make the instances what a tree says, all or nothing
 * @upload: begun; ended
 * @blob:   the DTB
 * @size:   its bytes
 * @tree:   what it says, for advice when it is refused
 *
 * Return: an exit code, with the reason on stderr; or UPLOAD_OVERTAKEN, and nothing said, when
 * someone else has begun an upload since: nothing was done then.
 */
int upload_finish(struct upload *upload, const u8 *blob, size_t size, const struct mk_tree *tree);

void upload_drop(struct upload *upload);

/*
 * Wait until it is worth another try, when there were @attempt that were overtaken; false, and a
 * word on stderr, when there were enough.
 */
bool upload_try_again(const char *what, u32 attempt);

/* Both at once, for a tree that does not follow from the present one. */
int upload(const char *what, const u8 *blob, size_t size, const struct mk_tree *tree);

#endif
