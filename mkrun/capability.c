// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities and limits by their names in the kernel's own headers. */
#include <linux/capability.h>
#include <sys/resource.h>

#include "capability.h"

#define NAMED(name) { #name, name },

struct named {
	const char *name;
	int number;
};

static const struct named capabilities[] = {
	NAMED(CAP_CHOWN) NAMED(CAP_DAC_OVERRIDE) NAMED(CAP_DAC_READ_SEARCH) NAMED(CAP_FOWNER)
	NAMED(CAP_FSETID) NAMED(CAP_KILL) NAMED(CAP_SETGID) NAMED(CAP_SETUID) NAMED(CAP_SETPCAP)
	NAMED(CAP_LINUX_IMMUTABLE) NAMED(CAP_NET_BIND_SERVICE) NAMED(CAP_NET_BROADCAST)
	NAMED(CAP_NET_ADMIN) NAMED(CAP_NET_RAW) NAMED(CAP_IPC_LOCK) NAMED(CAP_IPC_OWNER)
	NAMED(CAP_SYS_MODULE) NAMED(CAP_SYS_RAWIO) NAMED(CAP_SYS_CHROOT) NAMED(CAP_SYS_PTRACE)
	NAMED(CAP_SYS_PACCT) NAMED(CAP_SYS_ADMIN) NAMED(CAP_SYS_BOOT) NAMED(CAP_SYS_NICE)
	NAMED(CAP_SYS_RESOURCE) NAMED(CAP_SYS_TIME) NAMED(CAP_SYS_TTY_CONFIG) NAMED(CAP_MKNOD)
	NAMED(CAP_LEASE) NAMED(CAP_AUDIT_WRITE) NAMED(CAP_AUDIT_CONTROL) NAMED(CAP_SETFCAP)
	NAMED(CAP_MAC_OVERRIDE) NAMED(CAP_MAC_ADMIN) NAMED(CAP_SYSLOG) NAMED(CAP_WAKE_ALARM)
	NAMED(CAP_BLOCK_SUSPEND) NAMED(CAP_AUDIT_READ) NAMED(CAP_PERFMON) NAMED(CAP_BPF)
	NAMED(CAP_CHECKPOINT_RESTORE)
};

static const struct named limits[] = {
	NAMED(RLIMIT_CPU) NAMED(RLIMIT_FSIZE) NAMED(RLIMIT_DATA) NAMED(RLIMIT_STACK)
	NAMED(RLIMIT_CORE) NAMED(RLIMIT_RSS) NAMED(RLIMIT_NPROC) NAMED(RLIMIT_NOFILE)
	NAMED(RLIMIT_MEMLOCK) NAMED(RLIMIT_AS) NAMED(RLIMIT_LOCKS) NAMED(RLIMIT_SIGPENDING)
	NAMED(RLIMIT_MSGQUEUE) NAMED(RLIMIT_NICE) NAMED(RLIMIT_RTPRIO) NAMED(RLIMIT_RTTIME)
};

static int find(const struct named *rows, size_t count, const char *name)
{
	size_t i;

	for (i = 0; name && i < count; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].number;
	return -1;
}

u64 capability_bit(const char *name)
{
	int number = find(capabilities, ARRAY_SIZE(capabilities), name);

	return number < 0 ? 0 : 1ULL << number;
}

json_t *capability_names(void)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(capabilities); i++)
		json_array_append_new(array, json_string(capabilities[i].name));
	return array;
}

int limit_number(const char *name)
{
	return find(limits, ARRAY_SIZE(limits), name);
}
