# SPDX-License-Identifier: GPL-2.0-only
# qemu: -chardev socket,id=monitor,path=build/vm/siblings.monitor,server=on,wait=off -mon chardev=monitor,mode=control
# qemu: -chardev socket,id=line,path=build/vm/siblings.monitor -device isa-serial,chardev=line,index=2
# cpus: 4,sockets=1,cores=2,threads=2
# cpu: max,la57=off,vendor=GenuineIntel
# timeout: 400
# allow-log: multikernel: cpu 3 did not come back into the host: error -1
# A host whose second threads are turned off while an instance has one of them: it cannot come back then, and must rest
# where a machine check that is broadcast does no harm, as in park.t. When they are turned on again it is the host's.
. /lib.sh

threads=/sys/devices/system/cpu/smt/control

online() {
	cat /sys/devices/system/cpu/online
}

# stranded: CPU 3 goes to an instance, and cannot come back
stranded() {
	is "an instance has CPU 3" "$(upload one.dtb)" ok
	ok "second threads are turned off" sh -c "echo off >$threads"
	is "the instance goes" "$(upload empty.dtb)" ok
	is "and its CPU does not come back" "$(online)" 0,2
}

# returns: the host has all CPUs, and CPU 3 works
returns() {
	ok "second threads are turned on" sh -c "echo on >$threads"
	is "CPU 3 is the host's" "$(online)" 0-3
	ok "a task runs there" taskset 8 sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'
}

is "this host has second threads" "$(cat $threads)" on
ok "the module loads" load_module 512M
open_monitor
tree one.dtb "$(instance one 1 3 0x4000000)"
tree empty.dtb
stranded
like "which the kernel log says" "$(dmesg)" 'cpu 3 did not come back into the host: error -1'
# The emulator keeps an INIT to a CPU that has halted until something else wakes that CPU, as the first of these does.
for check in 1 2; do
	machine_check 0x3000000000	# where there is no memory
	ok "machine check $check reaches all CPUs, and the host hears it" within 30 heard_checks $check
done
returns
is "an instance can have it again" "$(upload one.dtb)" ok
is "and lose it" "$(upload empty.dtb)" ok
is "to the host" "$(online)" 0-3
stranded
ok "the module goes" rmmod multikernel
returns
done_testing
