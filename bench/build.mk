# SPDX-License-Identifier: GPL-2.0-only
# make bench    what the parts cost that carry bytes; figures, not verdicts

.PHONY: bench
bench: $(BUILD)/bench/ring
	$<

$(BUILD)/bench/ring: bench/ring.c core/ring.c core/ring.h core/port.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^)
