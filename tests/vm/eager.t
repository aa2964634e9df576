# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# A host on which someone brings CPUs online as soon as they are there, as a rule of udev's or a daemon does: in the midst of
# a CPU's way back it may be he who starts it. Then it is the host's, and must run on.
. /lib.sh

cpu=/sys/devices/system/cpu/cpu1
rounds=15

eager() {
	while [ ! -e through ]; do
		echo 1 >$cpu/online
	done 2>/dev/null
}

# computes: something of the host's, there
computes() {
	taskset 2 sh -c 'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); done'
}

ok "the module loads" load_module 512M
tree one.dtb "$(instance one 1 1 0x4000000)"
tree empty.dtb
eager &
uploads=
lived=0
for round in $(seq $rounds); do
	uploads="$uploads $(upload one.dtb) $(upload empty.dtb)"
	[ "$(cat $cpu/online)" = 1 ] && computes && lived=$((lived + 1))
done
: >through
wait
is "each upload was carried out" "$(echo $uploads | tr ' ' '\n' | sort -u)" ok
is "the CPU came back each time, and computes" $lived $rounds
unlike "and it was not said to be missing" "$(dmesg)" 'did not come back'
ok "it goes once more" test "$(upload one.dtb)" = ok
is "and is not the host's then" "$(cat /sys/devices/system/cpu/online)" 0,2-3
is "nor can it be brought online" "$(echo 1 2>/dev/null >$cpu/online || echo refused)" refused
done_testing
