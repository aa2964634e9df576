# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/debian_root
# files-from: tests/vm/engines
# files: /usr/bin/ssh:/bin/ssh tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/debian_root.sh:/debian_root.sh
# stock: virtio_pci virtio_blk vhost_net tun bridge ext4 crc32c_generic
# qemu: -drive file=build/debian-root/root.raw,format=raw,if=virtio,snapshot=on
# memory: 5G
# timeout: 5400
# Amounts, by Debian's programs in a whole Debian: iperf3, nginx and curl over a network, fio with verification and checksums
# over a disk, checksums over a directory. The host has the same programs, out of the directory that is the spawn's root.
#
# On the command line: traffic.megabytes=N (200), each way over each device. The emulated machine moves a few in a second.
. /lib.sh
. /debian_root.sh
. /virtiofsd.sh

command -v qemu-storage-daemon >/dev/null || {
	echo "1..0 # SKIP no qemu-storage-daemon where the tests are run"
	exit 0
}
megabytes=$(word traffic.megabytes 200)
bytes=$((megabytes << 20)) patience=1500
ip_host=10.9.0.1 ip=10.9.0.2

# on_host COMMAND...: a program of Debian's
on_host() {
	timeout $((patience * SLOW)) chroot /srv/web "$@"
}

sum() {
	md5sum | cut -d ' ' -f 1
}

# moved TEXT: iperf3 says at its end that the receiver has all of it, but for what is under way when it counts
moved() {
	echo "$1" | awk -v wanted="$megabytes" '/ MBytes .* receiver$/ {
		for (i = 1; i < NF; i++) if ($(i + 1) == "MBytes") found = $i
	} END { exit !(found >= 0.98 * wanted) }'
}

for name in virtio_pci virtio_blk tun vhost_net bridge crc32c_generic ext4; do
	modprobe $name
done
make_network
ifconfig br0 $ip_host netmask 255.255.255.0
install_engine
mkdir -p /srv/web data
ok "the directory is there" within 120 mount -t ext4 /dev/vda /srv/web
if [ ! -x /srv/web/usr/bin/iperf3 ]; then
	echo "1..0 # SKIP the Debian root here was made without these programs; it is made anew when build/debian-root is gone"
	exit 0
fi
[ -e /srv/web/dev/urandom ] || mknod -m 666 /srv/web/dev/urandom c 1 9	# iperf3's
copies $bytes >data/down
wanted=$(sum <data/down)
cp data/down disk.img
truncate -s $((2 * bytes)) disk.img
(cd data && httpd)

load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '1 2' 0x34000000)"
	upload web.dtb)" ok
listen
ok "a network waits for its kernel" serve_network || diag "$(cat mkio-net)"
ok "it boots" mkctl boot web --kernel /boot/root.vmlinuz --initrd /boot/root.initrd --share root=/srv/web \
	--share "data=$PWD/data" --disk disk.img --append "$words"
lets_in 900 || said_last
ok "it is set up" in_spawn "ip address add $ip/24 dev \$(ip -o link | sed -n 's/^[0-9]*: \([^:]*\):.* $mac .*/\1/p')
	mkdir -p /data && mount -t virtiofs data /data && ln -s /data/down /var/www/html/ && systemctl start nginx"
ok "it answers" within 120 ping -c 1 -W 1 $ip

is "$megabytes MB from the directory" "$(in_spawn 'md5sum </data/down | cut -d " " -f 1')" "$wanted"
in_spawn 'cp /data/down /data/up && sync'
is "and into it" "$(sum <data/up)" "$wanted"
rm data/up
is "$megabytes MB from the disk" "$(in_spawn "head -c $bytes /dev/vda | md5sum | cut -d ' ' -f 1")" "$wanted"
in_spawn "dd if=/data/down of=/dev/vda bs=1M seek=$megabytes conv=notrunc,fsync 2>/dev/null"
is "and onto it" "$(tail -c $bytes disk.img | sum)" "$wanted"
verify='fio --output=/tmp/fio --name=verify --filename=/dev/vda --ioengine=libaio --iodepth=16 --direct=1 --verify=crc32c --do_verify=1 --verify_fatal=1'
is "fio finds there what it has written, in order" \
	"$(in_spawn "$verify --offset=${megabytes}M --size=${megabytes}M --rw=write --bs=1M; echo status \$?")" 'status 0'
is "and at random" "$(in_spawn "$verify --offset=${megabytes}M --size=16M --rw=randwrite --bs=4k; echo status \$?")" 'status 0'
is "what lies beside it is as it was" "$(in_spawn "head -c $bytes /dev/vda | md5sum | cut -d ' ' -f 1")" "$wanted"

is "curl has $megabytes MB of its nginx" "$(on_host curl -s "http://$ip/down" | sum)" "$wanted"
is "its curl has them of the host" "$(in_spawn "curl -s http://$ip_host/down | md5sum | cut -d ' ' -f 1")" "$wanted"
on_host iperf3 -s >iperf3-server 2>&1 &
server=$!
within 60 sh -c 'netstat -ltn | grep -q ":5201 "'
said=$(in_spawn "iperf3 -c $ip_host -n ${megabytes}M -f M")
ok "iperf3 sends $megabytes MB" moved "$said"
diag "$(echo "$said" | tail -n 4)"
said=$(in_spawn "iperf3 -c $ip_host -n ${megabytes}M -f M -R")
ok "and has as many" moved "$said"
diag "$(echo "$said" | tail -n 4)"
kill $server
diag "$(mkctl devices web)"
nothing_has_failed
shuts_down
hush
end_devices
diag "$(cat mkio-net /run/mkio-web-*.log)"
done_testing
