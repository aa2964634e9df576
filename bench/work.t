# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/first:/first build/bench/work:/bin/work
# The machine's part of bench/running: the host and a spawn, with two CPUs each, do the same work, in turns.
. /lib.sh
. /spawn.sh

load_module 1G
load_livepatch
measured_initrd
tree one.dtb "$(instance one 1 "2 3" 0x40000000)"
is "an instance" "$(upload one.dtb)" ok
for round in $(seq "$(word bench.rounds 3)"); do
	work 0 1 >host_works
	sed 's/^[0-9]* /# work: /' host_works
	is "turn $round: the spawn has done as much" "$(spawn_works | wc -l)" "$(wc -l <host_works)"
done
done_testing
