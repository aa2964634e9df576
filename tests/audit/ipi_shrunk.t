# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# cpus: 8
# cpu: max,la57=off,x2apic=off
# owners: 0 0 0 0 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake tests/audit/ipi_grown.t:/ipi_grown.t
# allow-log: Call Trace
#
# The same when the CPU has come, and has been given back: it is the host's again, and the spawn has nothing to say to it.
steps="grown:3 first:2"
. /ipi_grown.t
