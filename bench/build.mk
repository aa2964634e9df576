# SPDX-License-Identifier: GPL-2.0-only
# make bench         what the parts cost that carry bytes; figures, not verdicts
# make bench-watch   what it costs a host to watch eight running kernels, counted in instructions; ten minutes

.PHONY: bench bench-watch
bench-watch: $(BUILD)/vm/mktest $(BUILD)/bench/count.so
	+machine/assemble
	prove --timer --verbose --exec bench/watch bench/watch.t

$(BUILD)/bench/count.so: bench/count.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -shared -fPIC -o $@ $<

bench: $(BUILD)/bench/ring
	$<

$(BUILD)/bench/ring: bench/ring.c core/ring.c core/ring.h core/port.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^)
