# SPDX-License-Identifier: GPL-2.0-only
# cpus: 9
# timeout: 1500
# The machine's part of bench/watch: the host does nothing, on its only CPU, while no kernel runs, while eight stock ones
# do, and after them.
. /lib.sh

instances=8
window=20	# seconds

# interrupts: of the host's clock, so far
interrupts() {
	awk '$1 == "LOC:" { print $2 }' /proc/interrupts
}

idle() {
	sleep 5	# what was begun before comes to its end
	before=$(interrupts)
	diag "$1: $(mktest idle $window), $(($(interrupts) - before)) clock interrupts"
}

start() {
	mktest load -i "$1" -r $spawn_initrd -c "spawn.module=no" "$host_kernel"
}

load_module 1408M
load_livepatch
for id in $(seq $instances); do
	set -- "$@" "$(instance spawn$id "$id" "$id" 0xa000000)"
done
is "eight instances" "$(tree eight.dtb "$@"; upload eight.dtb)" ok

idle "no kernel"
for id in $(seq $instances); do
	is "spawn$id starts" "$(start "$id")" ok
	ok "spawn$id is up" has_booted "spawn$id"
done
# Each kernel's log has been found by then, which is looked for more and more seldom.
sleep 60
idle "eight kernels"
for id in $(seq $instances); do
	is "spawn$id has run all the while" "$(status "spawn$id")" active
	is "spawn$id is stopped" "$(mktest load -u -R -1 -i "$id")" ok
done
idle "no kernel again"
done_testing
