// SPDX-License-Identifier: GPL-2.0-only
/* Which instance a device is for. */
#include "instances.h"
#include "life.h"
#include "mkio.h"

static bool name_is_sane(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.");

	return length && !name[length] && length < MK_DEVICE_NAME;
}

int device_find(struct device *device, u32 *id, const char *word, const char *name)
{
	struct instance found;
	int code;

	if (!name_is_sane(name))
		return cli_usage("\"%s\" is no name for a device: up to %d letters, digits, \"-\", \"_\" and \".\"",
				  name, MK_DEVICE_NAME - 1);
	code = instance_find(&found, word);
	if (!code) {
		strcpy(device->instance, found.config.name);
		device->name = name;
		device->serial = found.serial;
		if (id)
			*id = found.config.id;
	}
	instance_free(&found);
	return code;
}
