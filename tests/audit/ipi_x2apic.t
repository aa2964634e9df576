# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 1800
# cpus: 8
# cpu: max,la57=off,x2apic=on
# qemu: -device intel-iommu,intremap=on,eim=on
# owners: 0 0 0 1 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake tests/audit/ipi.t:/ipi.t
# The backtraces that tests/audit/shake.c asks for.
# allow-log: Call Trace
#
# The same on a host in x2APIC mode, which sends most interrupts to logical destinations, and whose spawns find their CPUs
# in that mode, too.
. /ipi.t
