// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests inside the emulated machine need and a shell cannot do: the kexec_file_load call
 * with any arguments, writes of chosen sizes, poll(2), the instance's memory file, and a caller
 * with less privilege. The exit status is 0 when the call under test succeeded, 1 when it failed
 * (its errno is printed by name), 2 when this program was used wrongly or could not prepare the
 * call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <multikernel.h>

#include "../../bench/mark.h"

#define PAGE 4096UL
#define TEXT_MAX 4096
#define CLOCK_TRIES 1000
#define PATCH_MAX 512		/* bytes that are scribbled over at once */
#define HEAD 512		/* bytes that a control page has */
#define PIN_EVERY (64UL << 20)	/* bytes of which one page is pinned */
#define PAGEMAP_FRAME ((1UL << 55) - 1)	/* Documentation/admin-guide/mm/pagemap.rst */

enum { DONE, REFUSED, BROKEN };

static unsigned long seed;	/* of random_number() */

static const char usage[] =
	"usage: mktest load [options] [KERNEL]       kexec_file_load; without KERNEL its fd is -1\n"
	"           -i ID        KEXEC_MULTIKERNEL | KEXEC_MK_ID(ID)\n"
	"           -f FLAGS     these flags as well\n"
	"           -u           KEXEC_FILE_UNLOAD as well\n"
	"           -n           KEXEC_FILE_NO_INITRAMFS as well\n"
	"           -r FILE      initrd; without it its fd is -1 and -n is implied\n"
	"           -R FD        number to give as the initrd's fd\n"
	"           -K FD        number to give as the kernel's fd\n"
	"           -c TEXT      command line\n"
	"           -C BYTES     command line of that many bytes, terminating NUL included\n"
	"           -L BYTES     claim that length for the command line\n"
	"           -Z           leave the terminating NUL out of the command line\n"
	"           -B           bad pointer as command line\n"
	"           -d FD        by that descriptor of /dev/multikernel; the sentence goes to standard error\n"
	"           -s SERIAL    with -d: of the instance that is meant\n"
	"           -g NUMBER    with -d: generation that is meant\n"
	"           -S BYTES     with -d: claim that size of the structure, or so many bytes of it and zeros\n"
	"           -X           with -d: one bit set behind what the module knows of the structure\n"
	"           -T ADDRESS   with -d: where the sentence is to go\n"
	"       mktest write [options] TARGET SOURCE write SOURCE's content to TARGET through one open file\n"
	"           -p BYTES     in pieces of that size\n"
	"           -o OFFSET    beginning at that offset of TARGET (pwrite)\n"
	"           -s BYTES     only that many bytes of SOURCE\n"
	"           -t TIMES     the whole again and again, from offset 0, each time\n"
	"           -g OFFSET    leave a gap of one byte of TARGET's offsets before SOURCE's byte OFFSET\n"
	"       mktest poll FILE SECONDS [clock]      wait for FILE to change; prints its content\n"
	"                                             afterwards, and the time stamp counter as it woke\n"
	"       mktest select FILE SECONDS            the same by select(2)\n"
	"       mktest pread FILE OFFSET BYTES        bytes of FILE to standard output\n"
	"       mktest mmap FILE OFFSET BYTES [w]     the same through a read-only (or writable) mapping\n"
	"       mktest held FILE OFFSET BYTES         map, and say what that took; at the end of standard input touch the\n"
	"                                             first and the last page: \"ok\", or \"SIGBUS\"\n"
	"       mktest into FILE OFFSET SOURCE        SOURCE's content into FILE through a writable mapping\n"
	"       mktest zeros FILE OFFSET BYTES        through a mapping: \"ok\", or where the first other byte is\n"
	"       mktest scribble FILE OFFSET BYTES SEED TIMES [FROM TO]...\n"
	"                                             over these bytes of FILE, but not over its bytes FROM to TO\n"
	"       mktest clock [monotonic]              time stamp counter, and the wall clock then in ns, or the monotonic\n"
	"       mktest tick                           sleep a millisecond, again and again\n"
	"       mktest idle SECONDS                   sleep on CPU 0, with a mark for bench/count.c before and after\n"
	"       mktest pin BYTES SECONDS [only]       hold so much memory, one page of each 64 MB so that it cannot move; or\n"
	"                                             only those pages, once there was so much\n"
	"       mktest poison BYTES EVERY             let one page of each EVERY bytes of so much memory be broken, and print\n"
	"                                             their addresses\n"
	"       mktest kexec                          start the kernel that is loaded for the host\n"
	"       mktest without-boot COMMAND...        run COMMAND without CAP_SYS_BOOT\n"
	"       mktest as UID[:GID] COMMAND...        run COMMAND as that user and group, without privilege\n"
	"       mktest filtered CALL COMMAND...       run COMMAND where that system call gives EPERM\n";

static void __attribute__((noreturn, format(printf, 1, 2))) broken(const char *format, ...)
{
	va_list args;

	fputs("mktest: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(BROKEN);
}

static void __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(BROKEN);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end)
		broken("%s is not a number", text);
	return value;
}

static int open_or_break(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		broken("cannot open %s: %s", path, strerror(errno));
	return fd;
}

/* Says by name how the call under test ended; the tests compare this word. */
static int verdict(long result)
{
	if (result < 0) {
		puts(strerrorname_np(errno));
		return REFUSED;
	}
	puts("ok");
	return DONE;
}

struct load {
	long kernel, initrd;	/* file descriptors, valid or not */
	unsigned long flags;
	char *command_line;
	unsigned long length;
	int device;		/* /dev/multikernel, or -1 */
	unsigned long serial, generation, size, text;
	bool unknown_bit;
};

static char *long_command_line(unsigned long bytes)
{
	char *text = malloc(bytes + 1);

	if (!text)
		broken("no memory for a command line of %lu bytes", bytes);
	memset(text, 'x', bytes);
	if (bytes)
		text[bytes - 1] = '\0';
	return text;
}

static void load_options(struct load *load, int argc, char **argv)
{
	bool length_claimed = false;
	int option;

	while ((option = getopt(argc, argv, "i:f:unr:R:K:c:C:L:ZBd:s:g:S:XT:")) != -1) {
		switch (option) {
		case 'i': load->flags |= KEXEC_MULTIKERNEL | KEXEC_MK_ID(number(optarg)); break;
		case 'f': load->flags |= number(optarg); break;
		case 'u': load->flags |= KEXEC_FILE_UNLOAD; break;
		case 'n': load->flags |= KEXEC_FILE_NO_INITRAMFS; break;
		case 'r': load->initrd = open_or_break(optarg, O_RDONLY); break;
		case 'R': load->initrd = strtol(optarg, NULL, 0); break;
		case 'K': load->kernel = strtol(optarg, NULL, 0); break;
		case 'c': load->command_line = optarg; break;
		case 'C': load->command_line = long_command_line(number(optarg)); break;
		case 'L': load->length = number(optarg); length_claimed = true; break;
		case 'Z': load->length = strlen(load->command_line); length_claimed = true; break;
		case 'd': load->device = number(optarg); break;
		case 's': load->serial = number(optarg); break;
		case 'g': load->generation = number(optarg); break;
		case 'S': load->size = number(optarg); break;
		case 'X': load->unknown_bit = true; break;
		case 'T': load->text = number(optarg); break;
		case 'B': load->command_line = (char *)PAGE; break;
		default: wrong_usage();
		}
	}
	if (!length_claimed)
		load->length = load->command_line == (char *)PAGE ? PAGE : strlen(load->command_line) + 1;
}

/* The structure with a page behind it, as a later version of it could be. */
static long call_device(const struct load *load)
{
	static union {
		struct multikernel_call call;
		char bytes[2 * PAGE];
	} argument;
	char text[TEXT_MAX] = "";
	long result;

	argument.call = (struct multikernel_call){
		.size = load->size ? load->size : sizeof(argument.call),
		.kernel_fd = load->kernel,
		.initrd_fd = load->initrd,
		.text_size = sizeof(text),
		.flags = load->flags,
		.cmdline = (uintptr_t)load->command_line,
		.cmdline_len = load->length,
		.serial = load->serial,
		.generation = load->generation,
		.text = load->text ? load->text : (uintptr_t)text,
	};
	argument.bytes[sizeof(argument.call)] = load->unknown_bit;
	result = ioctl(load->device, MULTIKERNEL_CALL, &argument);
	if (result < 0 && *text)
		fprintf(stderr, "%s\n", text);
	return result;
}

static int do_load(int argc, char **argv)
{
	struct load load = { .kernel = -1, .initrd = -2, .command_line = "", .device = -1 };

	load_options(&load, argc, argv);
	if (optind < argc - 1)
		wrong_usage();
	if (optind < argc)
		load.kernel = open_or_break(argv[optind], O_RDONLY);
	if (load.initrd == -2) {
		load.initrd = -1;
		load.flags |= KEXEC_FILE_NO_INITRAMFS;
	}
	if (load.device >= 0)
		return verdict(call_device(&load));
	return verdict(syscall(SYS_kexec_file_load, load.kernel, load.initrd, load.length,
			       load.command_line, load.flags));
}

static char *read_whole(const char *path, size_t *size)
{
	int fd = open_or_break(path, O_RDONLY);
	struct stat status;
	char *content;

	if (fstat(fd, &status))
		broken("cannot stat %s: %s", path, strerror(errno));
	content = malloc(status.st_size + 1);
	if (!content || read(fd, content, status.st_size) != status.st_size)
		broken("cannot read %s", path);
	close(fd);
	*size = status.st_size;
	return content;
}

static int do_write(int argc, char **argv)
{
	size_t size, piece = SIZE_MAX, limit = SIZE_MAX, gap = SIZE_MAX, times = 1;
	off_t offset = 0;
	char *content;
	int option, fd;

	while ((option = getopt(argc, argv, "p:o:s:t:g:")) != -1) {
		switch (option) {
		case 'p': piece = number(optarg); break;
		case 'o': offset = number(optarg); break;
		case 's': limit = number(optarg); break;
		case 't': times = number(optarg); break;
		case 'g': gap = number(optarg); break;
		default: wrong_usage();
		}
	}
	if (optind != argc - 2 || !piece)
		wrong_usage();
	content = read_whole(argv[optind + 1], &size);
	size = size < limit ? size : limit;
	fd = open(argv[optind], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return verdict(fd);

	while (times--) {
		for (size_t done = 0; done < size;) {
			size_t left = size - done, now = left < piece ? left : piece;
			ssize_t wrote;

			if (done < gap && gap < done + now)
				now = gap - done;
			wrote = pwrite(fd, content + done, now, offset + done + (done >= gap));
			if (wrote < 0)
				return verdict(wrote);
			if (!wrote)
				broken("%s took no byte at %zu", argv[optind], done);
			done += wrote;
		}
	}
	return verdict(close(fd));
}

/* What poll(2) calls POLLPRI is an exceptional condition to select(2). */
static int wait_by_poll(int fd, long seconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI | POLLERR };

	return poll(&poll_fd, 1, seconds * 1000);
}

static int wait_by_select(int fd, long seconds)
{
	struct timeval bound = { .tv_sec = seconds };
	fd_set exceptional;

	FD_ZERO(&exceptional);
	FD_SET(fd, &exceptional);
	return select(fd + 1, NULL, NULL, &exceptional, &bound);
}

/*
 * sysfs wants a file read once before it tells of changes, and says POLLPRI | POLLERR when there is
 * one.
 */
static int wait_for_change(int argc, char **argv, int (*wait)(int fd, long seconds))
{
	bool with_clock = argc == 4 && !strcmp(argv[3], "clock");
	char text[TEXT_MAX];
	unsigned long woke;
	ssize_t length;
	int fd, result;

	if (argc != 3 && !with_clock)
		wrong_usage();
	fd = open_or_break(argv[1], O_RDONLY);
	if (read(fd, text, sizeof(text)) < 0)
		broken("cannot read %s: %s", argv[1], strerror(errno));
	result = wait(fd, number(argv[2]));
	woke = __builtin_ia32_rdtsc();
	if (result < 0)
		return verdict(result);
	if (!result) {
		puts("timeout");
		return REFUSED;
	}
	length = pread(fd, text, sizeof(text), 0);
	if (length < 0)
		return verdict(length);
	fwrite(text, 1, length, stdout);
	if (with_clock)
		printf("%lu\n", woke);
	return DONE;
}

static int do_poll(int argc, char **argv)
{
	return wait_for_change(argc, argv, wait_by_poll);
}

static int do_select(int argc, char **argv)
{
	return wait_for_change(argc, argv, wait_by_select);
}

/* Failures go to standard error here: standard output is for the bytes. */
static int refused(const char *call)
{
	fprintf(stderr, "%s\n", strerrorname_np(errno));
	fprintf(stderr, "# %s failed: %s\n", call, strerror(errno));
	return REFUSED;
}

static int do_pread(int argc, char **argv)
{
	unsigned long offset, left;
	char buffer[PAGE];
	int fd;

	if (argc != 4)
		wrong_usage();
	offset = number(argv[2]);
	left = number(argv[3]);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refused("open");

	while (left) {
		ssize_t got = pread(fd, buffer, left < PAGE ? left : PAGE, offset);

		if (got < 0)
			return refused("pread");
		if (!got)
			break;
		fwrite(buffer, 1, got, stdout);
		offset += got;
		left -= got;
	}
	return DONE;
}

/* MAP_FAILED with errno set when the call under test failed. */
static char *map(const char *path, unsigned long offset, unsigned long size, bool writable)
{
	unsigned long skip = offset % PAGE;
	int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	char *memory;

	if (fd < 0)
		return MAP_FAILED;
	memory = mmap(NULL, skip + size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd,
		      offset - skip);
	return memory == MAP_FAILED ? memory : memory + skip;
}

static int do_mmap(int argc, char **argv)
{
	bool writable = argc == 5 && !strcmp(argv[4], "w");
	unsigned long size;
	char *memory;

	if (argc != 4 && !writable)
		wrong_usage();
	size = number(argv[3]);
	memory = map(argv[1], number(argv[2]), size, writable);
	if (memory == MAP_FAILED)
		return refused("open or mmap");
	fwrite(memory, 1, size, stdout);
	return DONE;
}

static unsigned long page_table_kb(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long kb = 0;
	char line[256];

	if (!status)
		broken("cannot open /proc/self/status");
	while (fgets(line, sizeof(line), status) && sscanf(line, "VmPTE: %lu kB", &kb) != 1)
		;
	fclose(status);
	return kb;
}

static void on_bus_error(int number)
{
	static const char text[] = "SIGBUS\n";

	(void)number;
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(BROKEN);
	_exit(REFUSED);
}

static int do_held(int argc, char **argv)
{
	unsigned long size, before = page_table_kb();
	const volatile char *memory;

	if (argc != 4)
		wrong_usage();
	signal(SIGBUS, on_bus_error);
	size = number(argv[3]);
	memory = map(argv[1], number(argv[2]), size, false);
	if (memory == MAP_FAILED)
		return refused("open or mmap");
	printf("page tables: %lu KB\n", page_table_kb() - before);
	if (!mprotect((void *)memory, size, PROT_READ | PROT_WRITE))
		puts("writable");
	fflush(stdout);
	while (getchar() != EOF)
		;
	(void)memory[0];
	(void)memory[size - 1];
	puts("ok");
	return DONE;
}

static int do_into(int argc, char **argv)
{
	char *content, *memory;
	size_t size;

	if (argc != 4)
		wrong_usage();
	content = read_whole(argv[3], &size);
	memory = map(argv[1], number(argv[2]), size, true);
	if (memory == MAP_FAILED)
		return refused("open or mmap");
	memcpy(memory, content, size);
	return DONE;
}

static int do_zeros(int argc, char **argv)
{
	unsigned long size, i;
	char *memory;

	if (argc != 4)
		wrong_usage();
	size = number(argv[3]);
	memory = map(argv[1], number(argv[2]), size, false);
	if (memory == MAP_FAILED)
		return refused("open or mmap");
	for (i = 0; i < size; i++) {
		if (memory[i]) {
			printf("%#lx\n", number(argv[2]) + i);
			return REFUSED;
		}
	}
	puts("ok");
	return DONE;
}

/* George Marsaglia, "Xorshift RNGs", 2003; the same numbers for the same seed. */
static unsigned long random_number(unsigned long below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static void fill(char *patch, size_t size)
{
	static const char text[] = "\033[2J\007\r\n\200%s%n<0>";
	unsigned long kind = random_number(4);

	for (size_t i = 0; i < size; i++) {
		switch (kind) {
		case 0: patch[i] = 0; break;
		case 1: patch[i] = -1; break;
		case 2: patch[i] = text[i % sizeof(text)]; break;
		default: patch[i] = random_number(256); break;
		}
	}
}

/* Mostly where it matters: over the beginning, or over the beginning of another page. */
static unsigned long place_patch(unsigned long bytes)
{
	switch (random_number(4)) {
	case 0: return random_number(bytes < HEAD ? bytes : HEAD);
	case 1: return bytes > PAGE ? random_number(bytes / PAGE) * PAGE + random_number(128) : 0;
	default: return random_number(bytes);
	}
}

static bool is_kept(unsigned long start, unsigned long end, int argc, char **argv)
{
	for (int i = 0; i + 1 < argc; i += 2)
		if (start < number(argv[i + 1]) && number(argv[i]) < end)
			return true;
	return false;
}

static int do_scribble(int argc, char **argv)
{
	unsigned long offset, bytes, times;
	char patch[PATCH_MAX];
	int fd;

	if (argc < 6 || argc % 2)
		wrong_usage();
	fd = open_or_break(argv[1], O_RDWR);
	offset = number(argv[2]);
	bytes = number(argv[3]);
	seed = number(argv[4]) * 0x9e3779b97f4a7c15 | 1;
	for (times = number(argv[5]); bytes && times; times--) {
		unsigned long start = place_patch(bytes);
		unsigned long size = 1 + random_number(random_number(2) ? 8 : PATCH_MAX);

		size = size < bytes - start ? size : bytes - start;
		fill(patch, size);
		if (is_kept(start, start + size, argc - 6, argv + 6))
			continue;
		if (pwrite(fd, patch, size, offset + start) != (ssize_t)size)
			broken("cannot write %s: %s", argv[1], strerror(errno));
	}
	return DONE;
}

/* Of many tries the one in which least time passed between the two readings of the counter. */
static int do_clock(int argc, char **argv)
{
	bool monotonic = argc == 2 && !strcmp(argv[1], "monotonic");
	unsigned long best = ULONG_MAX, tsc = 0, ns = 0;
	struct timespec time;

	if (argc != 1 && !monotonic)
		wrong_usage();
	for (int i = 0; i < CLOCK_TRIES; i++) {
		unsigned long before = __builtin_ia32_rdtsc(), after;

		clock_gettime(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, &time);
		after = __builtin_ia32_rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		tsc = before + best / 2;
		ns = time.tv_sec * 1000000000UL + time.tv_nsec;
	}
	printf("%lu %lu\n", tsc, ns);
	return DONE;
}

/* Of what the host does in between, this process has no part but its own sleep. */
static int do_idle(int argc, char **argv)
{
	struct timespec begin, end;
	cpu_set_t cpus;

	if (argc != 2)
		wrong_usage();
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		broken("cannot go to CPU 0: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	mark();
	sleep(number(argv[1]));
	mark();
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%ld ms\n", (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
	return DONE;
}

/* So that the host has a timer interrupt each millisecond; until it is ended by a signal. */
static int __attribute__((noreturn)) do_tick(int argc, char **argv)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	if (argc != 1)
		wrong_usage();
	(void)argv;
	for (;;)
		nanosleep(&millisecond, NULL);
}

/* Memory with something in it. */
static char *fill_memory(unsigned long bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		broken("no %lu bytes of memory: %s", bytes, strerror(errno));
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	for (unsigned long i = 0; i < bytes; i += PAGE)
		memory[i] = 1;
	return memory;
}

/* A page in a pipe stays where it is until someone reads it there. */
static int do_pin(int argc, char **argv)
{
	unsigned long bytes;
	char *memory;

	if (argc != 3 && (argc != 4 || strcmp(argv[3], "only")))
		wrong_usage();
	bytes = number(argv[1]);
	memory = fill_memory(bytes);
	for (unsigned long i = 0; i < bytes; i += PIN_EVERY) {
		struct iovec page = { .iov_base = memory + i, .iov_len = PAGE };
		int ends[2];

		if (pipe(ends) || vmsplice(ends[1], &page, 1, 0) != (ssize_t)PAGE)
			broken("cannot pin a page: %s", strerror(errno));
	}
	if (argc == 4)
		munmap(memory, bytes);
	puts("ok");
	fflush(stdout);
	sleep(number(argv[2]));
	return DONE;
}

static unsigned long frame_of(const char *page)
{
	int fd = open_or_break("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		broken("cannot read pagemap: %s", strerror(errno));
	close(fd);
	return entry & PAGEMAP_FRAME;
}

static int do_poison(int argc, char **argv)
{
	unsigned long bytes, every;
	char *memory;

	if (argc != 3)
		wrong_usage();
	bytes = number(argv[1]);
	every = number(argv[2]);
	memory = fill_memory(bytes);
	for (unsigned long i = 0; i < bytes; i += every) {
		unsigned long frame = frame_of(memory + i);

		if (madvise(memory + i, PAGE, MADV_HWPOISON))
			return verdict(-1);
		printf("0x%lx\n", frame * PAGE);
	}
	return DONE;
}

static int do_kexec(int argc, char **argv)
{
	if (argc != 1)
		wrong_usage();
	(void)argv;
	return verdict(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			       LINUX_REBOOT_CMD_KEXEC, NULL));
}

static int run(char **command)
{
	if (!*command)
		wrong_usage();
	execvp(*command, command);
	broken("cannot run %s: %s", *command, strerror(errno));
}

/* Out of the bounding set, so that root does not get it back from exec. */
static int do_without_boot(int argc, char **argv)
{
	(void)argc;
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT))
		broken("cannot drop CAP_SYS_BOOT: %s", strerror(errno));
	return run(argv + 1);
}

static int do_as(int argc, char **argv)
{
	gid_t group;
	uid_t user;
	char *colon;

	if (argc < 3)
		wrong_usage();
	colon = strchr(argv[1], ':');
	if (colon)
		*colon = '\0';
	user = number(argv[1]);
	group = colon ? number(colon + 1) : user;
	if (setresgid(group, group, group) || setresuid(user, user, user))
		broken("cannot become user %u: %s", user, strerror(errno));
	return run(argv + 2);
}

/* As in a service or a container that may not make the call. */
static int do_filtered(int argc, char **argv)
{
	if (argc < 3)
		wrong_usage();
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number(argv[1]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		broken("cannot set a filter: %s", strerror(errno));
	return run(argv + 2);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} command[] = {
		{ "load", do_load },	 { "write", do_write },
		{ "select", do_select },
		{ "poll", do_poll },	 { "pread", do_pread },
		{ "mmap", do_mmap },	 { "zeros", do_zeros },
		{ "as", do_as },	 { "without-boot", do_without_boot },
		{ "clock", do_clock },	 { "idle", do_idle },
		{ "into", do_into },	 { "scribble", do_scribble },
		{ "kexec", do_kexec },	 { "pin", do_pin },
		{ "poison", do_poison }, { "tick", do_tick },
		{ "held", do_held },	 { "filtered", do_filtered },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(command) / sizeof(command[0]); i++)
		if (!strcmp(argv[1], command[i].name))
			return command[i].run(argc - 1, argv + 1);
	wrong_usage();
}
