# SPDX-License-Identifier: GPL-2.0-only
# append: movablecore=1G
# timeout: 900
# Memory that does not move. A program has pages in pipes, one of each 64 MB, so that no block of memory with one of them
# can leave the host. A pool that wants more than the others is refused, or had as contiguous pages, within the bound that
# doc/interface.md names; a signal ends it at once; and all else answers meanwhile: ends of kernels, what is stopped,
# listed and read, and the host that is to sleep.
. /lib.sh

# Seconds for 1 GB: 30, and one for each 256 MB; and 30 for contiguous pages. It takes a slow machine as many again, or some
# more, to end what it was at and to give back what it had.
bound=$((3 * 64))
before=$(host_memory)

# change_pool TEXT: begins to, in the background; the verdict goes to the file "verdict"
change_pool() {
	echo "$1" >wanted
	: >verdict
	begin=$(now)
	mktest write $pool_parameter wanted >verdict &
	changer=$!
}

# is_changing: from shortly before the pool is, until the verdict has been told
is_changing() {
	[ ! -s verdict ]
}

# ended: the pool is no longer being changed, and has what it had in the beginning
ended() {
	reap $changer
	echo 256M >256M
	mktest write $pool_parameter 256M >/dev/null
}

# meanwhile DESCRIPTION COMMAND...: it succeeds while the pool is being changed: who waits for the pool ends behind that. On a
# slow machine the change may be over first, or may not have begun: then there is another try.
meanwhile() {
	description=$1
	shift
	for _ in 1 2 3 4 5 6; do
		is_changing || { ended; change_pool 1280M; sleep 1; }
		output=$("$@" 2>&1)
		status=$?
		sleep 0.2	# for the verdict of a change that has just ended
		is_changing && [ $status = 0 ] && break
		diag "status $status, pool: $(cat verdict), of: $*
$output"
		status=1
	done
	result $status "$description"
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
ok "memory is pinned" within 600 grep -qx ok pinned

#
# All else goes on.
#
start_anew() {
	mktest load -u -R -1 -i 1 && mktest load -i 1 tiny
}

no_sleep() {
	! echo freeze >/sys/power/state && last_error |
		grep -qx 'the pool or the instances are changing, so the host cannot sleep'
}
change_pool 1280M
sleep 1
meanwhile "the instances are listed" mkctl list
meanwhile "a kernel is stopped" mktest load -u -R -1 -i 1
meanwhile "and started anew" start_anew
meanwhile "the parameter is read" cat $pool_parameter
meanwhile "so is another" cat /sys/module/multikernel/parameters/hung_after
meanwhile "and the list of CPUs" cat $mk/pool/cpus
meanwhile "a kernel is stopped for good" mktest load -u -R -1 -i 2
is "it is ready" "$(status off)" ready
meanwhile "the host does not sleep, and says why" no_sleep
wait $changer
took=$(($(now) - begin))
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
# A signal. It may come before the change begins or when it is over, and the machine may be held up just then: then there is
# another try. Without a signal the change goes on for longer than a moment.
#
moment=3	# seconds
ended_by_signal() {
	change_pool 1408M
	sleep 2
	begin=$(now)
	kill $changer
	reap $changer
	took=$(($(now) - begin))
	last_error | grep -qE 'pool: a signal came when [0-9]+ of the 1152 MB wanted were there$' &&
		[ $took -le $((moment * SLOW)) ] && return
	ended
	return 1
}
ok "a signal ends it in a moment, and last_error tells" within 60 ended_by_signal || diag "$(last_error)"
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
