# SPDX-License-Identifier: GPL-2.0-only
# How whole machines are put together and run.
#
# make vm                         the whole-machine tests that "make test" has time for, two machines at a time
# make vm-long                    the others
# make vm VM_TESTS=tests/vm/x.t   one of them
# make test                       everything, from a bare machine on
# make test-debug                 all whole-machine tests beside the debug host, a kernel that watches itself
# make test-clang                 some of them on a host that clang has built, with LTO and kCFI
# make release-test               everything that there is: what a release must pass, in some hours
# make soak                       200 rounds of what "make test" does 20 of; SOAK_ROUNDS and SOAK_SEED say otherwise
# make faults                     each call of the module that can fail, where "make test" takes a sample

SOAK_ROUNDS ?= 200
SOAK_SEED := $(or $(SOAK_SEED),$(shell date +%s))
# seconds
SOAK_TIMEOUT = $$((600 + 30 * $(SOAK_ROUNDS)))
FAULTS_TIMEOUT := 3600
# make test tries every so many calls
FAULTS_SAMPLE := 6
# of grow_random.t
GROW_ROUNDS ?= 100

# The test build of the module, for the kernel that the machine has.
BUILD_FAULTS = machine/modules $${KVER:-$$(machine/kernel version stock)} FAULTS=1
# And for a newer one, where it can be had: cpu0_faults.t
BUILD_NEWER_FAULTS = ! version=$$(machine/kernel version 6.12) || machine/modules $$version FAULTS=1
# What debian.t and root.t install, as an operator would: all of it.
BUILD_ALL = version=$$(machine/kernel version stock) && \
	$(MAKE) --no-print-directory all KVER=$$version KDIR=$$(machine/kernel headers $$version)
# What programs.t has its spawn run, where "make test" does not.
SPAWN_PROGRAMS := fio git sqlite3
# A host that is none of Debian's, which takes up to twenty minutes the first time: $(call OWN_HOST,NAME).
OWN_HOST = machine/own-kernel $(1) 6.1 && KVER=$(1) machine/assemble

VM_ALL := $(sort $(wildcard tests/vm/*.t))
# The longest ones come first, here and below, so that in the end both machines have work.
VM_LONG := $(patsubst %,tests/vm/%.t, \
	mkrun_twenty grow_random \
	asked bench_here console_end cpu0 cpu0_ends cpu0_faults cpu0_rounds cpu0_uefi debian devices_hostile devices_wild disk disks dump eager \
	engines faults gigantic grow grow_faults grow_memory hostile image kdump kdump_after kho \
	liveness macvtap microvm mkrun mkrun_cgroup mkrun_pod net nmi no_livepatch on_five_levels on_hotplugged_cpus on_intel \
	on_large_blocks on_many_cpus on_small_pages panic pinned poison pool_goodbye pool_spared programs resize_others root root_share rounds server share sleep \
	terminals tinyconfig traffic unpack vsock612 vsock_ends windows)
VM_FIRST := $(patsubst %,tests/vm/%.t,life x2apic vsock spawns console)
# The demo is what a newcomer sees first.
VM_SHORT := $(VM_FIRST) tests/demo/demo.t $(filter-out $(VM_LONG) $(VM_FIRST),$(VM_ALL))
VM_TESTS ?= $(VM_SHORT)
# By what name tests/prove tells of them.
VM_GOAL ?= vm

.PHONY: vm vm-long soak faults test-debug test-clang release-test

$(BUILD)/vm/vsock: tests/vm/vsock.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

$(BUILD)/vm/ipc: tests/vm/ipc.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

$(BUILD)/vm/front_end: tests/vm/front_end.c include/multikernel_io.h include/device_table.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

$(BUILD)/vm/mktest: tests/vm/mktest.c include/multikernel.h bench/mark.h $(addprefix $(BUILD)/vm/,tiny front_end vsock ipc)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -static -o $@ $<

$(BUILD)/vm/tiny: tests/vm/tiny.c tests/vm/tiny.lds include/control_page.h include/device_table.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(BARE_CFLAGS) -Wl,-T,tests/vm/tiny.lds -o $@ $<

vm: $(BUILD)/vm/mktest
	+machine/assemble
	+$(BUILD_FAULTS)
	VM_WORDS="faults.stride=$(FAULTS_SAMPLE) grow.rounds=$(GROW_ROUNDS)" \
		tests/prove $(VM_GOAL) --jobs 2 --exec "tests/vm/once_more tests/vm/run" $(VM_TESTS)

vm-long: $(addprefix $(BUILD)/bench/,measure work)
	tests/setup $(SPAWN_PROGRAMS)
	+$(BUILD_ALL)
	+$(BUILD_NEWER_FAULTS)
	-$(call OWN_HOST,no-livepatch)
	+$(MAKE) --no-print-directory vm VM_GOAL=vm-long VM_TESTS="$(VM_LONG)"

soak: $(BUILD)/vm/mktest
	@echo "SOAK_SEED=$(SOAK_SEED) SOAK_ROUNDS=$(SOAK_ROUNDS)"
	+machine/assemble
	VM_WORDS="soak.seed=$(SOAK_SEED) soak.rounds=$(SOAK_ROUNDS)" VM_TIMEOUT=$(SOAK_TIMEOUT) \
		tests/prove soak --verbose --exec tests/vm/run tests/vm/soak.t

faults: $(BUILD)/vm/mktest
	+machine/assemble
	+$(BUILD_FAULTS)
	VM_TIMEOUT=$(FAULTS_TIMEOUT) tests/prove faults --verbose --exec tests/vm/run tests/vm/faults.t

# In makes of their own: the headers to build with may only be there after tests/setup. One after another: some build
# in the same place. KVER is the release's stock kernel, unless the caller named one.
TEST_GOALS := all unit fuzz-short check vm
NAMED_KVER := $(if $(filter command environment,$(firstword $(origin KVER))),$(KVER))

test:
	@rm -rf $(BUILD)/results
	tests/setup
	+version=$(or $(NAMED_KVER),$$(machine/kernel version stock)) && \
	headers=$$(machine/kernel headers $$version) && \
	for goal in $(TEST_GOALS); do \
		$(MAKE) --no-print-directory -j$$(nproc) $$goal KVER=$$version KDIR=$$headers || exit 1; \
	done
	@cat $(BUILD)/results/*
	@echo "not run: $(LONG_GOALS) (make release-test does), fuzz for longer; not of tests/vm:" \
		"$(patsubst tests/vm/%.t,%,$(VM_LONG))"

# What "make test" has no time for. All of it is tried, whatever fails; each tells its line in the end.
LONG_GOALS := vm-long faults soak audit test-podman test-buildah test-containerd test-containers test-crash test-deb test-debug test-clang

release-test:
	+@failed=; for goal in test $(LONG_GOALS); do \
		$(MAKE) --no-print-directory $$goal || failed="$$failed $$goal"; \
	done; \
	cat $(BUILD)/results/*; \
	[ -z "$$failed" ] || { echo "release-test: failed:$$failed"; exit 1; }; \
	echo "release-test: passed"

# Tests that want another host say so, and for the machines of the newer emulator it has no drivers; nor has it the modules of
# a stock kernel. poison.t leaves a host little of the memory that does not move, and the debug host needs more.
# on_large_blocks.t says how much memory its machine has to the byte, and beside that host a machine has more. grow_faults.t
# wants one module in host and spawn, and skips itself there.
DEBUG_NOT := $(patsubst %,tests/vm/%.t,poison on_large_blocks grow_faults)
DEBUG_TESTS = $(filter-out $(DEBUG_NOT),$(shell grep -LE '^. (kernel|emulator|stock):' $(VM_ALL)))

test-debug: $(addprefix $(BUILD)/bench/,measure work)
	tests/setup
	machine/own-kernel debug 6.1
	+$(BUILD_ALL)
	+$(MAKE) --no-print-directory vm VM_GOAL=test-debug KVER=debug GROW_ROUNDS=5 \
		KDIR=$$(machine/kernel headers debug) VM_TESTS="$(DEBUG_TESTS)"

# kCFI looks at each indirect call: these make most of those that the module makes, and that the kernel makes into it.
CLANG_TESTS := $(patsubst %,tests/vm/%.t,boot console ends files grow life rounds upload)

test-clang:
	tests/setup
	machine/own-kernel clang 6.1
	+$(MAKE) --no-print-directory vm VM_GOAL=test-clang KVER=clang VM_TESTS="$(CLANG_TESTS)"
