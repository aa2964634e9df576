#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# podman's and containerd's containers, each on a kernel of its own, in a whole Debian: the engines, the runtime, the kernels
# and the network as a user has them, set up as doc/containers.md says. tests/deb/contained runs in that machine, and its
# verdicts are this test's. Then the machine starts again, as it was left: with a container that ran. TAP.
set -u

cd "$(dirname "$0")/../.." || exit
name=containers busybox=busybox-static more=cpio,curl,podman,crun,netavark,aardvark-dns,iptables,containerd
cpus=6 memory=6G
. tests/deb/debian.sh

# As doc/containers.md has it, but for the kernel's own words.
set_up() {
	echo 'options multikernel pool=2G' >"$root/etc/modprobe.d/multikernel.conf"
	echo multikernel >"$root/etc/modules-load.d/multikernel.conf"
	printf 'cpus=2-5\nignore=apparmor\n' >"$root/etc/multikernel/mkrun.conf"
	printf '[engine.runtimes]\nmkrun = ["/usr/sbin/mkrun"]\n' >"$root/etc/containers/containers.conf"
}

# An image of one program, as an archive.
make_image() {
	rm -rf "$place/image-root"
	mkdir -p "$place/image-root/bin" "$place/image-root/tmp" "$place/image-root/www"
	cp "$root/bin/busybox" "$place/image-root/bin" &&
		chroot "$place/image-root" /bin/busybox --install -s /bin &&
		echo published >"$place/image-root/www/file" &&
		tar -c -C "$place/image-root" --owner=0 --group=0 -f "$root/srv/image.tar" .
}

# told NAME: the verdicts that came out of the machine become ours
told() {
	grep -E '^(ok|not ok|#)' "$place/$1.said" >"$place/$1.tap" || bail_out "the machine has said nothing"
	while read -r line; do
		case $line in
		'ok '*SKIP*) skip "$(echo "$line" | sed 's/^ok [0-9]* - \(.*\) # SKIP .*/\1/')" "${line##*# SKIP }" ;;
		'ok '*) result 0 "${line#ok * - }" ;;
		'not ok '*) result 1 "${line#not ok * - }" ;;
		*) echo "$line" ;;
		esac
	done <"$place/$1.tap"
	like "it has come to its end" "$(cat "$place/$1.said")" '^1\.\.[0-9]+$'
	like "the machine powers off" "$(tail -n 20 "$place/$1.log")" 'reboot: Power down'
	unlike "its kernel is well" "$(cat "$place/$1.log")" 'BUG:|WARNING:|Oops|Call Trace'
}

make_debian
ok "the packages are installed" install_ours || bail_out "no packages"
set_up
ok "an image is made" make_image || bail_out "no image"
cp tests/vm/lib.sh "$root/usr/local/lib/multikernel-tests.sh"
observe_by tests/deb/contained

boot first
told first
boot_again second
told second

rm -rf "$root" "$place/image" "$place/image-root"
done_testing
