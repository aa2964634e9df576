# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 1500
# CPU 0 as an instance's: the tree of three instances, of which the last one has it. The host is left with CPU 4.
# cpus: 5
. /lib.sh

older_kernel=${other_kernel:-$host_kernel}

# on_cpu0 COMMAND...: a task of the host's, there
on_cpu0() {
	taskset 1 "$@"
}

# works_on NAME: its kernel computes, and says so
works_on() {
	round=$(mkctl logs "$1" | sed -n 's/.*spawn: CPU 0 round //p' | tail -n 1)
	within 180 log_has "$1" "spawn: CPU 0 round $((${round:-0} + 2))\$"
}

# boots_there KERNEL: load-balancer boots it, says what it sees, and works beside the others
boots_there() {
	ok "CPU 0 starts ${1##*vmlinuz-}" mkctl boot load-balancer --kernel "$1" --initrd $spawn_initrd --append "loglevel=8 spawn.do=work"
	ok "it boots" has_booted load-balancer
	is "it is what it was given" "$(mkctl logs load-balancer | sed -n 's/.*spawn: kernel //p')" "${1##*vmlinuz-}"
	ok "it works" works_on load-balancer
	ok "the one beside it works on" works_on web-server
}

dtc -q -O dtb -o three.dtb /examples/three-instances.dts
ok "the module is loaded without the parameter" load_module 1800M
is "CPU 0 is not to be had" "$(upload three.dtb)" EBUSY
like "last_error tells" "$(last_error)" 'load-balancer.*cpu 0 is the host.s boot CPU'
ok "the module goes" rmmod multikernel

ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=1800M cpu0=1
tree second.dtb "$(instance x 1 '2 3 0' 0x10000000)"
is "CPU 0 is no second CPU" "$(upload second.dtb)" EBUSY
like "last_error says so" "$(last_error)" 'instance "x": cpu 0 can only be the first'
is "mkctl sees that it can be had" "$(mkctl check /examples/three-instances.dts >/dev/null 2>&1; echo $?)" 0
is "the three instances" "$(upload three.dtb)" ok
is "the host is elsewhere" "$(cat /sys/devices/system/cpu/online)" 4
like "by the vector, for want of another way" "$(dmesg)" "multikernel: cpu 0: it goes by the firmware's warm-reset vector"
fails "it does not sleep" "busy" sh -c 'echo mem >/sys/power/state'
like "since its CPU 0 is away" "$(last_error)" 'cpu 0 is an instance'

ok "another instance boots" \
	mkctl boot web-server --kernel "$host_kernel" --initrd $spawn_initrd --append "loglevel=8 spawn.do=work"
ok "and is there" has_booted web-server
boots_there "$older_kernel"
ok "it is killed" mkctl kill load-balancer
is "it is ready" "$(status load-balancer)" ready
boots_there "$host_kernel"

generation=$(cat $mk/instances/load-balancer/generation)
mkctl logs load-balancer >/dev/null
ok "it is asked to reboot" mkctl reboot load-balancer --timeout 300
ok "it is loaded again" within 180 sh -c "[ \$(cat $mk/instances/load-balancer/generation) -gt $generation ]"
ok "and boots again" has_booted load-balancer
ok "it is stopped, having been asked" mkctl stop load-balancer --timeout 300
is "it is ready again" "$(status load-balancer)" ready

tree web.dtb "$(instance web-server 1 1 0x20000000)"
is "a tree without it, while the other one runs" "$(upload web.dtb)" ok
is "the host has CPU 0" "$(cat /sys/devices/system/cpu/online)" 0,2-4
ok "a task runs there" on_cpu0 sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'
ok "the other one works on" works_on web-server
ok "it is the host's to keep" test -d /sys/devices/system/cpu/cpu0 -a ! -e /sys/devices/system/cpu/cpu0/online
ok "the other one is killed" mkctl kill web-server

# beside CPUS: a tree with CPU 0 in one instance, and with these in another, which may have all others
beside() {
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; instances { one { id = <1>; resources { cpus = <$1>;
		cpus-max = <1 2 3 4>; memory-bytes = <0x10000000>; }; }; $(instance boss 2 0 0x10000000) }; };" | compile beside.dtb
	upload beside.dtb
}

# bell: the CPU on which kernels that run ring the host
bell() {
	for irq in $(sed -n 's/^ *\([0-9]*\):.* multikernel$/\1/p' /proc/interrupts); do
		cat /proc/irq/"$irq"/effective_affinity_list
	done
}

is "CPU 0 and one more are away" "$(beside 1)" ok
boot_console one
ok "a kernel boots that may have all others" has_booted one
listen
ok "it serves a shell" spawn_is_quiet
hush
bell=$(bell)
case $bell in
2) other=3 ;;
3 | 4) other=2 ;;
*) bail_out "the host is rung on CPU \"$bell\"" ;;
esac
is "it gets one more" "$(beside "1 $other")" ok
is "but not the one on which it rings the host" "$(beside "1 $other $bell")" EBUSY
like "last_error says so" "$(last_error)" "instance \"one\": kernels that run ring the host on cpu $bell,"
is "which is the host's still" "$(taskset $((1 << bell)) sh -c 'echo yes')" yes
like "and it is not the kernel's" "$(cat $mk/instances/one/device_tree_source)" "^ *cpus = <1 $other>;"
ok "it is killed" mkctl kill one

is "again" "$(upload three.dtb)" ok
tree empty.dtb
is "and back" "$(upload empty.dtb)" ok
is "the host has all of its CPUs" "$(cat /sys/devices/system/cpu/online)" 0-4
done_testing
