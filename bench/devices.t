# SPDX-License-Identifier: GPL-2.0-only
# memory: 4G
# timeout: 2400
# stock: vhost_net vhost_vsock tun veth vsock_loopback loop
# spawn-stock: virtio_blk virtio_net virtiofs vmw_vsock_virtio_transport
# files: build/bench/request:/bin/request tests/vm/virtiofsd.sh:/virtiofsd.sh
# files-from: tests/vm/engines
# The machine's part of bench/devices: requests to each device of a spawn with two CPUs (bench/request.c), and to the nearest
# stock thing, whose both ends are on the host, which has two CPUs as well. Two marks and a line for each run of them:
#
#	# request: WHAT; ours | stock; COUNT MILLISECONDS KICKS CALLS PACKETS
. /lib.sh
. /virtiofsd.sh

command -v qemu-storage-daemon >/dev/null || bail_out "no qemu-storage-daemon where this is run"
host=10.9.0.1 spawn=10.9.0.2 beside=10.8.0.1 other=10.8.0.2

# The first process serves a shell by port 7: what is asked there is a line of it.
first_process bench <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
for name in virtio_ring virtio_blk virtio_net virtiofs vmw_vsock_virtio_transport; do modprobe $name; done
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /dev/vda ] && [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
mkdir -p /share
until mount -t virtiofs share /share; do sleep 0.5; done
ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up
serve
nc -ll -p 7 -e /bin/ask &
echo "spawn: up after boot"
INIT
mkdir -p spawn/bin
cat >spawn/bin/ask <<'ASK'
#!/bin/sh
export PATH=/bin
read -r line
$line && echo done
ASK
cat >spawn/bin/serve <<'SERVE'
#!/bin/sh
request answer udp
request answer vsock
request take tcp
request take vsock
SERVE
chmod 755 spawn/bin/*
cp spawn/bin/serve /bin/
cp /bin/request spawn/bin/
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

# by_spawn COMMAND...: the spawn runs it
by_spawn() {
	[ "$(echo "$*" | timeout $((600 * SLOW)) nc $spawn 7)" = "done" ]
}

are_served() {
	[ "$(grep -c ' served ' $mk/instances/web/devices)" = 4 ]
}

# make_other: a network namespace at the other end of a pair of interfaces, which serves what the spawn does
make_other() {
	unshare -n sleep 100000 &
	namespace=$!
	within 30 sh -c "[ \$(readlink /proc/$namespace/ns/net) != \$(readlink /proc/self/ns/net) ]"
	ip link add name beside type veth
	ip link set veth0 netns $namespace
	ifconfig beside $beside netmask 255.255.255.0 up
	nsenter -t $namespace -n ifconfig veth0 $other netmask 255.255.255.0 up
	nsenter -t $namespace -n request answer udp
	nsenter -t $namespace -n request take tcp
}

# so_far DEVICE: milliseconds, its kicks and calls, and the packets of either network
so_far() {
	awk '{ printf "%d ", $1 * 1000 }' /proc/uptime
	awk -v name="$1" '$2 == name { kicks = $(NF - 1); calls = $NF } END { printf "%d %d ", kicks, calls }' $mk/instances/web/devices
	cat /sys/class/net/mk-web/statistics/[rt]x_packets /sys/class/net/beside/statistics/[rt]x_packets |
		awk '{ sum += $1 } END { print sum }'
}

# run DEVICE WHAT WHOSE COUNT COMMAND...: with that count as its last word
run() {
	device=$1 about="$2; $3" count=$4
	shift 4
	before=$(so_far "$device")
	"$@" "$count" </dev/null >/dev/null || result 1 "$about"
	# shellcheck disable=SC2046,SC2086 # eight numbers
	set -- $before $(so_far "$device")
	diag "request: $about; $count $(($5 - $1)) $(($6 - $2)) $(($7 - $3)) $(($8 - $4))"
}

# In each line a device, how many requests, what they are, the command for ours and the one for what stands beside it.
cat >requests <<REQUESTS
none;2;nothing, a second;mktest idle;mktest idle
net;400;UDP, 64 bytes to the spawn and back;request ask udp $spawn;request ask udp $other
net;400;UDP, 64 bytes to the host and back;by_spawn request ask udp $host;request ask udp $other
net;256;TCP to the spawn, 64 KB;request send tcp $spawn;request send tcp $other
net;256;TCP to the host, 64 KB;by_spawn request send tcp $host;request send tcp $other
vsock;400;vsock, 4 KB to the spawn and back;request ask vsock 3;request ask vsock 1
vsock;400;vsock, 4 KB to the host and back;by_spawn request ask vsock 2;request ask vsock 1
vsock;128;vsock to the spawn, 64 KB;request send vsock 3;request send vsock 1
vsock;128;vsock to the host, 64 KB;by_spawn request send vsock 2;request send vsock 1
disk;400;disk, 4 KB read;by_spawn request read /dev/vda 1;request read /dev/loop0 1
disk;400;disk, 4 KB written;by_spawn request write /dev/vda 1;request write /dev/loop0 1
disk;800;disk, 4 KB read, 16 at a time;by_spawn request read /dev/vda 16;request read /dev/loop0 16
disk;800;disk, 4 KB written, 16 at a time;by_spawn request write /dev/vda 16;request write /dev/loop0 16
share;400;directory, 4 KB read;by_spawn request read /share/file 1;request read share/file 1
share;400;directory, 4 KB written;by_spawn request write /share/file 1;request write share/file 1
share;200;directory, a file opened, 4 KB read, closed;by_spawn request open /share/file;request open share/file
REQUESTS

# In turns, so that both meet the same machine.
turn() {
	while IFS=';' read -r device number what ours stock; do
		for times in 1 2; do
			# shellcheck disable=SC2086 # lists of words
			run "$device" "$what" ours $((number * times)) $ours
			# shellcheck disable=SC2086
			run "$device" "$what" stock $((number * times)) $stock
		done
	done <requests
}

for name in tun vhost_net vhost_vsock veth vsock_loopback loop; do
	modprobe $name
done
mkdir -p share /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
copies $((64 << 20)) >disk.img
cp disk.img beside.img
copies $((16 << 20)) >share/file
losetup /dev/loop0 beside.img
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '2 3' 0x20000000)"
	upload web.dtb)" ok
mkio disk web --file disk.img >mkio.disk 2>&1 &
mkio share web --tag share --dir "$PWD/share" --engine $engine >mkio.share 2>&1 &
mkio net web --tap mk-web >mkio.net 2>&1 &
mkio vsock web >mkio.vsock 2>&1 &
ok "four devices wait for their kernel" within 60 are_served || diag "$(cat mkio.*)"
ifconfig mk-web $host netmask 255.255.255.0 up
ifconfig lo 127.0.0.1 up
serve
make_other
ok "it boots" mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio"
ok "it is up" within $((2 * boot_bound)) log_has web 'spawn: up after boot' || mkctl logs web | tail -n 60 | sed 's/^/# /'
ok "it answers" within 60 by_spawn true
diag "$(cat $mk/instances/web/devices)"
for _ in $(seq "$(word bench.rounds 3)"); do
	turn
done
mkctl kill web
killall -INT mkio
ok "the devices go" within 60 sh -c "! grep -q . $mk/instances/web/devices"
within 60 sh -c '! pidof mkio'
killall request
kill $namespace
losetup -d /dev/loop0
diag "$(cat mkio.*)"
done_testing
