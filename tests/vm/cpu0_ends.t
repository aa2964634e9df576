# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 1500
# cpus: 4
# allow-log: multikernel: instance "boss": Kernel panic
# has-log: multikernel: instance "boss": stopped, since the host goes down
# has-log: smp: Brought up 1 node, 4 CPUs.*
# has-log: spawn: CPUs 4, numbered 0 1 2 3
# Kernels that have CPU 0 panic, the module goes while CPU 0 is away, and the host is replaced by kexec while a kernel runs
# there: it has CPU 0 back first. What comes after the end of this test is in the log, as in goodbye.t.
. /lib.sh

boss=$mk/instances/boss

# boots [WORDS]: a kernel on CPU 0
boots() {
	ok "a kernel starts on CPU 0${1:+ with $1}" mkctl boot boss --kernel "$host_kernel" --initrd $spawn_initrd \
		--append "loglevel=8 ${1:-}"
	ok "it boots" has_booted boss
}

# panics [WORDS]: it ends so, and CPU 0 is the instance's to start the next one on
panics() {
	boots "spawn.do=panic spawn.after=5 $1"
	ok "it panics, which is seen" within 120 grep -qx failed $boss/status
	like "as such" "$(cat $boss/failure)" 'Kernel panic'
	is "the host is elsewhere" "$(cat /sys/devices/system/cpu/online)" 3
	ok "it is killed" mkctl kill boss
	is "the instance is ready" "$(status boss)" ready
}

tree boss.dtb "$(instance boss 1 '0 2 1' 0x20000000)"
ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=1G cpu0=1
is "CPU 0 goes" "$(upload boss.dtb)" ok
panics
panics spawn.module=no

ok "the module goes while CPU 0 is away" rmmod multikernel
is "the host has it back" "$(cat /sys/devices/system/cpu/online)" 0-3
ok "a task runs there" taskset 1 sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'

ok "the module is loaded again" insmod $modules/multikernel.ko pool=1G cpu0=1
is "CPU 0 goes again" "$(upload boss.dtb)" ok
boots "spawn.do=work spawn.rest=1"
fails "the module stays while a kernel runs there" EAGAIN rmmod multikernel
# Without the modules, which are most of it, since each byte is hashed.
mkdir small
(cd small && cpio -i <$spawn_initrd && rm -r lib && find . | cpio -o -H newc >../small.cpio) 2>/dev/null
is "the host's next kernel is loaded" "$(mktest load -r small.cpio \
	-c 'console=ttyS0 no_timer_check spawn.module=no spawn.do=poweroff spawn.after=1' "$host_kernel")" ok
is "the kernel runs on" "$(status boss)" active
done_testing stays
echo "# the machine ends in good order"
stty -echo	# waits until that has left the serial port
mktest kexec
