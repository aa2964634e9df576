# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# cpus: 6
# append: slub_debug=U,kmalloc-*,filp
# allow-log: multikernel: instance "(one|two|three|four)": Kernel panic
# Everything that can happen to instances, again and again, in random order: four of them, on CPUs and memory that move
# between them, boot, panic, reboot, power off, are killed, stopped, loaded while they run and stopped while they load,
# their logs and consoles are read, the pool grows and shrinks. Most kernels are the tiny one, which is up at once; the
# others are stock ones, with our module and without. Afterwards nothing is missing and nothing has grown.
#
# On the command line: soak.rounds=N (20), and soak.seed=N, which decides all that is random. What happens at the same
# time is up to the machine.
. /lib.sh

rounds=$(word soak.rounds 20) seed=$(word soak.seed 1)
diag "soak.rounds=$rounds soak.seed=$seed"

pool=1280			# MB
sizes='160 192 256'		# MB; a stock kernel and its initrd fit into the least
end_bound=300			# seconds from a kernel's intent to its end; it takes one, and a slow emulator more
ids='1 2 3 4'
traces=/sys/kernel/debug/slab

names() {
	echo "$1" | sed 's/1/one/; s/2/two/; s/3/three/; s/4/four/'
}

# draw N: sets drawn to one of 0 to N - 1. By this shell's own arithmetic, of 64 bits, so that a seed means the same
# everywhere. Multiplier and increment are Knuth's (MMIX).
random=$seed
draw() {
	random=$((random * 6364136223846793005 + 1442695040888963407))
	drawn=$(((random >> 33 & 0x3fffffff) % $1))
}

problems=''
complain() {
	problems="$problems$*
"
}

# evidence ID: what a kernel that did not end said last, in its log and in its control page, and when the host looks there
# again. A kernel measures its APIC's timer once, for a tenth of a second: if the emulator holds its CPU up just then, its
# timers are late ever after. Here they have 1000 MHz.
evidence() {
	name=$(names "$1")
	start=0x$(sed -n "s/^ *\([0-9a-f]*\)-.*Multikernel instance $name\$/\1/p" /proc/iomem | head -n 1)
	diag "its timer and the end of its log:
$(mkctl logs "$name" 2>&1 | grep 'host bus clock')
$(mkctl logs "$name" 2>&1 | tail -n 4)
its memory begins with:
$(mktest pread "$mk/instances/$name/memory" "$start" 336 | xxd)
the watch's timer:
$(grep -A 1 ', look' /proc/timer_list)"
}

# wants WHAT GOT REGEX
wants() {
	echo "$2" | grep -qxE -- "$3" || complain "$1: $2, and not $3"
}

# What is noted of each instance: its CPU (cpu_1), its size in MB (size_1, empty where it is not in the tree), and how the
# kernel there is to end (end_1), empty where none is.
note() { # NOTE ID VALUE
	eval "$1_$2='$3'"
}

noted() { # NOTE ID
	eval "noted=\$$1_$2"
}

# upload_noted: the tree of all that is noted
upload_noted() {
	source=
	for each in $ids; do
		noted size "$each"
		[ -n "$noted" ] || continue
		megabytes=$noted
		noted cpu "$each"
		source="$source$(instance "$(names "$each")" "$each" "$noted" $((megabytes << 20)))"
	done
	tree noted.dtb "$source"
	upload noted.dtb
}

status_of() {
	status "$(names "$1")" 2>/dev/null
}

is_status() { # ID REGEX
	status_of "$1" | grep -qxE "$2"
}

unload() {
	mktest load -u -R -1 -i "$1"
}

# ends_as ID STATUS END: the kernel there does, by itself
ends_as() {
	within $((boot_bound + end_bound)) is_status "$1" "$2" && return
	complain "$1: no $3: $(status_of "$1")"
	evidence "$1"
}

# The kernel there comes to its end: by itself, as it was told to; or we end it, in one way or another.
settle() { # ID HOW
	noted end "$1"
	case $noted-$2 in
	-*) return ;;
	panic-[01])
		ends_as "$1" failed panic
		grep -q 'panic' "$mk/instances/$(names "$1")/failure" || complain "$1: $(cat "$mk/instances/$(names "$1")/failure")"
		;;
	poweroff-[01])
		ends_as "$1" ready power-off
		;;
	reboot-*)
		# It may be loading just now.
		within $end_bound is_status "$1" 'active|failed' || complain "$1: $(status_of "$1")"
		within $end_bound unload "$1" || complain "$1: no stop: $(last_error)"
		;;
	*-2)
		mkctl stop "$(names "$1")" --timeout 5 >/dev/null 2>&1
		is_status "$1" 'ready|failed' || complain "$1: not stopped: $(status_of "$1")"
		;;
	*) wants "$1: kill" "$(unload "$1")" ok ;;
	esac
	wants "$1: stop" "$(unload "$1")" ok
	wants "$1: afterwards" "$(status_of "$1")" ready
	note end "$1" ''
}

# change ID HOW: another CPU, another size, or no longer there; always refused where a kernel runs
spare_cpu=5
change() {
	noted cpu "$1"
	old_cpu=$noted
	noted size "$1"
	old_size=$noted
	case $2 in
	0 | 1) note cpu "$1" "$spare_cpu" && spare_cpu=$old_cpu ;;
	2) note size "$1" '' ;;
	*) note size "$1" "$(echo "$sizes" | cut -d ' ' -f $(($2 - 2)))" ;;
	esac
	verdict=$(upload_noted)
	wants "$1: change $2" "$verdict" ok
}

# An upload that would change a running instance changes nothing.
refused_change() { # ID
	noted size "$1"
	old_size=$noted
	note size "$1" 96
	wants "$1: changed while it runs" "$(upload_noted)" EBUSY
	note size "$1" "$old_size"
}

# begin ID BODY END AFTER: a kernel there, which is to end so
begin() {
	noted size "$1"
	if [ -z "$noted" ]; then
		note size "$1" 160
		wants "$1: is made" "$(upload_noted)" ok
	fi
	case $2 in
	0) set -- "$1" "-r $spawn_initrd" "spawn.do=$3 apic=verbose" "$host_kernel" "$3" ;;
	1) set -- "$1" "-r $spawn_initrd" "spawn.module=no spawn.do=$3 apic=verbose" "$host_kernel" "$3" ;;
	*) set -- "$1" '' "tiny.after=$4 tiny.end=$(tiny_end "$2" "$3")" tiny "$3" ;;
	esac
	# shellcheck disable=SC2086 # words
	wants "$1: load" "$(mktest load -i "$1" $2 -c "$3" "$4")" ok
	note end "$1" "$5"
}

# Half of the tiny kernels end as a stock one does, by the registers of ACPI.
tiny_end() {
	case $(($1 % 2))-$2 in
	1-reboot) echo reset ;;
	1-poweroff) echo sleep ;;
	*) echo "$2" ;;
	esac
}

# What goes on beside.
beside() { # WHAT ID
	name=$(names "$2")
	case $1 in
	0) wants "the pool grows" "$(echo $((pool + 128))M >size; mktest write $pool_parameter size)" ok ;;
	1)
		# Instances may hold some of each block.
		wants "the pool shrinks" "$(echo ${pool}M >size; mktest write $pool_parameter size)" 'ok|EBUSY'
		;;
	2) timeout 5 cat "/dev/mktty$2" >/dev/null 2>&1 & ;;
	3) echo 'echo hello' 2>/dev/null >"/dev/mktty$2" ;;
	4) timeout 5 mkctl logs "$name" -f >/dev/null 2>&1 & ;;
	5)
		mkctl list >/dev/null
		cat "$mk/instances/$name/"* 2>/dev/null | head -c 1000000 >/dev/null
		;;
	6)
		noted end "$2"
		[ "$noted" != idle ] || wants "$2: a second load" "$(mktest load -i "$2" tiny)" EBUSY
		;;
	7) wants "rmmod" "$(rmmod multikernel 2>&1 | grep -c 'temporarily\|busy\|in use')" 1 ;;
	esac
}

# stop_while_loading ID: both at once; a load that was not stopped is running, one that was is not there
stop_while_loading() {
	mktest load -i "$1" -r $spawn_initrd -c spawn.do=idle "$host_kernel" >loaded &
	loader=$!
	wants "$1: stop while it loads" "$(unload "$1")" ok
	wait $loader
	wants "$1: load while it is stopped" "$(cat loaded)" 'ok|ECANCELED'
	wants "$1: afterwards" "$(status_of "$1")" 'active|ready'
	note end "$1" stopped
}

ends='idle panic reboot poweroff panic poweroff'

# One round draws as many numbers whatever comes of them.
round() { # NUMBER
	problems=''
	draw 4; id=$((drawn + 1))
	draw 8; body=$drawn
	draw 6; end=$(echo "$ends" | cut -d ' ' -f $((drawn + 1)))
	draw 4; how=$drawn
	draw 12; what=$drawn
	draw 8; side=$drawn
	draw 4; other=$((drawn + 1))
	draw 1500; after=$drawn

	settle $id $how
	noted size $id
	[ $what -gt 5 ] || [ -z "$noted" ] || change $id $what
	if [ $what = 11 ]; then
		[ -n "$noted" ] || { note size $id 160; wants "$id: is made" "$(upload_noted)" ok; }
		stop_while_loading $id
		did="stop while it loads"
	else
		begin $id $body $end $after
		did="$([ $body -gt 1 ] && echo tiny || echo stock) kernel, $end"
	fi
	noted end $id
	[ "$side-$noted" != 7-idle ] || refused_change $id
	beside $side $other
	is "round $1: $(names $id): $did" "$problems" ''
}

# What is allocated, by who did it: the number of objects whose allocation the module had a part in, for each of its
# functions that had, and for all others the function that allocated them. What the kernel makes for a CPU or a block of
# memory that comes back is the kernel's, and stays as long as that is there. The kernel keeps these traces, as
# slub_debug=U above has asked it to.
objects() {
	for cache in /sys/kernel/slab/kmalloc-* /sys/kernel/slab/filp; do
		echo 1 >"$cache/shrink"
	done
	cat $traces/kmalloc-*/alloc_traces $traces/filp/alloc_traces | sed 's/+0x[0-9a-f]*\/0x[0-9a-f]*//' | awk '
		function flush() { if (count) sum[ours && !hotplug ? "module " ours : "other " first] += count }
		/^ *[0-9]+ / { flush(); count = $1; first = $2; ours = ""; hotplug = 0 }
		/\[multikernel\]/ && !ours { ours = $1 + 0 ? $2 : $1 }
		/add_memory|online_pages|memory_subsys_online|cpu_device_up|_cpu_up/ { hotplug = 1 }
		END { flush(); for (who in sum) print who, sum[who] }'
}

mappings() {
	grep -cE 'memremap|ioremap|multikernel' /proc/vmallocinfo
}

unreclaimable() {
	awk '/^SUnreclaim/ { print $2 }' /proc/meminfo
}

everything_stops() {
	for each in $ids; do
		settle "$each" 3
		note size "$each" ''
	done
	wants "no instance" "$(upload_noted)" ok
	wants "no pool" "$(echo 0 >size; mktest write $pool_parameter size)" ok
	wait
	sleep 1
}

tiny_kernel tiny
load_module ${pool}M || bail_out "no module"
load_livepatch || bail_out "no livepatch"

# Once through all that is had once and kept: consoles of the ids, descriptions of the pages of blocks.
number=0
for each in $ids; do
	note cpu "$each" "$each"
	note size "$each" 192
	note end "$each" ''
done
problems=''
wants "four instances" "$(upload_noted)" ok
for each in $ids; do
	begin "$each" 2 poweroff 100
	timeout 30 cat "/dev/mktty$each" >/dev/null 2>&1 &
	mkctl logs "$(names "$each")" >/dev/null 2>&1
done
begun=$(now)
everything_stops
is "once through" "$problems" ''
cpus=$(cat /sys/devices/system/cpu/online) memory=$(mem_total)
objects >objects.before
mappings=$(mappings) kilobytes=$(unreclaimable)

problems=''
wants "the pool" "$(echo ${pool}M >size; mktest write $pool_parameter size)" ok
is "the pool again" "$problems" ''
while [ $number -lt "$rounds" ]; do
	number=$((number + 1))
	round $number
done
problems=''
everything_stops
is "everything stops" "$problems" ''
diag "$rounds rounds in $(($(now) - begun)) s, $(dmesg | grep -c 'multikernel: instance.*panic') panics, \
$(dmesg | grep -c 'multikernel: instance.*reboots') reboots, $(dmesg | grep -c 'instance.*powered off') power-offs seen"

# What has been given up a moment ago may go a moment later.
as_many_mappings() {
	[ "$(mappings)" = "$mappings" ]
}

has_little_slab() {
	now_kilobytes=$(unreclaimable)
	[ "$now_kilobytes" -le $((kilobytes + 8192)) ]
}

# A leak of one object in each round is more than half as many as there were rounds.
few=$((rounds / 2))
is "every CPU is online" "$(cat /sys/devices/system/cpu/online)" "$cpus"
has_mem_total "the host has the memory that it had" "$memory"
within 60 as_many_mappings
is "no memory is mapped that was not" "$(mappings)" "$mappings"
if [ -z "$debug_host" ]; then
	# As below, what has been freed a moment ago may still count.
	within 60 has_little_slab
	ok "unreclaimable slab: $kilobytes KB before, $now_kilobytes KB now" has_little_slab
else
	skip "unreclaimable slab" "KASAN holds back what is freed"
fi

# What has been closed or freed a moment ago goes in the kernel's own time, behind its readers (RCU). What has leaked stays.
has_not_grown() {
	objects >objects.after
	awk 'NR == FNR { n[$1 $2] = $3; next } { print $3 - n[$1 $2], $0 }' objects.before objects.after | sort -rn >grown
	awk -v few=$few '$1 > few && ($2 == "module" || $3 ~ /alloc_.*file/)' grown >leaked
	[ ! -s leaked ]
}

within 60 has_not_grown
diag "$(head -n 12 grown)"
is "nothing of the module's has grown by an object in each round" "$(cat leaked)" ''
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
done_testing
