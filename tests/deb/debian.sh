# SPDX-License-Identifier: GPL-2.0-only
#
# A whole Debian with systemd, its own kernel and our packages, in a directory and, booted, in an emulated machine. For tests
# that say beforehand, besides SUITE in the environment:
#
#	name	of the test: all that it makes is in build/deb-test/NAME, but for what mmdebstrap would fetch again
#	more	packages that it wants there, with commas between them
#	memory	of the machine, if 3G does not do
# shellcheck shell=sh disable=SC2034,SC2154 # what tests read, and say
. tests/vm/lib.sh
. /etc/os-release

suite=${SUITE:-$VERSION_CODENAME}
kept=$PWD/build/deb-test
place=$kept/$name-$suite
root=$place/root
seconds=${VM_TIMEOUT:-2400}	# that a machine may take from power-on to power-off, beside much other work

# What an installed Debian has, what the packages depend on, so that purging them leaves what was there, and what serves
# a disk and a directory, which from Debian 13 on are in packages of their own.
has=systemd-sysv,udev,kmod,dbus,procps,iproute2,initramfs-tools,busybox,zstd,linux-image-amd64,linux-headers-amd64
has=$has,dkms,openssl,device-tree-compiler,libjansson4,libseccomp2,qemu-system-common
[ "$suite" = bookworm ] || has=$has,virtiofsd,qemu-utils
has=$has${more:+,$more}
base=$kept/base-$suite-$(echo "$has" | cksum | cut -d ' ' -f 1).tar

make_base() {
	machine/sources "$suite" >"$place/sources" && mmdebstrap --quiet --mode=root --variant=minbase --format=tar \
		"--include=$has" "$suite" "$base.part" "$place/sources" && mv "$base.part" "$base"
}

# make_debian: all but our packages; $first is its kernel
make_debian() {
	mkdir -p "$place"
	rm -rf "$root" "$place"/*.log "$place"/*.said "$place/image"
	[ -e "$base" ] || ok "a Debian is made" make_base || bail_out "no Debian"
	mkdir -p "$root"
	tar -x -C "$root" -f "$base"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	first=$(kernels)
}

# inside COMMAND...: in that Debian
inside() {
	unshare -m sh -euc '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount --bind /dev "$root/dev"
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
			DEBIAN_FRONTEND=noninteractive "$@"
	' - "$root" "$@"
}

install_packages() {
	inside apt-get -y --no-install-recommends -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 install "$@"
}

# install_ours: both packages, as "make deb" has built them
install_ours() {
	cp build/deb/multikernel-dkms_*.deb build/deb/multikernel-tools_*.deb "$root/tmp"
	install_packages /tmp/multikernel-dkms_0.1_all.deb /tmp/multikernel-tools_0.1_amd64.deb
}

kernels() {
	(cd "$root/lib/modules" && echo *)
}

# observe_by SCRIPT: runs as a service in the machine, once it is up, with the second serial port for what it says
observe_by() {
	cat tests/deb/observer.sh "$1" >"$root/usr/local/sbin/observe"
	chmod +x "$root/usr/local/sbin/observe"
	cp tests/deb/observe.service "$root/etc/systemd/system/"
	inside systemctl -q enable observe.service
}

# boot NAME: a machine with this Debian, from power-on to power-off; what is observed there is in NAME.said
boot() {
	rm -f "$place/image"
	mke2fs -q -t ext4 -d "$root" "$place/image" 8G >/dev/null && boot_again "$1"
}

# boot_again NAME: the same, with its disk as the last machine has left it
boot_again() {
	QEMU_OPTIONS="-drive file=$place/image,if=virtio,format=raw,cache=unsafe" \
		APPEND="root=/dev/vda rw systemd.show_status=1" CPUS=4 MEMORY=${memory:-3G} BOUND=$seconds \
		machine/run "$(readlink -f "$root/boot/$(basename "$(readlink "$root/vmlinuz")")")" \
		"$root/boot/$(basename "$(readlink "$root/initrd.img")")" "$place/$1.log" </dev/null |
		tr -d '\r' >"$place/$1.said"
}

# said NAME KEY: what the observer told of it
said() {
	sed -n "s/^$2: //p" "$place/$1.said"
}
