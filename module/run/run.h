/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel in an instance, from the request to load it until it has stopped. */
#ifndef MK_MODULE_RUN_H
#define MK_MODULE_RUN_H

#include "reason.h"
#include "request.h"

struct instance;
struct kernel_source;

int run_init(void);
void run_exit(void);

/**
 * run_kernel - load a kernel into an instance and start it
 * @request: which instance
 * @source:  the files; on success they become the instance's, which loads them again when its
 *           kernel reboots
 * @why:     the sentence, when refused
 *
 * Context: process; takes multikernel_lock, but not while it reads files.
 * Return: 0 once the first CPU runs the kernel; or the errno of the interface's table. -ETIMEDOUT
 * leaves the instance failed, every other error as it was; -ECANCELED when it was stopped
 * meanwhile.
 */
int run_kernel(const struct mk_request *request, struct kernel_source *source,
	       struct mk_reason *why);

/**
 * run_stop - stop what runs in an instance, at once
 * @request: which instance
 * @why:     the sentence, when refused
 *
 * A load under way is cut short: its caller gets -ECANCELED.
 *
 * Context: process; takes multikernel_lock.
 * Return: 0, also when nothing ran; -ENOENT, -ESTALE, -EBUSY (the load does not end), -EINTR (the caller was
 * killed while it waited for that), -ETIMEDOUT (a CPU does not stop: the instance is failed for
 * good).
 */
int run_stop(const struct mk_request *request, struct mk_reason *why);

/**
 * run_ask - ask the spawn kernel of an instance to shut down or to reboot in good order
 * @request: which instance, and what to ask for
 * @why:     the sentence, when refused
 *
 * Context: process; takes multikernel_lock.
 * Return: 0 when it has been asked; -ENOENT, -ESTALE, -ESRCH (no kernel runs there), -EOPNOTSUPP (its kernel
 * does not have our module, so that nobody hears).
 */
int run_ask(const struct mk_request *request, struct mk_reason *why);

/**
 * run_stop_cpu - stop one CPU of a kernel that runs, with proof
 * @instance: whose kernel runs
 * @cpu:      as the host numbers it
 * @apic_id:  as the hardware numbers it
 * @why:      the sentence, when it does not stop
 *
 * Where it does not, the whole kernel is stopped.
 *
 * Context: process, under multikernel_lock; sleeps.
 * Return: 0 or -ETIMEDOUT.
 */
int run_stop_cpu(struct instance *instance, u32 cpu, u32 apic_id, struct mk_reason *why);

/*
 * Stops all that runs, for a host that goes down itself. Context: process; takes multikernel_lock.
 */
void run_stop_all(void);

/* Is there an instance of which a CPU did not stop? Context: process; takes multikernel_lock. */
bool run_any_lost(void);

/**
 * run_pause - no kernel runs, and none is loaded until run_resume()
 * @why: the sentence, when refused
 *
 * Context: process, under change_lock. Return: 0, or -EBUSY when a kernel is loading or active.
 */
int run_pause(struct mk_reason *why);
void run_resume(void);

/* An instance was made: kernels may run there. Context: process; the instance is in no list yet. */
void run_add(struct instance *instance);

#endif
