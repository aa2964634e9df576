// SPDX-License-Identifier: GPL-2.0-only
/* mkctl boot: start a kernel in an instance. */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot_devices.h"
#include "command_line.h"
#include "device_list.h"
#include "initrd.h"
#include "inject.h"
#include "instances.h"
#include "kernel_config.h"
#include "kexec.h"
#include "mkctl.h"
#include "unified.h"
#include "unpack.h"

/* What the operator asked for. */
static struct boot {
	const char *kernel;
	struct cli_texts initrd;
	const char *append;
	const char *module;
	bool inject;
	bool unpack;
	bool unsafe;
	struct boot_devices devices;
} asked = { .append = "" };

/* The files as they are handed to the kernel; -1 where there is none. */
struct files {
	int kernel;
	int initrd;
	struct unified unified;
};

static int open_file(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? cli_refuse("%s: %s", path, strerror(errno)) : CLI_OK;
}

static int inject(struct files *files, const struct initrds *initrds)
{
	const struct injection injection = {
		.kernel = files->kernel,
		.kernel_path = asked.kernel,
		.initrds = initrds,
		.module_path = asked.module,
	};

	return inject_make(&injection, &files->initrd);
}

/* A single initrd is handed over as it is; else a new one, in memory, takes the place of them all. */
static int make_initrd(struct files *files, struct initrds *initrds)
{
	int code = initrds_open(initrds);

	if (code || !initrds->count)
		return code;
	if (asked.inject)
		return inject(files, initrds);
	if (initrds->count > 1)
		return initrds_join(initrds, &files->initrd);
	files->initrd = initrds->fd[0];
	initrds->count = 0;
	return CLI_OK;
}

static bool has_word(const char *append, const char *name)
{
	struct mk_word word;

	while (mk_word_next(&append, &word))
		if (mk_word_is(&word, name))
			return true;
	return false;
}

/* The kernel takes the last rdinit= there is, so ours must be the only one. */
static bool names_rdinit(const char *append)
{
	return has_word(append, "rdinit");
}

/* What a unified kernel image brings along counts where the operator has said nothing. */
static int take_apart(struct files *files, struct initrds *initrds)
{
	struct unified *unified = &files->unified;
	int code = unified_read(unified, files->kernel, asked.kernel);

	if (code || unified->kernel < 0)
		return code;
	close(files->kernel);
	files->kernel = unified->kernel;
	unified->kernel = -1;
	if (!initrds->count && unified->initrd >= 0) {
		initrds->path[0] = asked.kernel;
		initrds->fd[0] = unified->initrd;
		initrds->count = 1;
		unified->initrd = -1;
	}
	if (!*asked.append && unified->command_line)
		asked.append = unified->command_line;
	return CLI_OK;
}

/* What is injected into and said is known only now. */
static int check_injection(const struct initrds *initrds)
{
	if (!initrds->count)
		return cli_refuse("%s: it brings no initrd along, and --inject wants one", asked.kernel);
	if (names_rdinit(asked.append))
		return cli_refuse("%s: its command line has rdinit=, which --inject sets itself",
				  asked.kernel);
	return CLI_OK;
}

static int open_files(struct files *files)
{
	struct initrds initrds = { .count = asked.initrd.count };
	int code = open_file(asked.kernel, &files->kernel);
	u32 i;

	for (i = 0; i < initrds.count; i++) {
		initrds.path[i] = asked.initrd.text[i];
		initrds.fd[i] = -1;
	}
	if (!code)
		code = take_apart(files, &initrds);
	if (!code && asked.unpack)
		code = unpack_kernel(&files->kernel, asked.kernel);
	if (!code && asked.inject)
		code = check_injection(&initrds);
	if (!code)
		code = make_initrd(files, &initrds);
	initrds_close(&initrds);
	return code;
}

static void close_files(struct files *files)
{
	if (files->initrd >= 0)
		close(files->initrd);
	if (files->kernel >= 0)
		close(files->kernel);
	unified_close(&files->unified);
}

/* The devices that a root file system may be on: what is served by now, by whomever. */
static u32 count_disks(const struct instance *instance)
{
	struct devices list;
	u32 i, disks = 0;

	if (devices_read(&list, instance->config.name))
		return 0;
	for (i = 0; i < list.count; i++)
		disks += list.device[i].id == VIRTIO_ID_BLOCK || list.device[i].id == VIRTIO_ID_FS;
	return disks;
}

/* What the kernel log says as well; the kernel refuses by itself what is to be refused. */
static void print_remarks(struct instance *instance)
{
	const struct mk_ranges memory = { .range = instance->range, .count = instance->range_count };
	const struct mk_command_line line = {
		.user = asked.append,
		.memory = &memory,
		.memory_bytes = instance->config.memory_bytes,
		.disk_count = instance->config.image_count + count_disks(instance),
		.unsafe = asked.unsafe,
	};
	const char *position = line.user;
	struct mk_reason remark;

	while (mk_command_line_remark(&line, &position, &remark))
		cli_warn("%s: %s", instance->config.name, remark.text);
}

/*
 * The root file system, where it follows from what was asked for: the only disk, or a directory
 * whose tag says so, where a tag is said: "--share /root" is root's home. With a disk image in memory
 * it may be that.
 */
static const char *root_words(const struct instance *instance)
{
	const struct boot_devices *devices = &asked.devices;
	u32 i;

	if (has_word(asked.append, "root") || instance->config.image_count)
		return "";
	for (i = 0; i < devices->share.count; i++)
		if (!strncmp(devices->share.text[i], "root=", strlen("root=")))
			return "root=root rootfstype=virtiofs rw ";
	return devices->disk.count == 1 ? "root=/dev/vda " : "";
}

static int load(struct instance *instance, const struct files *files)
{
	struct kexec_call call = {
		.instance = instance,
		.flags = (files->initrd >= 0 ? 0 : KEXEC_FILE_NO_INITRAMFS) |
			 (asked.unsafe ? KEXEC_MK_UNSAFE : 0),
		.kernel = files->kernel,
		.initrd = files->initrd,
	};
	char *append;
	int err;

	if (asprintf(&append, "%s%s%s", asked.inject ? INJECT_WORD " " : "", root_words(instance),
		     asked.append) < 0)
		return cli_refuse("%s: %s", instance->config.name, strerror(ENOMEM));
	instance_read_ranges(instance);		/* without them there are fewer remarks */
	print_remarks(instance);
	call.append = append;
	err = kexec_call(&call);
	free(append);
	return err ? kexec_refuse(&call, err) : instance_report(instance);
}

static int check_boot(void)
{
	if (asked.inject && !asked.initrd.count && !unified_is_named(asked.kernel))
		return cli_usage("boot --inject wants --initrd FILE");
	if (asked.module && !asked.inject)
		return cli_usage("boot --module goes with --inject");
	if (asked.inject && names_rdinit(asked.append))
		return cli_usage("boot --inject sets rdinit= itself");
	return CLI_OK;
}

static int boot(int count, char **operand)
{
	struct files files = { -1, -1 };
	struct instance instance;
	int code = check_boot();

	(void)count;
	if (code)
		return code;
	code = instance_find(&instance, operand[0]);
	if (!code && !asked.unsafe)
		code = kernel_config_check(asked.kernel);
	if (!code)
		code = open_files(&files);
	if (!code)
		code = boot_devices_start(&asked.devices, &instance);
	if (!code)
		code = load(&instance, &files);
	close_files(&files);
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "kernel", 0, CLI_TEXT, "FILE", "the kernel image, a bzImage", &asked.kernel, .needed = true },
	{ "initrd", 0, CLI_TEXTS, "FILE", "an initial RAM disk", &asked.initrd },
	{ "append", 0, CLI_TEXT, "TEXT", "its command line", &asked.append },
	{ "inject", 0, CLI_FLAG, NULL, "have it load the multikernel module before anything else", &asked.inject },
	{ "module", 0, CLI_TEXT, "FILE", "the module, if not the one that is installed for it", &asked.module },
	{ "unpack", 0, CLI_FLAG, NULL, "unpack the kernel here, once, and not at each of its starts", &asked.unpack },
	{ "unsafe", 0, CLI_FLAG, NULL, "take also a kernel and words that are a danger to the machine", &asked.unsafe },
	{ "disk", 0, CLI_TEXTS, "FILE", "a disk with this image's content", &asked.devices.disk },
	{ "net", 0, CLI_TEXTS, "BRIDGE|macvtap=INTERFACE", "a network at this bridge of the host, or beside this interface", &asked.devices.net },
	{ "share", 0, CLI_TEXTS, "[TAG=]DIRECTORY", "a directory of the host; root=DIRECTORY is the root file system", &asked.devices.share },
	{ "vsock", 0, CLI_FLAG, NULL, "sockets to the host", &asked.devices.vsock },
	{ 0 }
};

const struct cli_command mkctl_boot = {
	.name = "boot",
	.operands = "NAME",
	.summary = "start a kernel in an instance",
	.help =
"Loads a kernel image, with an initrd and a command line if given, into the memory of instance NAME\n"
"and starts it on the instance's CPUs. Several initrds are joined in their order. Words that a kernel\n"
"beside others must not have are refused.\n",
	.options = options,
	.run = boot,
};
