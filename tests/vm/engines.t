# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# stock: vhost_vsock
# spawn-stock: virtio_blk ext4 crc32c_generic vmw_vsock_virtio_transport
# files: /sbin/mkfs.ext4:/bin/mkfs.ext4 /sbin/e2fsck:/bin/e2fsck build/vm/vsock:/bin/vsock
# files-from: tests/vm/engines
# What can become of those who serve a spawn's devices while it uses them, in random order: a process or its engine is killed
# or stopped, is told to end, is missing when it is to begin. The spawn goes on where its disk allows, or it can be ended and
# started anew; its data is right in either case, and neither the host nor another spawn notices.
#
# On the command line: engines.rounds=N (9; each thing happens once in nine), and engines.seed=N.
. /lib.sh

command -v qemu-storage-daemon >/dev/null || {
	echo "1..0 # SKIP no qemu-storage-daemon where the tests are run"
	exit 0
}
rounds=$(word engines.rounds 9) seed=$(word engines.seed "$(date +%s)")
diag "engines.rounds=$rounds engines.seed=$seed"
end_bound=120	# seconds; an end takes one
# Two spawns are at work, so one that boots has a part of the machine only: bounds are for twice the time of a boot.

first_process engines <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "spawn: up after boot"
case $do in
count)
	while :; do
		count=$((count + 1))
		echo "spawn: count $count"
		sleep 1
	done
	;;
esac
modprobe virtio_ring
modprobe virtio_blk
modprobe vmw_vsock_virtio_transport
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /dev/vda ]; do sleep 0.2; done
modprobe crc32c_generic
modprobe ext4
mkdir -p /mnt
mount -t ext4 /dev/vda /mnt
vsock echo 1234 &
round=0
while :; do
	round=$((round + 1))
	echo 3 >/proc/sys/vm/drop_caches
	cat /bin/busybox >/mnt/new && sync && mv /mnt/new /mnt/copy
	echo "spawn: round $round, $(cat /mnt/file /mnt/copy | sha256sum)"
	sleep 0.2
done
INIT
mkdir -p spawn/bin
cp /bin/vsock spawn/bin/
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

# draw N: sets drawn to one of 0 to N - 1, as in soak.t
random=$seed
draw() {
	random=$((random * 6364136223846793005 + 1442695040888963407))
	drawn=$(((random >> 33 & 0x3fffffff) % $1))
}

# boot NAME WHAT
boot() {
	mkctl boot "$1" --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" \
		--append "engines.do=$2" >/dev/null
}

# The processes of a device, and whether it is served.
serve_disk() {
	mkio disk web --file disk.img "$@" >>mkio.log 2>&1 &
	disk=$!
}

serve_vsock() {
	mkio vsock web >>mkio.log 2>&1 &
	vsock=$!
}

is_served() {
	grep -qE "^[0-9]+ $1 .* served " $mk/instances/web/devices
}

are_served() {
	is_served disk && is_served vsock
}

is_unserved() {
	grep -qE "^[0-9]+ $1 .* unserved " $mk/instances/web/devices
}

# Each engine is a child of its mkio's and ends with it, but only when it can.
no_engine() {
	! pidof qemu-storage-daemon
}

# last NAME WHAT: the newest number that it has logged
last() {
	number=$(mkctl logs "$1" 2>/dev/null | sed -n "s/.*spawn: $2 \([0-9]*\).*/\1/p" | tail -n 1)
	echo "${number:-0}"
}

# has_moved NAME WHAT FROM
has_moved() {
	[ "$(last "$1" "$2")" -gt "$3" ]
}

answers() {
	[ "$(echo hello | timeout 10 vsock connect 3 1234)" = hello ]
}

# works: the disk and the sockets do, and all that was ever read is right
works() {
	ok "  its disk works" within $((2 * boot_bound)) has_moved web round $(($(last web round) + 1))
	ok "  its sockets work" within 120 answers
	is "  all that it reads is right" "$(mkctl logs web | sed -n 's/.*spawn: round [0-9]*, //p' | sort -u)" "$wanted"
}

# ends: the spawn does, whoever answers or not
ends() {
	ok "  the spawn is ended" timeout $((end_bound * SLOW)) mkctl kill web
	is "  and ready" "$(status web)" ready
}

# begins: it does, with a file system that is whole
begins() {
	e2fsck -fy disk.img >fsck 2>&1
	code=$?
	ok "  its file system is whole" test $code -le 1 || diag "$(cat fsck)"
	serve_again
	result $? "  its devices are served"
	ok "  it boots" boot web work
}

# serve_again: those that nobody serves. Not by ok, in whose shell of its own the numbers of processes would be lost.
serve_again() {
	! is_gone $disk || serve_disk
	! is_gone $vsock || serve_vsock
	within 120 are_served
}

# is_gone PID: it has ended, whether or not this shell has heard of it
is_gone() {
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

# says_lost: requests may be, says the last process that wanted to serve the disk
says_lost() {
	is_gone $disk && tail -n 1 mkio.log | grep -q 'it is not served again before its kernel is started anew'
}

has_moved_or_lost() {
	says_lost || has_moved web round $((from + 1))
}

# goes_on: another process takes the disk up; or says that it cannot, which goes by what was at work just when it was left
goes_on() {
	from=$(last web round)
	serve_again
	within $((2 * boot_bound)) has_moved_or_lost
	if says_lost; then
		result 0 "  another says that requests may be lost"
		ends
		begins
	else
		ok "  another takes the disk up" are_served
	fi
}

# What happens, and what it comes to.
killed_process() {
	kill -9 $disk
	within 120 is_unserved disk && within 120 no_engine
	goes_on
}

killed_sockets() {
	kill -9 $vsock
	within 120 is_unserved vsock
	serve_again
	result $? "  another takes the sockets up"
}

told_to_end() {
	kill -TERM $disk
	within 120 is_gone $disk && within 120 no_engine
	serve_again
	result $? "  another takes the disk up"
}

# Its exit status tells whether requests are lost, which goes by what was at work just then.
killed_engine() {
	killall -9 qemu-storage-daemon
	within 120 is_gone $disk
	wait $disk
	code=$?
	diag "mkio's exit status is $code"
	ok "  mkio ends, and says whether requests are lost" test $code = 1 -o $code = 4
	if [ $code = 4 ]; then
		ends
		begins
	else
		goes_on
	fi
}

stopped_engine() {
	killall -STOP qemu-storage-daemon
	ends
	begins
}

stopped_process() {
	kill -STOP $disk
	ends
	kill -CONT $disk
	begins
}

stopped_sockets() {
	kill -STOP $vsock
	ends
	kill -CONT $vsock
	begins
}

killed_all() {
	kill -9 $disk $vsock
	killall -9 qemu-storage-daemon
	within 120 is_unserved disk
	ends
	within 120 no_engine
	begins
}

missing_engine() {
	kill -TERM $disk
	within 120 is_gone $disk && within 120 no_engine
	fails "  an engine that is missing" 'it takes the program /none' mkio disk web --file disk.img --engine /none
	fails "  one that is no engine" 'the engine cannot be used: it has ended' mkio disk web --file disk.img --engine /bin/true
	serve_again
	result $? "  another takes the disk up"
}

modprobe vhost_vsock
truncate -s 64M disk.img
mkdir files
cp /bin/busybox files/file
mkfs.ext4 -q -d files disk.img
load_module 1G || bail_out "no module"
is "two instances" "$(tree two.dtb "$(instance web 1 1 0x10000000)" "$(instance other 2 2 0x10000000)"
	upload two.dtb)" ok
serve_disk
serve_vsock
ok "devices wait for their kernel" within 120 are_served
ok "another spawn counts" boot other count
ok "the spawn boots" boot web work
wanted=$(cat /bin/busybox /bin/busybox | sha256sum)
ok "its disk works" within $((2 * boot_bound)) has_moved web round 0 || mkctl logs web | tail -n 40 | sed 's/^/# /'
works

all='killed_process killed_sockets told_to_end killed_engine stopped_engine stopped_process stopped_sockets killed_all missing_engine'
left=$all
while [ "$rounds" -gt 0 ]; do
	rounds=$((rounds - 1))
	[ -n "$left" ] || left=$all
	# shellcheck disable=SC2086 # words
	set -- $left
	draw $#
	eval "what=\${$((drawn + 1))}"
	left=$(echo "$left" | tr ' ' '\n' | grep -vx "$what" | paste -s -d ' ')
	counted=$(last other count)
	echo "# $what"
	$what
	works
	ok "  the other spawn goes on" within 120 has_moved other count "$counted"
done
mkctl kill web
mkctl kill other
kill -INT $disk $vsock
ok "in the end the devices go" within 120 sh -c "! grep -q . $mk/instances/web/devices"
within 120 sh -c '! pidof mkio'
ok "no engine is left" within 120 no_engine
sed 's/^/# mkio: /' mkio.log
done_testing
