/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the host asks a running spawn kernel to bring a CPU that it was given, or to give one back:
 * numbers in the control page, each written by one side only.
 *
 * A spawn claims a request before it acts. A host that waits no longer withdraws it. Each side
 * writes its own number first and then looks at the other's, so that one of the two sees the other:
 * what was withdrawn in time is never acted upon, and a CPU that was to be brought can go to others.
 * What was claimed can be acted upon at any time: then the CPU has to stay where it is.
 */
#ifndef MK_CORE_CPU_REQUEST_H
#define MK_CORE_CPU_REQUEST_H

#include "port.h"

struct mk_control;

enum mk_cpu_wish {
	MK_CPU_BRING = 1,	/* it is the spawn's from now on: start it */
	MK_CPU_REMOVE,		/* take it offline, for good */
};

/**
 * struct mk_cpu_request - one request
 * @sequence: tells it from the others; not 0, and each is one more than the last
 * @wish:     enum mk_cpu_wish
 * @cpu:      as the host numbers it
 * @apic_id:  as the hardware numbers it
 */
struct mk_cpu_request {
	u32 sequence;
	u32 wish;
	u32 cpu;
	u32 apic_id;
};

/**
 * mk_cpu_is_idle - may the next request be written, as the host asks
 * @control:  the page, which the spawn writes to
 * @sequence: of the last one, as the host remembers it; 0: there was none
 * @gave_up:  mk_cpu_withdraw() was called for it, as the host remembers that
 *
 * Context: any; pure.
 * Return: true when the last one was answered, or withdrawn before it was claimed.
 */
bool mk_cpu_is_idle(const struct mk_control *control, u32 sequence, bool gave_up);

/* The host's side: write a request. Context: any; mk_cpu_is_idle() said true; pure. */
void mk_cpu_ask(struct mk_control *control, const struct mk_cpu_request *request);

/**
 * mk_cpu_answered - has the spawn answered, as the host asks
 * @control:  the page, untrusted
 * @sequence: of the request
 * @error:    receives 0 or a negative errno, whatever the spawn wrote
 *
 * Context: any; pure.
 */
bool mk_cpu_answered(const struct mk_control *control, u32 sequence, int *error);

/**
 * mk_cpu_withdraw - take a request back, as the host does
 * @control:  the page
 * @sequence: of the request
 *
 * Context: any; pure.
 * Return: true when the spawn had not claimed it, and will not act upon it.
 */
bool mk_cpu_withdraw(struct mk_control *control, u32 sequence);

/**
 * mk_cpu_claim - look for a request, as the spawn does
 * @control: the page
 * @last:    sequence of the one it dealt with last
 * @request: filled in
 *
 * One that the host has withdrawn is answered here.
 *
 * Context: any, one at a time; pure.
 * Return: true when @request is there, is new, and is to be acted upon and answered.
 */
bool mk_cpu_claim(struct mk_control *control, u32 last, struct mk_cpu_request *request);

/* The spawn's side: answer a request that was claimed; @error is 0 or negative. Context: any; pure. */
void mk_cpu_answer(struct mk_control *control, u32 sequence, int error);

#endif
