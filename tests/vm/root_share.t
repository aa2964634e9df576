# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/debian_root
# files-from: tests/vm/engines
# files: /usr/bin/ssh:/bin/ssh tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/debian_root.sh:/debian_root.sh
# stock: virtio_pci virtio_blk vhost_net tun bridge ext4 crc32c_generic
# qemu: -drive file=build/debian-root/root.raw,format=raw,if=virtio,snapshot=on
# memory: 4G
# timeout: 3600
# A whole Debian in a spawn whose root is a directory of the host: mkctl boot --share root=DIRECTORY says all that its stock
# initrd has to hear. systemd and ssh; files, owners and modes are the same on both sides; a reboot in
# good order from the same directory; and what was written is there when it is shut down.
. /lib.sh
. /debian_root.sh
. /virtiofsd.sh

for name in virtio_pci virtio_blk tun vhost_net bridge crc32c_generic ext4; do
	modprobe $name
done
make_network
install_engine
mkdir -p /srv/web
ok "the directory is there" within 120 mount -t ext4 /dev/vda /srv/web

load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '1 2' 0x34000000)"
	upload web.dtb)" ok
listen
ok "a network waits for its kernel" serve_network || diag "$(cat mkio-net)"
ok "it boots" mkctl boot web --kernel /boot/root.vmlinuz --initrd /boot/root.initrd --share root=/srv/web \
	--append "$words"
lets_in 900 || said_last
is "whose root is that directory" "$(in_spawn 'findmnt -n -o SOURCE,FSTYPE / | xargs')" 'root virtiofs'
is_well
wanted=$(seq 1 1000000 | sha256sum)
is "what it writes it reads" "$(in_spawn 'seq 1 1000000 >/root/file && sha256sum </root/file')" "$wanted"
is "and so does the host" "$(sha256sum </srv/web/root/file)" "$wanted"
seq 2 2000000 >/srv/web/root/other
is "what the host writes it reads" "$(in_spawn 'sha256sum </root/other')" "$(sha256sum </srv/web/root/other)"
in_spawn 'install -m 4750 -o 65534 -g 4711 /dev/null /root/owned && ln -s owned /root/link && mkfifo /root/pipe'
is "owners, modes and kinds are the same on both sides" "$(cd /srv/web/root && stat -c '%n %a %u %g %F' owned link pipe)" \
	"$(in_spawn 'cd /root && stat -c "%n %a %u %g %F" owned link pipe')"
like "and as they were said" "$(stat -c '%a %u %g' /srv/web/root/owned)" '^4750 65534 4711$'
is "a user has no more there than his own" "$(in_spawn 'setpriv --reuid 4711 --clear-groups cat /root/owned 2>&1')" \
	'cat: /root/owned: Permission denied'

: >heard
generation=$(cat $mk/instances/web/generation)
is "it reboots when it is asked" "$(mkctl reboot web --timeout 600 2>&1)" "web: active"
ok "another kernel runs there" has_rebooted web "$generation"
lets_in 900 || said_last
is "its root is the same" "$(in_spawn 'sha256sum </root/file')" "$wanted"
engine_before=$(pidof virtiofsd)
shuts_down
hush
# Until then a process of mkio's begins to be the engine, and is called mkio: end_devices would end that one, too.
engine_is_new() {
	[ -n "$(pidof virtiofsd)" ] && [ "$(pidof virtiofsd)" != "$engine_before" ]
}
ok "an engine waits for the next kernel" within 120 engine_is_new
end_devices
ok "no engine is left" within 120 sh -c '! pidof virtiofsd'
is "what it wrote is there" "$(sha256sum </srv/web/root/file)" "$wanted"
ok "nobody holds the directory" umount /srv/web
diag "$(cat mkio-net /run/mkio-web-share0.log)"
done_testing
