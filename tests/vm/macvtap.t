# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# stock: vhost_net macvtap veth bridge
# spawn-stock: virtio_net
# A spawn on the wire of an interface of the host, by a macvtap: the interface is one of a pair whose other end is in a network
# namespace. Ping by both protocols, files by TCP with checksums both ways; a macvtap goes with who has made it, also where
# that is killed, and one that was there stays; those that cannot be had.
. /lib.sh

ip=10.8.0.2 ip_there=10.8.0.1

# The first process: serves a file by HTTP, and does what it is asked by port 7: one line of a shell.
first_process macvtap <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
modprobe virtio_ring
modprobe virtio_net
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.8.0.2 netmask 255.255.255.0 up
ifconfig eth0 add fd08::2/64
echo "spawn: address $(cat /sys/class/net/eth0/address)"
mkdir -p /www
cat /bin/busybox /bin/busybox >/www/file
httpd -h /www
echo "spawn: up after boot"
nc -ll -p 7 -e /bin/ask &
INIT
mkdir -p spawn/bin
cat >spawn/bin/ask <<'ASK'
#!/bin/sh
export PATH=/bin
read -r line
eval "$line" 2>&1
ASK
chmod 755 spawn/bin/ask
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

# boot [OPTION...]
boot() {
	mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" "$@"
}

# there COMMAND...: at the other end of the wire
there() {
	nsenter -t $other -n "$@"
}

# ask LINE: to the spawn's shell, from there
ask() {
	echo "$1" | there timeout $((300 * SLOW)) nc $ip 7
}

serve() {
	mkio net web --tap mk-web --macvtap wire >>mkio-web 2>&1 &
	mkio=$!
}

shows() {
	grep -qE -- "$1" $mk/instances/web/devices
}

is_gone() {
	[ ! -e "/sys/class/net/$1" ]
}

fetch() {
	there wget -q -O - "http://$1/file" | sha256sum
}

# With a file in the other direction of some megabytes.
shows_bytes() {
	mkctl devices web | grep -qE '^net +net +running +served +vhost_net +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]{6} +[1-9][0-9]{7} +macvtap of wire$'
}

for name in vhost_net veth bridge; do
	modprobe $name
done
unshare -n sleep 100000 &
other=$!
ip link add name wire type veth		# the kernel names its other end
ip link set veth0 netns $other
ifconfig wire up
there ifconfig lo 127.0.0.1 up
there ifconfig veth0 $ip_there netmask 255.255.255.0 up
there ifconfig veth0 add fd08::1/64
mkdir -p www /run
copies 20000000 >www/file
there httpd -h www
wanted=$(cat /bin/busybox /bin/busybox | sha256sum) own=$(sha256sum <www/file)
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 1 0x10000000)"
	upload web.dtb)" ok

macvtap="mkio net web --tap mk-web --macvtap"
fails "a kernel without macvtap" 'this kernel makes no macvtap: it takes the kernel module macvtap$' $macvtap wire
modprobe macvtap
fails "an interface that is not there" 'there is no interface eth7$' $macvtap eth7
fails "one that is no Ethernet" 'lo is no Ethernet interface$' $macvtap lo
brctl addbr br0
ip link add name port type veth
brctl addif br0 port
fails "one that is in a bridge" 'port is a port of a bridge or a bond' $macvtap port
fails "a name that another interface has" 'port is there, and is no macvtap$' mkio net web --tap port --macvtap wire
fails "a user" 'cannot make a macvtap of wire: Operation not permitted$' mktest as 99 $macvtap wire
fails "an instance that is not there" 'there is no instance "db"$' mkio net db --tap mk-web --macvtap wire
ok "nothing is left of these" is_gone mk-web
ip link del port
brctl delbr br0

serve
ok "a device waits for its kernel" within 120 shows 'net 1 .* served' || diag "$(cat mkio-web)"
fails "a macvtap in use" 'the macvtap mk-web is in use$' mkio net web --tap mk-web --macvtap wire --name other
ok "the spawn boots" boot
ok "it is up" within $boot_bound log_has web 'spawn: up after boot' || { mkctl logs web | tail -n 60 | sed 's/^/# /'; }
ok "it answers" within 120 there ping -c 1 -W 1 $ip
is "its address is the macvtap's" "$(mkctl logs web | sed -n 's/.*spawn: address //p')" "$(cat /sys/class/net/mk-web/address)"
ok "it answers by IPv6, for which it must hear what is sent to several" within 120 there ping -6 -c 1 -W 1 fd08::2
is "its file is had from there" "$(fetch $ip)" "$wanted"
is "also by IPv6" "$(fetch '[fd08::2]')" "$wanted"
is "it has the file from there" "$(ask "wget -q -O - http://$ip_there/file | sha256sum")" "$own"
ok "mkctl shows who serves it, and what it has sent and received" within 120 shows_bytes || mkctl devices web | sed 's/^/# /'
ifconfig wire 10.8.0.3 netmask 255.255.255.0
ok "the host hears from there" within 120 ping -c 1 -W 1 $ip_there
ok "but not from the spawn, by that interface" sh -c "! ping -c 2 -W 2 $ip"
is "and has no address of the spawn's" "$(ip address show dev mk-web | grep -c inet)" 0

kill -9 "$mkio"
ok "without its process the device is there, unserved" within 120 shows 'net 1 .* unserved'
ok "and the macvtap is gone" within 120 is_gone mk-web
serve
ok "another process takes the device up" within 120 shows 'net 1 .* served'
ok "and it goes on" within 120 there ping -c 1 -W 1 $ip
is "with data" "$(fetch $ip)" "$wanted"
kill -INT "$mkio"
ok "told by SIGINT, it takes the device away" within 120 sh -c "! grep -q . $mk/instances/web/devices"
ok "and the macvtap" within 120 is_gone mk-web
within 120 sh -c '! pidof mkio'
mkctl kill web

ok "mkctl boots with one" boot --net macvtap=wire
ok "the spawn is up" within $boot_bound log_has web 'spawn: up after boot'
ok "it answers" within 120 there ping -c 1 -W 1 $ip
is "its file is had from there" "$(fetch $ip)" "$wanted"
mkctl kill web
killall -INT mkio
ok "that one goes as well" within 120 is_gone mk1-0
within 120 sh -c '! pidof mkio'

ip link add link wire name mv0 type macvtap
mkio net web --tap mv0 >>mkio-web 2>&1 &
ok "one that is there is taken as it is" within 120 shows 'net 1 .* served'
ok "the spawn boots" boot
ok "it is up" within $boot_bound log_has web 'spawn: up after boot'
ok "it answers" within 120 there ping -c 1 -W 1 $ip
is "by the address that this had" "$(mkctl logs web | sed -n 's/.*spawn: address //p')" "$(cat /sys/class/net/mv0/address)"
mkctl kill web
killall -INT mkio
within 120 sh -c '! pidof mkio'
ok "and stays" test -e /sys/class/net/mv0
ok "to be removed by who has made it" ip link del mv0
kill $other
killall httpd	# the namespace goes with the last process in it
ok "no interface is left" within 120 is_gone wire
diag "$(cat mkio-web)"
done_testing
