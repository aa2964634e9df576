# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/debian_root
# files-from: tests/vm/engines
# files: /usr/bin/ssh:/bin/ssh tests/vm/debian_root.sh:/debian_root.sh
# stock: virtio_pci virtio_blk
# qemu: -drive file=build/debian-root/root.raw,format=raw,if=virtio,snapshot=on
# memory: 4G
# timeout: 2700
# The machine's part of bench/login: a whole Debian in a spawn with two CPUs and 832 MB, its root on a disk that the host serves;
# marks for bench/count.c before it is loaded, and when it asks for a login.
. /lib.sh
. /debian_root.sh

# asks: when it has; the prompt is no whole line. The host sleeps meanwhile.
asks() {
	timeout $((1500 * SLOW)) awk -v RS=: '{ print >"heard" } /login$/ { found = 1; exit } END { exit !found }' $line
}

modprobe virtio_pci
modprobe virtio_blk
ok "the disk is there" within 120 test -b /dev/vda
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '2 3' 0x34000000)"
	upload web.dtb)" ok
mkio disk web --file /dev/vda --format raw >mkio-disk 2>&1 &
ok "the disk waits for its kernel" within 120 served 1
mktest idle 0 >/dev/null
# With the words of the machine that it stands beside (bench/login, machine/run).
words="$words systemd.mask=ssh-keys.service systemd.mask=ssh.service loglevel=7 random.trust_cpu=on mitigations=off"
ok "it boots" mkctl boot web --kernel /boot/root.vmlinuz --initrd /boot/root.initrd \
	--append "root=/dev/vda rw $words"
ok "its console asks for a login" asks || { mkctl logs web; cat heard; } | tail -n 60 | sed 's/^/# /'
mktest idle 0 >/dev/null
diag "$(cat $mk/instances/web/devices)"
mkctl kill web
killall -INT mkio
ok "the disk goes" within 120 sh -c "! grep -q . $mk/instances/web/devices"
within 120 sh -c '! pidof mkio'
done_testing
