// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a kernel and its initrd to one that loads the module first: the right module, the archive,
 * the whole.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "inject.h"
#include "kernel_header.h"
#include "place.h"
#include "say.h"
#include "whole.h"

#define MODULE_SIZE_MAX (64 << 20)	/* with all its debugging information it has a tenth of that */
#define ENTRY_ALIGNMENT 4
#define ARCHIVE_ALIGNMENT 512		/* more than the 4 that is needed, as every cpio program has it */

/* The program for the archive, compiled into this one (mkctl/mk_init.S). */
extern const char mk_init[], mk_init_end[];

/* Where a module may be installed, below the directory of its kernel: by us, by dkms, by hand. */
static const char *const places[] = {
	"updates/multikernel/multikernel.ko",
	"updates/dkms/multikernel.ko",
	"updates/multikernel.ko",
	"extra/multikernel.ko",
};

/*
 * As dkms and distributions compress their modules; in the archive it must be plain, for what loads
 * it there cannot unpack it.
 */
static const struct compression {
	const char *suffix;
	const char *magic;	/* how such a file begins; the first has none */
	const char *const *command;
	const char *package;
} compressions[] = {
	{ .suffix = "" },
	{ ".xz", "\3757zXZ", (const char *const[]){ "xz", "-dc", NULL }, "xz-utils" },
	{ ".zst", "\x28\xb5\x2f\xfd", (const char *const[]){ "zstd", "-dc", NULL }, "zstd" },
	{ ".gz", "\x1f\x8b", (const char *const[]){ "gzip", "-dc", NULL }, "gzip" },
};

/* The stock kernel's own, where they are modules. */
#define VIRTIO_PLACE "kernel/drivers/virtio/"

enum { MODULE_OURS, MODULE_VIRTIO_RING, MODULE_VIRTIO, MODULE_TRANSPORT, MODULES };

static const char *const module_names[MODULES] = {
	INJECT_MODULE, INJECT_VIRTIO_RING, INJECT_VIRTIO, INJECT_TRANSPORT,
};

/* Without content: it is not there. */
struct module {
	char *content;
	size_t size;
};

static int read_release(const struct injection *injection, char release[MK_RELEASE_MAX + 1])
{
	static struct kernel_header header;
	struct mk_reason why = { "" };

	if (kernel_header_read(&header, injection->kernel, &why))
		return cli_refuse("%s: %s", injection->kernel_path, why.text);
	if (mk_image_release(&header.image, header.bytes, release))
		return cli_refuse("%s: it does not say which version it is, so no module can be found for it",
				    injection->kernel_path);
	return CLI_OK;
}

/*
 * The first file of that name, compressed or not; the path is @path's, to be freed, and NULL when
 * there is none.
 */
static int find_file(const char *release, const char *name, char **path)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(compressions); i++) {
		if (asprintf(path, "%s/%s/%s%s", PLACE_MODULES, release, name,
			     compressions[i].suffix) < 0) {
			*path = NULL;
			return cli_refuse("%s", strerror(ENOMEM));
		}
		if (!access(*path, F_OK))
			return CLI_OK;
		free(*path);
		*path = NULL;
	}
	return CLI_OK;
}

/* In the first place where there is one; NULL where there is none. */
static int find_installed(const char *release, char **path)
{
	size_t i;
	int code;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		code = find_file(release, places[i], path);
		if (code || *path)
			return code;
	}
	return CLI_OK;
}

bool inject_module_is_installed(const char *release)
{
	char *path;
	bool found = !find_installed(release, &path) && path;

	free(path);
	return found;
}

static int find_module(const char *release, char **path)
{
	int code = find_installed(release, path);

	if (code || *path)
		return code;
	return cli_refuse("there is no multikernel.ko for kernel %s in %s/%s; install it or name it with --module",
			  release, PLACE_MODULES, release);
}

/* The module names the kernel that it is for in its section .modinfo, as "vermagic=VERSION ...". */
static int check_module(const struct module *module, const char *path, const char *release)
{
	static const char key[] = "vermagic=";
	const char *end = module->content + module->size;
	const char *version = memmem(module->content, module->size, key, strlen(key));
	size_t length;

	if (module->size < 4 || memcmp(module->content, "\177ELF", 4) || !version)
		return cli_refuse("%s: not a kernel module", path);
	version += strlen(key);
	for (length = 0; version + length < end && length <= MK_RELEASE_MAX; length++)
		if (!version[length] || version[length] == ' ')
			break;
	if (length == strlen(release) && !memcmp(version, release, length))
		return CLI_OK;
	return cli_refuse("%s: it is for kernel %.*s, and the image is %s", path, (int)length,
			    version, release);
}

/* By its first bytes: whoever names a file may call it what he likes. NULL when it is plain. */
static const struct compression *find_compression(const struct module *module)
{
	size_t i, length;

	for (i = 1; i < ARRAY_SIZE(compressions); i++) {
		length = strlen(compressions[i].magic);
		if (module->size >= length &&
		    !memcmp(module->content, compressions[i].magic, length))
			return &compressions[i];
	}
	return NULL;
}

static int unpack(struct module *module, const struct compression *compression, int fd,
		  const char *path)
{
	struct child child = {
		.command = compression->command,
		.package = compression->package,
		.about = path,
		.input = fd,
		.output = module->content,
		.limit = MODULE_SIZE_MAX,
	};
	int code;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return cli_refuse("%s: %s", path, strerror(errno));
	code = child_run(&child);
	module->size = child.size;
	return code;
}

static int read_open_module(struct module *module, int fd, const char *path)
{
	const struct compression *compression;
	ssize_t size;

	module->content = malloc(MODULE_SIZE_MAX);
	size = module->content ? read_all(fd, module->content, MODULE_SIZE_MAX) : -ENOMEM;
	if (size < 0)
		return cli_refuse("%s: %s", path, strerror(-size));
	module->size = size;
	compression = find_compression(module);
	if (compression && unpack(module, compression, fd, path))
		return CLI_REFUSED;
	if (module->size == MODULE_SIZE_MAX)
		return cli_refuse("%s: larger than any module", path);
	return CLI_OK;
}

static int read_module(struct module *module, const char *path, const char *release)
{
	int code, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return cli_refuse("%s: %s", path, strerror(errno));
	code = read_open_module(module, fd, path);
	close(fd);
	return code ? code : check_module(module, path, release);
}

/* The transport lies beside our module, and is named and compressed like it. */
static int get_transport(struct module *module, const char *path, const char *release)
{
	static const char ours[] = "multikernel.ko";
	const char *name = strrchr(path, '/'), *end;
	char *transport;
	int code = CLI_OK;

	name = name ? name + 1 : path;
	if (strncmp(name, ours, strlen(ours)))
		return CLI_OK;
	end = name + strlen(ours);
	if (asprintf(&transport, "%.*smultikernel_virtio.ko%s", (int)(name - path), path, end) < 0)
		return cli_refuse("%s", strerror(ENOMEM));
	if (!access(transport, F_OK))
		code = read_module(module, transport, release);
	free(transport);
	return code;
}

static int get_stock(struct module *module, const char *name, const char *release)
{
	char *path;
	int code = find_file(release, name, &path);

	if (!code && path)
		code = read_module(module, path, release);
	free(path);
	return code;
}

static int get_modules(const struct injection *injection, struct module *modules)
{
	char release[MK_RELEASE_MAX + 1], *found = NULL;
	const char *path = injection->module_path;
	int code = read_release(injection, release);

	if (!code && !path) {
		code = find_module(release, &found);
		path = found;
	}
	if (!code)
		code = read_module(&modules[MODULE_OURS], path, release);
	if (!code)
		code = get_transport(&modules[MODULE_TRANSPORT], path, release);
	if (!code && modules[MODULE_TRANSPORT].content)
		code = get_stock(&modules[MODULE_VIRTIO_RING], VIRTIO_PLACE "virtio_ring.ko", release);
	if (!code && modules[MODULE_TRANSPORT].content)
		code = get_stock(&modules[MODULE_VIRTIO], VIRTIO_PLACE "virtio.ko", release);
	free(found);
	return code;
}

/* One file of the archive: thirteen numbers of eight digits each, the name, the content. */
static void put_entry(FILE *archive, const char *name, u32 mode, const void *content, size_t size)
{
	static u32 inode;

	fprintf(archive, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", ++inode, mode,
		0, 0, 1, 0, (u32)size, 0, 0, 0, 0, (u32)strlen(name) + 1, 0);
	fwrite(name, strlen(name) + 1, 1, archive);
	initrd_pad(archive, ENTRY_ALIGNMENT);
	fwrite(content, size, 1, archive);
	initrd_pad(archive, ENTRY_ALIGNMENT);
}

static void put_archive(FILE *archive, const struct module *modules)
{
	size_t i;

	put_entry(archive, INJECT_DIRECTORY, S_IFDIR | 0700, "", 0);
	put_entry(archive, INJECT_INIT, S_IFREG | 0700, mk_init, mk_init_end - mk_init);
	for (i = 0; i < MODULES; i++)
		if (modules[i].content)
			put_entry(archive, module_names[i], S_IFREG | 0600, modules[i].content,
				  modules[i].size);
	put_entry(archive, "TRAILER!!!", 0, "", 0);
	initrd_pad(archive, ARCHIVE_ALIGNMENT);
}

int inject_make(const struct injection *injection, int *fd)
{
	struct module modules[MODULES] = { 0 };
	FILE *file = NULL;
	int code = get_modules(injection, modules);
	size_t i;

	if (code)
		goto free;
	file = initrd_new();
	if (!file) {
		code = cli_refuse("no memory for an initrd: %s", strerror(errno));
		goto free;
	}
	put_archive(file, modules);
	code = initrds_put(injection->initrds, file);
	if (!code)
		code = initrd_finish(file, injection->initrds->path[0], fd);
	else
		fclose(file);
free:
	for (i = 0; i < MODULES; i++)
		free(modules[i].content);
	return code;
}
