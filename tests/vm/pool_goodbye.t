# SPDX-License-Identifier: GPL-2.0-only
# append: movablecore=1G
# timeout: 600
# has-log: multikernel: instance "one": stopped, since the host goes down
# has-log: reboot: Power down
# The host powers off in the midst of a change of its pool, by memory that does not move (pinned.t). It does not wait until the
# pool has lost its patience, stops the kernel that runs, and goes down; that is in the log, behind the end of this test.
. /lib.sh

# is_changing: whoever writes what the pool shall be is at it still
is_changing() {
	[ ! -s verdict ] && grep -q '^State:[[:space:]]*[^Z]' "/proc/$changer/status"
}

load_module 256M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
tiny_kernel tiny
is "an instance" "$(tree one.dtb "$(instance one 1 1 0x4000000)"; upload one.dtb)" ok
is "a kernel runs there" "$(mktest load -i 1 tiny)" ok
# In all of the host's memory, so that there is hardly a block without: the host may choose where a smaller part lies.
available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
mktest pin $((available - 200 << 20)) 3600 only >pinned &
ok "memory is pinned" within 600 grep -qx ok pinned
echo 1280M >wanted
mktest write $pool_parameter wanted >verdict &
changer=$!
sleep 3
ok "a block of memory shall go" within 60 grep -qx going-offline $memory_blocks/memory*/state
ok "the pool is being changed" is_changing
is "the kernel still runs" "$(status one)" active
done_testing stays
