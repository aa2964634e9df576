/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backlog: the newest bytes of a stream that no one reads for now. When it is full the oldest go
 * first, and how many went is known. It lies in one side's own memory and is written and read in
 * place.
 */
#ifndef MK_CORE_BACKLOG_H
#define MK_CORE_BACKLOG_H

#include "port.h"

/**
 * struct mk_backlog - zeroed but for the first two, it is empty; all fields but @lost belong to
 * backlog.c
 * @data:   where the bytes go
 * @size:   of @data
 * @start:  offset of the oldest byte
 * @filled: bytes there are
 * @lost:   bytes that went since the caller last set it to 0; they stood before the oldest there is
 */
struct mk_backlog {
	u8 *data;
	u32 size;
	u32 start;
	u32 filled;
	u64 lost;
};

/**
 * mk_backlog_place - where the next bytes are to be written
 * @backlog: the backlog
 * @room:    receives how many fit there
 *
 * Where it is full these are the places of the oldest bytes, which count as lost once
 * mk_backlog_added() is told of new ones. Context: one caller at a time; pure.
 */
u8 *mk_backlog_place(const struct mk_backlog *backlog, u32 *room);

/* @count bytes, no more than the room there was, have been written to that place. */
void mk_backlog_added(struct mk_backlog *backlog, u32 count);

/**
 * mk_backlog_oldest - the oldest bytes
 * @backlog: the backlog
 * @count:   receives how many lie there in one piece; 0 when there are none
 *
 * Context: one caller at a time; pure.
 */
const u8 *mk_backlog_oldest(const struct mk_backlog *backlog, u32 *count);

/* @count of them, no more than there were, have been read. */
void mk_backlog_read(struct mk_backlog *backlog, u32 count);

/*
 * The @count oldest bytes, no more than there are, become the newest. Context: one caller at a
 * time; pure.
 */
void mk_backlog_rotate(struct mk_backlog *backlog, u32 count);

#endif
