/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a kernel that runs is asked for CPUs and for memory: by our module there, and its answer is
 * waited for (core/resize_request.h).
 */
#ifndef MK_MODULE_ASK_H
#define MK_MODULE_ASK_H

#include <linux/types.h>

#include "resize_request.h"

struct instance;
struct mk_reason;

/**
 * struct ask - one request on its way
 * @instance:   whose kernel is asked
 * @generation: of the kernel that was asked
 * @request:    what; its sequence is 0 as long as nothing was asked
 * @error:      its answer
 */
struct ask {
	struct instance *instance;
	u32 generation;
	struct mk_resize_request request;
	int error;
};

enum ask_outcome {
	ASK_WAITING,
	ASK_ANSWERED,	/* see struct ask */
	ASK_ENDED,	/* the kernel that was asked is no more */
	ASK_WITHDRAWN,	/* it did not answer, and will not act any more */
	ASK_STUCK,	/* it has begun, and does not come to an end */
};

/**
 * ask_check - can the kernel there be asked
 * @instance: whose
 * @what:     "cpus" or "memory-bytes", for the sentence
 * @why:      the sentence, when refused
 *
 * Context: under change_lock and multikernel_lock.
 * Return: 0 or -EBUSY.
 */
int ask_check(struct instance *instance, const char *what, struct mk_reason *why);

/* Nothing runs there, and all its CPUs have stopped, with proof. Context: under multikernel_lock. */
bool ask_needs_nobody(const struct instance *instance);

/* Asks for @ask->request. Context: under multikernel_lock; ask_check() said 0. */
void ask_begin(struct ask *ask);

/* Does the kernel that was asked still run? Context: under multikernel_lock. */
bool ask_same_kernel_runs(const struct ask *ask);

/**
 * ask_wait - wait for the answer
 * @ask:     asked
 * @seconds: how long; the request is withdrawn then
 *
 * Context: process, under change_lock; takes multikernel_lock for moments.
 */
enum ask_outcome ask_wait(struct ask *ask, u32 seconds);

/**
 * ask_to_give_back - ask for what leaves an instance, if anyone has to be asked, and wait for the answer
 * @ask:     its instance and request; the sequence of that stays 0 where no kernel can need it any more
 * @what:    "cpus" or "memory-bytes", for the sentence
 * @seconds: how long
 * @outcome: receives what came of it; ASK_ENDED where nobody was asked
 * @why:     the sentence, when refused
 *
 * Context: process, under change_lock; takes multikernel_lock for moments.
 * Return: 0, or -EBUSY: the kernel cannot be asked.
 */
int ask_to_give_back(struct ask *ask, const char *what, u32 seconds, enum ask_outcome *outcome,
		     struct mk_reason *why);

/**
 * ask_refuse - the sentence for an outcome that is none that was wanted
 * @ask:     asked
 * @outcome: not ASK_WAITING
 * @what:    "give back cpu 3"
 * @seconds: as it was waited
 * @why:     receives it
 *
 * Context: any.
 * Return: -EBUSY or -ETIMEDOUT.
 */
int ask_refuse(const struct ask *ask, enum ask_outcome outcome, const char *what, u32 seconds,
	       struct mk_reason *why);

/* Writes down for a module that is loaded there anew what it has now. Context: as ask_begin(). */
void ask_write_handover(struct instance *instance);

#endif
