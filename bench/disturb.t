# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# files: build/bench/disturb:/bin/disturb
# The machine's part of bench/disturbed: a fixed task on a CPU of a spawn, and on the same CPU of the host, in a cpuset
# partition that is isolated, while the host's other two CPUs make one noise after the other.
. /lib.sh

turns=$(word bench.rounds 500)
patience=1200	# seconds that a task may take
group=/sys/fs/cgroup

# amid NOISE COMMAND...: run it while both CPUs make that noise, and say so
amid() {
	noise=$1 other=$1
	shift
	# The kernel does not expect two who switch that key at once: it warns.
	[ "$noise" != patching ] || other=computing
	disturb "$noise" 0 >noise.0 &
	makers=$!
	disturb $other 1 >noise.1 &
	makers="$makers $!"
	ok "$place, beside $noise: the task ends" "$@"
	# shellcheck disable=SC2086 # two of them
	kill $makers && wait $makers
	ok "there was $noise" [ "$(cat noise.0)" -gt 0 -a "$(cat noise.1)" -gt 0 ]
	times=$(cat noise.0)
	[ $other != "$noise" ] || times=$((times + $(cat noise.1)))
	diag "disturb: $place $noise $times $(grep -xE '[0-9]+' interrupts)"
}

in_spawn() {
	spawn "disturb task 1 $turns" $patience && echo "$output" | tr -d '\r' >interrupts
}

in_partition() {
	sh -c "echo 0 >$group/own/cgroup.procs; exec disturb task 3 $turns" >interrupts
}

# amid_all COMMAND...
amid_all() {
	for each in computing memory files programs barriers patching; do
		amid $each "$@"
	done
}

load_module 1G
load_livepatch
mkdir -p own/bin
cp /bin/disturb own/bin
(cd own && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd

place=spawn
tree one.dtb "$(instance one 1 "2 3" 0x20000000)"
is "an instance" "$(upload one.dtb)" ok
mkctl boot one --kernel "$host_kernel" --initrd initrd >/dev/null
ok "its kernel boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
amid_all in_spawn
hush
mkctl kill one >/dev/null
mkctl delete one >/dev/null

place=partition
mount -t cgroup2 none $group
echo +cpuset >$group/cgroup.subtree_control
mkdir $group/own
echo 2-3 >$group/own/cpuset.cpus
echo isolated >$group/own/cpuset.cpus.partition
is "the CPUs are the host's again, and isolated" "$(cat $group/own/cpuset.cpus.partition)" isolated
amid_all in_partition
done_testing
