# SPDX-License-Identifier: GPL-2.0-only
# A host before 6.5 does not give CPU 0 away, whatever its parameter says: it would send it an NMI to bring it back.
. /lib.sh

dtc -q -O dtb -o three.dtb /examples/three-instances.dts
ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=1800M cpu0=1
is "CPU 0 is not to be had" "$(upload three.dtb)" EBUSY
like "last_error says what is missing" "$(last_error)" 'load-balancer.*cpu 0: .*an NMI.*it takes Linux 6.5'
is "the host has all of its CPUs" "$(cat /sys/devices/system/cpu/online)" 0-3
is "and may not part with CPU 0" "$(test -e /sys/devices/system/cpu/cpu0/online; echo $?)" 1
done_testing
