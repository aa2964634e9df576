# SPDX-License-Identifier: GPL-2.0-only
# make bench         an instance's life beside the same work by stock means, and what the console's ring carries: figures,
#                    not verdicts, in build/bench; a quarter of an hour, on a machine that does nothing else
# make bench-quick   the same with two turns; five minutes
# make bench-here CPUS="2 3"
#                    an instance's life on this machine, a real one; it says what it will do, and asks
# make bench-watch   what it costs a host to watch eight running kernels, counted in instructions; ten minutes
# make bench-work    what programs do in a spawn and on the host, counted in instructions; some minutes
# make bench-suites  what stress-ng and rt-tests do, the same way; a quarter of an hour
# make bench-boot    what a boot takes in a spawn, alone in a machine and after kexec, counted in instructions; some minutes
# make bench-disturb what a task is disturbed by in a spawn, in an isolated partition and in a control group, in instructions
# make bench-devices what a packet and a request take, on the host's CPUs and on the spawn's, in instructions; ten minutes
# make bench-login   what a whole Debian takes to its login, in a spawn and alone in a machine, in instructions; half an hour
# make bench-steps   the pool, an upload and a load beside the same work by stock means, in instructions; some minutes
# make bench-density what the first instance costs, and the twelfth, in time and in instructions; some minutes
# make bench-scale   how what core does grows with instances and ranges, in instructions; a minute

BENCH_TURNS ?= 7
# Of stress-ng's and rt-tests' programs.
SUITES := stress-ng hackbench cyclictest ptsematest

.PHONY: bench bench-quick bench-here bench-watch bench-work bench-suites bench-boot bench-disturb bench-devices bench-login \
	bench-steps bench-density bench-scale
bench: $(BUILD)/vm/mktest $(addprefix $(BUILD)/bench/,measure work ring)
	+machine/assemble
	machine/install gnuplot-nox
	bench/life $(BENCH_TURNS)
	bench/plot $(BUILD)/bench/figures.tsv $(BUILD)/bench/figures.svg
	$(BUILD)/bench/ring

bench-quick:
	+$(MAKE) --no-print-directory bench BENCH_TURNS=2

bench-here: $(addprefix $(BUILD)/,vm/mktest bench/measure bench/work)
	bench/here $(CPUS) >$(BUILD)/bench/figures
	! grep '^not ok' $(BUILD)/bench/figures
	bench/report $(BUILD)/bench | tee $(BUILD)/bench/report.md

bench-watch: $(BUILD)/vm/mktest $(BUILD)/bench/count.so
	+machine/assemble
	prove --timer --verbose --exec bench/watch bench/watch.t

bench-work: $(BUILD)/vm/mktest $(BUILD)/bench/work $(BUILD)/bench/count.so
	+machine/assemble
	bench/running 5

bench-suites: $(BUILD)/vm/mktest $(addprefix $(BUILD)/bench/,marked count.so)
	+machine/assemble
	machine/install stress-ng rt-tests
	machine/archive $(BUILD)/bench/suites.cpio bench/suite:/bin/suite $(BUILD)/bench/marked:/bin/marked \
		$(foreach program,$(SUITES),/usr/bin/$(program):/usr/bin/$(program))
	bench/suites 3

$(BUILD)/bench/count.so: bench/count.c bench/mark.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -shared -fPIC -o $@ $<

bench-boot: $(BUILD)/vm/mktest $(addprefix $(BUILD)/bench/,work count.so)
	+machine/assemble
	bench/booting 3

bench-disturb: $(BUILD)/vm/mktest $(BUILD)/bench/disturb $(BUILD)/bench/count.so
	+machine/assemble
	bench/disturbed 2000

bench-devices: $(addprefix $(BUILD)/,vm/mktest bench/request bench/count.so)
	+machine/assemble
	bench/devices 5

bench-login: $(BUILD)/vm/mktest $(BUILD)/bench/count.so
	+machine/assemble
	bench/login 3

bench-density: $(BUILD)/vm/mktest $(addprefix $(BUILD)/bench/,measure count.so)
	+machine/assemble
	bench/density 3

bench-steps: $(BUILD)/vm/mktest $(addprefix $(BUILD)/bench/,measure work count.so)
	+machine/assemble
	bench/steps 5

$(addprefix $(BUILD)/bench/,work disturb request marked): bench/mark.h bench/process.h
$(BUILD)/bench/measure: bench/mark.h

$(addprefix $(BUILD)/bench/,measure work disturb request marked): $(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

$(BUILD)/bench/ring: bench/ring.c core/ring.c core/ring.h core/port.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^)

bench-scale: $(BUILD)/bench/scale
	machine/install valgrind
	bench/scale

$(BUILD)/bench/scale: bench/scale.c $(CORE_SOURCES) $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -o $@ $(filter %.c,$^) -lfdt
