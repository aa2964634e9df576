// SPDX-License-Identifier: GPL-2.0-only
/* mkctl boot: start a kernel in an instance. */
#include <fcntl.h>
#include <getopt.h>
#include <linux/kexec.h>
#include <stdlib.h>
#include <unistd.h>

#include "inject.h"
#include "instances.h"
#include "kexec.h"
#include "mkctl.h"
#include "sysfs.h"

/* What the operator asked for. */
struct boot {
	const char *name;
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *module;
	bool inject;
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

/* Put another initrd, which begins with the module, in the place of the operator's. */
static int inject(const struct boot *boot, struct files *files)
{
	const struct injection injection = {
		.kernel = files->kernel,
		.kernel_path = boot->kernel,
		.initrd = files->initrd,
		.initrd_path = boot->initrd,
		.module_path = boot->module,
	};
	int fd, code = inject_make(&injection, &fd);

	if (code)
		return code;
	close(files->initrd);
	files->initrd = fd;
	return MKCTL_OK;
}

static int open_files(const struct boot *boot, struct files *files)
{
	int code = open_file(boot->kernel, &files->kernel);

	if (!code && boot->initrd)
		code = open_file(boot->initrd, &files->initrd);
	if (!code && boot->inject)
		code = inject(boot, files);
	return code;
}

static void close_files(const struct files *files)
{
	if (files->initrd >= 0)
		close(files->initrd);
	if (files->kernel >= 0)
		close(files->kernel);
}

static int load(const struct boot *boot, const struct instance *instance, const struct files *files)
{
	unsigned long flags = files->initrd >= 0 ? 0 : KEXEC_FILE_NO_INITRAMFS;
	int err, code = kexec_wait();
	char *append;

	if (code)
		return code;
	if (asprintf(&append, "%s%s", boot->inject ? INJECT_WORD " " : "", boot->append) < 0)
		return mkctl_refuse("%s: %s", boot->name, strerror(ENOMEM));
	err = kexec_call(instance, flags, files->kernel, files->initrd, append);
	free(append);
	if (err)
		return sysfs_refuse(instance->config.name, -err);
	instance_print_status(instance);
	return MKCTL_OK;
}

/* The kernel takes the last rdinit= there is, so ours must be the only one. */
static bool names_rdinit(const char *append)
{
	const char *word = append;

	while ((word = strstr(word, "rdinit="))) {
		if (word == append || word[-1] == ' ')
			return true;
		word++;
	}
	return false;
}

static int check_boot(const struct boot *boot)
{
	if (!boot->kernel)
		return mkctl_usage("boot wants --kernel FILE");
	if (boot->inject && !boot->initrd)
		return mkctl_usage("boot --inject wants --initrd FILE");
	if (boot->module && !boot->inject)
		return mkctl_usage("boot --module goes with --inject");
	if (boot->inject && names_rdinit(boot->append))
		return mkctl_usage("boot --inject sets rdinit= itself");
	return MKCTL_OK;
}

static int parse_boot(struct boot *boot, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "inject", no_argument, NULL, 'j' },
		{ "module", required_argument, NULL, 'm' },
		{ 0 }
	};
	int letter;

	while ((letter = mkctl_next_option(argc, argv, ":", options)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		if (letter == 'k')
			boot->kernel = optarg;
		else if (letter == 'i')
			boot->initrd = optarg;
		else if (letter == 'a')
			boot->append = optarg;
		else if (letter == 'j')
			boot->inject = true;
		else
			boot->module = optarg;
	}
	if (argc - optind != 1)
		return mkctl_usage("boot takes one NAME");
	boot->name = argv[optind];
	return check_boot(boot);
}

int mkctl_boot(int argc, char **argv)
{
	struct boot boot = { .append = "" };
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
