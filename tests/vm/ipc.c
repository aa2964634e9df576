// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes that speak by memory which both have, as System V has it or as a file that is mapped, or
 * by a socket; and one that takes memory. Run in two containers of a pod, each with its own half:
 *
 *	ipc serve sysv KEY	ipc ask sysv KEY
 *	ipc serve map FILE	ipc ask map FILE
 *	ipc serve socket PATH	ipc ask socket PATH
 *	ipc take MB
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE 4096
#define TRIES 12000
#define LOOK_US 10000

static char *map_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	char *page;

	if (fd < 0 || ftruncate(fd, PAGE))
		return NULL;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return page == MAP_FAILED ? NULL : page;
}

static char *attach(const char *kind, const char *name)
{
	char *page;

	if (!strcmp(kind, "map"))
		return map_file(name);
	page = shmat(shmget(atoi(name), PAGE, IPC_CREAT | 0600), NULL, 0);
	return page == (char *)-1 ? NULL : page;
}

static int await(volatile char *page, char wanted)
{
	int i;

	for (i = 0; i < TRIES && *page != wanted; i++)
		usleep(LOOK_US);
	return *page == wanted ? 0 : 1;
}

static int speak(const char *role, volatile char *page)
{
	if (!strcmp(role, "serve")) {
		*page = '1';
		return await(page, '2');
	}
	if (await(page, '1'))
		return 1;
	*page = '2';
	return 0;
}

static int speak_by_socket(const char *role, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), i;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!strcmp(role, "serve"))
		return bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1) ||
			accept(fd, NULL, NULL) < 0;
	for (i = 0; i < TRIES; i++) {
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return 0;
		usleep(LOOK_US);
	}
	return 1;
}

static int say(int err)
{
	if (err)
		perror("ipc");
	else
		puts("spoken");
	return err;
}

static int take(size_t bytes)
{
	char *memory = malloc(bytes);

	if (!memory)
		return 1;
	memset(memory, 1, bytes);
	return memory[bytes / 2] != 1;
}

int main(int argc, char **argv)
{
	char *page;

	if (argc == 3 && !strcmp(argv[1], "take"))
		return take((size_t)atoi(argv[2]) << 20);
	if (argc != 4)
		return 2;
	if (!strcmp(argv[2], "socket"))
		return say(speak_by_socket(argv[1], argv[3]));
	page = attach(argv[2], argv[3]);
	return say(!page || speak(argv[1], page));
}
