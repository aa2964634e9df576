// SPDX-License-Identifier: GPL-2.0-only
/* mkio, which serves a virtio device of an instance: the table of kinds, and the way in. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "mkio.h"
#include "say.h"
#include "options.h"

static const struct mkio_command *const commands[] = {
	&mkio_vsock,
};

static const struct mkio_command *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* argv[1], if there is one, names the kind to explain. */
static int help(int argc, char **argv)
{
	const struct mkio_command *command;
	size_t i;

	if (argc > 2)
		return mkio_usage("help takes one KIND");
	if (argc == 2) {
		command = find(argv[1]);
		if (!command)
			return mkio_usage("there is no kind \"%s\"", argv[1]);
		options_explain(command);
		return MKIO_OK;
	}
	puts("usage: mkio KIND NAME [OPTIONS]\n\n"
	     "Serves one device of the instance NAME, until it is told to stop.\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-7s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n\"mkio help KIND\" tells more; mkio(8) tells all.");
	return MKIO_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct mkio_command *command;
	const char *instance = NULL;
	int code;

	if (!argc)
		return mkio_usage("no kind of device given");
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		puts("mkio " MKIO_VERSION);
		return MKIO_OK;
	}
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return help(1, argv);
	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	command = find(argv[0]);
	if (!command)
		return mkio_usage("there is no kind \"%s\"", argv[0]);
	if (argc > 1 && !strcmp(argv[1], "--help"))
		return help(2, argv - 1);
	code = options_parse(command, argc, argv, &instance);
	return code ? code : command->run(instance);
}

/*
 * A descriptor that the caller has closed would be the next file's, which is then written as
 * standard output. A caller who ignores his children's ends would have us never see ours.
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
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	int code;

	cli_set_program("mkio");	/* for what it shares with mkctl */
	set_up_process();
	code = dispatch(argc ? argc - 1 : 0, argv + 1);

	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) || ferror(stdout))
		return mkio_refuse("cannot write the output: %s", strerror(errno));
	return code;
}
