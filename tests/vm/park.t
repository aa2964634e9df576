# SPDX-License-Identifier: GPL-2.0-only
# qemu: -chardev socket,id=monitor,path=build/vm/park.monitor,server=on,wait=off -mon chardev=monitor,mode=control
# qemu: -chardev socket,id=line,path=build/vm/park.monitor -device isa-serial,chardev=line,index=2
# cpus: 3
# cpu: max,la57=off,vendor=GenuineIntel
# timeout: 400
# has-log: multikernel: instance "one": stopped, since the host goes down
# A machine check that is broadcast, as on Intel's CPUs, reaches those on which nothing runs as well. One that is not ready
# for it shuts the machine down, in the emulator as in hardware. The third serial port of the machine leads to QEMU's
# monitor, which makes it: of a memory error that no one has to act on, at an address where there is no memory. In the end
# the host powers off while a kernel runs.
. /lib.sh

no_memory=0x3000000000
tiny_kernel tiny

is_heard() {
	machine_check $no_memory
	checks=$((checks + 1))
	ok "$1: the host hears it" within 30 heard_checks $checks
}
checks=0

load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
open_monitor
is "two instances" "$(tree two.dtb "$(instance one 1 1 0x4000000)" "$(instance two 2 2 0x4000000)"; upload two.dtb)" ok
is "a kernel starts on one" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
is "it is stopped" "$(mktest load -u -R -1 -i 1)" ok
is_heard "one CPU has run a kernel, the other has not"
is "kernels start on both" "$(mktest load -i 1 -c tiny.end=idle tiny) $(mktest load -i 2 -c tiny.end=idle tiny)" "ok ok"
is "and are stopped" "$(mktest load -u -R -1 -i 1) $(mktest load -u -R -1 -i 2)" "ok ok"
is_heard "both have run a kernel"
is "a kernel starts on one again" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
done_testing stays
