# SPDX-License-Identifier: GPL-2.0-only
#
# make audit	what spawns touch of the machine's devices, held against tests/audit/allowed, and which
#		CPUs kernels interrupt; takes twenty minutes or more, on a machine with little else to do:
#		a stock spawn that the host does not stop within 15 ms tries port 0x64

.PHONY: audit

$(BUILD)/vm/shake: tests/audit/shake.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -pthread -static -o $@ $<

$(BUILD)/audit/x2apic.so: tests/audit/x2apic.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -shared -fPIC -o $@ $<

AUDIT_TESTS ?= $(sort $(wildcard tests/audit/*.t))

audit: $(BUILD)/vm/mktest $(BUILD)/vm/shake $(BUILD)/audit/x2apic.so
	+machine/assemble
	tests/prove audit --exec tests/audit/run $(AUDIT_TESTS)
