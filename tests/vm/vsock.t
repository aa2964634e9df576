# SPDX-License-Identifier: GPL-2.0-only
# stock: vhost_vsock
# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
# files: build/vm/vsock:/bin/vsock tests/vm/vsock.sh:/vsock.sh
# timeout: 900
# Sockets between the host and a spawn of its version, by a device that mkio serves: what is sent comes back, either way,
# and over a new mkio. How they end is in vsock_ends.t.
. /lib.sh
. /vsock.sh

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

mount -t tracefs tracefs $tracing
echo 1 >$tracing/events/vsock/virtio_transport_alloc_pkt/enable
echo 1 >$tracing/events/vsock/virtio_transport_recv_pkt/enable

fails "no instance of that name" "no instance" mkio vsock nothing

serve web-server
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
hush
finish web-server
