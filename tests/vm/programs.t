# SPDX-License-Identifier: GPL-2.0-only
# memory: 4G
# timeout: 2400
# stock: vhost_net vhost_vsock tun
# spawn-stock: virtio_blk virtio_net virtiofs ext4 crc32c_generic vmw_vsock_virtio_transport
# files: /sbin/mkfs.ext4:/bin/mkfs.ext4 /sbin/e2fsck:/bin/e2fsck build/vm/vsock:/bin/vsock tests/vm/virtiofsd.sh:/virtiofsd.sh
# files-from: tests/vm/programs
# A spawn with disks, a directory, a network and sockets at once, and real programs that use them: much data each way with
# checksums; fio that verifies what it has written; SQLite, whose spawn is killed in the midst of its transactions, and which
# two processes write at the same time in a directory of the host, by locks and shared mappings; git. Idle, they wake nobody.
#
# On the command line: programs.megabytes=N (32), each way over each device. The emulated machine moves a few in a second.
. /lib.sh
. /virtiofsd.sh

command -v qemu-storage-daemon >/dev/null || {
	echo "1..0 # SKIP no qemu-storage-daemon where the tests are run"
	exit 0
}
megabytes=$(word programs.megabytes 32)
bytes=$((megabytes << 20))
ip_host=10.9.0.1 ip=10.9.0.2
diag "programs.megabytes=$megabytes"

# The first process serves its file systems by HTTP, and a shell by port 7: what is asked there is a line of it.
first_process programs <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
for name in virtio_ring virtio_blk virtio_net virtiofs vmw_vsock_virtio_transport crc32c_generic ext4; do modprobe $name; done
insmod "/lib/multikernel/$(uname -r)/multikernel_virtio.ko"
until [ -e /dev/vdb ] && [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
mkdir -p /mnt /www /home /var/tmp
mount -t ext4 /dev/vda /mnt
until mount -t virtiofs www /www; do sleep 0.5; done
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up
httpd -h /www
vsock echo 1234 &
nc -ll -p 7 -e /bin/ask &
echo "spawn: up after boot"
INIT
mkdir -p spawn/bin
cp /bin/vsock spawn/bin/
cat >spawn/bin/ask <<'ASK'
#!/bin/sh
export PATH=/bin HOME=/home GIT_EXEC_PATH=/bin
read -r line
eval "$line" 2>&1
ASK

# Transactions one after another; each is told of when it is done.
cat >spawn/bin/commit <<'COMMIT'
#!/bin/sh
number=$(sqlite3 /mnt/data.db 'select count(*) from t')
while sqlite3 /mnt/data.db "insert into t values ($number, randomblob(20000))"; do
	echo "spawn: committed $number" >/dev/kmsg
	number=$((number + 1))
done
COMMIT

# Two that write to the same tables at the same time, in a directory of the host.
cat >spawn/bin/both <<'BOTH'
#!/bin/sh
cd /www || exit
sqlite3 shared.db 'pragma journal_mode=wal; create table t (who, number)' >/dev/null
one() {
	for number in $(seq 20); do
		sqlite3 -cmd '.timeout 60000' shared.db "insert into t values ('$1', $number)"
	done
}
one a &
one b
wait
sqlite3 shared.db 'pragma integrity_check; select count(*), sum(number) from t'
BOTH

# A repository in the directory, a clone of it on the disk that is changed, and pushed back.
cat >spawn/bin/versions <<'VERSIONS'
#!/bin/sh
exec 2>/home/git.log
set -ex
git config --global user.name spawn
git config --global user.email spawn@localhost
git config --global safe.directory '*'
git init -q --bare -b main /www/repository
git clone -q /www/repository /mnt/clone
cd /mnt/clone
for number in $(seq 100); do head -c 20000 /dev/urandom | base64 >"file$number"; done
git add .
git commit -q -m first
git push -q origin HEAD:main
git gc -q
git -C /www/repository gc -q
git clone -q /www/repository /www/clone
git -C /www/clone fsck --full
cmp /mnt/clone/file50 /www/clone/file50
echo "$(git rev-parse HEAD) $(git -C /www/clone rev-parse HEAD)"
VERSIONS
chmod 755 spawn/bin/*
ln -s git spawn/bin/git-upload-pack
ln -s git spawn/bin/git-receive-pack
[ ! -e /boot/programs.cpio ] || programs=/boot/programs.cpio
(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - $programs >initrd

# The emulator translates a program once for each address at which it runs, and what it has translated of a page it looks through
# at each byte that is written there. With addresses drawn anew for hundreds of processes that takes a millisecond a byte when
# the memory is cleared for the next kernel.
boot() {
	mkctl boot web --kernel "$host_kernel" --initrd initrd --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio" \
		--append norandmaps
}

# ask LINE [SECONDS]: what the spawn's shell says to it
ask() {
	echo "$1" | timeout $((${2:-300} * SLOW)) nc $ip 7
}

has() {
	[ "$(ask "command -v $1")" = "/bin/$1" ]
}

sum() {
	md5sum | cut -d ' ' -f 1
}

are_served() {
	[ "$(grep -c ' served ' $mk/instances/web/devices)" = 5 ]
}

committed() {
	mkctl logs web | sed -n 's/.*spawn: committed \([0-9]*\).*/\1/p' | tail -n 1
}

has_committed() {
	[ "$(committed)" -ge "$1" ]
}

# figures WHAT: how often either side was called up to now, for a reader to subtract
figures() {
	diag "$1: $(paste -s -d ';' $mk/instances/web/devices); packets $(cat /sys/class/net/mk-web/statistics/rx_packets \
		/sys/class/net/mk-web/statistics/tx_packets | paste -s -d ' '); disk $(ask 'cut -c -60 /sys/block/vdb/stat' | xargs)"
}

# wakeups: all that can tell of one: each side's calls of the other, and how often a thread of who serves has waited anew
wakeups() {
	cat $mk/instances/web/devices
	for pid in $(pidof mkio qemu-storage-daemon virtiofsd) $(grep -lx 'vhost-[0-9]*' /proc/[0-9]*/comm | cut -d / -f 3); do
		grep -H '^voluntary_ctxt_switches' "/proc/$pid/task/"*/status
	done
}

# idles: in ten seconds nobody is woken
idles() {
	wakeups >woken_before
	sleep 10
	wakeups >woken_after
	cmp -s woken_before woken_after
}

for name in tun vhost_net vhost_vsock; do
	modprobe $name
done
mkdir -p www /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
copies $bytes >www/down
wanted=$(sum <www/down)
cp www/down data.img
truncate -s $((2 * bytes)) data.img
truncate -s 256M root.img
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 root.img
load_module 1G || bail_out "no module"
is "an instance" "$(tree web.dtb "$(instance web 1 '1 2' 0x30000000)"
	upload web.dtb)" ok
mkio disk web --file root.img --name disk0 >mkio.disk0 2>&1 &
within 60 grep -q disk0 $mk/instances/web/devices
mkio disk web --file data.img --name disk1 >mkio.disk1 2>&1 &
mkio share web --tag www --dir "$PWD/www" --engine $engine >mkio.www 2>&1 &
mkio net web --tap mk-web >mkio.net 2>&1 &
mkio vsock web >mkio.vsock 2>&1 &
ok "five devices wait for their kernel" within 60 are_served || diag "$(cat mkio.*)"
ifconfig mk-web $ip_host netmask 255.255.255.0 up
ifconfig lo 127.0.0.1 up
httpd -h www
ok "it boots" boot
ok "it is up" within $((2 * boot_bound)) log_has web 'spawn: up after boot' || mkctl logs web | tail -n 60 | sed 's/^/# /'
ok "it answers" within 30 sh -c "echo true | nc $ip 7"
figures "before"
# Not at once: an interface that has come up looks for routers first, less and less often. Thirty tries, of ten seconds each.
ok "in use but idle, no device wakes who serves it, or the spawn, for ten seconds" within 30 idles ||
	diag "$(diff woken_before woken_after)"
ok "threads that were looked at: $(grep -c ctxt woken_after)" test "$(grep -c ctxt woken_after)" -ge 5

is "$megabytes MB from the directory" "$(ask 'md5sum </www/down | cut -d " " -f 1')" "$wanted"
ask 'cp /www/down /www/up && sync'
is "and into it" "$(sum <www/up)" "$wanted"
rm www/up
figures "the directory"
is "$megabytes MB from the disk" "$(ask "head -c $bytes /dev/vdb | md5sum | cut -d ' ' -f 1")" "$wanted"
ask "cat /www/down | dd of=/dev/vdb bs=1M seek=$megabytes iflag=fullblock conv=notrunc && sync"
is "and onto it" "$(tail -c $bytes data.img | sum)" "$wanted"
figures "the disk"
is "$megabytes MB by the network" "$(ask "wget -q -O - http://$ip_host/down | md5sum | cut -d ' ' -f 1")" "$wanted"
is "and back" "$(wget -q -O - http://$ip/down | sum)" "$wanted"
figures "the network"
is "$megabytes MB by a socket, there and back" "$(timeout $((300 * SLOW)) vsock connect 3 1234 <www/down | sum)" "$wanted"
figures "the socket"

if has fio; then
	verify='fio --name=verify --size=8M --rw=randrw --bs=4k --ioengine=psync --verify=crc32c --do_verify=1 --verify_fatal=1'
	is "fio finds on the disk what it has written" \
		"$(ask "$verify --output=/home/fio --filename=/mnt/fio --direct=1 --fsync=64; echo status \$?")" 'status 0'
	is "and in the directory" "$(ask "$verify --output=/home/fio --filename=/www/fio; echo status \$?")" 'status 0'
else
	skip "fio" "fio is not installed where the tests are run"
fi
if has git; then
	like "git clones, changes, pushes and clones again" "$(ask versions)" '^([0-9a-f]{40}) \1$' || diag "$(ask 'cat /home/git.log')"
	is "and the host sees the same" "$(ask 'git -C /mnt/clone rev-parse HEAD')" \
		"$(sed -n 's/ refs\/heads\/main$//p' www/repository/packed-refs)"
else
	skip "git" "git is not installed where the tests are run"
fi
if has sqlite3; then
	is "two processes write to one database in the directory" "$(ask both)" 'ok
40|420'
	ask 'sqlite3 /mnt/data.db "create table t (number integer primary key, bytes blob)"'
	ask 'setsid commit >/dev/null 2>&1 </dev/null & sleep 1' >/dev/null
	ok "transactions are made" within 120 has_committed 5
	last=$(committed)
	mkctl kill web
	ok "killed in their midst, it boots again" boot
	ok "it is up" within $((2 * boot_bound)) log_has web 'spawn: up after boot'
	ok "it answers" within 30 sh -c "echo true | nc $ip 7"
	is "its database is whole, with all that was committed" \
		"$(ask "sqlite3 /mnt/data.db 'pragma integrity_check; select count(*) > $last, count(*) = max(number) + 1 from t'")" 'ok
1|1'
else
	skip "SQLite" "sqlite3 is not installed where the tests are run"
fi
ask sync
mkctl kill web
killall -INT mkio
ok "the devices go" within 20 sh -c "! grep -q . $mk/instances/web/devices"
within 10 sh -c '! pidof mkio'
e2fsck -fy root.img >fsck
ok "after a kill its journal repairs the file system" test $? -le 1 || diag "$(cat fsck)"
ok "and it is whole" e2fsck -fn root.img
diag "$(cat mkio.*)"
done_testing
