# SPDX-License-Identifier: GPL-2.0-only
#
# make audit	what spawns touch of the machine's devices, held against tests/audit/allowed; takes ten minutes or more, on a
#		machine with little else to do: a stock spawn that the host does not stop within 15 ms tries port 0x64

.PHONY: audit

audit: $(BUILD)/vm/mktest
	+machine/assemble
	prove --timer --exec tests/audit/run tests/audit/audit.t
