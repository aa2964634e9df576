# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 900
# cpus: 8
# cpu: max,la57=off,x2apic=off
# owners: 0 0 0 1 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake tests/audit/ipi.t:/ipi.t
# The backtraces that tests/audit/shake.c asks for.
# allow-log: Call Trace
#
# The same beside a 6.12 host.
. /ipi.t
