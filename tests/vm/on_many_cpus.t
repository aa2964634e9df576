# SPDX-License-Identifier: GPL-2.0-only
# cpus: 18
# memory: 16G
# timeout: 900
# A host of 18 CPUs and 16 GB, and spawns with 16, 8, 4 and 1 of them: the first has more than the eight that flat logical
# APIC ids can name.
. /lib.sh

cpus_of() {
	seq -s ' ' 2 $(($1 + 1))
}

load_module 1G || bail_out "no module"
tree empty.dtb
for count in 16 8 4 1; do
	tree one.dtb "$(instance one 1 "$(cpus_of $count)" 0x20000000)"
	is "an instance of $count CPUs" "$(upload one.dtb)" ok
	is "the host has the others" "$(nproc)" $((18 - count))
	ok "its kernel starts" mkctl boot one --kernel "$host_kernel" --initrd $spawn_initrd --append loglevel=8
	ok "it boots" has_booted one
	like "it has $count CPUs" "$(mkctl logs one)" "spawn: CPUs $count, numbered $(seq -s ' ' 0 $((count - 1)))\$"
	listen
	ok "its console is there" spawn_is_quiet
	ok "each of them runs a task" spawn "for cpu in \$(seq 0 $((count - 1))); do taskset -c \$cpu true || exit; done"
	spawn "cat $mk/pool/cpus"
	is "its own directory has them as the host numbers them" "$(echo "$output" | xargs)" \
		"$(cat $mk/pool/cpus)"
	hush
	ok "it is asked to stop" mkctl stop one --timeout 240
	is "no instance" "$(upload empty.dtb)" ok
	is "the host has all CPUs" "$(nproc)" 18
done
done_testing
