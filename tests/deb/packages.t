#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian packages in a whole Debian of this machine's release, or of another (SUITE=trixie): systemd, its own kernel,
# its own initrd. They are installed there, and DKMS builds the modules, in a chroot, where that takes a minute, and
# examples/debian-root makes a Debian with nginx for a spawn. Then the emulated machine boots the first Debian, with two
# spawns in /etc/multikernel, one of which has devices, and nobody touches it: tests/deb/observe tells what became of them.
# Then a newer kernel comes, DKMS builds anew, and the machine boots again, with files that are wrong; and last the packages
# are purged. TAP. "make deb" has built them; what the machine said is in build/deb-test.
set -u

cd "$(dirname "$0")/../.." || exit
name=packages more=mmdebstrap
. tests/deb/debian.sh

# What belongs to no package: not what is gone at the next start, is the package manager's own, or has a name by chance.
loose_files() {
	cat "$root"/var/lib/dpkg/info/*.list | sed -E 's,^/(bin|sbin|lib|lib64)(/|$),/usr/\1\2,' | sort -u >"$place/owned"
	(cd "$root" && find . -xdev) | sed 's/^\.//' | grep -vE '^/(tmp|dev|run|var/(cache|log|lib/(apt|dpkg)))/' | sort |
		comm -23 - "$place/owned"
}

modules_of() {
	(cd "$root/lib/modules/$1/updates/dkms" && echo *) | sed 's/\.ko[.a-z]*//g'
}

# The way README.md goes: a Debian for a spawn, made in the machine by what the package has brought. Its page is on a disk,
# and has a line for each time that it was started.
make_web_root() {
	inside /usr/share/doc/multikernel-tools/examples/debian-root -s "$suite" -v "$first" -p nginx-light /srv/web &&
		mke2fs -q -t ext4 -L page "$root/srv/page.raw" 64M || return
	mkdir "$root/srv/web/srv/page"
	# systemd gives a device 90 seconds to appear, and udev may come to it later where other machines take turns with this one.
	echo 'LABEL=page /srv/page ext4 x-systemd.device-timeout=15min 0 2' >>"$root/srv/web/etc/fstab"
	ln -s /srv/page "$root/srv/web/var/www/html/page"
	cp tests/deb/page.service "$root/srv/web/etc/systemd/system/"
	inside chroot /srv/web systemctl -q enable page nginx
}

# A bridge whose one other end has the only address that its DHCP server gives.
make_bridge() {
	printf '[NetDev]\nName=br0\nKind=bridge\n' >"$root/etc/systemd/network/br0.netdev"
	cat >"$root/etc/systemd/network/br0.network" <<-END
		[Match]
		Name=br0
		[Network]
		Address=192.0.2.1/24
		ConfigureWithoutCarrier=yes
		DHCPServer=yes
		[DHCPServer]
		PoolOffset=2
		PoolSize=1
	END
	inside systemctl -q enable systemd-networkd
}

# spawn NAME ID CPU WORDS...: the tree and the file of one; the file is what WORDS say
spawn() {
	cat >"$root/etc/multikernel/$1.dts" <<-END
		/dts-v1/;
		/ {
		    compatible = "multikernel-v1";
		    instances { $1 { id = <$2>; resources { cpus = <$3>; memory-bytes = <0x20000000>; }; }; };
		};
	END
	name=$1
	shift 3
	printf '%s\n' "$@" >"$root/etc/multikernel/boot.d/$name.conf"
}

make_debian
# As update-secureboot-policy or an administrator makes it.
ok "the machine has a key of its owner" inside sh -c 'cd /var/lib/dkms && openssl req -new -x509 -nodes -days 36500 \
	-subj "/CN=the owner of this machine" -newkey rsa:2048 -keyout mok.key -outform DER -out mok.pub'
make_bridge
loose_files >"$place/before"

ok "the packages are installed" install_ours || bail_out "no packages"
is "DKMS has built all modules" "$(modules_of "$first")" "multikernel multikernel_kexec multikernel_virtio"
is "they are signed with the machine's key" \
	"$(inside modinfo -k "$first" -F signer multikernel multikernel_kexec multikernel_virtio | sort -u)" \
	"the owner of this machine"
like "the initramfs has the module" "$(inside lsinitramfs "/boot/initrd.img-$first")" '/multikernel\.ko'
like "it has what loads it" "$(inside lsinitramfs "/boot/initrd.img-$first")" '^scripts/init-top/multikernel$'

ok "a Debian for a spawn is made" make_web_root || bail_out "no root for a spawn"
spawn web 1 1 kernel=/srv/web.vmlinuz initrd=/srv/web.initrd append=console=hvc0 share=root=/srv/web disk=/srv/page.raw \
	net=br0 stop-timeout=300
spawn db 2 '2 3' kernel=/vmlinuz initrd=/initrd.img "append=console=hvc0 break=mount panic=" stop-timeout=2 \
	after=web restart=on-failure restart-sec=1
observe_by tests/deb/observe

boot first
is "the machine has booted this kernel" "$(said first kernel)" "$first"
is "its service is active" "$(said first multikernel.service)" active
is "both spawns' services are active" "$(said first multikernel@web.service) $(said first multikernel@db.service)" "active active"
is "both spawns are active" "$(said first web) $(said first db)" "active active"
is "the pool is as large as they need" "$(said first pool)" $((2 * 0x20000000))
is "the journal has the log of a spawn" "$(said first journal-log)" yes
is "the journal has its console" "$(said first journal-console)" yes
is "the page comes over the bridge, from the disk" "$(said first page)" 'started'
is "its devices are served by units" "$(said first devices | xargs)" \
	'disk0 active net0 active share0 active'
is "a restart of its service is a restart of its kernel" "$(said first restarted)" yes
is "which has its disk and its network again" "$(said first page-again | xargs)" 'started started'
like "they start in their order" "$(said first order | xargs)" 'Started.*web.*Started.*db'
is "one that panics is started again" "$(said first restarts)" 1
like "they stop in reverse at power-off" "$(tr -d '\r' <"$place/first.log" | grep -a 'Stopped.*multikernel instance' | xargs)" \
	'instance db.*instance web'
like "the machine powers off" "$(tail -n 20 "$place/first.log")" 'reboot: Power down'

# What was written to that disk goes over to the next boot.
ok "the disk is as the machine left it" debugfs -R "dump /srv/page.raw $root/srv/page.raw" "$place/image"
like "its spawn had let go of it in good order" "$(dumpe2fs -h "$root/srv/page.raw" 2>&1)" 'Filesystem features: .*has_journal'
unlike "and left nothing to recover" "$(dumpe2fs -h "$root/srv/page.raw" 2>&1)" 'needs_recovery'

# A newer kernel, as an upgrade brings it, and files that are wrong.
backports=$suite-backports
machine/sources "$backports" >"$root/etc/apt/sources.list.d/newer.list"
ok "apt finds a newer kernel" inside apt-get -q -o APT::Sandbox::User=root update
ok "which is installed" install_packages "linux-image-amd64/$backports" "linux-headers-amd64/$backports"
newer=$(kernels | tr ' ' '\n' | grep -vxF "$first")
is "DKMS has built all modules for it" "$(modules_of "$newer")" "multikernel multikernel_kexec multikernel_virtio"
echo 'kernel' >"$root/etc/multikernel/boot.d/bad.conf"
echo '/dts-v1/; / {' >"$root/etc/multikernel/bad.dts"

boot second
is "the machine has booted the newer kernel" "$(said second kernel)" "$newer"
is "its service has failed, for files are wrong" "$(said second multikernel.service)" failed
like "it says which tree" "$(said second journal)" 'bad\.dts: dtc does not take it'
like "it says which file, and where" "$(said second journal)" 'bad\.conf:1: "kernel" is not KEY=VALUE'
is "the service of that file has failed" "$(said second multikernel@bad.service)" failed
is "both spawns are active all the same" "$(said second web) $(said second db)" "active active"
is "the page has outlived the machine's reboot" "$(said second page | xargs)" 'started started started'
like "the machine powers off" "$(tail -n 20 "$place/second.log")" 'reboot: Power down'

rm -rf "$root"/srv/*
# The newer kernel goes first, so that what is left can be compared.
inside rm -rf /etc/systemd/system/observe.service /etc/systemd/system/multi-user.target.wants/observe.service \
	/usr/local/sbin/observe /etc/apt/sources.list.d/newer.list
ok "the newer kernel goes" inside apt-get -y -o Dpkg::Use-Pty=0 purge "linux-image-$newer" "linux-headers-$newer"
ok "the packages are purged" inside apt-get -y -o Dpkg::Use-Pty=0 purge multikernel-dkms multikernel-tools
loose_files >"$place/after"
is "nothing is left behind" "$(diff "$place/before" "$place/after" | grep '^> ' | grep -vF "$newer")" ''
is "nothing else is gone" "$(diff "$place/before" "$place/after" | grep '^< ')" ''
unlike "the initramfs is without it" "$(inside lsinitramfs "/boot/initrd.img-$first")" multikernel

rm -rf "$root" "$place/image"
done_testing
