# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A kernel that runs gets a CPU and memory, uses both, and gives them back; on instance 1 of whoever sources this behind
# lib.sh and grow.sh, with any kernel.

long=240	# seconds; sums over memory take their time in an emulator

# sees: CPUs, blocks of memory, and what its own tree says, as the spawn sees them
sees() {
	spawn_says "cat /sys/devices/system/cpu/online; ls -d /sys/devices/system/memory/memory* | wc -l; sed -n 's/^ *memory-bytes.*\/\/ //p' $one/device_tree_source"
}

# grows_and_shrinks KERNEL [OPTION...]: that kernel, booted with these
grows_and_shrinks() {
	kernel=$1
	shift
	mkctl boot one --kernel "$kernel" --initrd $spawn_initrd "$@" >/dev/null
	ok "${kernel#*vmlinuz-} boots" has_booted one
	listen
	ok "its console serves a shell" spawn_is_quiet
	before=$(sees)
	blocks=$(echo "$before" | cut -d ' ' -f 2)
	is "it has what the tree says" "$before" "0 $blocks 256 MB"
	ok "it gets a CPU and 128 MB" mkctl set one --cpus 1,2 --memory 384M
	is "it has them" "$(sees)" "0-1 $((blocks + 1)) 384 MB"
	like "the memory is for what can move" \
		"$(spawn_says "cat /sys/devices/system/memory/memory*/valid_zones | sort | uniq -c")" '1 Movable'
	spawn 'mkdir -p /m; mount -t tmpfs -o size=90% none /m'
	ok "it uses both" \
		spawn 'for cpu in 0 1; do taskset $((1 << cpu)) cat /bin/busybox >/m/$cpu || break; done; cmp /m/0 /m/1' $long
	ok "and gives them back" mkctl set one --cpus 1 --memory 256M
	is "it has what it had" "$(sees)" "$before"
	is "and what it wrote" "$(spawn_says 'cmp /m/0 /m/1 && echo same')" same
	is "the kernel has had no complaint" "$(spawn_says "dmesg | grep -ciE 'warning|bug:|call trace'")" 0
	hush
	mkctl kill one >/dev/null
}

load_module 512M || bail_out "no module"
ok "an instance with a CPU, and one that may come" mkctl create one --cpus 1 --cpus-max 1,2 --memory 256M
