# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 400
# cpu: max,vendor=GenuineIntel,la57=off
# files: tests/vm/round_trip.sh:/round_trip.sh
# CPUs with Intel's name: kernels look into other registers then. All other machines call themselves AMD.
. /lib.sh
. /round_trip.sh

ok "the CPUs are Intel's" grep -q GenuineIntel /proc/cpuinfo
round_trip '1' '2 3'
done_testing
