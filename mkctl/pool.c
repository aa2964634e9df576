// SPDX-License-Identifier: GPL-2.0-only
/* mkctl pool: what the pool is made of, and another size for it. */
#include <fcntl.h>
#include <unistd.h>

#include "interrupt.h"
#include "json.h"
#include "mkctl.h"
#include "pool_regions.h"
#include "pool_spec.h"
#include "size.h"
#include "sysfs.h"

#define PARAMETER "module/multikernel/parameters/pool"

static bool json;

struct pool {
	u64 bytes;
	u64 free_bytes;
	char cpus[SYSFS_TEXT_SIZE];
	char asked[SYSFS_TEXT_SIZE];
};

static int pool_read(struct pool *pool)
{
	int err = sysfs_read_number(&pool->bytes, "fs/multikernel/pool/memory_bytes");

	if (!err)
		err = sysfs_read_number(&pool->free_bytes, "fs/multikernel/pool/memory_free_bytes");
	if (!err)
		err = sysfs_read_text(pool->cpus, sizeof(pool->cpus), "fs/multikernel/pool/cpus");
	if (sysfs_read_text(pool->asked, sizeof(pool->asked), PARAMETER))
		*pool->asked = '\0';
	return err ? cli_refuse("cannot read the pool: %s", strerror(-err)) : CLI_OK;
}

static void print_regions(void)
{
	FILE *regions = pool_regions_open();
	const char *key = "Regions:";
	char size[SIZE_TEXT];
	u64 start, end;

	while (regions && pool_region_next(regions, &start, &end)) {
		printf("%-10s 0x%llx-0x%llx (%s)\n", key, (unsigned long long)start,
		       (unsigned long long)end, size_text(size, end - start + 1));
		key = "";
	}
	if (regions)
		fclose(regions);
}

static json_t *regions_json(void)
{
	FILE *regions = pool_regions_open();
	json_t *array = json_array();
	u64 start, end;

	while (regions && pool_region_next(regions, &start, &end))
		json_array_append_new(array, json_pack("{s:I, s:I}", "start", (json_int_t)start,
						       "bytes", (json_int_t)(end - start + 1)));
	if (regions)
		fclose(regions);
	return array;
}

static int show(void)
{
	static struct pool pool;
	char size[SIZE_TEXT];
	int code = pool_read(&pool);

	if (code)
		return code;
	if (json)
		return cli_json_print(json_pack("{s:I, s:I, s:s, s:s, s:o}",
			"memory_bytes", (json_int_t)pool.bytes,
			"memory_free_bytes", (json_int_t)pool.free_bytes,
			"cpus", pool.cpus, "asked", pool.asked, "regions", regions_json()));
	printf("%-10s %s\n", "Memory:", size_text(size, pool.bytes));
	printf("%-10s %s\n", "Free:", size_text(size, pool.free_bytes));
	printf("%-10s %s\n", "CPUs:", *pool.cpus ? pool.cpus : "none");
	printf("%-10s %s\n", "Asked for:", *pool.asked ? pool.asked : "0");
	print_regions();
	return CLI_OK;
}

static u64 bytes_of(const struct mk_pool_spec *spec)
{
	u64 sum = spec->running_bytes;
	u32 i;

	for (i = 0; i < spec->region_count; i++)
		sum += spec->region[i].size;
	return sum;
}

/* The kernel returns when all of it is done, or undone. */
static int write_parameter(int fd, const char *size, const struct mk_pool_spec *spec)
{
	struct pool_bar bar;
	int err;

	interrupt_catch();
	if (isatty(STDERR_FILENO))
		fputs("Memory moves; this can take minutes, and Ctrl-C undoes it.\n", stderr);
	pool_bar_begin(&bar, bytes_of(spec));
	err = write(fd, size, strlen(size)) < 0 ? -errno : 0;
	pool_bar_end(&bar);
	return err;
}

static int resize(const char *size)
{
	char before[SYSFS_TEXT_SIZE];
	struct mk_pool_spec spec;
	struct mk_reason why = { "" };
	int err, fd;

	if (mk_pool_spec_parse(&spec, size, &why))
		return cli_refuse("%s", why.text);
	fd = sysfs_open(O_WRONLY, PARAMETER);
	if (fd < 0)
		return cli_refuse("/sys/" PARAMETER ": %s", strerror(-fd));
	sysfs_last_error(before);
	err = write_parameter(fd, size, &spec);
	close(fd);
	if (!err)
		return show();
	sysfs_refuse("pool", -err, before);
	return interrupted() ? CLI_INTERRUPTED : CLI_REFUSED;
}

static int pool(int count, char **operand)
{
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	return count ? resize(operand[0]) : show();
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an object", &json },
	{ 0 }
};

const struct cli_command mkctl_pool = {
	.name = "pool",
	.operands = "[SIZE]",
	.summary = "show the pool of memory, or change its size",
	.help =
"Shows how much memory this kernel has given up for instances, how much of it is free, and where it\n"
"is (for root). With SIZE, such as 2G, 0, or 1G,2G@0x100000000 for a region that was kept at boot, the\n"
"pool is made that large, all or nothing.\n",
	.options = options,
	.run = pool,
};
