// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the shared area, one behind the other, and the page that names them. */
#include "../include/control_page.h"
#include "../include/device_table.h"
#include "describe.h"
#include "shared.h"

#define HANDOVER_EXTRA 1024	/* what the handover has beyond the description of the instance */

void mk_shared_make(struct mk_shared *shared, u32 cpu_count)
{
	shared->handover = MK_PAGE_SIZE;
	shared->handover_size = mk_align_up(mk_describe_size(cpu_count) + HANDOVER_EXTRA, MK_PAGE_SIZE);
	shared->output = shared->handover + shared->handover_size;
	shared->output_size = MK_CONSOLE_OUTPUT_SIZE;
	shared->input = shared->output + shared->output_size;
	shared->input_size = MK_CONSOLE_INPUT_SIZE;
	shared->devices = shared->input + shared->input_size;
	shared->devices_size = MK_DEVICE_TABLE_SIZE;
	shared->size = shared->devices + shared->devices_size;
}

/* Sum of the 32-bit words of the constant part. */
static u32 sum_of(const struct mk_control *control)
{
	const u8 *bytes = (const u8 *)control;
	size_t end = offsetof(struct mk_control, checksum) + sizeof(control->checksum), i;
	u32 sum = 0;

	for (i = 0; i < end; i += 4)
		sum += mk_get_le32(bytes + i);
	return sum;
}

void mk_shared_describe(struct mk_control *control, const struct mk_shared *shared, u32 id)
{
	control->magic = MK_CONTROL_MAGIC;
	control->version = MK_CONTROL_VERSION;
	control->id = id;
	control->size = shared->size;
	control->handover = shared->handover;
	control->handover_size = shared->handover_size;
	control->output = shared->output;
	control->output_size = shared->output_size;
	control->input = shared->input;
	control->input_size = shared->input_size;
	control->devices = shared->devices;
	control->devices_size = shared->devices_size;
	control->checksum = 0;
	control->checksum = -sum_of(control);
}

/* Parts come in their order, each behind the one before and inside the area. */
static bool follows(u32 *end, u32 offset, u32 bytes, u32 size)
{
	if (offset < *end || offset > size || bytes > size - offset || offset % MK_PAGE_SIZE)
		return false;
	*end = offset + bytes;
	return true;
}

/* A host that is older than the table says nothing of it. */
static bool has_room_for_devices(const struct mk_control *control, u32 end, u32 size)
{
	if (!control->devices && !control->devices_size)
		return true;
	return control->devices_size >= MK_DEVICE_TABLE_SIZE &&
	       follows(&end, control->devices, control->devices_size, size);
}

int mk_shared_read(struct mk_shared *shared, u32 *id, const struct mk_control *control, u32 size)
{
	u32 end = MK_PAGE_SIZE;

	if (control->magic != MK_CONTROL_MAGIC || control->version != MK_CONTROL_VERSION ||
	    control->size != size || sum_of(control))
		return -EINVAL;
	if (!follows(&end, control->handover, control->handover_size, size) ||
	    !follows(&end, control->output, control->output_size, size) ||
	    !follows(&end, control->input, control->input_size, size) ||
	    !has_room_for_devices(control, end, size))
		return -EINVAL;
	*shared = (struct mk_shared){
		.handover = control->handover,
		.handover_size = control->handover_size,
		.output = control->output,
		.output_size = control->output_size,
		.input = control->input,
		.input_size = control->input_size,
		.devices = control->devices,
		.devices_size = control->devices_size,
		.size = size,
	};
	*id = control->id;
	return 0;
}
