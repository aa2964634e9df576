# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 3600
# cpus: 4
# A prototype of CPU 0's leaving once had another spawn stand still early in its boot. So kernels boot here while CPU 0 is
# away, again and again: it goes, one kernel boots on it and one on another CPU, one after the other or both at a time, and
# it comes back. Words on the host's command line: cpu0.rounds=N makes N rounds; with cpu0.stays=yes the first kernel gets
# CPU 2 instead, to hold the one against the other.
. /lib.sh

rounds=$(word cpu0.rounds 5)
boss_cpu=0 host_cpus=2-3
[ "$(word cpu0.stays no)" = no ] || boss_cpu=2 host_cpus=0,3

# begins NAME: a kernel starts there
begins() {
	ok "round $round: $1 starts" mkctl boot "$1" --kernel "$host_kernel" --initrd $spawn_initrd --append loglevel=8
}

# is_up NAME: its first process runs
is_up() {
	ok "round $round: $1 boots" has_booted "$1"
}

tree both.dtb "$(instance boss 1 $boss_cpu 0x10000000) $(instance other 2 1 0x10000000)"
tree empty.dtb
ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=768M cpu0=1
for round in $(seq "$rounds"); do
	is "round $round: CPUs go" "$(upload both.dtb)" ok
	is "round $round: the host is elsewhere" "$(cat /sys/devices/system/cpu/online)" $host_cpus
	case $((round % 3)) in
	0) begins boss; is_up boss; begins other; is_up other ;;
	1) begins boss; begins other; is_up other; is_up boss ;;
	2) begins other; begins boss; is_up other; is_up boss ;;
	esac
	ok "round $round: boss is killed" mkctl kill boss
	ok "round $round: other is killed" mkctl kill other
	is "round $round: CPUs come back" "$(upload empty.dtb)" ok
	is "round $round: the host has all of them" "$(cat /sys/devices/system/cpu/online)" 0-3
done
diag "$rounds rounds, with CPU $boss_cpu as an instance's"
done_testing
