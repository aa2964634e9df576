# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# spawn-stock: virtio_blk ext4 crc32c_generic
# files: /sbin/mkfs.ext4:/bin/mkfs.ext4 /sbin/e2fsck:/bin/e2fsck
# files-from: tests/vm/engines
# A spawn's disk, served by qemu-storage-daemon: files with checksums, a kernel that is killed in mid-write and a file system
# that is whole thereafter, a device that changes hands, one that grows and one that is taken away while it is in use, images
# that cannot be had.
. /lib.sh

command -v qemu-storage-daemon >/dev/null || {
	echo "1..0 # SKIP no qemu-storage-daemon where the tests are run"
	exit 0
}

# The first process: what disk.do says.
first_process disk <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
modprobe virtio_ring
modprobe virtio_blk
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /dev/vda ]; do sleep 0.2; done
modprobe crc32c_generic
modprobe ext4
mkdir -p /mnt
mount -t ext4 /dev/vda /mnt && echo "spawn: mounted"
case $do in
write)
	while cat /bin/busybox; do :; done 2>/dev/null | head -c 10000000 >/mnt/file
	sync
	echo "spawn: wrote $(sha256sum </mnt/file)"
	round=0
	while :; do
		round=$((round + 1))
		cat /bin/busybox >/mnt/round
		sha256sum </mnt/round >/mnt/sum
		sync
		mv /mnt/round "/mnt/round$((round % 8))"
		echo "spawn: round $round"
	done
	;;
read)
	round=0
	while :; do
		round=$((round + 1))
		echo 3 >/proc/sys/vm/drop_caches
		echo "spawn: round $round, read $(sha256sum </mnt/file)"
		echo "spawn: the disk has $(cat /sys/block/vda/size) sectors"
		sleep 1
	done
	;;
esac
INIT

# boot WHAT [OPTION...]
boot() {
	what=$1
	shift
	mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" \
		--append "disk.do=$what" "$@"
}

serve() {
	mkio disk web --file disk.img >>mkio-web 2>&1 &
	mkio=$!
}

shows() {
	grep -qE -- "$1" $mk/instances/web/devices
}

read_sum() {
	mkctl logs web | sed -n 's/.*spawn: round .*, read //p' | tail -n 1
}

rounds() {
	mkctl logs web | sed -n 's/.*spawn: round \([0-9]*\).*/\1/p' | tail -n 1
}

# goes_on: a round more than now
goes_on() {
	before=$(rounds)
	within 120 log_has web "spawn: round $((before + 2))\\b"
}

truncate -s 100M disk.img
ok "a file system" mkfs.ext4 -q disk.img
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 1 0x10000000)"
	upload web.dtb)" ok
fails "an image that is not there" 'cannot open none.img: No such file' mkio disk web --file none.img
printf 'QFI\373%01000d' 0 >other.img
fails "an image of another format" 'looks like a qcow2 image' mkio disk web --file other.img
fails "an image that is none" "the engine cannot be used: it has ended" mkio disk web --file other.img --format qcow2
serve
ok "the disk waits for its kernel" within 120 shows 'disk 2 .* served'
fails "an image in use" 'disk.img is in use by another program$' mkio disk web --file disk.img --name other
ok "the spawn boots" boot write
ok "it has the file system" within $boot_bound log_has web 'spawn: mounted' || mkctl logs web | tail -n 60 | sed 's/^/# /'
ok "it writes" within 120 log_has web 'spawn: round 3'
wrote=$(mkctl logs web | sed -n 's/.*spawn: wrote //p')
unlike "a checksum is known" "$wrote" '^$'
like "mkctl shows how much was written, and what its mount has read" "$(mkctl devices web)" \
	'^disk +disk +running +served +qemu-storage-daemon +[0-9]+ +[0-9]+ +[1-9][0-9]{7,} +[1-9][0-9]{4,} +disk\.img \(raw\)$'
diag "$(cat $mk/instances/web/devices)"
mkctl kill web
e2fsck -fy disk.img >fsck 2>&1
code=$?
ok "killed in mid-write, the file system can be repaired by its journal" test $code -le 1 || diag "$(cat fsck)"
ok "and is whole" e2fsck -fn disk.img
ok "the spawn boots again" boot read
ok "it reads" within $boot_bound log_has web 'spawn: round 1, read'
is "what it wrote" "$(read_sum)" "$wrote"

# One that is killed may leave requests of which nobody knows whether they are lost (engines.t); told to end, it leaves none.
kill -TERM "$mkio"
ok "without its process the disk is there, unserved" within 120 shows 'disk 2 .* unserved'
within 120 sh -c '! pidof qemu-storage-daemon'
serve
ok "another process takes it up" within 120 shows 'disk 2 .* served'
ok "and the spawn goes on" goes_on
is "with data" "$(read_sum)" "$wrote"

ok "the disk grows" mkctl resize web disk 120M
ok "which the spawn sees at once" within 120 log_has web 'spawn: the disk has 245760 sectors'
ok "and goes on" goes_on
is "with data" "$(read_sum)" "$wrote"
is "the image is as large" "$(stat -c %s disk.img)" $((120 << 20))
fails "it gets no smaller" 'disk: it has 125829120 bytes, and can only grow$' mkctl resize web disk 100M
fails "nor does a disk that is none" 'it has no device "other"$' mkctl resize web other 200M

hung=$(pidof qemu-storage-daemon)
another_engine() {
	engine=$(pidof qemu-storage-daemon) && [ "$engine" != "$hung" ]
}
killall -STOP qemu-storage-daemon
ok "an engine that hangs does not hold up an end" timeout $((120 * SLOW)) mkctl kill web
is "the instance is ready" "$(status web)" ready
ok "and the next one is there" within 120 another_engine
kill -INT "$mkio"
ok "told by SIGINT, mkio takes the disk away" within 120 sh -c "! grep -q . $mk/instances/web/devices"
within 120 sh -c '! pidof mkio'

mkdir -p /run
truncate -s 8M second.img
fails "mkctl boots with an image, or not at all" 'none.img: No such file' boot read --disk none.img
ok "mkctl boots with the disk" boot read --disk disk.img
like "and shows it" "$(mkctl devices web)" '^disk0 +disk +[a-z-]+ +served '
ok "the spawn reads" within $boot_bound log_has web 'spawn: round 1, read'
is "what it wrote" "$(read_sum)" "$wrote"
fails "it gets no other one while it runs" 'web: a kernel runs there, and has its devices: stop it first$' boot read --disk second.img
mkctl kill web
like "another image takes its place" "$(boot read --disk second.img 2>&1)" \
	'web: its device disk0 was .*/disk\.img \(raw\), and is .*/second\.img \(raw\) from now on'
like "and is served" "$(mkctl devices web)" '^disk0 +disk .*/second\.img \(raw\)$'
is "by one engine" "$(pidof qemu-storage-daemon | wc -w)" 1
mkctl kill web
ok "the spawn boots again" boot write --disk disk.img
ok "it writes" within $boot_bound log_has web 'spawn: round 2'
killall -INT mkio
ok "the disk is taken away meanwhile" within 120 sh -c "! grep -q . $mk/instances/web/devices"
ok "the spawn has let go of it" within 120 log_has web 'device "disk0" is gone'
within 120 sh -c '! pidof mkio'
ok "the file system is whole" sh -c "e2fsck -fy disk.img >fsck; [ \$? -le 1 ] && e2fsck -fn disk.img"
serve
ok "another disk comes in its place" within 120 log_has web 'device "disk" is virtio'
mkctl kill web
kill -INT "$mkio"
ok "this one goes as well" within 120 sh -c "! grep -q . $mk/instances/web/devices"
within 120 sh -c '! pidof mkio'
ok "no engine is left" within 120 sh -c '! pidof qemu-storage-daemon'
ok "the file system is whole" e2fsck -fy disk.img
diag "$(cat mkio-web /run/mkio-web-disk0.log)"
done_testing
