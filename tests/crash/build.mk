# SPDX-License-Identifier: GPL-2.0-only
#
# make test-crash	dumps of spawns opened with Debian's crash, gdb and drgn; fetches the debug symbols of two kernels,
#			2 GB, and keeps 1 GB of them in build/kernels

.PHONY: test-crash

test-crash: $(BUILD)/vm/mktest
	machine/install crash gdb python3-drgn binutils perl
	+machine/assemble
	tests/prove test-crash --exec tests/crash/run tests/vm/dump.t
