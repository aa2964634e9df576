# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# cpus: 8
# cpu: max,la57=off,x2apic=off
# owners: 0 0 0 1 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake
# The backtraces that tests/audit/shake.c asks for.
# allow-log: Call Trace
#
# Who interrupts whom when a CPU has come to a kernel that runs: the host has used CPU 3 until then, and instance one uses it
# from then on, beside a stock kernel. While the CPU changes hands it is no one's, and not looked at.
#
# A test that includes this one says by "steps" which trees are uploaded one after another, and how many CPUs the kernel
# then has, before it shakes (ipi_shrunk.t).
. /lib.sh
. /marks.sh

: "${steps:=grown:3}"
counts=$(echo "$steps" | tr ' ' '\n' | cut -d : -f 2 | paste -s -d ,)

mkdir -p spawn/bin
cp /bin/shake spawn/bin
first_process ipi <<'INIT'
[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "spawn: up after $(cut -d ' ' -f 1 /proc/uptime) s"
for count in $(echo "$counts" | tr ',' ' '); do
	until [ "$(nproc)" = "$count" ]; do
		sleep 1
	done
	echo "spawn: has $count CPUs"
done
sleep 10	# until the round has begun; then the host shakes, and this kernel is idle
shake $(($(nproc) - 1)) 3 && echo "spawn: has shaken"
poweroff -f
INIT

# tree_of FILE CPUS: what instance one has, beside the other
tree_of() {
	one="one { id = <1>; resources { cpus = <$2>; cpus-max = <4 5 3>; memory-bytes = <0x18000000>; }; };"
	tree "$1.dtb" "$one" "$(instance two 2 '6 7' 0x18000000)"
}

load_module 1G
tree_of first '4 5'
tree_of grown '4 5 3'
is "upload" "$(upload first.dtb)" ok
ok "one boots, with our module" mkctl boot one --kernel "$host_kernel" --initrd initrd --append "ipi.counts=$counts"
ok "two boots, without" mkctl boot two --kernel "$host_kernel" --initrd initrd --append "ipi.module=no ipi.counts=2"
ok "one is up" within $boot_bound log_has one 'spawn: up'
for step in $steps; do
	is "the tree \"${step%:*}\" is taken" "$(upload "${step%:*}.dtb")" ok
	ok "one has ${step#*:} CPUs" within 60 log_has one "spawn: has ${step#*:} CPUs"
done

echo "# round 2 1 1 CPU 3 has changed hands"
mark 2
host_shakes
for name in one two; do
	ok "$name shakes" within $boot_bound log_has $name 'spawn: has shaken'
	ok "and powers off" within 60 grep -qx ready $mk/instances/$name/status
done
host_has_shaken
mark $no_round
done_testing
