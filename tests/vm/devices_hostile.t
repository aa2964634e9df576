# SPDX-License-Identifier: GPL-2.0-only
# module: tests/vm/garbage
# stock: vhost_vsock
# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
# files: build/vm/vsock:/bin/vsock
# timeout: 400
# A spawn whose transport runs wild: "web-server" writes garbage to its half of the device table and rings, on and on.
# "database" has a device beside it all the while. SEED below makes a run the same again.
. /lib.sh

seconds=20 bytes=400000
seed=$(od -An -tu4 -N 4 /dev/urandom | tr -d ' ')
diag "seed $seed"
wanted=$(copies $bytes | sha256sum)

mkdir -p spawn/bin
cp /bin/vsock "$spawn_modules/garbage.ko" spawn/bin/
first_process hostile <<'INIT'
insmod /lib/multikernel/$(uname -r)/multikernel.ko
if [ "${seed:-}" ]; then
	insmod /bin/garbage.ko seed=$seed
else
	modprobe -a virtio virtio_ring vmw_vsock_virtio_transport
	insmod /lib/multikernel/$(uname -r)/multikernel_virtio.ko
	vsock echo 1234 &
fi
echo "hostile: up"
while sleep 1; do
	[ ! "${seed:-}" ] || echo "hostile: $(cat /sys/module/garbage/parameters/rounds) rounds"
done
INIT
cat initrd "/boot/stock-${host_kernel##*vmlinuz-}.cpio" >all

boot() {
	name=$1
	shift
	mkctl boot "$name" --kernel "$host_kernel" --initrd all "$@" >/dev/null
	ok "$name boots" within $boot_bound log_has "$name" 'hostile: up' || diag "$(mkctl logs "$name" | tail -n 40)"
}

there_and_back() {
	copies $bytes | vsock connect "$1" 1234 | sha256sum
}

answers() {
	[ "$(echo hello | vsock connect "$1" 1234)" = hello ]
}

modprobe vhost_vsock
load_module 1536M
mkctl apply /examples/two-instances.dts >/dev/null
for name in web-server database; do
	mkio vsock $name >>$name.log 2>&1 &
done
boot database
ok "the calm one answers" within 30 answers 4
boot web-server --append "hostile.seed=$seed"
end=$(($(now) + seconds))
rounds=0 bad=0
while [ $bad = 0 ] && { [ "$(now)" -lt $end ] || [ $rounds -lt 2 ]; }; do
	[ "$(there_and_back 4)" = "$wanted" ] || bad=1
	rounds=$((rounds + 1))
done
is "$bytes bytes come back from the calm one, $rounds times in $seconds seconds" $bad 0
ok "the other one has run wild" within 60 log_has web-server 'hostile: [1-9][0-9]* rounds'
diag "$(mkctl logs web-server | grep 'hostile: .* rounds' | tail -n 1)"
told=$(dmesg | grep -c 'multikernel: instance "web-server": device "vsock": ')
ok "the host has told of it, and not too often: $told lines" test "$told" -gt 0 -a "$told" -lt 100
dmesg | grep 'multikernel: .*web-server' | head -n 12 | sed 's/^/# /'
mkctl kill web-server >/dev/null
boot web-server
ok "the next kernel there has its device" within 30 answers 3
is "$bytes bytes there and back" "$(there_and_back 3)" "$wanted"
is "and from the calm one as before" "$(there_and_back 4)" "$wanted"
sed 's/^/# mkio: /' web-server.log database.log
kill $(pidof mkio)
wait
done_testing
