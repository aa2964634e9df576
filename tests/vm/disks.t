# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# spawn-stock: virtio_blk ext4 crc32c_generic
# files: /sbin/mkfs.ext4:/bin/mkfs.ext4 /sbin/e2fsck:/bin/e2fsck
# files-from: tests/vm/engines
# Several disks of one spawn: one that cannot be written to, a raw one, and a qcow2 image. Its kernel is killed in mid-write;
# the image grows while it is in use; another process takes it up. All that was read is held against what was written.
. /lib.sh

command -v qemu-storage-daemon >/dev/null || {
	echo "1..0 # SKIP no qemu-storage-daemon where the tests are run"
	exit 0
}
old=$((24 << 20)) new=$((600 << 20))	# bytes; the new size takes a larger table of the image

# The first process: what disks.do says. The file system of the qcow2 image is a copy of what the disk before it has.
first_process disks <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
for name in virtio_ring virtio_blk crc32c_generic ext4; do modprobe $name; done
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /dev/vda ] && [ -e /dev/vdb ] && [ -e /dev/vdc ]; do sleep 0.2; done
mkdir -p /mnt
for name in vda vdb vdc; do
	echo "spawn: $name has $(cat /sys/block/$name/size) sectors, read-only $(cat /sys/block/$name/ro)"
done
case $do in
write)
	echo 1 >/dev/vda || echo "spawn: vda cannot be written"
	cat /bin/busybox >/dev/vdb
	cat /dev/vda >/dev/vdc
	sync
	mount -t ext4 /dev/vdc /mnt
	cat /bin/busybox /bin/busybox >/mnt/file
	sync
	while :; do
		round=$((round + 1))
		cat /bin/busybox >"/mnt/round$((round % 4))"
		sync
		echo "spawn: round $round"
	done
	;;
read)
	e2fsck -fy /dev/vdc
	e2fsck -fn /dev/vdc && echo "spawn: the file system is whole"
	mount -t ext4 /dev/vdc /mnt
	until [ "$(cat /sys/block/vdc/size)" -gt $((old / 512)) ]; do
		echo 3 >/proc/sys/vm/drop_caches
		echo "spawn: read $(cat /mnt/file | sha256sum)"
		echo "spawn: raw $(head -c "$(stat -c %s /bin/busybox)" /dev/vdb | sha256sum)"
		sleep 1
	done
	# The last megabyte of the disk, which it did not have before.
	at=$(($(cat /sys/block/vdc/size) / 2048 - 1))
	dd if=/bin/busybox of=/dev/vdc bs=1M seek=$at count=1 iflag=fullblock conv=fsync
	while :; do
		round=$((round + 1))
		echo 3 >/proc/sys/vm/drop_caches
		echo "spawn: grown $round, $(dd if=/dev/vdc bs=1M skip=$at count=1 | sha256sum)"
		echo "spawn: read $(cat /mnt/file | sha256sum)"
		sleep 1
	done
	;;
esac
INIT
for file in /bin/e2fsck $(/lib64/ld-linux-x86-64.so.2 --list /bin/e2fsck | grep -o '/[^ ]*'); do
	mkdir -p "spawn${file%/*}"
	cp "$file" "spawn$file"
done
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

# qcow2 FILE BYTES: an empty image of that size: header, table of reference counts, a block of them, table of clusters, each
# in a cluster of its own (QEMU's docs/interop/qcow2.txt, version 2)
qcow2() {
	truncate -s $((4 << 16)) "$1"
	poke "$1" 0 "514649fb00000002$(printf '%024x' 0)00000010$(printf '%016x' "$2")0000000000000001"
	poke "$1" 40 "00000000000300000000000000010000000000010000000000000000"
	poke "$1" $((1 << 16)) 0000000000020000
	poke "$1" $((2 << 16)) 0001000100010001
}

boot() {
	mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" \
		--append "disks.do=$1 disks.old=$old" --disk raw.img --disk grows.qcow2
}

are_shown() {
	[ "$(mkctl devices web | awk '{ print $1, $4, $5 }' | xargs)" = "DEVICE STATE ENGINE fixed served qemu-storage-daemon \
disk0 served qemu-storage-daemon disk1 served qemu-storage-daemon" ]
}

# sums WHAT: the different sums that it told of
sums() {
	mkctl logs web | sed -n "s/.*spawn: $1 //p" | sort -u
}

grown() {
	mkctl logs web | sed -n 's/.*spawn: grown \([0-9]*\),.*/\1/p' | tail -n 1
}

# goes_on: a round that begins from now on
goes_on() {
	before=$(grown)
	within 60 log_has web "spawn: grown $((before + 2)),"
}

mkdir -p /run
truncate -s $old fixed.img
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 fixed.img
truncate -s 8M raw.img
qcow2 grows.qcow2 $old
fixed=$(sha256sum <fixed.img)
one=$(sha256sum </bin/busybox) two=$(cat /bin/busybox /bin/busybox | sha256sum)
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 1 0x10000000)"
	upload web.dtb)" ok
mkio disk web --file fixed.img --read-only --name fixed >mkio.fixed 2>&1 &
ok "a disk waits for its kernel" within 60 grep -q ' fixed 2 .* served' $mk/instances/web/devices
ok "the spawn boots, with two more" boot write
ok "which mkctl shows, with what serves them" within 60 are_shown || mkctl devices web | sed 's/^/# /'
ok "it writes" within $((2 * boot_bound)) log_has web 'spawn: round 3' || mkctl logs web | tail -n 40 | sed 's/^/# /'
is "it has them in this order, each of its own size" "$(mkctl logs web | sed -n 's/.*spawn: \(vd. has .*\)/\1/p')" \
	"vda has $((old / 512)) sectors, read-only 1
vdb has 16384 sectors, read-only 0
vdc has $((old / 512)) sectors, read-only 0"
ok "one cannot be written" log_has web 'spawn: vda cannot be written'
mkctl kill web
is "it is what it was" "$(sha256sum <fixed.img)" "$fixed"
is "the raw one has what was written to it" "$(head -c "$(stat -c %s /bin/busybox)" raw.img | sha256sum)" "$one"

ok "killed in mid-write, the spawn boots again" boot read
ok "its file system is whole" within $((2 * boot_bound)) log_has web 'spawn: the file system is whole' ||
	mkctl logs web | tail -n 40 | sed 's/^/# /'
ok "it reads" within 60 log_has web 'spawn: raw '
is "the raw disk has what was written" "$(sums raw)" "$one"
ok "the qcow2 image grows" mkctl resize web disk1 $new
ok "and has a place at its new end" goes_on || mkctl logs web | tail -n 20 | sed 's/^/# /'
fails "it gets no smaller" 'disk1: it has 629145600 bytes, and can only grow$' mkctl resize web disk1 $old
ok "the file is no larger than what is in it" test "$(stat -c %s grows.qcow2)" -lt $((2 * old))
for pid in $(pidof mkio); do
	! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q grows.qcow2 || kill -TERM "$pid"
done
ok "without its process it is there, unserved" within 20 grep -q ' disk1 2 .* unserved' $mk/instances/web/devices
fails "its bytes are not taken for those of the disk" 'looks like a qcow2 image' mkio disk web --file grows.qcow2 --name disk1
mkio disk web --file grows.qcow2 --format qcow2 --name disk1 >mkio.disk1 2>&1 &
ok "another process takes it up" within 60 grep -q ' disk1 2 .* served' $mk/instances/web/devices || diag "$(cat mkio.disk1)"
ok "and the spawn goes on" goes_on
is "with what is at its end" "$(mkctl logs web | sed -n 's/.*spawn: grown [0-9]*, //p' | sort -u)" \
	"$(dd if=/bin/busybox bs=1M count=1 iflag=fullblock 2>/dev/null | sha256sum)"
is "with what was written before the kill" "$(sums read)" "$two"
mkctl kill web
killall -INT mkio
ok "the disks go" within 20 sh -c "! grep -q . $mk/instances/web/devices"
within 10 sh -c '! pidof mkio'
is "no engine is left" "$(pidof qemu-storage-daemon)" ''
diag "$(cat mkio.* /run/mkio-web-*.log)"
done_testing
