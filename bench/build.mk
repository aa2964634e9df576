# SPDX-License-Identifier: GPL-2.0-only
# make bench         what the parts cost that carry bytes; figures, not verdicts
# make bench-watch   what it costs a host to watch eight running kernels, counted in instructions; ten minutes

.PHONY: bench bench-watch
bench-watch: $(BUILD)/vm/mktest
	+machine/assemble
	prove --timer --verbose --exec tests/vm/run bench/watch.t

bench: $(BUILD)/bench/ring
	$<

$(BUILD)/bench/ring: bench/ring.c core/ring.c core/ring.h core/port.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^)
