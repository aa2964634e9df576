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

# make_network: the namespace "made", with an interface eth0 at 10.88.0.2, whose other end is "out"; false, where there is no
# iproute2
make_network() {
	[ -x /iproute2/tc ] || return
	PATH=/iproute2:$PATH
	modprobe -a vhost_net tun veth sch_ingress cls_u32 act_mirred
	/iproute2/ip netns add made
	/iproute2/ip link add out type veth peer name eth0 netns made
	/iproute2/ip link set out up
	/iproute2/ip -n made link set eth0 up
	/iproute2/ip -n made address add 10.88.0.2/24 dev eth0
}
