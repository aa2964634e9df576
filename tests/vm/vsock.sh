# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What tests of sockets between the host and spawns share, on two instances of /examples: sourced behind lib.sh. They need
#
#	# stock: vhost_vsock
#	# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
#	# files: build/vm/vsock:/bin/vsock tests/vm/vsock.sh:/vsock.sh

bytes=2000000
wanted=$(copies $bytes | sha256sum)

# stock_initrd VERSION: what spawns boot, with the stock modules of that kernel
stock_initrd() {
	mkdir -p more/bin
	cp /bin/vsock more/bin/
	(cd more && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd "/boot/stock-$1.cpio" - >"initrd-$1"
}

# serve NAME: mkio, in the background
serve() {
	mkio vsock "$1" >>mkio.log 2>&1 &
	server=$!
}

# up NAME: a shell is there, and the driver
up() {
	has_booted "$1" && spawn_is_quiet && spawn "modprobe vmw_vsock_virtio_transport"
}

# there_and_back CID: from the host to the spawn's echo
there_and_back() {
	copies $bytes | vsock connect "$1" 1234 | sha256sum
}

# answers CID: the spawn's echo does
answers() {
	[ "$(echo hello | vsock connect "$1" 1234)" = hello ]
}

patience="watchdog_thresh=30"	# of a spawn's own soft lockup watchdog: the emulator lets it wait for the others

# boot_web [WORD...]: a spawn of the host's version, on one CPU
boot_web() {
	mkctl boot web-server --kernel "$host_kernel" --initrd "initrd-$(uname -r)" --append "$patience $*" >/dev/null
}

# finish NAME...: their logs are clean, and all processes end
finish() {
	for name; do
		unlike "the log of $name is clean" "$(mkctl logs "$name")" \
			'WARNING|BUG|Oops|Call Trace|multikernel_virtio: .*(no more|refuses|answer)'
	done
	sed 's/^/# mkio: /' mkio.log
	kill $(pidof vsock mkio)
	wait
	done_testing
}

modprobe vhost_vsock
load_module 1536M
mkctl apply /examples/two-instances.dts >/dev/null
for kernel in /boot/vmlinuz-*; do
	stock_initrd "${kernel##*vmlinuz-}"
done
