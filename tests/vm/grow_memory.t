# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# files: tests/vm/grow.sh:/grow.sh
# spawn-stock: virtio_blk
# files-from: tests/vm/engines
# allow-log: multikernel: instance "one": Kernel panic|multikernel: instance "one": memory-bytes cannot change while its kernel ends
# An instance that gets memory and gives it back while its kernel runs: what is refused; that the kernel uses what it
# has got; that a reboot keeps it; and that nothing is lost when the kernel ends in the midst of it.
. /lib.sh
. /grow.sh

free_mb() {
	echo $(($(cat $mk/pool/memory_free_bytes) / mb))
}

# adds_up DESCRIPTION: what the pool has is free or the instance's
adds_up() {
	is "$1: all memory of the pool has one owner" "$(($(free_mb) + $(memory_of_one))) $(named </proc/iomem)" \
		"$pool_mb $(memory_of_one)"
}

# total: MB that the spawn's kernel says it has
total() {
	spawn_says "awk '/MemTotal/ { print int(\$2 / 1024) }' /proc/meminfo"
}

# about WANTED MB: between that and 32 MB less, which are for the pages' descriptions
about() {
	[ "$2" -le "$1" ] && [ "$2" -ge $(($1 - 32)) ] && echo "$1" || echo "$2, not $1"
}

#
# Devices: a disk that an engine serves, and a front end that has the memory mapped from before the growth.
#
disk_mb=8
engine=$(command -v qemu-storage-daemon)

serve_disk() {
	[ -n "$engine" ] || return 0
	copies $((disk_mb * mb)) >disk.img
	mkio disk one --file disk.img >mkio.out 2>&1 &
	mkio=$!
	spawn "modprobe virtio_ring; modprobe virtio_blk; insmod /lib/multikernel/\$(uname -r)/multikernel_virtio.ko"
	ok "it has a disk" spawn 'until [ -e /dev/vda ]; do sleep 0.2; done'
}

# serves DESCRIPTION WHAT COMMAND: the spawn's command over the disk, by buffers of its processes, which are in movable
# memory where there is some; then that image and the disk are the same to both
serves() {
	[ -n "$engine" ] || {
		skip "$1" "no qemu-storage-daemon where the tests are run"
		return 0
	}
	is "$1" "$(spawn_says "$2 && dd if=/dev/vda bs=1M iflag=direct 2>/dev/null | md5sum")" "$(md5sum <disk.img | xargs)"
}

# Reads and writes one word of the memory that comes, then looks whether it sees that still when it is gone.
place=
holds_memory() {
	front_end set serial="$(cat $one/serial)" name held attach memory 0 map touch mapped await grown read @place at @place write 4660 \
		touch written await shrunk read @place at @place write 22136 touch rewritten await end detach >held 2>&1 &
	holder=$!
	within 240 test -e mapped
}

# place_of START: where a memory file has that physical address
place_of() {
	echo $(($1 - $(sed -n '1s/ .*//p' held)))
}

# word_at START: as the host reads it
word_at() {
	mktest mmap $one/memory $(($1)) 8 | od -An -tu8 | xargs
}

load_module 1G || bail_out "no module"
pool_mb=$(($(cat $mk/pool/memory_bytes) / mb))
is "256 MB" "$(has 256)" ok

#
# A kernel without our module is left alone.
#
mkctl boot one --kernel "$host_kernel" --initrd $spawn_initrd --append spawn.module=no >/dev/null
ok "a stock spawn boots" has_booted one
is "it cannot be asked" "$(has 384)" EBUSY
like "last_error tells" "$(last_error)" 'memory-bytes \(0x[0-9a-f]+ to 0x[0-9a-f]+\) cannot change while it is active: .*not have the multikernel module'
mkctl kill one >/dev/null
adds_up "nothing has changed"

#
# Growing.
#
boot_console one --initrd "/boot/stock-${host_kernel#*vmlinuz-}.cpio"
ok "a spawn with our module boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
serve_disk
holds_memory
base=$(total)
diag "MemTotal is $base MB"
is "not in whole blocks" "$(has 257)" EINVAL
like "last_error tells" "$(last_error)" 'takes memory in blocks of 0x8000000 bytes'
is "more than there is" "$(has 2048)" ENOSPC
is "it gets 256 MB more" "$(has 512)" ok
is "it has them" "$(about $((base + 256)) "$(total)")" $((base + 256))
is "the spawn's own directory says so" "$(spawn_says "sed -n 's/^ *memory-bytes.*\/\/ //p' $one/device_tree_source")" '512 MB'
spawn 'cat /proc/iomem'
is "so does its /proc/iomem" "$(about 512 "$(echo "$output" | named)")" 512
adds_up "grown"
# The kernel has no use yet for the last page of all that it has: it takes movable memory from below.
last=$(($(dmesg | sed -n 's/.*has 0x\([0-9a-f]*\) bytes of memory at \(0x[0-9a-f]*\), too, now/\2 + 0x\1/p' | tail -n 1) - 4096))
place_of $last >place
touch grown
ok "a front end that had mapped the memory before sees what came" within 240 test -e written
is "and so does the host what it wrote" "$(word_at $last)" 4660
serves "its disk is read into memory that came" true
spawn 'mkdir /m; mount -t tmpfs -o size=400m none /m; dd if=/dev/urandom of=/m/piece bs=1M count=16'
ok "it fills more than it had at first" spawn 'dd if=/dev/zero of=/m/full bs=1M count=210 && cat /m/piece >/m/part'
sum=$(spawn_says 'md5sum </m/piece')
is "and all is there" "$(spawn_says 'md5sum </m/part')" "$sum"
serves "its disk is written out of memory that came" 'dd if=/m/part of=/dev/vda bs=1M count=8 oflag=direct 2>/dev/null'
is "a dump has them" "$(mkctl dump one -o one.core >/dev/null 2>&1 && echo $(($(stat -c %s one.core) / mb)) MB)" '512 MB'
rm -f one.core
is "CPUs and memory at once" "$(has 640 '1 2')" ok
is "it has both" "$(spawn_says 'cat /sys/devices/system/cpu/online') $(about $((base + 384)) "$(total)")" "0-1 $((base + 384))"

#
# Shrinking.
#
is "it cannot do with less than it uses" "$(has 256)" EBUSY
like "last_error tells" "$(last_error)" 'its kernel can give back 0x[0-9a-f]* of the 0x18000000 bytes wanted'
is "what is there is unharmed" "$(spawn_says 'md5sum </m/part')" "$sum"
adds_up "refused"
is "it has what it had" "$(memory_of_one) $(sed -n 's/^ *cpus = //p' $one/device_tree_source)" '640 <1 2>;'
spawn 'rm /m/full /m/piece'
mkctl logs one --follow >followed 2>&1 &
follower=$!
spawn 'echo be""fore >/dev/kmsg'
ok "its log is followed" within 240 grep -q before followed
is "it gives back all that came, and a CPU" "$(has 256)" ok
spawn 'echo aft""er >/dev/kmsg'
ok "also when memory has left it" within 240 grep -q after followed
is "and no message comes twice" "$(grep -c before followed)" 1
kill $follower
is "it has what it had at first" "$(about "$base" "$(total)")" "$base"
is "what it kept is unharmed" "$(spawn_says 'md5sum </m/part')" "$sum"
adds_up "shrunk"
serves "its disk goes on" true
touch shrunk
ok "the front end goes on" within 240 test -e rewritten
is "it saw clear memory, and what is its kernel's no more is a page of nobody, as before" "$(sed 1d held | xargs)" '0 0'
is "it gets some again" "$(has 512)" ok
is "it has that" "$(about $((base + 256)) "$(total)")" $((base + 256))
serves "its disk is read into that, too" true
is "the kernel has had no complaint" "$(spawn_says "dmesg | grep -ciE 'warning|bug:|call trace'")" 0

touch end
wait $holder
#
# A reboot.
#
hush
generation=$(cat $one/generation)
ok "it reboots" mkctl reboot one --timeout 120
is "and is another one" "$(cat $one/generation)" $((generation + 1))
ok "and is up again" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
is "with what it had" "$(about $((base + 256)) "$(total)")" $((base + 256))
is "what it has from the start does not go" "$(has 384)" EBUSY
is "it gets more" "$(has 640)" ok
is "and gives that back" "$(has 512)" ok
adds_up "after a reboot"
hush
[ -z "$engine" ] || kill $mkio

#
# It ends in the midst of it: the upload may have been in time, or not.
#
# boot_again [MB]: another kernel, with as much memory as there is, or so much
boot_again() {
	mkctl kill one >/dev/null 2>&1
	[ -z "${1:-}" ] || has "$1" >/dev/null
	boot_console one
	has_booted one
}

panics() {
	printf 'echo c >/proc/sysrq-trigger\n' >$line
	within 240 grep -qx failed $one/status
}

midst "killed while it gets memory" 896 0.2 mkctl kill one
boot_again
midst "panics while it gets memory" 512 0.1 panics
like "it has panicked" "$(dmesg)" 'instance "one": Kernel panic'
boot_again
midst "reboots while it gets memory" 768 0.1 mkctl reboot one

# What a tiny kernel is seen to do in asked.t.
gets() {
	[ "$(has "$1")" = ok ]
}
boot_again 256
ok "it has some that it can give back" within 240 gets 512
midst "reboots while it gives memory back" 256 0.1 mkctl reboot one
done_testing
