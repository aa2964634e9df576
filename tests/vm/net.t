# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# stock: vhost_net tun bridge
# spawn-stock: virtio_net
# Two spawns and the host on a bridge of the host: ping, files by TCP with checksums, by IPv6 as well, packets of 9000 bytes, two
# spawns that talk through the bridge; a spawn that starts anew and a served device that changes hands keep the address, and
# the host's end has a carrier while the spawn's is in use.
. /lib.sh

ip_a=10.9.0.2 ip_b=10.9.0.3 ip_host=10.9.0.1 size=20000000

# The first process: serves a file by HTTP, fetches what it is told to, starts its kernel anew when it is asked.
first_process net <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
modprobe virtio_ring
modprobe virtio_net
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
ifconfig lo 127.0.0.1 up
ifconfig eth0 "$ip" netmask 255.255.255.0 mtu 9000 up
ifconfig eth0 add "fd09::${ip##*.}/64"
echo "spawn: address $(cat /sys/class/net/eth0/address)"
mkdir -p /www
cat /bin/busybox /bin/busybox >/www/file
httpd -h /www
echo "spawn: up after boot"
nc -ll -p 7 -e /bin/ask &
INIT
# What is asked by port 7: one line of a shell.
mkdir -p spawn/bin
cat >spawn/bin/ask <<'ASK'
#!/bin/sh
export PATH=/bin
read -r line
eval "$line" 2>&1
ASK
chmod 755 spawn/bin/ask
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

ask() {
	echo "$2" | timeout $((300 * SLOW)) nc "$1" 7
}

boot() {
	mkctl boot "$1" --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" \
		--append "net.ip=$2"
}

# serve NAME: the process that serves its network
serve() {
	mkio net "$1" --tap "mk-$1" --bridge br0 --mtu 9000 >"mkio-$1" 2>&1 &
}

# shows NAME REGEX: what its file says of its device
shows() {
	grep -qE -- "$2" "$mk/instances/$1/devices"
}

# shows_bytes NAME: megabytes out, and tens of them in
shows_bytes() {
	mkctl devices "$1" | grep -qE '^net +net +running +served +vhost_net +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]{6,} +[1-9][0-9]{7,} +bridge br0$'
}

has_carrier() {
	[ "$(cat "/sys/class/net/mk-$1/carrier")" = 1 ]
}

fetch() {
	wget -q -O - "http://$1/file" | sha256sum
}

# pieces: into so many has the host cut packets
pieces() {
	awk '/^Ip: / { for (i = 1; i <= NF; i++) if ($i == "FragCreates") at = i; made = $at } END { print made }' /proc/net/snmp
}

for name in tun vhost_net bridge; do
	modprobe $name
done
brctl addbr br0
ifconfig br0 $ip_host netmask 255.255.255.0 mtu 9000 up
ifconfig br0 add fd09::1/64
ifconfig lo 127.0.0.1 up
mkdir -p www /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
copies $size >www/file
httpd -h www
wanted=$(cat /bin/busybox /bin/busybox | sha256sum) own=$(sha256sum <www/file)

load_module 1G || bail_out "no module"
ok "two instances" test "$(tree two.dtb "$(instance a 1 1 0x10000000)" "$(instance b 2 2 0x10000000)"
	upload two.dtb)" = ok
fails "an interface that is none" 'lo is no bridge; beside an Ethernet interface there is macvtap$' mkio net a --tap mk-a --bridge lo
fails "a bridge that is not there" 'there is no bridge br7$' mkio net a --tap mk-a --bridge br7
fails "an instance that is not there" 'there is no instance "c"$' mkio net c --tap mk-c
serve a
a=$!
serve b
ok "a device waits for its kernel" within 120 shows a 'net 1 .* served'
fails "a tap interface in use" 'the tap interface mk-a is in use$' mkio net b --tap mk-a --name other
fails "a name twice" 'is served already$' mkio net a --tap mk-x
ok "its tap interface has no carrier" sh -c '[ "$(cat /sys/class/net/mk-a/carrier 2>/dev/null)" != 1 ]'
ok "a boots" boot a $ip_a
ok "b boots" boot b $ip_b
# Two that boot at once have half of what one has.
ok "a is up" within $((2 * boot_bound)) log_has a 'spawn: up after boot' || { mkctl logs a | tail -n 60 | sed 's/^/# /'; }
ok "b is up" within $((2 * boot_bound)) log_has b 'spawn: up after boot'
ok "a answers" within 120 ping -c 1 -W 1 $ip_a
ok "a takes packets of 9000 bytes" ping -c 3 -s 8972 $ip_a
is "which were not cut into pieces" "$(pieces)" 0
ok "its tap interface has a carrier" has_carrier a
# A new address is not used before nobody else answers for it.
ok "a answers by IPv6" within 120 ping -6 -c 1 -W 1 fd09::2
ok "also to packets of 9000 bytes" ping -6 -c 3 -s 8952 fd09::2
is "the host has a's file by it" "$(fetch '[fd09::2]')" "$wanted"
is "a has b's by it" "$(ask $ip_a "wget -q -O - http://[fd09::3]/file | sha256sum")" "$wanted"
is "the host has a's file" "$(fetch $ip_a)" "$wanted"
is "a has the host's" "$(ask $ip_a "wget -q -O - http://$ip_host/file | sha256sum")" "$own"
is "a has b's, through the bridge" "$(ask $ip_a "wget -q -O - http://$ip_b/file | sha256sum")" "$wanted"
is "both at once" "$(ask $ip_a "wget -q -O - http://$ip_host/file | sha256sum" &
	ask $ip_b "wget -q -O - http://$ip_host/file | sha256sum"; wait $!)" "$own
$own"
ok "mkctl shows who serves it, and what a has sent and received" within 120 shows_bytes a || mkctl devices a | sed 's/^/# /'
diag "$(cat $mk/instances/a/devices); $(grep -i multikernel /proc/interrupts)"

address=$(mkctl logs a | grep -o 'spawn: address .*')
like "its address is known" "$address" '([0-9a-f]{2}:){5}[0-9a-f]{2}$'
kill -9 $a
ok "without its process the device is there, unserved" within 120 shows a 'net 1 .* unserved'
serve a
ok "another process takes it up" within 120 shows a 'net 1 .* served'
ok "and it goes on" within 120 ping -c 1 -W 1 $ip_a
is "with data" "$(fetch $ip_a)" "$wanted"

generation=$(cat $mk/instances/a/generation)
ask $ip_a 'reboot -f' >/dev/null &
ok "a starts anew" within $boot_bound has_rebooted a "$generation"
ok "and answers again" within $boot_bound ping -c 1 -W 1 $ip_a
ok "its server is there" within 120 sh -c "wget -q -O /dev/null http://$ip_a/file"
is "by the same address" "$(mkctl logs a | grep -o 'spawn: address .*')" "$address"
is "with data" "$(fetch $ip_a)" "$wanted"
ok "mkio has told of nothing" test ! -s mkio-a -a ! -s mkio-b || diag "$(cat mkio-a mkio-b)"

killall -INT mkio
ok "told by SIGINT, it takes the device away" within 120 sh -c "! grep -q . $mk/instances/a/devices"
mkctl kill a
mkctl kill b
within 120 sh -c '! pidof mkio'
ifconfig br0 down
brctl delbr br0
is "no tap interface is left" "$(ls /sys/class/net | grep mk-)" ''
done_testing
