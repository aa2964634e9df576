# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# allow-log: multikernel: instance "(one|two)": Kernel panic
# module: tests/vm/hang
# An instance's life as its spawn kernel makes it: what it is told of itself, and every way to its end, with our module
# in the spawn and without. Two spawns at a time: "one" has the module, "two" does not.
. /lib.sh

hung_after=8	# seconds; an idle kernel moves nothing for up to four
end_bound=120	# seconds from a spawn's intent to its end, which takes one on an idle machine, or until it is loaded again
look_first=$((5 * SLOW))	# seconds that a spawn waits with its end for someone who looks on
# Microseconds of the host's own time from a last word to the wakeup of who polls.
word_bound=20000
[ -z "$debug_host" ] || word_bound=$((50 * SLOW * word_bound))	# whose own watching comes in between
clock_bound=50000	# microseconds that the clocks may differ under emulation, which stops CPUs for a time slice

#
# The spawns' own first process and what it needs. It tells what it is asked to (life.tell), and ends as it is asked to
# (life.end); also life.after, life.module.
#
mkdir -p spawn/bin
cp /bin/mktest spawn/bin/
cp "$spawn_modules/multikernel_kexec.ko" "$spawn_modules/hang.ko" spawn/
tree spawn/tree.dtb "$(instance one 1 1 0x10000000)"
first_process life <<'INIT'
mk=/sys/fs/multikernel

# One message a line: a message of the log has less than a kilobyte.
files() {
	for file in id status device_tree_source device_tree failure; do
		base64 <"$1/$file" | while read -r line; do
			echo "life: $file: $line"
		done
	done
}

tell() {
	echo "life: instances: $(ls $mk/instances)"
	files $mk/instances/*/
	grep 'Multikernel instance' /proc/iomem | sed 's/^/life: iomem: /'
	echo "life: upload: $(mktest write $mk/device_tree /tree.dtb)"
	echo "life: device: $(ls /sys/class/misc | grep -c '^multikernel$')"
	echo "life: pool: $(echo 64M 2>&1 >/sys/module/multikernel/parameters/pool)"
	insmod /multikernel_kexec.ko
	until grep -qx 0 /sys/kernel/livepatch/multikernel_kexec/transition; do
		sleep 0.1
	done
	echo "life: kexec: $(mktest load -i 1)"
	echo "life: clock: $(mktest clock)"
	echo "life: sleep: $(echo freeze 2>&1 >/sys/power/state)"
}

# The shared area, through /dev/mem: physical address and bytes stand behind the ACPI table's header of 36 bytes.
area=$(od -An -tu8 -j 36 -N 8 /sys/firmware/acpi/tables/MKSA)
area_size=$(od -An -tu4 -j 44 -N 4 /sys/firmware/acpi/tables/MKSA)

scribble() {
	head -c $((area_size)) /dev/zero | tr '\0' '\377' | dd of=/dev/mem bs=4096 seek=$((area / 4096)) conv=notrunc
}

[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
[ -z "$tell" ] || tell
echo "life: area: $((area))"
echo "life: up, ends by ${end:=nothing}"
sleep "${after:-1}"
# Who is asked to shut down may do nothing, and is asked once more.
if [ -n "$deaf" ]; then
	printf '#!/bin/sh\n[ -e /tmp/heard ] && exec poweroff -f\necho >/tmp/heard\necho "life: heard" >/dev/kmsg\n' >/deaf
	chmod 755 /deaf
	echo /deaf >/proc/sys/kernel/poweroff_cmd
	echo "life: deaf"
fi
case $end in
panic) echo c >/proc/sysrq-trigger ;;
reboot | poweroff | halt) $end -f ;;
hang) insmod /hang.ko ;;
scribble) scribble ;;
esac
INIT

# begin NAME WORDS [OPTION...]: a kernel starts there. From then on someone waits for the next change of its status, since
# a kernel may have ended before the test comes to look: what poll(2) says, and when, goes to the file NAME.woken. Who waited
# for the kernel before has written there what he had to.
begin() {
	name=$1 words=$2
	shift 2
	eval "[ -z \"\${looks_on_$name:-}\" ] || wait \$looks_on_$name"
	is "$name starts: $words" "$(mkctl boot "$name" --kernel "$host_kernel" --initrd initrd --append "loglevel=8 $words" \
		"$@" 2>&1)" "$name: active"
	eval "generation_$name=$(cat $mk/instances/"$name"/generation)"
	mktest poll $mk/instances/"$name"/status $((SLOW * (boot_bound + end_bound))) clock >"$name.woken" &
	eval "looks_on_$name=\$!"
	within 60 grep -q poll /proc/$!/wchan
}

# woken NAME: what it said, once it has
woken() {
	eval "wait \$looks_on_$1"
	head -n 1 "$1.woken"
}

# up NAME: its first process has said what it was to say
up() {
	ok "$1 is up" within $boot_bound log_has "$1" 'life: up'
}

# said NAME WHAT: what the spawn has said of that, without the log's time
said() {
	mkctl logs "$1" | sed -n "s/^\[ *[0-9.]*\] life: $2: //p"
}

# becomes NAME STATUS REGEX: it ends so, for that reason
becomes() {
	ok "$1 becomes $2" within $((boot_bound + end_bound)) grep -qx "$2" "$mk/instances/$1/status"
	if [ -n "$3" ]; then
		like "$1: failure" "$(cat "$mk/instances/$1/failure")" "$3"
	else
		is "$1: no failure" "$(cat "$mk/instances/$1/failure")" ''
	fi
}

# reloads NAME: poll(2) wakes when it reboots; it is loaded and active again, which may be over before we look
reloads() {
	woken "$1" >news
	like "$1: is loaded again when it reboots" "$(cat news)" '^(loading|active)$'
	eval "generation=\$generation_$1"
	ok "$1: and another kernel is active" within $end_bound has_rebooted "$1" "$generation"
}

# hangs NAME: its kernel hangs; it is said so, and nothing is done about it
hangs() {
	up "$1"
	ok "$1: counts as hung" within $((hung_after + end_bound)) \
		grep -qE '^hung: no sign of life for [0-9]+ s$' $mk/instances/"$1"/failure
	like "$1: in the list as well" "$(mkctl list)" "^$1 .* active .* hung: "
	is "$1: is still active" "$(status "$1")" active
}

# difference CLOCK CLOCK: of two kernels, each as "mktest clock" says it; microseconds that the second is ahead
difference() {
	echo $((($4 - $2 - ($3 - $1) * 1000000 / tsc_khz) / 1000))
}

# The emulator holds the host's CPU up while its other CPUs have their turn, or the machine that it runs on has other work:
# no timer interrupt comes then, where there is one each millisecond. The kernel notes them down, on the counter that all
# CPUs share.
trace=/sys/kernel/debug/tracing
timer_event=$trace/events/irq_vectors/local_timer_entry/enable

ticks_begin() {
	[ -e $timer_event ] || return	# the debug host
	echo x86-tsc >$trace/trace_clock
	echo 1 >$timer_event
	mktest tick &
	ticker=$!
}

ticks_end() {
	[ -e $timer_event ] || return
	echo 0 >$timer_event
	kill $ticker
}

# held_up FROM TO: microseconds between these two readings of the counter in which the host's CPU stood still
held_up() {
	grep -s 'local_timer_entry:' $trace/trace | sed 's/: local_timer_entry.*//; s/.* //' | sort -n |
		awk -v from="$1" -v to="$2" -v khz="$tsc_khz" '
			last && $1 - last > 1.5 * khz && $1 > from && last < to {
				held += ($1 < to ? $1 : to) - (last > from ? last : from)
			}
			{ last = $1 }
			END { printf "%d\n", held * 1000 / khz }'
}

# hears NAME STATUS: poll(2) wakes soon after its kernel's last word, which bears its time: physical address of the control
# page, and the offset there.
last_word_tsc=264

hears() {
	up "$1"
	woken "$1" >news
	is "$1: poll(2) wakes" "$(cat news)" "$2"
	word=$(mktest pread $mk/instances/"$1"/memory $(($(said "$1" area) + last_word_tsc)) 8 | od -An -tu8)
	word=$((word))
	clock=$(tail -n 1 "$1.woken")
	took=$(((clock - word) * 1000 / tsc_khz)) held=$(held_up $word "$clock")
	diag "$1: $took microseconds from its last word to the wakeup, $held of them without the host's CPU"
	ok "$1: soon after the last word" test $took -ge 0 -a $((took - held)) -le $word_bound
}

load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
echo $((hung_after * SLOW)) >/sys/module/multikernel/parameters/hung_after
is "two instances" "$(tree both.dtb "$(instance one 1 1 0x10000000)" "$(instance two 2 '2 3' 0x10000000)"
	upload both.dtb)" ok

#
# What a spawn knows of itself. The module is injected: in the initrd there is none that would be loaded.
#
begin one 'life.tell=yes life.module=no' --inject --module "$spawn_modules/multikernel.ko"
begin two 'life.module=no'
up one
host_clock=$(mktest clock)
log=$(mkctl logs one)
unlike "one: the handover is as it should be" "$log" 'handover:|multikernel: cannot'
like "one: says which instance it is" "$log" 'this is instance "one", id 1'
is "one: sees itself alone" "$(said one instances)" one
for file in id status device_tree_source device_tree failure; do
	said one $file | base64 -d >theirs
	ok "one: $file is the same on both sides" cmp theirs $mk/instances/one/$file
done
is "one: is active for itself" "$(said one status | base64 -d)" active
ok "one: has told a tree" test -s theirs -o -n "$(said one device_tree)"
like "one: memory has its name" "$(said one iomem)" '^ *[0-9a-f]+-[0-9a-f]+ : Multikernel instance one$'
is "one: takes no upload" "$(said one upload)" EPERM
is "one: starts no kernels" "$(said one kexec)" EPERM
is "one: has no door for calls, by which mkctl check knows a spawn" "$(said one device)" 0
like "one: has no pool" "$(said one pool)" 'Operation not permitted'
like "one: does not sleep, since nothing would wake it" "$(said one sleep)" 'Device or resource busy'
tsc_khz=$(echo "$log" | sed -n 's/.*Command line:.* tsc_early_khz=\([0-9]*\).*/\1/p')
# shellcheck disable=SC2046 # words
ahead=$(difference $(said one clock) $host_clock)
diag "the host's clock is $ahead microseconds ahead of one's"
ok "one: its clock is the host's" test "${ahead#-}" -le $clock_bound

#
# What the host refuses while kernels run.
#
up two
is "two: has no instance of its own to show" "$(mkctl logs two | grep 'this is instance')" ''
for cpu in 1 2; do
	fails "cpu $cpu cannot be set online" EINVAL sh -c "echo 1 >/sys/devices/system/cpu/cpu$cpu/online"
done
for sleep in freeze disk; do
	like "the host cannot sleep: $sleep" "$(sh -c "echo $sleep >/sys/power/state" 2>&1)" 'Device or resource busy'
done
is "all that harmed neither" "$(status one) $(status two)" "active active"

#
# mkctl: reboot, stop, kill.
#
is "one: reboots when it is asked" "$(mkctl reboot one --timeout 240 2>&1)" "one: active"
is "two: cannot be asked to reboot" "$(mkctl reboot two 2>&1)" "mkctl: two: Operation not supported: instance \
\"two\": its kernel does not have the multikernel module and cannot be asked"
is "two: is stopped by force, and that is said" "$(mkctl stop two 2>&1)" "mkctl: two: its kernel does not have the \
multikernel module and cannot be asked; stopped by force
two: ready"
begin two 'apic=verbose life.module=no life.end=panic'
up one
like "one: knows itself after the reboot" "$(mkctl logs one)" 'this is instance "one", id 1'
is "one: its log is the new kernel's" "$(mkctl logs one | grep -c 'Linux version')" 1
is "one: shuts down when it is asked" "$(mkctl stop one --timeout 240 2>&1)" "one: ready"
begin one life.deaf=yes
ok "one: is up" within $boot_bound log_has one 'life: deaf'
is "one: is asked to shut down" "$(mktest load -u -R -1 -i 1 -f 0x1000)" ok
ok "one: hears it, and does nothing" within $boot_bound log_has one 'life: heard'
is "one: is asked once more" "$(mktest load -u -R -1 -i 1 -f 0x1000)" ok
becomes one ready ''

#
# Ends of both kinds. The wakeup of poll(2) is compared with the spawn's last sign, on the counter that both read; while no
# other spawn computes, since for each moment in which the host's only CPU rests all others get their turn, and each turn
# costs the host some milliseconds of its own as well: what has come due meanwhile.
#
ticks_begin
begin one "life.end=panic life.after=$look_first"
hears one failed
becomes one failed 'Kernel panic.*sysrq triggered crash'
becomes two failed 'Kernel panic.*sysrq triggered crash'
if dmesg | grep -q 'two.*no sign of life'; then
	diag "what two said, that gave no sign of life in between: $(mkctl logs two)"
fi

begin one "life.end=poweroff life.after=$look_first"
hears one ready
begin two 'life.module=no life.end=poweroff'
becomes one ready ''
becomes two ready ''

begin one "life.end=halt life.after=$look_first"
hears one ready
begin two "life.module=no life.end=reboot life.after=$((10 * SLOW))"
reloads two
becomes one ready ''
up two
ticks_end
is "two: is killed" "$(mkctl kill two 2>&1)" "two: ready"

begin one "life.end=reboot life.after=$((10 * SLOW))"
begin two 'life.module=no life.end=hang'
reloads one
hangs two
is "two: is stopped by force" "$(mkctl stop two 2>&1)" "mkctl: two: its kernel does not have the multikernel module \
and cannot be asked; stopped by force
two: ready"
# It goes on to reboot: what is read after it was seen to be up may be the next one's log.
ok "one: knows itself again" within $boot_bound log_has one 'this is instance "one", id 1'
is "one: is killed" "$(mkctl kill one 2>&1)" "one: ready"

begin one 'life.end=hang'
mktest poll $mk/instances/one/failure $((SLOW * (boot_bound + hung_after + end_bound))) >news &
hangs one
wait $!
like "one: poll(2) wakes on that" "$(cat news)" '^hung: '
is "one: that does not answer is stopped by force" "$(mkctl stop one --timeout 2 2>&1)" \
	"mkctl: one: it did not shut down within 2 seconds; stopped by force
one: ready"
is "only those that hang are said to" "$(dmesg | grep -c 'no sign of life')" 2

begin two 'life.module=no life.end=scribble'
up two
# The last eight bytes of the page that the host takes the kernel's last words from.
is_scribbled() {
	[ "$(mktest pread $mk/instances/two/memory $(($(said two area) + 4088)) 8 | xxd -p)" = ffffffffffffffff ]
}
ok "two: scribbles" within 60 is_scribbled
sleep 1
is "two: scribbles over all that it shares with the host, which takes note of nothing" "$(status two)" active
is "two: is killed" "$(mkctl kill two 2>&1)" "two: ready"
is "an instance that was failed, stopped, killed: its kernels leave nothing behind" \
	"$(tree none.dtb; upload none.dtb)" ok
is "the host has its CPUs again" "$(nproc)" 4
ok "the livepatch goes" unload_livepatch
ok "and the module" rmmod multikernel
done_testing
