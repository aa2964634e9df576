# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/debian_root
# files: /usr/bin/qemu-storage-daemon:/bin/qemu-storage-daemon /usr/bin/ssh:/bin/ssh tests/vm/debian_root.sh:/debian_root.sh
# stock: virtio_pci virtio_blk vhost_net tun bridge
# qemu: -drive file=build/debian-root/root.raw,format=raw,if=virtio,snapshot=on
# memory: 4G
# timeout: 2700
# A whole Debian in a spawn: its root on a disk that the host serves, systemd, a login on the console, and ssh over a
# network that the host serves. It shuts down when it is asked.
. /lib.sh
. /debian_root.sh

for name in virtio_pci virtio_blk tun vhost_net bridge; do
	modprobe $name
done
make_network
ok "the disk is there" within 120 test -b /dev/vda

load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '1 2' 0x34000000)"
	upload web.dtb)" ok
listen
serve_network
mkio disk web --file /dev/vda --format raw >mkio-disk 2>&1 &
ok "the devices wait for their kernel" within 120 served 2 || diag "$(cat mkio-net mkio-disk)"
ok "it boots" mkctl boot web --kernel /boot/root.vmlinuz --initrd /boot/root.initrd \
	--append "root=/dev/vda rw $words"
ok "its console asks for a login" within 400 grep -aq 'login:' heard || said_last
lets_in 200 || said_last
like "whose root is that disk" "$(in_spawn 'findmnt -n -o SOURCE /')" '^/dev/vda$'
is_well
is "what it writes is there" "$(in_spawn 'seq 1 1000000 >/root/file && sync && sha256sum </root/file')" \
	"$(seq 1 1000000 | sha256sum)"
shuts_down
hush
end_devices
done_testing
