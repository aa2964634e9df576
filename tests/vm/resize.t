# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# A kernel that runs gets a CPU and memory, uses both, and gives them back: what grow.t and grow_memory.t do at length.
. /lib.sh

one=$mk/instances/one

# spawn_says COMMAND: what it writes there, on one line
spawn_says() {
	spawn "$1" >/dev/null
	echo "$output" | tr -d '\r' | xargs
}

has() {
	spawn_says "cat /sys/devices/system/cpu/online; ls -d /sys/devices/system/memory/memory* | wc -l; sed -n 's/^ *memory-bytes.*\/\/ //p' $one/device_tree_source"
}

load_module 512M || bail_out "no module"
ok "an instance with a CPU, and one that may come" mkctl create one --cpus 1 --cpus-max 1,2 --memory 256M
boot_console one
ok "its kernel boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
before=$(has)
blocks=$(echo "$before" | cut -d ' ' -f 2)
is "it has what the tree says" "$before" "0 $blocks 256 MB"
ok "it gets a CPU and 128 MB" mkctl set one --cpus 1,2 --memory 384M
is "it has them" "$(has)" "0-1 $((blocks + 1)) 384 MB"
like "the memory is for what can move" "$(spawn_says "cat /sys/devices/system/memory/memory*/valid_zones | sort | uniq -c")" '1 Movable'
spawn 'mkdir -p /m; mount -t tmpfs -o size=90% none /m'
ok "it uses both" spawn 'for cpu in 0 1; do taskset $((1 << cpu)) cat /bin/busybox >/m/$cpu || break; done; cmp /m/0 /m/1'
ok "and gives them back" mkctl set one --cpus 1 --memory 256M
is "it has what it had" "$(has)" "$before"
is "and what it wrote" "$(spawn_says 'cmp /m/0 /m/1 && echo same')" same
is "the kernel has had no complaint" "$(spawn_says "dmesg | grep -ciE 'warning|bug:|call trace'")" 0
hush
done_testing
