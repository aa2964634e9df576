# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# emulator: new
# timeout: 300
# qemu: -bios OVMF.fd
# A firmware that does not honour the warm-reset vector, on a CPU whose BSP flag cannot be cleared: INIT would end it all.
. /lib.sh

dtc -q -O dtb -o three.dtb /examples/three-instances.dts
ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=1800M cpu0=1
is "CPU 0 is not to be had" "$(upload three.dtb)" EBUSY
like "last_error says what is missing" "$(last_error)" \
	'load-balancer.*cpu 0: INIT would restart .* BSP flag cannot be cleared, and the firmware \(".+"\) is not known'
is "the host has all of its CPUs" "$(cat /sys/devices/system/cpu/online)" 0-3
two=$(instance x 1 '1 2' 0x10000000)
tree two.dtb "$two"
is "others can be had" "$(upload two.dtb)" ok
is "and come back" "$(tree empty.dtb; upload empty.dtb)" ok
done_testing
