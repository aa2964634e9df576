// SPDX-License-Identifier: GPL-2.0-only
/* mkctl resize: a larger disk for a kernel that runs, by the process that serves it. */
#include "control.h"
#include "device_list.h"
#include "instances.h"
#include "mkctl.h"
#include "nearest.h"
#include "number.h"

static const struct device *find(const struct devices *list, const char *name)
{
	u32 i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->device[i].name, name))
			return &list->device[i];
	return NULL;
}

static const char *device_name(const void *list, size_t row)
{
	return ((const struct devices *)list)->device[row].name;
}

static int refuse_unknown(const struct devices *list, const char *instance, const char *name)
{
	char sentence[MK_NAME_MAX + 32];

	snprintf(sentence, sizeof(sentence), "%s: it has no device", instance);
	return cli_refuse_unknown(sentence, name, device_name, list, list->count);
}

static int ask(const char *instance, const char *device, u64 bytes)
{
	char request[CONTROL_TEXT], answer[CONTROL_TEXT];
	int err;

	snprintf(request, sizeof(request), "resize %llu", (unsigned long long)bytes);
	err = control_ask(instance, device, request, CONTROL_MS, answer);
	if (err == -ECONNREFUSED)
		return cli_refuse("%s: %s: it is no disk, or nobody serves it", instance, device);
	if (err)
		return cli_refuse("%s: %s: its mkio does not answer: %s", instance, device,
				  strerror(-err));
	if (strcmp(answer, "ok"))
		return cli_refuse("%s: %s: %s", instance, device, answer);
	return CLI_OK;
}

static int resize_device(const char *instance, const char *name, u64 bytes)
{
	struct devices list;
	int code = devices_read(&list, instance);

	if (code)
		return code;
	if (!find(&list, name))
		return refuse_unknown(&list, instance, name);
	return ask(instance, name, bytes);
}

static int resize(int count, char **operand)
{
	struct instance instance;
	u64 bytes;
	int code;

	(void)count;
	if (!mk_size_parse(operand[2], &bytes) || !bytes)
		return cli_usage("resize: SIZE is a size, such as 512M or 20G, and not \"%s\"", operand[2]);
	code = instance_find(&instance, operand[0]);
	if (!code)
		code = resize_device(instance.config.name, operand[1], bytes);
	instance_free(&instance);
	return code;
}

const struct cli_command mkctl_resize = {
	.name = "resize",
	.operands = "NAME DEVICE SIZE",
	.summary = "make a disk of an instance larger",
	.help =
"Makes DEVICE of instance NAME, a disk that mkio(8) serves from a file, as large as SIZE. A kernel\n"
"that uses it sees so at once; its partitions and file systems are for it to grow.\n",
	.seldom = true,
	.run = resize,
};
