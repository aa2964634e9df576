// SPDX-License-Identifier: GPL-2.0-only
/* mkctl, the operator's command: the table of its commands, and how they are explained. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "mkctl.h"

static const struct mkctl_command commands[] = {
	{
		.name = "check",
		.arguments = "FILE",
		.summary = "say whether a tree would be accepted",
		.help =
"Reads FILE, device tree source or a compiled device tree, and gives the verdict of the kernel\n"
"before anything is uploaded. Where the module is loaded the tree is also held against this\n"
"machine: its CPUs, its pool of memory, and the instances that are there. Changes nothing.\n",
		.run = mkctl_check,
	}, {
		.name = "apply",
		.arguments = "FILE",
		.summary = "make the instances what a tree says",
		.help =
"Uploads FILE, device tree source or a compiled device tree. It is the whole desired state and\n"
"takes effect all or nothing: instances that are not in it go away. Shows what is there then.\n",
		.run = mkctl_apply,
	}, {
		.name = "list",
		.arguments = "[--json]",
		.summary = "show the instances",
		.help =
"One line for each instance: its name, id, status, CPUs (the first is its boot CPU) and memory;\n"
"for a failed one also why. With --json an array of objects.\n",
		.run = mkctl_list,
	}, {
		.name = "boot",
		.arguments = "NAME --kernel FILE [--initrd FILE]... [--append TEXT] "
			     "[--inject [--module FILE]] [--unsafe]",
		.summary = "start a kernel in an instance",
		.help =
"Loads the kernel image FILE, with an initrd and a command line if given, into the memory of\n"
"instance NAME and starts it on the instance's CPUs. With --inject the kernel loads the\n"
"multikernel module before anything else, whatever its initrd is: the one installed for that\n"
"kernel's version, or the FILE of --module. Several initrds are joined in their order. Words in TEXT\n"
"that a kernel beside others must not have are refused, unless --unsafe is given.\n",
		.run = mkctl_boot,
	}, {
		.name = "stop",
		.arguments = "NAME [--timeout SECONDS]",
		.summary = "have the kernel of an instance shut down",
		.help =
"Asks the kernel in instance NAME to shut down in good order and stops it by force if it has not\n"
"done so after 30 seconds, or SECONDS. One without the multikernel module cannot be asked and is\n"
"stopped at once. The instance stays, ready for the next kernel.\n",
		.run = mkctl_stop,
	}, {
		.name = "kill",
		.arguments = "NAME",
		.summary = "stop the kernel of an instance at once",
		.help =
"Stops what runs in instance NAME without asking it. The instance stays, ready for the next one.\n",
		.run = mkctl_kill,
	}, {
		.name = "reboot",
		.arguments = "NAME [--timeout SECONDS]",
		.summary = "have the kernel of an instance reboot",
		.help =
"Asks the kernel in instance NAME to reboot in good order, and waits until it is started again:\n"
"30 seconds, or SECONDS. It is loaded from the same files. One without the multikernel module\n"
"cannot be asked.\n",
		.run = mkctl_reboot,
	}, {
		.name = "logs",
		.arguments = "NAME [-f] | --core FILE",
		.summary = "show the kernel log of an instance",
		.help =
"Reads the log of the kernel in instance NAME from outside, out of its memory: also when that\n"
"kernel hangs or is dead. With -f (--follow) goes on with what comes, also over restarts, until\n"
"the instance goes away. With --core reads it out of FILE, which \"mkctl dump\" has written.\n",
		.run = mkctl_logs,
	}, {
		.name = "dump",
		.arguments = "NAME -o FILE",
		.summary = "write an instance's memory to a core file",
		.help =
"Writes the memory of instance NAME to FILE, an ELF core file that crash and gdb open with the\n"
"debug symbols of its kernel: one that runs, hangs or is dead. Nothing is stopped for it, so the\n"
"memory of one that runs changes meanwhile. What is zero is not written, where FILE can have holes.\n",
		.run = mkctl_dump,
	}, {
		.name = "console",
		.arguments = "NAME [--quit SECONDS]",
		.summary = "talk to the console of an instance",
		.help =
"Connects this terminal to the console of the kernel in instance NAME, which is /dev/hvc0 there if\n"
"that kernel has the multikernel module. Ctrl-] leaves. Output that no one has read yet comes first,\n"
"also that of a kernel which has stopped. Where standard input is no terminal it is sent as it is,\n"
"and output is shown until no kernel runs there or, with --quit, until SECONDS after the end of the\n"
"input.\n",
		.run = mkctl_console,
	},
};

static const struct mkctl_command *running;

int mkctl_refuse(const char *format, ...)
{
	va_list args;

	fputs("mkctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return MKCTL_REFUSED;
}

static void print_usage_line(FILE *to)
{
	if (running)
		fprintf(to, "usage: mkctl %s %s\n", running->name, running->arguments);
	else
		fprintf(to, "usage: mkctl COMMAND [ARGUMENTS]; \"mkctl --help\" lists them\n");
}

int mkctl_usage(const char *format, ...)
{
	va_list args;

	fputs("mkctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	print_usage_line(stderr);
	return MKCTL_USAGE;
}

int mkctl_next_option(int argc, char **argv, const char *letters, const struct option *options)
{
	static const struct option none = { 0 };
	int letter;

	opterr = 0;
	letter = getopt_long(argc, argv, letters, options ? options : &none, NULL);
	if (letter == ':')
		mkctl_usage("%s: %s wants a value", argv[0], argv[optind - 1]);
	else if (letter == '?' && optopt)
		mkctl_usage("%s does not know -%c", argv[0], optopt);
	else if (letter == '?')
		mkctl_usage("%s does not know %s", argv[0], argv[optind - 1]);
	return letter == ':' ? '?' : letter;
}

static const struct mkctl_command *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* argv[1], if there is one, names the command to explain. */
static int help(int argc, char **argv)
{
	size_t i;

	if (argc > 2)
		return mkctl_usage("help takes one COMMAND");
	if (argc == 2) {
		running = find(argv[1]);
		if (!running)
			return mkctl_usage("there is no command \"%s\"", argv[1]);
		print_usage_line(stdout);
		printf("\n%s", running->help);
		return MKCTL_OK;
	}
	puts("usage: mkctl COMMAND [ARGUMENTS]\n\n"
	     "Several Linux kernels side by side on this machine.\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-7s %s\n", commands[i].name, commands[i].summary);
	puts("\n\"mkctl help COMMAND\" tells more; mkctl(8) tells all.");
	return MKCTL_OK;
}

static int dispatch(int argc, char **argv)
{
	if (!argc)
		return mkctl_usage("no command given");
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		puts("mkctl " MKCTL_VERSION);
		return MKCTL_OK;
	}
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return help(1, argv);
	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	running = find(argv[0]);
	if (!running)
		return mkctl_usage("there is no command \"%s\"", argv[0]);
	if (argc > 1 && !strcmp(argv[1], "--help"))
		return help(2, argv - 1);
	return running->run(argc, argv);
}

/*
 * A descriptor that the caller has closed would be the next file's, which is then read and written
 * as standard input and output. A caller who ignores his children's ends would have us never see
 * ours.
 */
static void set_up_process(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
	int code;

	set_up_process();
	code = dispatch(argc ? argc - 1 : 0, argv + 1);

	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) || ferror(stdout))
		return mkctl_refuse("cannot write the output: %s", strerror(errno));
	return code;
}
