# SPDX-License-Identifier: GPL-2.0-only
# cpus: 16
# memory: 2G
# timeout: 1800
# files: bench/steps.sh:/steps.sh build/bench/measure:/bin/measure
# The machine's part of bench/density: instances come one after another until there is no window left, each with a kernel that
# idles; and go. Each step is a figure, with the marks of bench/count.c around it.
. /lib.sh
. /steps.sh

most=12		# instances
first_cpu=4	# of the instances; those below stay the host's
bytes=0x2000000

# instances COUNT: their source
instances() {
	for id in $(seq "$1"); do
		instance "i$id" "$id" $((first_cpu + id - 1)) $bytes
	done
}

load_module 512M || bail_out "no module"
load_livepatch
tiny_kernel tiny
for count in $(seq 0 $most); do
	tree $count.dtb "$(instances $count)"
done
is "there is room for as many" "$(($(cat $mk/pool/windows_free) >= most))" 1
for round in $(seq "$(word bench.rounds 3)"); do
	for count in $(seq $most); do
		cpu=/sys/devices/system/cpu/cpu$((first_cpu + count - 1))/online
		figure "$count offline" "$(measure write $cpu=0)"
		echo 1 >$cpu
		figure "$count upload" "$(measure write "$mk/device_tree<$count.dtb")"
		figure "$count load" "$(measure run mktest load -i "$count" -c tiny.end=idle tiny)"
	done
	is "round $round: all run" "$(cat $mk/instances/*/status | sort | uniq -c | xargs)" "$most active"
	for count in $(seq $most -1 1); do
		figure "$count stop" "$(measure run mktest load -u -R -1 -i "$count")"
		figure "$count remove" "$(measure write "$mk/device_tree<$((count - 1)).dtb")"
	done
	is "round $round: all are gone" "$(ls $mk/instances)" ""
done
done_testing
