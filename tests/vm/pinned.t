# SPDX-License-Identifier: GPL-2.0-only
# append: movablecore=1G
# timeout: 300
# Memory that does not move. A program has pages in pipes, one of each 64 MB, so that no block of memory with one of them
# can leave the host. A pool that wants more than the others is refused, or had as contiguous pages, within the bound that
# doc/interface.md names; a signal ends it at once; and all else answers meanwhile: ends of kernels, what is stopped,
# listed and read, and the host that is to sleep.
. /lib.sh

bound=64	# seconds for 1 GB: 30, and one for each 256 MB; and 30 for contiguous pages
moment=10	# seconds in which all else answers: those who wait for the pool wait for half a minute
before=$(host_memory)

# uptime: in hundredths of a second
uptime() {
	read -r seconds _ </proc/uptime
	echo "${seconds%.*}${seconds#*.}"
}

# in_a_moment DESCRIPTION COMMAND...: it succeeds, and soon
in_a_moment() {
	description=$1 begin=$(uptime)
	shift
	ok "$description" "$@"
	took=$(($(uptime) - begin))
	ok "$description: in a moment, $took hundredths of a second" test $took -le $((moment * 100 * SLOW))
}

# change_pool TEXT: begins to, in the background; the verdict goes to the file "verdict"
change_pool() {
	echo "$1" >wanted
	begin=$(uptime)
	mktest write $pool_parameter wanted >verdict &
	changer=$!
}

# reap PID: wait for its end, without the shell's word of how it ended
reap() {
	wait "$1"
} 2>/dev/null

ok "the module loads" load_module 256M
ok "the livepatch loads" load_livepatch
tiny_kernel tiny
is "two instances" "$(tree two.dtb "$(instance on 1 1 0x4000000)" "$(instance off 2 2 0x4000000)"; upload two.dtb)" ok
is "a kernel runs in one" "$(mktest load -i 1 tiny)" ok
is "and in the other" "$(mktest load -i 2 tiny)" ok

mktest pin $((900 << 20)) 3600 >pinned &
pinner=$!
ok "memory is pinned" within 60 grep -qx ok pinned

#
# All else goes on.
#
change_pool 1280M
begun=$begin
sleep 1
in_a_moment "the instances are listed" mkctl list
in_a_moment "a kernel is stopped" mktest load -u -R -1 -i 1
in_a_moment "and started anew" mktest load -i 1 tiny
in_a_moment "the parameter is read" cat $pool_parameter
in_a_moment "so is another" cat /sys/module/multikernel/parameters/hung_after
in_a_moment "and the list of CPUs" cat $mk/pool/cpus
in_a_moment "a kernel is stopped for good" mktest load -u -R -1 -i 2
is "it is ready" "$(status off)" ready
in_a_moment "the host does not sleep" sh -c '! echo freeze >/sys/power/state'
like "and it is said why" "$(last_error)" '^the pool or the instances are changing, so the host cannot sleep$'
ok "the pool is still being changed" test -e /proc/$changer
wait $changer
took=$((($(uptime) - begun) / 100))
like "the pool is had elsewhere, or refused: $(cat verdict)" "$(cat verdict)" '^(ok|ENOMEM)$'
ok "within the bound: $took s" test $took -le $((bound * SLOW))
if [ "$(cat verdict)" = ENOMEM ]; then
	like "last_error tells" "$(last_error)" 'pool: the host can give up [0-9]+ of the 1024 MB wanted'
	is "the pool is what it was" "$(cat $mk/pool/memory_bytes)" $((256 << 20))
else
	is "last_error is clear" "$(last_error)" ok
	is "the pool is smaller again" "$(echo 256M >wanted; mktest write $pool_parameter wanted)" ok
fi

#
# A signal.
#
change_pool 1408M
sleep 2
ok "a larger pool takes its time" test -e /proc/$changer
begin=$(uptime)
kill $changer
reap $changer
took=$(($(uptime) - begin))
ok "a signal ends it in a moment, $took hundredths of a second" test $took -le $((moment * 100 * SLOW))
like "last_error tells" "$(last_error)" 'pool: a signal came when [0-9]+ of the 1152 MB wanted were there'
is "the pool is what it was" "$(cat $mk/pool/memory_bytes)" $((256 << 20))

#
# When the memory moves again.
#
kill $pinner
reap $pinner
is "the pool grows" "$(echo 768M >wanted; mktest write $pool_parameter wanted)" ok
is "the kernel is stopped" "$(mktest load -u -R -1 -i 1)" ok
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
is "the host has all its memory" "$(host_memory)" "$before"
done_testing
