// SPDX-License-Identifier: GPL-2.0-only
/* An instance's file "devices", line by line. */
#include <linux/virtio_ids.h>

#include "control.h"
#include "device_list.h"
#include "say.h"
#include "sysfs.h"
#include "traffic.h"

static bool read_line(const char *line, struct device *device)
{
	char served[DEVICE_WORD];

	if (sscanf(line, "%u %31s %u %31s %31s %llu %llu", &device->slot, device->name, &device->id,
		   device->step, served, &device->kicks, &device->calls) != 7)
		return false;
	device->served = !strcmp(served, "served");
	return true;
}

const char *device_kind(const struct device *device, char number[DEVICE_WORD])
{
	switch (device->id) {
	case VIRTIO_ID_NET:
		return "net";
	case VIRTIO_ID_BLOCK:
		return "disk";
	case VIRTIO_ID_VSOCK:
		return "vsock";
	case VIRTIO_ID_FS:
		return "share";
	}
	snprintf(number, DEVICE_WORD, "virtio-%u", device->id);
	return number;
}

static bool read_lines(char *text, struct devices *list)
{
	char *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (list->count == MK_DEVICE_SLOTS || !read_line(line, &list->device[list->count++]))
			return false;
	return true;
}

int devices_read(struct devices *list, const char *name)
{
	char text[SYSFS_TEXT_SIZE];
	int err = sysfs_read_text(text, sizeof(text), "fs/multikernel/instances/%s/devices", name);

	list->count = 0;
	if (err == -ENOENT)
		return CLI_OK;		/* a module that has no devices, or an instance that has gone */
	if (err)
		return cli_refuse("%s: cannot read its devices: %s", name, strerror(-err));
	if (!read_lines(text, list))
		return cli_refuse("instance \"%s\": its file \"devices\" makes no sense", name);
	return CLI_OK;
}

int device_ask_origin(const char *instance, const char *device, struct origin *origin, bool *replaceable)
{
	char text[CONTROL_TEXT];
	int err = control_ask(instance, device, "origin", CONTROL_LOOK_MS, text);

	if (!err && !origin_read(origin, replaceable, text))
		err = -EPROTO;
	return err;
}

/* A column of a table is one word. */
static void make_word(char *text)
{
	for (; *text; text++)
		if (*text == ' ')
			*text = '?';
}

/* What an engine has read the spawn has received; of that goes what it had read before. */
static bool look_at_engine(struct device *device, pid_t pid)
{
	struct traffic traffic;

	if (!traffic_read(pid, &traffic) || traffic.read < device->received ||
	    traffic.written < device->sent)
		return false;
	device->received = traffic.read - device->received;
	device->sent = traffic.written - device->sent;
	return true;
}

static void ask(struct device *device, const char *name)
{
	char text[CONTROL_TEXT];
	struct origin origin;
	bool replaceable;
	int pid;

	*device->engine = *device->from = '\0';
	device->bytes_known = false;
	if (!device->served || control_ask(name, device->name, "describe", CONTROL_LOOK_MS, text))
		return;
	if (sscanf(text, "%31[^\t]\tprocess\t%d\t%llu\t%llu", device->engine, &pid,
		   &device->received, &device->sent) == 4)
		device->bytes_known = look_at_engine(device, pid);
	else
		device->bytes_known = sscanf(text, "%31[^\t]\t%llu\t%llu", device->engine,
					     &device->sent, &device->received) == 3;
	make_word(device->engine);
	if (!device_ask_origin(name, device->name, &origin, &replaceable))
		strcpy(device->from, origin.words);
}

void devices_ask(struct devices *list, const char *name)
{
	u32 i;

	for (i = 0; i < list->count; i++)
		ask(&list->device[i], name);
}
