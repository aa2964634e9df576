# SPDX-License-Identifier: GPL-2.0-only
# How the tests of core are built and run; whole machines are in tests/vm/build.mk.
#
# make unit                    tests/unit/test_*.c, each with all of core, under ASan and UBSan
# make fuzz FUZZ_SECONDS=600   tests/fuzz/fuzz_*.c, so long each; a night of two cores: make -j2 fuzz FUZZ_SECONDS=3000
# make fuzz-short              the same, ten seconds each
include tests/vm/build.mk
include tests/audit/build.mk
include tests/crash/build.mk
include tests/deb/build.mk
include tests/matrix/build.mk

TEST_HEADERS := $(CORE_HEADERS) $(sort $(wildcard tests/*/*.h))
TEST_SUPPORT := $(sort $(wildcard tests/support/*.c))
TEST_CFLAGS = $(USER_CFLAGS) -iquote tests/support -DMKCTL_TEST
TEST_SECONDS ?= 600

# Unit tests
UNIT := $(BUILD)/unit
UNIT_OBJECTS := $(patsubst %.c,$(UNIT)/%.o,$(CORE_SOURCES) $(TEST_SUPPORT))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(UNIT)/%,$(sort $(wildcard tests/unit/test_*.c)))

.PHONY: fuzz-short
unit: $(UNIT_TESTS)
	CMOCKA_MESSAGE_OUTPUT=TAP timeout $(TEST_SECONDS) tests/prove unit --jobs 2 --exec tests/unit/run $(UNIT_TESTS) tests/unit/once_more.t

# Any source under sanitizers; those of commands are found here as well (tests/mkctl/build.mk).
$(UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(SANITIZE) -D_GNU_SOURCE -MMD -MP -c -o $@ $<

-include $(UNIT_OBJECTS:.o=.d)

$(UNIT)/core.a: $(UNIT_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(UNIT_TESTS): $(UNIT)/%: $(UNIT)/tests/unit/%.o $(UNIT)/core.a
	$(CC) $(TEST_CFLAGS) $(SANITIZE) -o $@ $^ -lcmocka -lfdt

.SECONDARY: $(UNIT_TESTS:$(UNIT)/%=$(UNIT)/tests/unit/%.o)
-include $(UNIT_TESTS:$(UNIT)/%=$(UNIT)/tests/unit/%.d)

include tests/mkctl/build.mk
include tests/mkio/build.mk
include tests/agent/build.mk
include tests/mkrun/build.mk

# Fuzzing: inputs that a target finds are kept in build/fuzz/corpus, a crash is kept in build/fuzz;
# FUZZ_ARGS_<target> holds what only that target needs.
FUZZ := $(BUILD)/fuzz
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 600
FUZZ_INPUT_SECONDS := 60
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link $(SANITIZE)
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/%.o,$(CORE_SOURCES) $(TEST_SUPPORT))
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZERS := $(addprefix $(FUZZ)/,$(FUZZ_NAMES))
FUZZ_RUNS := $(addprefix run-,$(FUZZ_NAMES))
FUZZ_DTBS := $(patsubst examples/%.dts,$(FUZZ)/examples/%.dtb,$(sort $(wildcard examples/*.dts)))

FUZZ_ARGS_fuzz_command_line := -dict=tests/fuzz/command_line.dict
FUZZ_ARGS_fuzz_fdt := -dict=tests/fuzz/fdt.dict $(FUZZ)/examples
FUZZ_ARGS_fuzz_tree := $(FUZZ_ARGS_fuzz_fdt)
FUZZ_ARGS_fuzz_handover := -dict=tests/fuzz/fdt.dict

fuzz-short: FUZZ_SECONDS := 10
fuzz fuzz-short: $(FUZZ_RUNS)
	@awk -v targets=$(words $(FUZZ_RUNS)) -v seconds=$(FUZZ_SECONDS) '/number_of_executed_units/ { all += $$2 } \
		END { printf "fuzz: %d inputs to %d targets, none found a fault; in this way 10^8 take a core %.1f hours\n", \
			all, targets, targets * seconds * 1e8 / all / 3600 }' $(FUZZ_NAMES:%=$(FUZZ)/%.log)

.PHONY: $(FUZZ_RUNS)
$(FUZZ_RUNS): run-%: $(FUZZ)/% $(FUZZ_DTBS)
	@mkdir -p $(FUZZ)/corpus/$*
	@echo "$*: $(FUZZ_SECONDS) seconds"
	@$< -verbosity=0 -print_final_stats=1 -max_total_time=$(FUZZ_SECONDS) \
		-timeout=$(FUZZ_INPUT_SECONDS) -artifact_prefix=$(FUZZ)/$*- \
		$(FUZZ)/corpus/$* $(wildcard tests/fuzz/corpus/$*) $(FUZZ_ARGS_$*) \
		>$(FUZZ)/$*.log 2>&1 || { cat $(FUZZ)/$*.log; exit 1; }
	@grep number_of_executed_units $(FUZZ)/$*.log

$(FUZZ)/examples/%.dtb: examples/%.dts
	@mkdir -p $(@D)
	dtc -q -O dtb -o $@ $<

$(FUZZ_OBJECTS): $(FUZZ)/%.o: %.c $(TEST_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(TEST_CFLAGS) $(FUZZ_SANITIZE) -c -o $@ $<

$(FUZZ)/core.a: $(FUZZ_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(FUZZERS): $(FUZZ)/%: tests/fuzz/%.c $(FUZZ)/core.a
	$(FUZZ_CC) $(TEST_CFLAGS) -fsanitize=fuzzer $(SANITIZE) -o $@ $^ -lfdt
