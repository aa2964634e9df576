/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of an instance and the events that lead from one to the next, as one table: every pair
 * of state and event is decided here and nowhere else.
 */
#ifndef MK_CORE_STATE_H
#define MK_CORE_STATE_H

#include "port.h"

enum mk_state {
	MK_EMPTY,	/* made, no resources yet */
	MK_READY,	/* resources reserved, waiting for a kernel */
	MK_LOADING,	/* a kernel is being loaded and started */
	MK_ACTIVE,	/* a kernel runs */
	MK_FAILED,	/* something went wrong; the instance's failure text says what */
	MK_STATE_COUNT
};

enum mk_event {
	MK_RESOURCES_RESERVED,	/* CPUs and memory are the instance's */
	MK_LOAD_BEGINS,		/* a load was asked for */
	MK_LOAD_REFUSED,	/* a load that began in ready failed before a CPU was started: nothing runs */
	MK_RELOAD_REFUSED,	/* the same for one that began in failed or with MK_REBOOTS */
	MK_LOAD_DONE,		/* the first CPU runs the kernel */
	MK_START_FAILED,	/* the CPU did not start */
	MK_STOPPED,		/* stopped on request; all its CPUs are known to be stopped */
	MK_POWERED_OFF,		/* the spawn kernel powered off; its CPUs are stopped */
	MK_REBOOTS,		/* the spawn kernel asked for a reset; its CPUs are stopped */
	MK_CRASHED,		/* the spawn kernel panicked; its CPUs are stopped */
	MK_CPU_SILENT,		/* a CPU does not answer: nothing of the instance may be handed on */
	MK_DESTROY,		/* the instance is to go, or to be made anew */
	MK_EVENT_COUNT
};

/**
 * mk_state_name - what the status file shows
 * @state: the state
 *
 * Context: any; pure.
 * Return: "empty", "ready", "loading", "active" or "failed"; "unknown" for a number that is no
 * state.
 */
const char *mk_state_name(enum mk_state state);

/**
 * mk_state_next - decide an event
 * @state: the present state
 * @event: what happened or is asked for
 *
 * A refused load leads back to where it began. The caller remembers whether that was ready
 * (MK_LOAD_REFUSED) or failed (MK_RELOAD_REFUSED: it stays failed and keeps its failure text); a
 * kernel that asked for a reboot and could not be loaded again has failed, too.
 *
 * An instance with a lost CPU is failed and stays so: before MK_LOAD_BEGINS, MK_STOPPED and
 * MK_DESTROY the caller checks that no CPU is lost (mk_present.lost), which no state tells.
 *
 * Context: any; pure.
 * Return: the state that follows (for MK_DESTROY the present one, meaning "allowed"), -EBUSY when
 * the event must wait for a load to end or a running kernel to stop, or -EINVAL when it cannot
 * happen in this state.
 */
int mk_state_next(enum mk_state state, enum mk_event event);

/* A kernel is being loaded or runs: CPUs and memory must not be touched by anyone else. */
static inline bool mk_state_runs(enum mk_state state)
{
	return state == MK_LOADING || state == MK_ACTIVE;
}

#endif
