# SPDX-License-Identifier: GPL-2.0-only
# stock: vhost_vsock
# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
# files: build/vm/vsock:/bin/vsock tests/vm/vsock.sh:/vsock.sh
# timeout: 900
# Sockets between the host and spawns of two versions, on one CPU and on two, over reboots and ends of the spawn and of its
# transport, and without doorbells.
. /lib.sh
. /vsock.sh

serve web-server
boot_web
listen
ok "the spawn boots" up web-server
spawn "(vsock echo 1234 &)"
ok "and answers" within 60 answers 3

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
# Its sending half may complain after its receiving half has ended it all: behind the status then, not over it.
(copies 400000000 | { vsock connect 3 1234 2>>client.log; echo "status $?" >>client.log; } |
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
	finish web-server database
else
	skip "another version beside it" "there is one only"
	finish web-server
fi
