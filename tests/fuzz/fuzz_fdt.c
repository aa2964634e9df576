// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of flattened device trees against libfdt, on any bytes. Both verdicts must agree,
 * apart from the reasons that tests/support/oracle.c lists; where both accept, they must see the
 * same tree.
 */
#include <stdlib.h>

#include "fdt.h"
#include "fuzz.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	/* An odd address, as our reader wants no alignment; the exact size, to see overruns. */
	u8 *copy = malloc(size + 1);
	struct mk_reason why = { .text = "" };
	const char *difference;
	struct mk_fdt fdt;
	int err;

	MUST(copy, "out of memory");
	memcpy(copy + 1, data, size);
	err = mk_fdt_open(&fdt, copy + 1, size, &why);
	MUST(!err == oracle_accepts_fdt(data, size), err ? why.text : "our reader accepts it");
	MUST(!err || (err == -EINVAL && is_sentence(why.text)), why.text);
	if (!err) {
		difference = oracle_compare(&fdt, data, size);
		MUST(!difference, difference);
	}
	free(copy);
	return 0;
}
