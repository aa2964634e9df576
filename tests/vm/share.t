# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# spawn-stock: virtiofs
# files-from: tests/vm/engines
# files: tests/vm/virtiofsd.sh:/virtiofsd.sh
# Directories of the host in a spawn, served by virtiofsd: files with checksums both ways, many small ones, one that nothing
# can be written to; the next kernel mounts them again.
. /lib.sh

# The first process: what share.do says, once and for all.
first_process share <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
modprobe virtio_ring
modprobe virtiofs
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
mkdir -p /www /fixed
until mount -t virtiofs www /www && mount -t virtiofs fixed /fixed; do sleep 0.5; done
echo "spawn: read $(sha256sum </www/file), $(sha256sum </fixed/file)"
touch /fixed/new || echo "spawn: fixed cannot be written"
while cat /bin/busybox; do :; done 2>/dev/null | head -c 10000000 >/www/written
sync
echo "spawn: wrote $(sha256sum </www/written)"
mkdir /www/many
for i in $(seq 100); do echo "$i" >"/www/many/$i"; done
mv /www/many/100 /www/many/0
rm /www/many/99
ln -s many/1 /www/link
echo "spawn: found $(ls /www/many | wc -l) $(cat /www/link)"
echo "spawn: up after all"
INIT

. /virtiofsd.sh

boot() {
	rm -rf www/many www/link www/written
	mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio"
}

shows() {
	grep -qE -- "$1" $mk/instances/web/devices
}

said() {
	mkctl logs web | sed -n "s/.*spawn: $1 //p"
}

# The spawn has done all it does, and both sides see the same.
looks_right() {
	ok "the spawn boots" boot
	ok "it does all" within $boot_bound log_has web 'spawn: up after all' || mkctl logs web | tail -n 40 | sed 's/^/# /'
	is "it reads what the host has" "$(said read)" "$sum, $sum"
	ok "where it may not write it cannot" log_has web 'spawn: fixed cannot be written'
	is "the host reads what it wrote, by the same sum" "$(said wrote), $(sha256sum <www/written)" "$sum, $sum"
	like "mkctl shows how much was written and read" "$(mkctl devices web)" \
		'^www +share +running +served +virtiofsd +[0-9]+ +[0-9]+ +[1-9][0-9]{7,} +[1-9][0-9]{7,} +[^ ]+/www \(tag www\)$'
	like "also of what can only be read" "$(mkctl devices web)" \
		'^fixed +share +running +served +virtiofsd +[0-9]+ +[0-9]+ +[0-9]{1,5} +[1-9][0-9]{7,} +[^ ]+/fixed \(tag fixed, read-only\)$'
	is "many files" "$(said found) $(find www/many -type f | wc -l) $(cat www/many/0 www/link)" "99 1 99 100
1"
}

mkdir -p www fixed
copies 10000000 >www/file
cp www/file fixed/file
sum=$(sha256sum <www/file)
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 1 0x10000000)"
	upload web.dtb)" ok
fails "a directory that is not there" 'cannot look at /none: No such file' mkio share web --tag www --dir /none
mkio share web --tag www --dir "$PWD/www" --engine $engine >mkio-www 2>&1 &
www=$!
mkio share web --tag fixed --dir "$PWD/fixed" --read-only --engine $engine >mkio-fixed 2>&1 &
fixed=$!
ok "two devices wait for their kernel" within 120 sh -c "[ \$(grep -c ' 26 .* served' $mk/instances/web/devices) = 2 ]"
fails "a tag twice" 'is served already$' mkio share web --tag www --dir /bin --engine $engine
looks_right
mkctl kill web
looks_right

kill -9 $www
ok "without its process the device is there, unserved" within 120 shows 'www 26 .* unserved'
mkio share web --tag www --dir "$PWD/www" --engine $engine >mkio-www 2>&1 &
www=$!
ok "another one says that the mount is lost" within 120 grep -q 'its mount is lost' mkio-www
mkctl kill web
looks_right

kill -INT $www $fixed
ok "told by SIGINT, they take the devices away" within 120 sh -c "! grep -q . $mk/instances/web/devices"
mkctl kill web
within 120 sh -c '! pidof mkio'
ok "no engine is left" within 120 sh -c '! pidof virtiofsd'
diag "$(cat mkio-www mkio-fixed)"
done_testing
