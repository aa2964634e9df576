/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mkrun on the host and mk-agent in a container's kernel say to each other, as bytes. Pure;
 * both sides are compiled with it, and neither believes the other.
 *
 * A connection, of the family AF_VSOCK, is one process of a container: what it is to be, what it
 * reads and writes, how it ends. On the first one of a container that itself is described as well.
 * One that is no process may come before all of them, and make the pod that they share.
 *
 * A message is a header of eight bytes, then its fields, all little endian:
 *
 *	u32	bytes of the fields
 *	u16	type
 *	u16	zero
 *
 * Each type has its fields in a fixed order (protocol.c has the table): a text ends with a zero
 * byte, a number has eight bytes, and what remains can be bytes of any kind. doc/containers.md
 * tells the conversation.
 */
#ifndef AGENT_PROTOCOL_H
#define AGENT_PROTOCOL_H

#include <sys/types.h>

#include "port.h"

#define AGENT_VERSION 5		/* changes with any change of the table */
#define AGENT_PORT 1024		/* where the agent listens */
#define AGENT_PORT_TRUSTED 1023	/* it hears the host only from here or below: root's */
#define AGENT_SHARE "mkrun"	/* tag of the directory that holds the container's files */

#define AGENT_HEADER 8
#define AGENT_FIELDS_MAX 0x20000u	/* Linux takes no longer text at execve (MAX_ARG_STRLEN) */
#define AGENT_MESSAGE_MAX (AGENT_HEADER + AGENT_FIELDS_MAX)
#define AGENT_PIECE 0x4000u		/* of input and output in a message, at most */
#define AGENT_FILTER_MAX 0x8000u	/* a kernel takes BPF_MAXINSNS instructions of eight bytes */
#define AGENT_WINDOW 0x10000u		/* input that is sent and not yet taken, at most */

#define AGENT_TEXTS 4
#define AGENT_NUMBERS 5

enum agent_type {
	/* from the host */
	AGENT_HELLO = 1,	/* version; the first message */
	AGENT_CONTAINER,	/* name: which one is meant */
	AGENT_HOSTNAME,		/* name */
	AGENT_INTERFACE,	/* name, Ethernet address: of the network device that has it */
	AGENT_ADDRESS,		/* interface, address; bits of its prefix */
	AGENT_ROUTE,		/* interface, destination, gateway, source, the last two may be "";
				   bits of the prefix, metric, RTNH_F_ONLINK or 0 */
	AGENT_ROOT,		/* name in the share; flags for its mount */
	AGENT_MOUNT,		/* source, of the type "bind" a name in the share, target, type,
				   data, of a tmpfs with "tmpcopyup" to have what it covers;
				   flags */
	AGENT_SYSCTL,		/* path below /proc/sys, value */
	AGENT_MASK,		/* path that cannot be looked into */
	AGENT_READONLY,		/* path that cannot be written to */
	AGENT_FILTER,		/* flags for seccomp(2), its program; holds for EXEC as well */
	AGENT_RESOURCES,	/* what the container may have, each ~0 for any: tasks, bytes of memory,
				   microseconds of CPU time in so many; may be said again later */
	AGENT_ARGUMENT,		/* one more word of the command */
	AGENT_ENVIRONMENT,	/* one more NAME=VALUE */
	AGENT_DIRECTORY,	/* working directory */
	AGENT_USER,		/* user, group, umask */
	AGENT_GROUP,		/* one more group */
	AGENT_CAPABILITIES,	/* bounding, effective, permitted, inheritable, ambient: bits */
	AGENT_LIMIT,		/* resource as setrlimit(2) counts, soft, hard */
	AGENT_NO_NEW_PRIVILEGES,
	AGENT_TERMINAL,		/* rows, columns: standard input and output are a terminal */
	AGENT_SANDBOX,		/* instead of a process: make what a pod's containers share */
	AGENT_CREATE,		/* make the container and its first process, which waits */
	AGENT_START,		/* let it go on */
	AGENT_EXEC,		/* a process in a container that is there */
	AGENT_INPUT,		/* bytes */
	AGENT_INPUT_END,
	AGENT_RESIZE,		/* rows, columns */
	AGENT_SIGNAL,		/* number */
	AGENT_PAUSE,		/* stop all of the container */
	AGENT_RESUME,
	AGENT_LIST,		/* instead of a process: tell those of the container */
	/* from the agent */
	AGENT_WELCOME,		/* version */
	AGENT_CREATED,
	AGENT_STARTED,
	AGENT_REFUSED,		/* sentence; the connection ends */
	AGENT_OUTPUT,		/* bytes */
	AGENT_ERRORS,		/* bytes */
	AGENT_TAKEN,		/* bytes of input that the process has been given */
	AGENT_DONE,		/* PAUSE, RESUME or RESOURCES */
	AGENT_FAILED,		/* sentence: not done, and all goes on */
	AGENT_PROCESS,		/* pid as the kernel has it, name of its program */
	AGENT_LISTED,		/* that was all; the connection ends */
	AGENT_EXITED,		/* exit code, or 128 and a signal; the connection ends */
	AGENT_TYPES
};

/**
 * struct agent_message - one of them, taken apart
 * @type:   enum agent_type
 * @text:   its texts in their order; they lie in the bytes that it was read from
 * @number: its numbers
 * @bytes:  its bytes
 * @size:   how many
 */
struct agent_message {
	u32 type;
	const char *text[AGENT_TEXTS];
	u64 number[AGENT_NUMBERS];
	const u8 *bytes;
	u32 size;
};

/**
 * agent_encode - a message as bytes
 * @message: with all the fields that its type has; a text that is NULL is empty
 * @to:      where they go
 * @room:    there
 *
 * Return: how many bytes, -EINVAL for a type that does not exist, or -EMSGSIZE.
 */
ssize_t agent_encode(const struct agent_message *message, u8 *to, size_t room);

/**
 * agent_decode - the first message in some bytes
 * @message: receives it; what its type has not is zero
 * @from:    as they came
 * @size:    how many are there
 *
 * Return: how many bytes it had, 0 when it is not all there yet, or -EBADMSG for what is no
 * message.
 */
ssize_t agent_decode(struct agent_message *message, const u8 *from, size_t size);

#endif
