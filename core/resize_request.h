/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the host asks a running spawn kernel to bring a CPU or memory that it was given, or to give
 * some back: numbers in the control page, each written by one side only.
 *
 * A spawn claims a request before it acts. A host that waits no longer withdraws it. Each side
 * writes its own number first and then looks at the other's, so that one of the two sees the other:
 * what was withdrawn in time is never acted upon, and what was to be brought can go to others. What
 * was claimed can be acted upon at any time: then the CPU or the memory has to stay where it is.
 */
#ifndef MK_CORE_RESIZE_REQUEST_H
#define MK_CORE_RESIZE_REQUEST_H

#include "port.h"

struct mk_control;

enum mk_resize_wish {
	MK_BRING_CPU = 1,	/* it is the spawn's from now on: start it */
	MK_REMOVE_CPU,		/* take it offline, for good */
	MK_BRING_MEMORY,	/* it is the spawn's from now on: use it */
	MK_REMOVE_MEMORY,	/* move what is there elsewhere, and forget it */
};

/**
 * struct mk_resize_request - one request
 * @sequence: tells it from the others; not 0, and each is one more than the last
 * @wish:     enum mk_resize_wish
 * @cpu:      a CPU, as the host numbers it
 * @apic_id:  as the hardware numbers it
 * @start:    memory: its physical address
 * @size:     bytes of it
 */
struct mk_resize_request {
	u32 sequence;
	u32 wish;
	u32 cpu;
	u32 apic_id;
	u64 start;
	u64 size;
};

/**
 * mk_resize_is_idle - may the next request be written, as the host asks
 * @control:  the page, which the spawn writes to
 * @sequence: of the last one, as the host remembers it; 0: there was none
 * @gave_up:  mk_resize_withdraw() was called for it, as the host remembers that
 *
 * Context: any; pure.
 * Return: true when the last one was answered, or withdrawn before it was claimed.
 */
bool mk_resize_is_idle(const struct mk_control *control, u32 sequence, bool gave_up);

/* The host's side: write a request. Context: any; mk_resize_is_idle() said true; pure. */
void mk_resize_ask(struct mk_control *control, const struct mk_resize_request *request);

/**
 * mk_resize_answered - has the spawn answered, as the host asks
 * @control:  the page, untrusted
 * @sequence: of the request
 * @error:    receives 0 or a negative errno, whatever the spawn wrote
 *
 * Context: any; pure.
 */
bool mk_resize_answered(const struct mk_control *control, u32 sequence, int *error);

/**
 * mk_resize_withdraw - take a request back, as the host does
 * @control:  the page
 * @sequence: of the request
 *
 * Context: any; pure.
 * Return: true when the spawn had not claimed it, and will not act upon it.
 */
bool mk_resize_withdraw(struct mk_control *control, u32 sequence);

/**
 * mk_resize_claim - look for a request, as the spawn does
 * @control: the page
 * @last:    sequence of the one it dealt with last
 * @request: filled in
 *
 * One that the host has withdrawn is answered here.
 *
 * Context: any, one at a time; pure.
 * Return: true when @request is there, is new, and is to be acted upon and answered.
 */
bool mk_resize_claim(struct mk_control *control, u32 last, struct mk_resize_request *request);

/* The spawn's side: answer a request that was claimed; @error is 0 or negative. Context: any; pure. */
void mk_resize_answer(struct mk_control *control, u32 sequence, int error);

/**
 * mk_memory_block - in what blocks a kernel takes memory
 * @control: the page, untrusted
 *
 * Context: any; pure.
 * Return: bytes, a power of two that makes sense, or 0: it takes none.
 */
u64 mk_memory_block(const struct mk_control *control);

#endif
