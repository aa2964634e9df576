// SPDX-License-Identifier: GPL-2.0-only
/* mkctl boot: start a kernel in an instance. */
#include <fcntl.h>
#include <getopt.h>
#include <linux/kexec.h>
#include <stdlib.h>
#include <unistd.h>

#include "command_line.h"
#include "initrd.h"
#include "inject.h"
#include "instances.h"
#include "kexec.h"
#include "mkctl.h"
#include "multikernel.h"
#include "sysfs.h"

/* What the operator asked for. */
struct boot {
	const char *name;
	const char *kernel;
	struct initrds initrds;
	const char *append;
	const char *module;
	bool inject;
	bool unsafe;
};

/* The files as they are handed to the kernel; -1 where there is none. */
struct files {
	int kernel;
	int initrd;
};

static int open_file(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? mkctl_refuse("%s: %s", path, strerror(errno)) : MKCTL_OK;
}

static int inject(const struct boot *boot, struct files *files)
{
	const struct injection injection = {
		.kernel = files->kernel,
		.kernel_path = boot->kernel,
		.initrds = &boot->initrds,
		.module_path = boot->module,
	};

	return inject_make(&injection, &files->initrd);
}

/* A single initrd is handed over as it is; else a new one, in memory, takes the place of them all. */
static int make_initrd(struct boot *boot, struct files *files)
{
	int code = initrds_open(&boot->initrds);

	if (code || !boot->initrds.count)
		return code;
	if (boot->inject)
		return inject(boot, files);
	if (boot->initrds.count > 1)
		return initrds_join(&boot->initrds, &files->initrd);
	files->initrd = boot->initrds.fd[0];
	boot->initrds.count = 0;
	return MKCTL_OK;
}

static int open_files(struct boot *boot, struct files *files)
{
	int code = open_file(boot->kernel, &files->kernel);

	if (!code)
		code = make_initrd(boot, files);
	initrds_close(&boot->initrds);
	return code;
}

static void close_files(const struct files *files)
{
	if (files->initrd >= 0)
		close(files->initrd);
	if (files->kernel >= 0)
		close(files->kernel);
}

/* What the kernel log says as well; the kernel refuses by itself what is to be refused. */
static void print_remarks(const struct boot *boot, struct instance *instance)
{
	const struct mk_ranges memory = { .range = instance->range, .count = instance->range_count };
	const struct mk_command_line line = {
		.user = boot->append,
		.memory = &memory,
		.memory_bytes = instance->config.memory_bytes,
		.unsafe = boot->unsafe,
	};
	const char *position = line.user;
	struct mk_reason remark;

	while (mk_command_line_remark(&line, &position, &remark))
		mkctl_refuse("%s: %s", boot->name, remark.text);
}

static int load(const struct boot *boot, struct instance *instance, const struct files *files)
{
	struct kexec_call call = {
		.instance = instance,
		.flags = (files->initrd >= 0 ? 0 : KEXEC_FILE_NO_INITRAMFS) |
			 (boot->unsafe ? KEXEC_MK_UNSAFE : 0),
		.kernel = files->kernel,
		.initrd = files->initrd,
	};
	char *append;
	int err;

	if (asprintf(&append, "%s%s", boot->inject ? INJECT_WORD " " : "", boot->append) < 0)
		return mkctl_refuse("%s: %s", boot->name, strerror(ENOMEM));
	instance_read_ranges(instance);		/* without them there are fewer remarks */
	print_remarks(boot, instance);
	call.append = append;
	err = kexec_call(&call);
	free(append);
	return err ? kexec_refuse(&call, err) : instance_report(instance);
}

/* The kernel takes the last rdinit= there is, so ours must be the only one. */
static bool names_rdinit(const char *append)
{
	struct mk_word word;

	while (mk_word_next(&append, &word))
		if (mk_word_is(&word, "rdinit"))
			return true;
	return false;
}

static int check_boot(const struct boot *boot)
{
	if (!boot->kernel)
		return mkctl_usage("boot wants --kernel FILE");
	if (boot->inject && !boot->initrds.count)
		return mkctl_usage("boot --inject wants --initrd FILE");
	if (boot->module && !boot->inject)
		return mkctl_usage("boot --module goes with --inject");
	if (boot->inject && boot->append && names_rdinit(boot->append))
		return mkctl_usage("boot --inject sets rdinit= itself");
	return MKCTL_OK;
}

/* Where there can be one value only, a second one is a mistake, and which was meant is not known. */
static int set_once(const char **value, const char *option)
{
	if (*value)
		return mkctl_usage("boot: --%s is given twice", option);
	*value = optarg;
	return MKCTL_OK;
}

static int add_initrd(struct initrds *initrds)
{
	if (initrds->count == INITRDS_MAX)
		return mkctl_usage("boot: --initrd is given more than %d times", INITRDS_MAX);
	initrds->path[initrds->count] = optarg;
	initrds->fd[initrds->count++] = -1;
	return MKCTL_OK;
}

static int take_option(struct boot *boot, int letter)
{
	switch (letter) {
	case 'k':
		return set_once(&boot->kernel, "kernel");
	case 'i':
		return add_initrd(&boot->initrds);
	case 'a':
		return set_once(&boot->append, "append");
	case 'm':
		return set_once(&boot->module, "module");
	case 'j':
		boot->inject = true;
		return MKCTL_OK;
	case 'u':
		boot->unsafe = true;
		return MKCTL_OK;
	default:
		return MKCTL_USAGE;	/* it has been said why */
	}
}

static int parse_boot(struct boot *boot, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "inject", no_argument, NULL, 'j' },
		{ "module", required_argument, NULL, 'm' },
		{ "unsafe", no_argument, NULL, 'u' },
		{ 0 }
	};
	int letter, code = MKCTL_OK;

	while (!code && (letter = mkctl_next_option(argc, argv, ":", options)) != -1)
		code = take_option(boot, letter);
	if (code)
		return code;
	if (argc - optind != 1)
		return mkctl_usage("boot takes one NAME");
	boot->name = argv[optind];
	code = check_boot(boot);
	if (!boot->append)
		boot->append = "";
	return code;
}

int mkctl_boot(int argc, char **argv)
{
	struct boot boot = { 0 };
	struct files files = { -1, -1 };
	struct instance instance;
	int code = parse_boot(&boot, argc, argv);

	if (code)
		return code;
	code = instance_find(&instance, boot.name);
	if (!code)
		code = open_files(&boot, &files);
	if (!code)
		code = load(&boot, &instance, &files);
	close_files(&files);
	instance_free(&instance);
	return code;
}
