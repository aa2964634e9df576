#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What "make install" puts where, and what brings the module into an initramfs: the hook against functions that only
# tell, the script at boot against a file system and a modprobe of its own.
cd "$(dirname "$0")/../.." || exit
hook=packaging/initramfs-hook script=packaging/initramfs-script
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP	# else a shell that a signal ends leaves it there
count=0

is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf 'got: %s\nwanted: %s\n' "$2" "$3" | sed 's/^/# /'
	fi
}

for file in $hook $script; do
	is "$file is a shell script" "$(sh -n "$file" 2>&1)" ''
	is "$file can be run" "$(test -x "$file" && echo yes)" yes
	is "$file needs nothing before it" "$(sh "$file" prereqs)" ''
done

# The hook, with functions that tell what they are asked for.
echo 'manual_add_modules() { echo "adds $*"; }' >"$scratch/hook-functions"
sed "s,/usr/share/initramfs-tools,$scratch," $hook >"$scratch/hook"
is "the hook adds the modules and the drivers" "$(sh -eu "$scratch/hook")" "adds multikernel multikernel_virtio
adds virtio_blk virtio_net virtiofs vmw_vsock_virtio_transport
adds nfit nd_pmem erofs overlay"

# The script, in a host and in a spawn kernel.
mkdir -p "$scratch/sys/firmware/acpi/tables"
printf '#!/bin/sh\necho "loads $*"\n' >"$scratch/modprobe"
chmod +x "$scratch/modprobe"
sed "s,/sys/,$scratch/sys/,g" $script >"$scratch/script"
at_boot() {
	PATH=$scratch:$PATH sh -eu "$scratch/script"
	echo "exit $?"
}
is "a host's initramfs does nothing" "$(at_boot)" "exit 0"
: >"$scratch/sys/firmware/acpi/tables/MKSA"
is "a spawn's loads the module" "$(at_boot)" "loads multikernel
exit 0"
mkdir -p "$scratch/sys/bus/platform/devices/multikernel-virtio"
is "and the transport where the host has devices" "$(at_boot)" "loads multikernel
loads -q multikernel_virtio
exit 0"
for kind in 1 26; do
	mkdir -p "$scratch/sys/bus/virtio/devices/virtio$kind"
	printf 'virtio:d%08Xv00004D4B\n' $kind >"$scratch/sys/bus/virtio/devices/virtio$kind/modalias"
done
is "and their drivers" "$(at_boot)" "loads multikernel
loads -q multikernel_virtio
loads -q -b virtio:d00000001v00004D4B
loads -q -b virtio:d0000001Av00004D4B
exit 0"

# make install, of files that stand for the built ones where those are not there.
fake=$scratch/build
version=6.1.0-test
mkdir -p "$fake/$version"
for module in multikernel multikernel_kexec multikernel_virtio; do
	echo 'int x;' | ${CC:-cc} -g -x c -c -o "$fake/$version/$module.ko" -
done
echo mkctl >"$fake/mkctl"
for program in mkio mkrun mk-agent; do
	echo $program >"$fake/$program"
done
make --no-print-directory install BUILD="$fake" KVER=$version DESTDIR="$scratch/root" -o all >"$scratch/log" 2>&1 ||
	sed 's/^/# /' "$scratch/log"
is "make install puts all in its place" "$(cd "$scratch/root" && find . -type f -printf '%m %p\n' | sort -k 2)" \
	"644 ./etc/needrestart/conf.d/multikernel.conf
644 ./lib/modules/$version/updates/multikernel/multikernel.ko
644 ./lib/modules/$version/updates/multikernel/multikernel_kexec.ko
644 ./lib/modules/$version/updates/multikernel/multikernel_virtio.ko
755 ./usr/lib/systemd/system-generators/multikernel-generator
644 ./usr/lib/systemd/system/mkio@.service
644 ./usr/lib/systemd/system/multikernel.service
644 ./usr/lib/systemd/system/multikernel@.service
644 ./usr/lib/udev/rules.d/60-multikernel.rules
755 ./usr/libexec/multikernel/mk-agent
755 ./usr/sbin/mkctl
755 ./usr/sbin/mkio
755 ./usr/sbin/mkrun
755 ./usr/sbin/mkrun-initrd
644 ./usr/share/bash-completion/completions/mkctl
644 ./usr/share/bash-completion/completions/mkio
755 ./usr/share/doc/multikernel-tools/examples/debian-root
644 ./usr/share/doc/multikernel-tools/examples/three-instances.dts
644 ./usr/share/doc/multikernel-tools/examples/two-instances.dts
644 ./usr/share/fish/vendor_completions.d/mkctl.fish
644 ./usr/share/fish/vendor_completions.d/mkio.fish
755 ./usr/share/initramfs-tools/hooks/multikernel
755 ./usr/share/initramfs-tools/scripts/init-top/multikernel
$(cd doc && find . -name '*.[1-8]' -printf '%f\n' | sed 's,.*\.\(.\)$,644 ./usr/share/man/man\1/&,' | sort -k 2)
644 ./usr/share/zsh/vendor-completions/_mkctl"
# debugged FILE: whether it has a section of code, and debugging information
debugged() {
	readelf -SW "$1" | grep -oE '\.(text|debug_info) ' | sort -u | xargs
}
is "what was built has debugging information" "$(debugged "$fake/$version/multikernel.ko")" '.debug_info .text'
is "and it is left out" "$(debugged "$scratch/root/lib/modules/$version/updates/multikernel/multikernel.ko")" .text
is "and runs no depmod for another place" "$(grep -c depmod "$scratch/log")" 0

mkdir -p "$scratch/root/etc/multikernel/boot.d"
: >"$scratch/root/etc/multikernel/own.dts"
make --no-print-directory uninstall BUILD="$fake" KVER=$version DESTDIR="$scratch/root" >"$scratch/log" 2>&1 ||
	sed 's/^/# /' "$scratch/log"
is "make uninstall takes all away but what an operator wrote" "$(cd "$scratch/root" && find . -type f)" \
	./etc/multikernel/own.dts

# What DKMS is told: all modules that Kbuild names, or those that a kernel has a use for.
mkdir -p "$scratch/dkms/include/config"
cp packaging/dkms.conf module/Kbuild "$scratch/dkms"
dkms_modules() {
	bash -c 'kernel_source_dir=$1; . "$1/dkms.conf"; echo "${BUILT_MODULE_NAME[*]}: ${DEST_MODULE_LOCATION[*]}"' - \
		"$scratch/dkms"
}
is "without a kernel DKMS has all modules" "$(dkms_modules)" \
	"multikernel multikernel_kexec multikernel_virtio: /updates/dkms /updates/dkms /updates/dkms"
echo 'CONFIG_VIRTIO=m' >"$scratch/dkms/include/config/auto.conf"
is "with one those that it can have" "$(dkms_modules)" "multikernel multikernel_virtio: /updates/dkms /updates/dkms"
# taken VERSION...: of these kernels those that it builds for
taken() {
	bash -c 'kernel_source_dir=$1; . "$1/dkms.conf"; shift
		for version; do
			[[ $version =~ $BUILD_EXCLUSIVE_KERNEL && x86_64 =~ $BUILD_EXCLUSIVE_ARCH ]] && echo "$version"
		done' - "$scratch/dkms" "$@" | xargs
}
is "it passes over kernels that the modules are not made for" \
	"$(taken 5.10.0-30-amd64 6.0.12 6.1.0-56-amd64 6.12.41+deb13-amd64 7.3.0 10.1)" \
	"6.1.0-56-amd64 6.12.41+deb13-amd64 7.3.0 10.1"
is "the packages have the module's version" "$(sed -n '1s/.*(\(.*\)).*/\1/p' packaging/debian/changelog)" \
	"$(sed -n 's/.*MULTIKERNEL_VERSION "\(.*\)"/\1/p' include/multikernel.h)"

# What the package does with the service: a start would have what was stopped run again, so an upgrade has none.
mkdir -p "$scratch/run/systemd/system" "$scratch/bin"
for program in systemctl deb-systemd-invoke; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\n' $program "$scratch" >"$scratch/bin/$program"
	chmod +x "$scratch/bin/$program"
done
# asks SCRIPT WORDS...: what it asks of systemd
asks() {
	: >"$scratch/asked"
	sed "s,/run/,$scratch/run/,g" "packaging/debian/multikernel-tools.$1" >"$scratch/maintainer"
	shift
	PATH=$scratch/bin:$PATH sh "$scratch/maintainer" "$@" && cat "$scratch/asked"
}
reads='systemctl --system daemon-reload'
starts='deb-systemd-invoke start multikernel.service'
is "the first installation starts the service" "$(asks postinst configure)" "$reads
$starts"
is "an upgrade does not" "$(asks postinst configure 0.1)" "$reads"
is "nor does one that is given up" "$(asks postinst abort-upgrade 0.2)" "$reads"
is "and it stops nothing" "$(asks prerm upgrade 0.2)" ''
is "a removal stops it" "$(asks prerm remove)" 'deb-systemd-invoke stop multikernel.service'
is "to install it again starts it" "$(asks preinst install 0.1 0.1)$(asks postinst configure 0.1)" "$reads
$starts"
is "once" "$(asks preinst upgrade 0.1 0.2)$(asks postinst configure 0.1)" "$reads"
is "and a removal that is given up does so" "$(asks postinst abort-remove)" "$reads
$starts"

# What needrestart asks: each pattern, of a service's whole name.
left_alone() {
	perl -e 'our %nrconf; do "./packaging/needrestart.conf"; die $@ if $@;
		print join " ", grep { my $unit = $_; grep { $unit =~ /$_/ } keys %{ $nrconf{override_rc} } } @ARGV' "$@"
}
is "needrestart leaves kernels and their devices alone" \
	"$(left_alone multikernel@web.service mkio@data.service mkio-web-share0.service nginx.service multikernel-metrics.service)" \
	"multikernel@web.service mkio@data.service mkio-web-share0.service"

# No pattern of udev's default rules gives a console to others: none of the line that Debian 12 and 13 have, nor any of
# what is installed here, if it is.
patterns() {
	echo 'tty[A-Z]*[0-9]|ttymxc[0-9]*|pppox[0-9]*|ircomm[0-9]*|noz[0-9]*|rfcomm[0-9]*'
	sed -n 's/^\(SUBSYSTEM=="tty", \)\{0,1\}KERNEL=="\([^"]*\)".*GROUP=.*/\2/p' \
		/usr/lib/udev/rules.d/50-udev-default.rules 2>/dev/null
}
matched() {
	patterns | tr '|' '\n' | while read -r pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $1 in $pattern) echo yes ;; esac
	done | sort -u
}
is "the patterns match what they are for" "$(matched ttyS0)" yes
console=$(sed -n 's/.*driver->name = "\(.*\)";/\1/p' module/device/console_host.c)
is "but not a console of ours" "${console:+$(matched "${console}1")}" ''
is "which has rules of its own" "$(grep -c "KERNEL==\"$console\[0-9\]\*\", OWNER=\"root\", GROUP=\"root\", MODE=\"0600\"" \
	packaging/multikernel.rules)" 1

echo "1..$count"
