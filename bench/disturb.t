# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# cpus: 5
# files: build/bench/disturb:/bin/disturb
# The machine's part of bench/disturbed: a fixed task on a CPU of a spawn; on the same CPU of the host, in a cpuset partition that
# is isolated; and in a control group like any other. Meanwhile the host's CPUs make one noise after the other, or another
# instance makes them all.
. /lib.sh

turns=$(word bench.rounds 500)
patience=1200	# seconds that a task may take
group=/sys/fs/cgroup
noises="computing memory files programs barriers patching"

# amid NOISE COMMAND...: run it while the CPUs in $loud make that noise, and say so
amid() {
	noise=$1 makers='' times=0
	shift
	for cpu in $loud; do
		# The kernel does not expect two who switch that key at once: it warns.
		[ "$cpu" = 0 ] || [ "$noise" != patching ] || continue
		disturb "$noise" "$cpu" >"noise.$cpu" &
		makers="$makers $!"
	done
	ok "$place, beside $noise: the task ends" "$@"
	# shellcheck disable=SC2086 # a list
	kill $makers && wait $makers
	for cpu in $loud; do
		[ ! -e "noise.$cpu" ] || times=$((times + $(cat "noise.$cpu")))
		rm -f "noise.$cpu"
	done
	ok "there was $noise" [ $times -gt 0 ]
	tell "$noise" $times
}

tell() {
	diag "disturb: $place $1 $2 $(grep -E '^[0-9]+( |$)' interrupts)"
}

in_spawn() {
	spawn "disturb task 1 $turns" $patience && echo "$output" | tr -d '\r' >interrupts
}

in_group() {
	sh -c "echo 0 >$group/own/cgroup.procs; exec disturb task 3 $turns" >interrupts
}

# amid_all COMMAND...
amid_all() {
	for each in $noises; do
		amid "$each" "$@"
	done
}

# What another instance does all the time.
cat >serve <<EOF
#!/bin/sh
echo 'bench: loud'
while :; do
	for noise in $noises; do
		timeout 2 disturb \$noise 0
	done
done
EOF
chmod +x serve

load_module 1G
load_livepatch
mkdir -p own/bin
cp /bin/disturb serve own/bin
(cd own && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd
# Where the host's CPU 3 has no clock's interrupts while one task runs there, so it is for the spawn's second one.
clock=
! grep -q nohz_full=3 /proc/cmdline || clock=nohz_full=1

place=spawn loud="0 1"
tree two.dtb "$(instance one 1 "2 3" 0x18000000)" "$(instance two 2 4 0x18000000)"
is "two instances" "$(upload two.dtb)" ok
mkctl boot one --kernel "$host_kernel" --initrd initrd --append "$clock" >/dev/null
ok "the first one's kernel boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
amid_all in_spawn
mkctl boot two --kernel "$host_kernel" --initrd initrd --append spawn.do=serve >/dev/null
ok "the other one is loud" within $boot_bound log_has two 'bench: loud'
ok "$place, beside another instance: the task ends" in_spawn
tell instance 1
hush
mkctl kill one >/dev/null
mkctl kill two >/dev/null
mkctl delete one >/dev/null
mkctl delete two >/dev/null

place=partition
mount -t cgroup2 none $group
echo +cpuset >$group/cgroup.subtree_control
mkdir $group/own
echo 2-3 >$group/own/cpuset.cpus
echo isolated >$group/own/cpuset.cpus.partition
is "the CPUs are the host's again, and isolated" "$(cat $group/own/cpuset.cpus.partition)" isolated
amid_all in_group

place=group loud="0 1 2 3"
echo member >$group/own/cpuset.cpus.partition
is "they are no longer isolated" "$(cat $group/own/cpuset.cpus.partition)" member
amid_all in_group
done_testing
