/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as mkio sees it, in this process: an ioctl() of our own stands in for
 * /dev/multikernel, /dev/vhost-* and /dev/net/tun, and a send() for rtnetlink, and write down what they are
 * asked.
 */
#ifndef TESTS_MKIO_FAKE_H
#define TESTS_MKIO_FAKE_H

#include "multikernel_io.h"
#include "options.h"
#include "port.h"

/* The spawn's memory: two ranges with a gap, in one memfd each. */
#define FAKE_RANGES 2
#define FAKE_START(range) (0x40000000ULL + (range) * 0x10000000ULL)
#define FAKE_BYTES 0x400000ULL

/**
 * struct fake - what the kernel says, and what it was told
 * @memory:         each range of the spawn's memory, as the spawn sees it
 * @queue:          how the driver has set up its queues
 * @attach_error:   errno of the attachment
 * @sentence:       and what it says of it
 * @memory_error:   errno of MULTIKERNEL_MEMORY
 * @vhost_features: what the kernel's engines offer
 * @vhost_error:    errno of one command to them
 * @vhost_command:  which
 * @attached:       the attachment
 * @config:         the newest configuration space
 * @call_fd:        a duplicate of the eventfd to interrupt the spawn by, for each queue
 * @called:         the same of queue 0, also after it has been unbound; -1 before
 * @kick_fd:        the same for kicks
 * @link_error:     errno of the making of an interface
 * @alias_error:    errno of the giving of an alias to it
 * @is_taken:       a macvtap that has just been made is found by another process, which locks its device
 * @taken:          that process's descriptor
 * @mtu_error:      errno of the setting of an interface's MTU
 * @lock_error:     errno of locks on files
 * @vanishes:       the tap interface is removed when it is served
 * @vanished:       it has been
 * @interrupts:     SIGINTs to come: one when it says that it has started, the others when it asks the
 *                  driver to let go of the device
 * @lets_go:        the driver does that, by this number of a RESET
 * @answers:        a pipe into which each answer is written
 * @log:            a line for each call, in the order they came
 */
struct fake {
	u8 *memory[FAKE_RANGES];
	struct multikernel_queue queue[MK_DEVICE_QUEUES];
	int attach_error;
	const char *sentence;
	int memory_error;
	u64 vhost_features;
	int vhost_error;
	unsigned long vhost_command;
	struct multikernel_attach attached;
	u8 config[MK_DEVICE_CONFIG];
	int call_fd[MK_DEVICE_QUEUES];
	int called;
	int kick_fd[MK_DEVICE_QUEUES];
	int link_error;
	int alias_error;
	bool is_taken;
	int taken;
	int mtu_error;
	int lock_error;
	bool vanishes;
	bool vanished;
	int interrupts;
	u32 lets_go;
	int answers[2];
	char log[16384];
};

extern struct fake fake;

/* Makes directories for MKCTL_DEV and MKCTL_SYSFS, with an instance "web" of id 7. */
void fake_begin(void);
void fake_end(void);

/* The same for a network: with what 6.12's vhost-net offers, and both queues as a driver has set them up. */
void fake_begin_net(void);

/* An interface of the host, with this file beside its index; a macvtap has the index FAKE_MACVTAP. */
#define FAKE_MACVTAP 9
void fake_interface(const char *name, u32 index, const char *file, const char *text);
void fake_macvtap(const char *name, const char *mac, const char *alias);

/* Has someone removed that macvtap, in whatever process? */
bool fake_is_removed(void);

/* A driver has set up this queue, of so many descriptors: its three parts at @at, a page each. */
void fake_queue(u32 index, u64 at, u32 size);

/* "mkio KIND ...": @words begin with the kind and end with NULL; returns an exit code. */
int fake_run(const struct cli_command *kind, const char *const *words);

/* The next event that a read of /dev/multikernel gives. */
void fake_event(u32 number, u32 kind, u64 features);

/* What is no event. */
void fake_nonsense(void);

/* What is said on standard error from here on goes to a file; put back, with its first line. */
void fake_hear(void);
const char *fake_heard(void);

/* The next answer, within some seconds; its kind is 0 when none came. */
struct multikernel_answer fake_answer(void);

/**
 * fake_ask - ask the process that is about to serve a device, once it hears; then the instance goes
 * @device:   the device's name: of our own, since it is one for all of the machine
 * @question: what
 *
 * fake_answered() waits for that, and returns the answer.
 */
void fake_ask(const char *device, const char *question);
const char *fake_answered(void);

/* Where the spawn's memory is in this process; the whole of it must be there. */
void *fake_at(u64 address);

/* Is one of the memory files mapped by who is tested? */
bool fake_is_mapped(void);

#endif
