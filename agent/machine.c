// SPDX-License-Identifier: GPL-2.0-only
/* What a first process does for its kernel, and the sockets to the host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine.h"
#include "protocol.h"

#define MODULES "/modules"

/* Standard error is the kernel's log. */
static void complain(const char *what)
{
	dprintf(STDERR_FILENO, "<3>mk-agent: %s: %s\n", what, strerror(errno));
}

static void mount_at(const char *type, const char *target)
{
	mkdir(target, 0755);
	if (mount(type, target, type, 0, NULL))
		complain(target);
}

static void open_log(void)
{
	int null = open("/dev/null", O_RDONLY), log = open("/dev/kmsg", O_WRONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (log >= 0) {
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
}

static int is_module(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static void load_module(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
		complain(path);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

/* Their names begin with numbers, in the order of loading. */
static void load_modules(void)
{
	struct dirent **entries;
	int i, count = scandir(MODULES, &entries, is_module, alphasort);

	for (i = 0; i < count; i++) {
		load_module(entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void machine_begin(void)
{
	mount_at("devtmpfs", "/dev");
	open_log();
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mkdir("/dev/pts", 0755);
	if (mount("devpts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666"))
		complain("/dev/pts");
	load_modules();
	mkdir(MACHINE_SHARE, 0755);
	if (mount(AGENT_SHARE, MACHINE_SHARE, "virtiofs", 0, NULL))
		complain("the container's files");
}

int machine_listen(void)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = AGENT_PORT,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, 16))
		return fd;
	complain("cannot listen for the host");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Low ports are root's there (net/vmw_vsock/af_vsock.c, LAST_RESERVED_PORT). */
int machine_accept(int fd)
{
	struct sockaddr_vm peer = { 0 };
	socklen_t size = sizeof(peer);
	int connection = accept4(fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

	if (connection < 0)
		return -1;
	if (peer.svm_family == AF_VSOCK && peer.svm_cid == VMADDR_CID_HOST &&
	    peer.svm_port <= AGENT_PORT_TRUSTED)
		return connection;
	close(connection);
	return -1;
}

void machine_power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
}
