# SPDX-License-Identifier: GPL-2.0-only
#
# make audit	what spawns touch of the machine's devices, held against tests/audit/allowed; takes ten minutes or more

.PHONY: audit

audit: $(BUILD)/vm/mktest
	+machine/assemble
	prove --timer --exec tests/audit/run tests/audit/audit.t
