# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# How a test of the audit says in the trace which round lasts, and has the host shake in it. In its output it tells
# tests/audit/check.awk of each:
#
#	# round NUMBER BOOTS MODULES NAME	no kernel reaches another's; BOOTS: how many kernels began in each instance,
#						one number for all or one for each ("2,3");
#						MODULES: instances that have our module ("1,2"), or "none"
#	# control NUMBER INSTANCE NAME		these broadcast, to show that it would be seen; 0 is the host

# A port that no device of the machine has, so that a write of the host to it does nothing but
# appear in the trace.
# shellcheck disable=SC2034 # used by the tests
mark_port=$((0x9a0)) no_round=255

mark() {
	printf "\\$(printf %03o "$1")" | dd of=/dev/port bs=1 seek=$mark_port conv=notrunc 2>/dev/null
}

# The host shakes again and again, until the file "stop" is there.
host_shakes() {
	rm -f stop shaken not_shaken
	while [ ! -e stop ]; do
		shake 2 1 >>shaken 2>>not_shaken
		sleep 2
	done &
	shaker=$!
}

host_has_shaken() {
	: >stop
	wait $shaker
	ok "the host has shaken, $(wc -l <shaken) times" test -s shaken
	is "and nothing went wrong" "$(cat not_shaken)" ""
}
