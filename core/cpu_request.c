// SPDX-License-Identifier: GPL-2.0-only
/* Requests for CPUs of a running kernel: written, claimed, withdrawn, answered. */
#include "../include/control_page.h"
#include "cpu_request.h"

#define ERRNO_MAX 4095	/* include/linux/err.h */

/* What a side wrote before its number is seen by whoever reads the number by mk_load_acquire(). */
void mk_cpu_ask(struct mk_control *control, const struct mk_cpu_request *request)
{
	control->cpu_wish = request->wish;
	control->cpu_number = request->cpu;
	control->cpu_apic_id = request->apic_id;
	mk_store_mb(&control->cpu_asked, request->sequence);
}

/* What the host has withdrawn itself is not read back: the spawn could write it over. */
bool mk_cpu_is_idle(const struct mk_control *control, u32 sequence, bool gave_up)
{
	if (mk_load_acquire(&control->cpu_answered) == sequence)
		return true;
	return gave_up && mk_load_acquire(&control->cpu_claimed) != sequence;
}

bool mk_cpu_answered(const struct mk_control *control, u32 sequence, int *error)
{
	u32 result;

	if (mk_load_acquire(&control->cpu_answered) != sequence)
		return false;
	result = mk_load_acquire(&control->cpu_result);
	*error = result > ERRNO_MAX ? -EIO : -(int)result;
	return true;
}

bool mk_cpu_withdraw(struct mk_control *control, u32 sequence)
{
	mk_store_mb(&control->cpu_withdrawn, sequence);
	return mk_load_acquire(&control->cpu_claimed) != sequence;
}

bool mk_cpu_claim(struct mk_control *control, u32 last, struct mk_cpu_request *request)
{
	request->sequence = mk_load_acquire(&control->cpu_asked);
	if (!request->sequence || request->sequence == last)
		return false;
	request->wish = control->cpu_wish;
	request->cpu = control->cpu_number;
	request->apic_id = control->cpu_apic_id;
	mk_store_mb(&control->cpu_claimed, request->sequence);
	if (mk_load_acquire(&control->cpu_withdrawn) != request->sequence &&
	    mk_load_acquire(&control->cpu_asked) == request->sequence)
		return true;
	mk_cpu_answer(control, request->sequence, -ECANCELED);
	return false;
}

void mk_cpu_answer(struct mk_control *control, u32 sequence, int error)
{
	control->cpu_result = -error;
	mk_store_mb(&control->cpu_answered, sequence);
}
