// SPDX-License-Identifier: GPL-2.0-only
/* The backlog of bytes that no one reads for now. */
#include "backlog.h"

u8 *mk_backlog_place(const struct mk_backlog *backlog, u32 *room)
{
	u32 until_end = backlog->size - backlog->start, offset;

	offset = backlog->filled < until_end ? backlog->start + backlog->filled :
					       backlog->filled - until_end;
	*room = backlog->size - offset;
	return backlog->data + offset;
}

void mk_backlog_added(struct mk_backlog *backlog, u32 count)
{
	u32 free = backlog->size - backlog->filled;
	u32 over = count > free ? count - free : 0;

	mk_backlog_read(backlog, over);
	backlog->lost += over;
	backlog->filled += count;
}

const u8 *mk_backlog_oldest(const struct mk_backlog *backlog, u32 *count)
{
	u32 until_end = backlog->size - backlog->start;

	*count = backlog->filled < until_end ? backlog->filled : until_end;
	return backlog->data + backlog->start;
}

void mk_backlog_read(struct mk_backlog *backlog, u32 count)
{
	u32 until_end = backlog->size - backlog->start;

	backlog->start = count < until_end ? backlog->start + count : count - until_end;
	backlog->filled -= count;
}

void mk_backlog_rotate(struct mk_backlog *backlog, u32 count)
{
	u32 room;

	while (count--) {
		*mk_backlog_place(backlog, &room) = backlog->data[backlog->start];
		backlog->start = backlog->start + 1 < backlog->size ? backlog->start + 1 : 0;
	}
}
