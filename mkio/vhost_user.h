/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engines that speak vhost-user, as its front end (QEMU's docs/interop/vhost-user.rst). The user
 * addresses of the protocol are the spawn's physical addresses, so all addresses are of one kind.
 */
#ifndef MKIO_VHOST_USER_H
#define MKIO_VHOST_USER_H

#include "life.h"
#include "process.h"
#include "traffic.h"

/**
 * struct vhost_user_peer - where an engine is had from
 * @path:      socket of one that others run; NULL to start one
 * @command:   the program to start, its arguments, NULL at the end; its socket is PROCESS_SOCKET
 * @connected: that socket is connected; else it listens, and our connection waits in it
 * @control:   becomes its PROCESS_CONTROL; 0 for none
 * @package:   what brings the program, for the message
 * @before:    called in the child before the program, with all rights; may be NULL
 */
struct vhost_user_peer {
	const char *path;
	const char *const *command;
	bool connected;
	int control;
	const char *package;
	bool (*before)(void);
};

/**
 * struct vhost_user - a conversation
 * @fd:          our end of the socket, or -1
 * @requests:    where the engine asks and tells by itself, or -1
 * @either:      readable when one of both is
 * @process:     the engine, if we have started it
 * @before:      what it had read and written before it was asked for anything
 * @counted:     @before is known
 * @features:    virtio features that it offers, with VHOST_USER_F_PROTOCOL_FEATURES
 * @protocol:    what of the protocol both know
 * @queue_count: how many queues it has at most
 * @regions:     how many pieces of memory it takes at most
 * @reply_ms:    how long an answer of its may take
 * @news:        readable when what it is asked for is of no use any more, or -1
 */
struct vhost_user {
	int fd;
	int requests;
	int either;
	struct process process;
	struct traffic before;
	bool counted;
	u64 features;
	u64 protocol;
	u64 queue_count;
	u64 regions;
	int reply_ms;
	int news;
};

/* A program that starts reads its libraries first, maybe from a slow disk. */
#define VHOST_USER_START_MS 30000

#define VHOST_USER_NONE \
	{ .fd = -1, .requests = -1, .either = -1, .reply_ms = VHOST_USER_START_MS, .news = -1 }

/**
 * vhost_user_begin - have an engine, and learn what it offers
 * @engine: VHOST_USER_NONE; to be ended also after a failure
 * @device: for messages, and for the rights of an engine that is started; its @features are filled in: those
 *          that may be offered
 * @peer:   where to have it from
 *
 * Return: an exit code, with the reason on stderr.
 */
int vhost_user_begin(struct vhost_user *engine, struct device *device,
		     const struct vhost_user_peer *peer);

/*
 * What an operator calls an engine from there: its program's name, or "vhost-user" for another's. Of one
 * that we have started also, behind tabs, what tells how much it has moved: "process", its id, and what it
 * had read and written before it was asked for anything.
 */
void vhost_user_describe(const struct vhost_user *engine, const struct vhost_user_peer *peer,
			 char text[CONTROL_TEXT]);

/* What begins with a connected socket, for tests: @fd is taken over. */
int vhost_user_greet(struct vhost_user *engine, struct device *device, int fd);

/* The device's configuration space as the engine has it; returns 0 or a negative errno. */
int vhost_user_config(struct vhost_user *engine, void *config, u32 size);

/**
 * vhost_user_start - have it serve a device
 * @engine:   begun
 * @device:   its memory is mapped, its queues are known
 * @features: what the driver has taken
 *
 * Waits as long as for a program that starts, but not longer than the kernel wants that of us.
 *
 * Return: 0, an exit code after the reason was said, or a negative errno: -EAGAIN when the kernel wants
 * something else meanwhile.
 */
int vhost_user_start(struct vhost_user *engine, struct device *device, u64 features);

/**
 * vhost_user_end - end the conversation
 * @engine: whose; nothing is done where there is none
 * @ms:     that it may take to let go: it finishes what it works on, then closes its end of the socket, and
 *          does not know the memory any more
 *
 * One that takes longer is ended by force; one that others run, or that nothing ends, holds the
 * memory until its end of the socket is closed. Of one that we have started, and that has let go,
 * the process may go on for a while, to write what it has of an image: vhost_user_wait() ends that,
 * and vhost_user_begin() too.
 *
 * Return: whether it has let go in time, or has been made to. One that is killed meanwhile has let
 * go as well: vhost_user_wait() returns whether it was.
 */
enum engine_end vhost_user_end(struct vhost_user *engine, u32 ms);
bool vhost_user_wait(struct vhost_user *engine);

/**
 * vhost_user_ready - see to what has come by itself
 * @engine:  begun; @either was readable
 * @changed: receives whether its configuration space has changed
 *
 * Return: 0, -EPIPE when it has ended or talks nonsense.
 */
int vhost_user_ready(struct vhost_user *engine, bool *changed);

#endif
