# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 400
# cpu: max,la57=on
# files: tests/vm/round_trip.sh:/round_trip.sh
# Page tables with five levels, in the host and in the spawns. A kernel finds four when it is started, and changes over.
. /lib.sh
. /round_trip.sh

# A kernel names that feature only if it uses it (arch/x86/kernel/cpu/common.c, early_identify_cpu()).
ok "the host has five levels" grep -q la57 /proc/cpuinfo
spawns_tell="page tables of five levels"
round_trip '1' '2 3'
done_testing
