# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 400
# cpus: 1,maxcpus=4,sockets=1,cores=2,threads=2
# qemu: -device max-x86_64-cpu,la57=off,socket-id=0,core-id=1,thread-id=0
# qemu: -chardev socket,id=monitor,path=build/vm/on_hotplugged_cpus.monitor,server=on,wait=off -mon chardev=monitor,mode=control
# qemu: -chardev socket,id=line,path=build/vm/on_hotplugged_cpus.monitor -device isa-serial,chardev=line,index=2
# files: tests/vm/round_trip.sh:/round_trip.sh
# CPUs that came in another order than their APIC ids have: CPU 1 has id 2 and CPU 2 has id 1, since it was plugged into
# the running machine. The third serial port leads to QEMU's monitor, which does that.
. /lib.sh
. /round_trip.sh

cpus=/sys/devices/system/cpu

# plug CORE CPU: the second thread of that core is plugged in, and is this CPU of the host
plug() {
	monitor "device_add max-x86_64-cpu,la57=off,socket-id=0,core-id=$1,thread-id=1"
	ok "CPU $2 comes" within 30 test -e $cpus/cpu"$2"
	ok "and goes online" sh -c "echo 1 >$cpus/cpu$2/online"
}

open_monitor
plug 0 2
plug 1 3
note_host
is "APIC ids are in another order" "$(sed -n 's/^apicid[^0-9]*//p' /proc/cpuinfo | xargs)" '0 2 1 3'
round_trip '1' '2 3'
done_testing
