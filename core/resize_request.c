// SPDX-License-Identifier: GPL-2.0-only
/* Requests to a running kernel, for CPUs and memory: written, claimed, withdrawn, answered. */
#include "../include/control_page.h"
#include "resize_request.h"

#define ERRNO_MAX 4095	/* include/linux/err.h */
#define MB_SHIFT 20
#define BLOCK_MAX_MB 65536	/* the largest of x86-64 has 2 GB (arch/x86/mm/init_64.c, MAX_BLOCK_SIZE) */

/* What a side wrote before its number is seen by whoever reads the number by mk_load_acquire(). */
void mk_resize_ask(struct mk_control *control, const struct mk_resize_request *request)
{
	control->resize_wish = request->wish;
	control->cpu_number = request->cpu;
	control->cpu_apic_id = request->apic_id;
	control->memory_start = request->start;
	control->memory_size = request->size;
	mk_store_mb(&control->resize_asked, request->sequence);
}

/* What the host has withdrawn itself is not read back: the spawn could write it over. */
bool mk_resize_is_idle(const struct mk_control *control, u32 sequence, bool gave_up)
{
	if (mk_load_acquire(&control->resize_answered) == sequence)
		return true;
	return gave_up && mk_load_acquire(&control->resize_claimed) != sequence;
}

bool mk_resize_answered(const struct mk_control *control, u32 sequence, int *error)
{
	u32 result;

	if (mk_load_acquire(&control->resize_answered) != sequence)
		return false;
	result = mk_load_acquire(&control->resize_result);
	*error = result > ERRNO_MAX ? -EIO : -(int)result;
	return true;
}

bool mk_resize_withdraw(struct mk_control *control, u32 sequence)
{
	mk_store_mb(&control->resize_withdrawn, sequence);
	return mk_load_acquire(&control->resize_claimed) != sequence;
}

bool mk_resize_claim(struct mk_control *control, u32 last, struct mk_resize_request *request)
{
	request->sequence = mk_load_acquire(&control->resize_asked);
	if (!request->sequence || request->sequence == last)
		return false;
	request->wish = control->resize_wish;
	request->cpu = control->cpu_number;
	request->apic_id = control->cpu_apic_id;
	request->start = control->memory_start;
	request->size = control->memory_size;
	mk_store_mb(&control->resize_claimed, request->sequence);
	if (mk_load_acquire(&control->resize_withdrawn) != request->sequence &&
	    mk_load_acquire(&control->resize_asked) == request->sequence)
		return true;
	mk_resize_answer(control, request->sequence, -ECANCELED);
	return false;
}

void mk_resize_answer(struct mk_control *control, u32 sequence, int error)
{
	control->resize_result = -error;
	mk_store_mb(&control->resize_answered, sequence);
}

u64 mk_memory_block(const struct mk_control *control)
{
	u32 mb = mk_load_acquire(&control->memory_block);

	return mb > 1 && mb <= BLOCK_MAX_MB && !(mb & (mb - 1)) ? (u64)mb << MB_SHIFT : 0;
}
