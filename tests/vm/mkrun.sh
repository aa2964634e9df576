# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What tests of containers share: the engine for directories, mkrun's configuration, a root of busybox in the bundle /b,
# and what becomes of a container. Read behind lib.sh.

. /virtiofsd.sh

# configure LINE...: /etc/multikernel/mkrun.conf, with these and what each machine has
configure() {
	mkdir -p /run /etc/multikernel
	cat >/etc/multikernel/mkrun.conf <<-CONF
		memory=256M
		kernel=$host_kernel
		initrd=/boot/mkrun.initrd
		module=/mods/multikernel.ko
		virtiofsd=$engine
		boot-seconds=$boot_bound
	CONF
	printf '%s\n' "$@" >>/etc/multikernel/mkrun.conf
}

# make_root NAME...: busybox, also by these names
make_root() {
	mkdir -p /b/rootfs/bin /b/rootfs/proc
	cp /bin/busybox /b/rootfs/bin/
	for name; do
		ln -s busybox /b/rootfs/bin/$name
	done
}

# create ID [OPTION...]: its standard files are input, out and err; whoever stands for it holds them open
create() {
	mkrun create --bundle /b "$@" <input >out 2>err
}

# shows ID STATUS: that is its status
shows() {
	mkrun state "$1" 2>/dev/null | grep -q "\"status\": \"$2\""
}
