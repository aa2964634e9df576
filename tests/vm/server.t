# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 500
# cpus: 6,sockets=2,cores=3,threads=1
# memory: 4G
# cpu: max,vendor=GenuineIntel,la57=off
# qemu: -bios OVMF.fd
# qemu: -object memory-backend-ram,id=near,size=2G -numa node,nodeid=0,memdev=near -numa cpu,node-id=0,socket-id=0
# qemu: -object memory-backend-ram,id=far,size=2G -numa node,nodeid=1,memdev=far -numa cpu,node-id=1,socket-id=1
# files: tests/vm/round_trip.sh:/round_trip.sh
# A machine more like a server: UEFI, two sockets with a gap between their APIC ids (0 1 2 4 5 6), two nodes of memory,
# and Intel's name on the CPUs. Each of these by itself is in a test that "make vm-long" runs.
. /lib.sh
. /round_trip.sh

ok "the firmware is UEFI" test -d /sys/firmware/efi
is "there are two nodes" "$(cat /sys/devices/system/node/online)" 0-1
ok "the CPUs are Intel's" grep -q GenuineIntel /proc/cpuinfo
like "APIC ids are not CPU numbers" "$(sed -n 's/^apicid[^0-9]*//p' /proc/cpuinfo | xargs)" '^0 1 2 4 5 6$'
round_trip '3 5' '4'
done_testing
