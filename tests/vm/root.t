# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/debian_root
# files: /usr/bin/qemu-storage-daemon:/bin/qemu-storage-daemon /usr/bin/ssh:/bin/ssh
# stock: virtio_pci virtio_blk vhost_net tun bridge
# qemu: -drive file=build/debian-root/root.raw,format=raw,if=virtio,snapshot=on
# memory: 4G
# timeout: 2700
# A whole Debian in a spawn: its root on a disk that the host serves, systemd, a login on the console, and ssh over a
# network that the host serves. It shuts down when it is asked.
. /lib.sh

if [ ! -e /boot/root.vmlinuz ]; then
	echo "1..0 # SKIP no Debian root can be made here: it takes mmdebstrap, openssh-client and e2fsprogs"
	exit 0
fi
mac=52:54:00:4d:4b:01 address=fe80::5054:ff:fe4d:4b01	# by RFC 4291, appendix A

# in_spawn COMMAND: by ssh
in_spawn() {
	timeout $((300 * SLOW)) ssh -i /key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o ConnectTimeout=60 "root@$address%br0" "$1" </dev/null
}

shows() {
	grep -qE -- "$1" $mk/instances/web/devices
}

for name in virtio_pci virtio_blk tun vhost_net bridge; do
	modprobe $name
done
mkdir -p /dev/net /root /etc
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
grep -q '^root:' /etc/passwd 2>/dev/null || echo 'root:x:0:0:root:/root:/bin/sh' >>/etc/passwd
chmod 600 /key
brctl addbr br0
ifconfig br0 up
ifconfig lo 127.0.0.1 up
ok "the disk is there" within 120 test -b /dev/vda

load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '1 2' 0x34000000)"
	upload web.dtb)" ok
listen
mkio net web --tap mk-web --bridge br0 --mac $mac >mkio-net 2>&1 &
mkio disk web --file /dev/vda --format raw >mkio-disk 2>&1 &
ok "the devices wait for their kernel" within 120 sh -c "[ \$(grep -c ' served' $mk/instances/web/devices) = 2 ]" ||
	diag "$(cat mkio-net mkio-disk)"
ok "it boots" mkctl boot web --kernel /boot/root.vmlinuz --initrd /boot/root.initrd \
	--append "root=/dev/vda rw console=hvc0"
ok "its console asks for a login" within 400 grep -aq 'login:' heard ||
	{ mkctl logs web | tail -n 60 | sed 's/^/# /'; tail -n 30 heard | sed 's/^/# /'; }
ok "root comes in by ssh" within 200 in_spawn true || diag "$(in_spawn true 2>&1)"
is "to a kernel on two CPUs" "$(in_spawn nproc)" 2
like "whose root is that disk" "$(in_spawn 'findmnt -n -o SOURCE /')" '^/dev/vda$'
like "systemd has brought it up" "$(in_spawn 'systemctl is-system-running --wait')" '^(running|degraded)$'
is "with nothing that failed" "$(in_spawn 'systemctl --failed --plain --no-legend')" ''
is "what it writes is there" "$(in_spawn 'seq 1 1000000 >/root/file && sync && sha256sum </root/file')" \
	"$(seq 1 1000000 | sha256sum)"
is "it shuts down when it is asked" "$(mkctl stop web --timeout 600 2>&1)" "web: ready"
ok "in good order" within 120 grep -aq 'Reached target.*Power' heard || tail -n 20 heard | sed 's/^/# /'
hush
killall -INT mkio
ok "the devices go" within 120 sh -c "! grep -q . $mk/instances/web/devices"
within 120 sh -c '! pidof mkio'
ifconfig br0 down
brctl delbr br0
done_testing
