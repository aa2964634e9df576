# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# files: tests/vm/grow.sh:/grow.sh
# files: build/KVER-faults/multikernel.ko:/boot/faults.ko
# allow-log: multikernel: instance "one": .* (cannot (change|bring|take|give)|can give back)
# A kernel that gets CPUs and memory and gives them back, while its module's calls fail: each call that can fail, alone and
# with all that follow (tests/fault). The upload is refused with a sentence and nothing has changed, or it is done; each CPU and
# all memory has one owner; nothing that the module there took is left over; and without the fault it works. Where all calls
# fail, what has come may not go again: then the instance has it, and its kernel uses of it what it can.
. /lib.sh
. /grow.sh

[ -z "$own_host" ] || {
	echo "1..0 # SKIP the test build of the module is for this host's kernel, and spawns run another"
	exit 0
}

# fails AT FOLLOWING: from now on, in the spawn
fails() {
	spawn "cd /sys/module/multikernel/parameters; echo $2 >fail_more; echo $1 >fail_at"
}

# owned: what the tree has, what the host has, what the spawn uses, and what its module holds
owned() {
	sed -n 's/^ *memory-bytes.*\/\/ \(.*\)/\1/p; s/^ *cpus = //p' $one/device_tree_source | xargs
	echo "free: $(($(cat $mk/pool/memory_free_bytes) / mb)) MB, CPUs $(cat /sys/devices/system/cpu/online)"
	grep -c 'Multikernel instance one' /proc/iomem
	echo "spawn: $(spawn_says "nproc; ls -d /sys/devices/system/memory/memory* | wc -l; cat /sys/module/multikernel/parameters/held")"
}

# uses: the same without what the module holds: a name that cannot be had is missing in /proc/iomem, and that is all
uses() {
	echo "$1" | sed 's/ memory [0-9]*, mappings.*//'
}

# has_one_owner: CPUs and memory; the kernel uses no more than the tree says
has_one_owner() {
	mine=$(memory_of_one) cpus=$(cpus_of_one)
	case $cpus in
	1) host=0,2-3 ;;
	*) host=0,3 ;;
	esac
	same "free and its own" "$(($(cat $mk/pool/memory_free_bytes) / mb + mine)) $(cat /sys/devices/system/cpu/online)" "512 $host"
	used=$(spawn_says 'nproc; ls -d /sys/devices/system/memory/memory* | wc -l')
	[ "${used% *}" -le "$(echo "$cpus" | wc -w)" ] && [ "${used#* }" -le $((blocks + (mine - 256) / 128)) ] ||
		complain "it uses $used of $mine MB and CPUs $cpus"
}

problems=''
complain() {
	problems="$problems$*; "
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || complain "$1: $(echo "$2" | xargs), and not $(echo "$3" | xargs)"
}

# attempt MB CPUS NUMBER FOLLOWING, from what it had at first
attempt() {
	problems=''
	fails "$3" "$4"
	verdict=$(has "$1" "$2")
	why=$(last_error)
	asked=$(spawn_says 'cat calls failed')
	fails 0 0
	[ "${asked%% *}" -ge "$3" ] || struck=no
	if [ "$verdict" != ok ]; then
		[ $struck = yes ] || complain "refused without a fault: $verdict, $why"
		echo "$why" | grep -qE '^instance "one": .* .*[a-z)]$' || complain "no sentence: $why"
	fi
	case $verdict-$4 in
	ok-0) same "when it is done" "$(uses "$(owned)")" "$(uses "$after")" ;;
	*-0) same "when it is refused" "$(owned)" "$before" ;;
	*) has_one_owner ;;
	esac
	if [ "$verdict" != ok ]; then
		same "without the fault" "$(has "$1" "$2")" ok
		same "and then" "$(owned)" "$after"
	fi
	same "back" "$(has "$from_mb" "$from_cpus")" ok
	same "afterwards" "$(owned)" "$before"
}

# operation WHAT MB CPUS: all of its calls, from what it has now
operation() {
	before=$(owned)
	is "$1: works" "$(has "$2" "$3")" ok
	after=$(owned)
	is "$1: can be undone" "$(has "$from_mb" "$from_cpus")" ok
	for following in 0 1000; do
		struck=yes number=1
		while [ $struck = yes ]; do
			attempt "$2" "$3" $number $following
			is "$1: call $number, $following more: ${asked#* }: $verdict" "$problems" ''
			number=$((number + 1))
		done
		ok "$1: calls that can fail, $following more: $((number - 2))" test $number -gt 2
	done
}

load_module 512M || bail_out "no module"
mkdir -p more/lib/multikernel/"$(uname -r)"
cp /boot/faults.ko more/lib/multikernel/"$(uname -r)"/multikernel.ko
(cd more && find . | cpio -o -H newc 2>/dev/null) >faults.cpio
is "an instance" "$(has 256 1)" ok
boot_console one --initrd faults.cpio
ok "its kernel boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
blocks=$(spawn_says 'ls -d /sys/devices/system/memory/memory* | wc -l')
from_mb=256 from_cpus=1
operation "a CPU comes" 256 '1 2'
operation "memory comes" 512 1
operation "both come" 384 '1 2'
is "it has all" "$(has 512 '1 2')" ok
from_mb=512 from_cpus='1 2'
operation "a CPU goes" 512 1
operation "memory goes" 256 '1 2'
operation "both go" 256 1
hush
done_testing
