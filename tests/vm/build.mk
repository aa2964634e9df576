# SPDX-License-Identifier: GPL-2.0-only
# How whole machines are put together and run.
#
# make vm                         all whole-machine tests, two machines at a time
# make vm VM_TESTS=tests/vm/x.t   one of them
# make test                       everything, from a bare machine on

VM_TESTS ?= $(sort $(wildcard tests/vm/*.t))

.PHONY: vm

$(BUILD)/vm/mktest: tests/vm/mktest.c include/multikernel.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

vm: $(BUILD)/vm/mktest
	+machine/assemble
	prove --timer --jobs 2 --exec tests/vm/run $(VM_TESTS)

# In makes of their own: the headers to build with may only be there after tests/setup. One after another: some build
# in the same place. KVER is the release's stock kernel, unless the caller named one.
TEST_GOALS := all unit fuzz-short check vm
NAMED_KVER := $(if $(filter command environment,$(firstword $(origin KVER))),$(KVER))

test:
	tests/setup
	+version=$(or $(NAMED_KVER),$$(machine/kernel version stock)) && \
	headers=$$(machine/kernel headers $$version) && \
	for goal in $(TEST_GOALS); do \
		$(MAKE) --no-print-directory $$goal KVER=$$version KDIR=$$headers || exit 1; \
	done
