# SPDX-License-Identifier: GPL-2.0-only
# timeout: 7200
# files: tests/vm/grow.sh:/grow.sh
# allow-log: multikernel: instance "one": (Kernel panic|its kernel |.* cannot change)
# A stock kernel gets and gives back CPUs and memory, at random and a hundred times, while it works on all its CPUs and keeps
# a file in the memory that comes and goes. Now and then it is killed, panics or reboots in the midst. After each step each CPU
# and all memory has one owner, the kernel has what its tree says, and the file is as it was written.
#
# On the command line: grow.rounds=N (100), and grow.seed=N, which decides all that is random.
. /lib.sh
. /grow.sh

max='1 2 3'
least=256		# MB that its kernel boots with
file_mb=24
rounds=$(word grow.rounds 100) random=$(word grow.seed 1)
diag "grow.rounds=$rounds grow.seed=$random"

# draw N: sets drawn to one of 0 to N - 1, as in soak.t
draw() {
	random=$((random * 6364136223846793005 + 1442695040888963407))
	drawn=$(((random >> 33 & 0x3fffffff) % $1))
}

# In the order of their numbers; the tree has those that it had first, first.
sorted_cpus() {
	cpus_of_one | xargs -n 1 | sort | xargs
}

# owners: of each CPU, and MB of all memory that is free or the instance's
owners() {
	cpus=0
	for cpu in 1 2 3; do
		owner=
		! grep -q "^$cpu\$" online || owner=host
		! cpus_of_one | grep -qw $cpu || owner=$owner/one
		cpus="$cpus $owner"
	done
	echo "$cpus, $(($(cat $mk/pool/memory_free_bytes) / mb + $(memory_of_one)))"
}

# one_owner: each CPU is the host's or the instance's, and no memory is missing
one_owner() {
	awk -F '[,-]' -v RS='[,\n]' 'NF { for (cpu = $1; cpu <= $NF; cpu++) print cpu }' /sys/devices/system/cpu/online >online
	case $(owners) in
	*host/one* | *'  '* | *' ,'*) false ;;
	*", $pool_mb") true ;;
	*) false ;;
	esac || {
		diag "$(owners)"
		false
	}
}

# What the kernel says: how many CPUs are online, its memory in blocks more than at its boot, and what is wrong
blocks() {
	spawn_says 'ls -d /sys/devices/system/memory/memory* | wc -l'
}

agrees() {
	wanted="$(cpus_of_one | wc -w) $((boot_blocks + ($(memory_of_one) - boot_mb) / 128))"
	got="$(spawn_says nproc) $(blocks)"
	[ "$got" = "$wanted" ] || {
		diag "has $got, and not $wanted"
		false
	}
}

is_whole() {
	[ "$(spawn_says 'md5sum </m/file' 600)" = "$sum" ]
}

# Jobs of the console's own shell would end behind its back; see grow.t. An instance that is made anew has a line of its own.
boots() {
	mkctl kill one >/dev/null 2>&1
	hush
	has $least 1 >/dev/null
	listen
	boot_console one --append "watchdog_thresh=30"
	is_ready
}

is_ready() {
	has_booted one && spawn_is_quiet || return
	boot_mb=$(memory_of_one)
	boot_blocks=$(blocks)
	spawn 'mkdir -p /m; mount -t tmpfs -o size=80% none /m; (for job in 1 2 3; do while :; do seq 1 2000 | md5sum >/dev/null; done & done)'
	spawn "dd if=/dev/urandom of=/m/file bs=1M count=$file_mb"
	sum=$(spawn_says 'md5sum </m/file' 600)
	echo "$sum" | grep -qE '^[0-9a-f]{32} -$'
}

# ends HOW: while an upload is on its way
ends() {
	has "$megabytes" "$cpus" >verdict &
	draw 10
	sleep 0.$drawn
	case $1 in
	0) mkctl kill one >/dev/null 2>&1 ;;
	1)
		say "echo c >/proc/sysrq-trigger"
		within 600 grep -qx failed $one/status || complain "no panic"
		;;
	2) mkctl reboot one --timeout 600 >/dev/null 2>&1 || complain "no reboot" ;;
	esac
	wait $!
	did="$did, in the midst of it: $(echo "a kill;a panic;a reboot" | cut -d ';' -f $(($1 + 1)))"
	[ "$1" != 2 ] || is_ready || complain "it is not up again"
	[ "$1" = 2 ] || boots || complain "the next does not boot"
}

problems=''
complain() {
	problems="$problems$*; "
}

# changes: the memory of the file may have no room elsewhere, and then nothing has changed
changes() {
	before="$(memory_of_one) $(sorted_cpus)"
	verdict=$(has "$megabytes" "$cpus")
	case $verdict in
	ok) now="$megabytes $cpus" changed=$((changed + 1)) ;;
	EBUSY) now=$before did="$did, refused: $(last_error | grep -oE 'its kernel can.*|the first.*')" ;;
	*) now=$before; complain "$verdict: $(last_error)" ;;
	esac
	[ "$(memory_of_one) $(sorted_cpus)" = "$now" ] || complain "has $(memory_of_one) MB, CPUs $(sorted_cpus)"
}

round() { # NUMBER
	problems=''
	draw 5; megabytes=$((boot_mb + drawn * 128))
	[ $megabytes -le 896 ] || megabytes=896
	draw 4; cpus=$(echo '1;1 2;1 3;1 2 3' | cut -d ';' -f $((drawn + 1)))
	draw 24; how=$drawn
	did="$megabytes MB, CPUs $cpus"
	if [ "$how" -lt 3 ]; then
		ends "$how"
	else
		changes
	fi
	one_owner || complain "not one owner each"
	agrees || complain "the kernel has something else"
	is_whole || complain "its file is another"
	is "round $1: $did" "$problems" ''
}

load_module 1G || bail_out "no module"
pool_mb=$(($(cat $mk/pool/memory_bytes) / mb))
is "an instance" "$(has $least 1)" ok
listen
boots
result $? "its kernel boots"
changed=0 number=0
while [ $number -lt "$rounds" ]; do
	number=$((number + 1))
	round $number
done
ok "most changes were made: $changed of $rounds" test $changed -gt $((rounds / 2))
is "the kernel has had no complaint" "$(spawn_says "dmesg | grep -ciE 'warning|bug:|call trace'")" 0
hush
done_testing
