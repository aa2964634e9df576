# SPDX-License-Identifier: GPL-2.0-only
# stock: vhost_vsock
# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
# files: build/vm/vsock:/bin/vsock
# timeout: 900
# Sockets between the host and spawns of two versions, on one CPU and on two, by a device that mkio serves: what is sent
# comes back, on and on, over reboots and ends of the spawn and of mkio, and without doorbells.
. /lib.sh

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

# has_rebooted NAME GENERATION: another kernel has started there; before that the log is the old one's
has_rebooted() {
	[ "$(cat "$mk/instances/$1/generation")" -gt "$2" ] && [ "$(status "$1")" = active ]
}

# there_and_back CID: from the host to the spawn's echo
there_and_back() {
	copies $bytes | vsock connect "$1" 1234 | sha256sum
}

# answers CID: the spawn's echo does
answers() {
	[ "$(echo hello | vsock connect "$1" 1234)" = hello ]
}

# interrupts PATTERN: how often vectors of such a name were rung, on either side the first CPU
interrupts='awk "/PATTERN/ { sum += \$2 } END { print sum + 0 }" /proc/interrupts'
rung() {
	sh -c "$(echo "$interrupts" | sed "s/PATTERN/$1/")"
}

# packets: how many the host has sent and received, by the kernel's own trace points
tracing=/sys/kernel/tracing
packets() {
	awk '/^(entries|overrun|dropped events):/ { sum += $NF } END { print sum }' $tracing/per_cpu/cpu*/stats
}

modprobe vhost_vsock
mount -t tracefs tracefs $tracing
echo 1 >$tracing/events/vsock/virtio_transport_alloc_pkt/enable
echo 1 >$tracing/events/vsock/virtio_transport_recv_pkt/enable
load_module 1536M
mkctl apply /examples/two-instances.dts >/dev/null
for kernel in /boot/vmlinuz-*; do
	stock_initrd "${kernel##*vmlinuz-}"
done

fails "no instance of that name" "no instance" mkio vsock nothing

# A spawn of the host's version, on one CPU.
serve web-server
patience="watchdog_thresh=30"	# of their own soft lockup watchdogs, as the host's
boot_web() {
	mkctl boot web-server --kernel "$host_kernel" --initrd "initrd-$(uname -r)" --append "$patience $*" >/dev/null
}
boot_web
listen
ok "the spawn boots" up web-server
spawn "vsock cid"
is "it has the address 3" "$output" 3
ok "its device is on the bus" spawn "ls /sys/bus/virtio/devices/virtio0/driver/module"
ok "an echo listens there" spawn "(vsock echo 1234 &)"
ok "and answers" within 60 answers 3
packets_before=$(packets)
before=$(rung 'multikernel.*vsock')
is "$bytes bytes there and back" "$(there_and_back 3)" "$wanted"
kicks=$(($(rung 'multikernel.*vsock') - before))
packets=$(($(packets) - packets_before))
grep multikernel /proc/interrupts | sed 's/^/# /'
# How many packets it takes, and how many of them ring, goes by who is quicker: an engine that has nothing left to do wants
# to be rung for the next. But none rings twice: the driver kicks once for what it sends, and at most once for the buffers
# that it puts up again after one that it has received (net/vmw_vsock/virtio_transport.c).
ok "for $packets packets the host was rung no more than once each: $kicks times" \
	test $kicks -gt 0 -a $kicks -le $packets
spawn "cat /proc/interrupts"
echo "$output" | grep virtio0 | sed 's/^/# /'
vsock echo 4321 listens &
ok "and one on the host" within 60 test -e listens
spawn "while cat /bin/busybox; do :; done 2>/dev/null | head -c $bytes | vsock connect 2 4321 | sha256sum"
is "the spawn sends, too, and has it back" "$output" "$wanted"

# The front end ends, and another goes on with the same device.
kill -9 $server
wait $server 2>/dev/null
serve web-server
ok "mkio is killed and begun again: the spawn answers as before" within 60 answers 3
is "and $bytes bytes go there and back" "$(there_and_back 3)" "$wanted"

# The transport goes and comes; whoever was killed may still have to let go of it.
spawn 'unloads() { i=0; until rmmod $1; do i=$((i + 1)); [ $i -lt 100 ] || return 1; sleep 0.1; done; }'
ok "the driver and the transport can be unloaded" \
	spawn "killall vsock; unloads vmw_vsock_virtio_transport && unloads multikernel_virtio"
ok "and loaded again" \
	spawn "insmod /lib/multikernel/\$(uname -r)/multikernel_virtio.ko && modprobe vmw_vsock_virtio_transport && (vsock echo 1234 &)"
ok "the spawn answers again" within 60 answers 3

# Ends of the spawn.
generation=$(cat $mk/instances/web-server/generation)
say "reboot -f"
ok "the spawn reboots" within 240 has_rebooted web-server "$generation"
ok "and is up again" up web-server
spawn "(vsock echo 1234 &)"
ok "and answers" within 60 answers 3
(copies 400000000 | { vsock connect 3 1234 2>client.log; echo "status $?" >>client.log; } |
	{ head -c 1 >begun; cat >/dev/null; }) &
client=$!
ok "much is sent to it" within 60 test -s begun
ok "it is killed while it is sent to" mkctl kill web-server
ok "which the sender is told" within 60 grep -q status client.log
wait $client
cat client.log | sed 's/^/# /'
boot_web
ok "the next one boots" up web-server
spawn "(vsock echo 1234 &)"
ok "and answers" within 60 answers 3

# Without doorbells in the spawn.
mkctl kill web-server >/dev/null
boot_web spawn.doorbell=no
ok "one without a doorbell boots" up web-server
spawn "(vsock echo 1234 &)"
ok "and answers" within 60 answers 3
is "and $bytes bytes go there and back" "$(there_and_back 3)" "$wanted"
hush

# Another version beside it, on two CPUs; its device comes later, goes, and comes again.
if [ -n "$other_kernel" ]; then
	line=/dev/mktty2
	mkctl boot database --kernel "$other_kernel" --initrd "initrd-${other_kernel##*vmlinuz-}" \
		--append "$patience" >/dev/null
	listen
	ok "${other_kernel##*vmlinuz-} boots" up database
	spawn "(vsock echo 1234 &)"
	spawn "ls /sys/bus/virtio/devices"
	is "without a device" "$output" ''
	serve database
	ok "one comes while it runs" within 60 answers 4
	kill -INT $server
	wait $server
	ok "it goes" within 60 log_has database 'multikernel_virtio: device "vsock" is gone'
	spawn "ls /sys/bus/virtio/devices"
	is "and is on the bus no more" "$output" ''
	serve database
	ok "another comes" within 60 answers 4
	(there_and_back 3 >first.sum) &
	is "$bytes bytes there and back" "$(there_and_back 4)" "$wanted"
	wait $!
	is "and to the other one at the same time" "$(cat first.sum)" "$wanted"
	hush
fi
for name in web-server database; do
	unlike "the log of $name is clean" "$(mkctl logs $name)" 'WARNING|BUG|Oops|Call Trace|multikernel_virtio: .*(no more|refuses|answer)'
done
sed 's/^/# mkio: /' mkio.log
kill $(pidof vsock mkio)
wait
done_testing
