# SPDX-License-Identifier: GPL-2.0-only
# cpus: 10
# threads: single
# qemu: -icount shift=0
# timeout: 1200
# What it costs an idle host to watch eight running kernels: at most 0.2 % of a CPU. The emulator counts instructions here,
# each of which takes one nanosecond of the machine's time, so that nothing outside the machine has a part in the figures.
# A loop on CPU 0, where the watch runs, tells how many instructions are left to it.
. /lib.sh

instances=8
bound=2000	# millionths of a CPU
window=400	# milliseconds; 100 of the host's own ticks

quiet_kernel quiet
load_module 1G
load_livepatch
for id in $(seq $instances); do
	set -- "$@" "$(instance spawn$id "$id" "$id" 0x8000000)"
done
is "eight instances" "$(tree eight.dtb "$@"; upload eight.dtb)" ok

# rounds: of the loop, in the better of two windows; what else the host does now and then is in neither
rounds() {
	first=$(mktest spin 0 $window)
	second=$(mktest spin 0 $window)
	echo $((first > second ? first : second))
}

before=$(rounds)
for id in $(seq $instances); do
	is "spawn$id runs" "$(mktest load -i "$id" quiet)" ok
done
# The kernels have no log: each is searched for one for a while, more and more seldom, which is not what is measured.
sleep 8
during=$(rounds)
for id in $(seq $instances); do
	is "spawn$id is stopped" "$(mktest load -u -R -1 -i "$id")" ok
done
after=$(rounds)
cost=$(((before - during) / (before / 1000000)))
diag "rounds of the loop: $before before, $during beside eight kernels, $after after; $cost millionths of a CPU"
ok "the watch costs something, or the measurement does not measure" test $cost -gt 0
ok "at most $bound millionths of a CPU" test $cost -le $bound
ok "and nothing when no kernel runs" test $(((before - after) / (before / 1000000))) -lt $((cost / 2 + 1))
done_testing
