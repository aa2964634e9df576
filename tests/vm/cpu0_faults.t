# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 900
# cpus: 3
# files: build/KVER-faults/multikernel.ko:/lib/multikernel/multikernel.ko
# allow-log: multikernel: fault: call|multikernel: cpu 0 did not come back|multikernel: upload refused .*cannot be
# CPU 0 goes to an instance and comes back, and each call that can fail on its way fails (tests/fault): once, and with all that
# follow. It is the host's or the instance's each time, never nobody's, and in the end the host computes there.
. /lib.sh

parameters=/sys/module/multikernel/parameters
all_following=1000	# more calls than an upload makes

online() {
	cat /sys/devices/system/cpu/online
}

# fails_at NUMBER FROM TO: that call of the upload of TO fails; sets verdict and struck. Where the host did not take the CPU
# back it has said so, and the next upload, of the tree that is in force, calls it again.
fails_at() {
	dmesg -c >/dev/null
	echo "$1" >$parameters/fail_at
	verdict=$(upload "$3")
	[ "$(cat $parameters/calls)" -ge "$1" ] || struck=no
	echo 0 >$parameters/fail_at
	in_force=$2
	[ "$verdict" != ok ] || in_force=$3
	! dmesg | grep -q 'multikernel: cpu 0 did not come back' || upload $in_force >/dev/null
}

# each NAME FROM TO BEFORE AFTER: the tree TO in the place of FROM moves the host from these CPUs to those, or does not
each() {
	struck=yes number=1
	while [ $struck = yes ]; do
		fails_at $number "$2" "$3"
		wanted=$4
		[ "$verdict" != ok ] || wanted=$5
		is "$1: call $number: $(cat $parameters/failed): $verdict" "$(online)" "$wanted"
		[ "$verdict" = ok ] || is "$1: and without it" "$(upload "$3") $(online)" "ok $5"
		is "$1: and undone" "$(upload "$2") $(online)" "ok $4"
		number=$((number + 1))
	done
	ok "$1: $((number - 2)) calls have failed" test $number -gt 2
}

tree none.dtb
tree boss.dtb "$(instance boss 1 0 0x4000000)"
ok "the module is loaded with cpu0=1" insmod $modules/multikernel.ko pool=256M cpu0=1
is "CPU 0 goes" "$(upload boss.dtb) $(online)" "ok 1-2"
is "and comes back" "$(upload none.dtb) $(online)" "ok 0-2"
for more in 0 $all_following; do
	echo $more >$parameters/fail_more
	each "it goes, $more more" none.dtb boss.dtb 0-2 1-2
	echo 0 >$parameters/fail_more
	upload boss.dtb >/dev/null
	echo $more >$parameters/fail_more
	each "it comes back, $more more" boss.dtb none.dtb 1-2 0-2
	echo 0 >$parameters/fail_more
	upload none.dtb >/dev/null
done
echo 0 >$parameters/deaf	# its APIC id
is "it does not go when it does not stop" "$(upload boss.dtb)" ETIMEDOUT
like "last_error says so" "$(last_error)" 'cpu 0 .* does not stop on INIT'
is "and is the host's" "$(online)" 0-2
echo -1 >$parameters/deaf
is "it goes when it does" "$(upload boss.dtb) $(online)" "ok 1-2"
is "and comes back as before" "$(upload none.dtb) $(online)" "ok 0-2"
is "it is away once more" "$(upload boss.dtb) $(online)" "ok 1-2"
echo $all_following >$parameters/fail_more
number=1 verdict=''
while [ "$verdict" != ok ]; do
	echo $number >$parameters/fail_at
	verdict=$(upload none.dtb)
	number=$((number + 1))
done
echo 0 >$parameters/fail_at
is "it is given back, and does not come" "$(online)" 1-2
ok "the module goes" rmmod multikernel
is "and has called it" "$(online)" 0-2
ok "a task runs there" taskset 1 sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'
done_testing
