# SPDX-License-Identifier: GPL-2.0-only
# timeout: 500
# Spawns that harm what they share with the host. "wild" scribbles over its shared area at random, as fast as it can, with
# our module in it; "cut" is given damaged control pages and handovers before it loads the module; "calm" works all the
# while. SEED below makes a run the same again.
. /lib.sh

seed=$(od -An -tu4 -N 4 /dev/urandom | tr -d ' ')
diag "seed $seed"
bound=60	# seconds for what takes one or two

#
# The first process of the two: hostile.do, hostile.seed, hostile.keep.
#
mkdir -p spawn/bin
cp /bin/mktest spawn/bin/
first_process hostile <<'INIT'
# The shared area, through /dev/mem: physical address and bytes stand behind the ACPI table's header of 36 bytes.
area=$(od -An -tu8 -j 36 -N 8 /sys/firmware/acpi/tables/MKSA | tr -d ' ')
area_size=$(od -An -tu4 -j 44 -N 4 /sys/firmware/acpi/tables/MKSA | tr -d ' ')
module=/lib/multikernel/$(uname -r)/multikernel.ko

# The host's doorbell (bytes 128 to 136 of the control page) is left alone: it would have our own module send interrupts
# to anyone. With keep=ends, so is whatever would end this kernel: the registers for reset and sleep (64, 65), the host's
# request (136 to 140), and the last word (256 to 260), which happened to become that of a poweroff once.
scribble() {
	[ "${keep:-}" ] && kept="64 66 136 140 256 260" || kept=
	echo "hostile: begins"
	while :; do
		# shellcheck disable=SC2086 # words
		mktest scribble /dev/mem "$area" "$area_size" "$seed" 5000 128 136 $kept
		seed=$((seed + 1))
		echo "hostile: goes on"
	done
}

# A last word that is no text: all of its field, without an end.
last_word() {
	head -c 240 /dev/urandom | tr '\0' '\377' | dd of=/dev/mem bs=1 seek=$((area + 272)) conv=notrunc 2>/dev/null
	sleep 1
	printf '\001' | dd of=/dev/mem bs=1 seek=$((area + 256)) conv=notrunc 2>/dev/null
}

# word OFFSET, set_word OFFSET VALUE: a field of the control page
word() {
	dd if=/dev/mem bs=4096 skip=$((area / 4096)) count=1 2>/dev/null | od -An -tu4 -j "$1" -N 4 | tr -d ' '
}

set_word() {
	for shift in 0 8 16 24; do
		printf "\\$(printf %o $(($2 >> shift & 255)))"
	done | dd of=/dev/mem bs=1 seek=$((area + $1)) conv=notrunc 2>/dev/null
}

# move FIELD FIELD BYTES: from one field to another, so that the checksum remains right
move() {
	set_word "$1" $(($(word "$1") - $3))
	set_word "$2" $(($(word "$2") + $3))
}

# attempt WHAT COMMAND...: damage, load the module, repair
attempt() {
	what=$1
	shift
	"$@"
	dmesg -c >/dev/null
	if insmod $module >/insmod 2>&1; then
		echo "hostile: $what: loaded"
		rmmod multikernel
	else
		dmesg | grep -q 'multikernel: handover: ' || echo "hostile: $what: silent"
		echo "hostile: $what: refused"
	fi
	dd if=/area of=/dev/mem bs=4096 seek=$((area / 4096)) conv=notrunc 2>/dev/null
}

# Offsets of fields: version 8, size 16, handover 20, handover_size 24, input_size 40 (include/control_page.h).
cut() {
	dd if=/dev/mem of=/area bs=4096 skip=$((area / 4096)) count=$((area_size / 4096)) 2>/dev/null
	handover=$((area + $(word 20))) handover_size=$(word 24)
	attempt "magic" set_word 0 0
	attempt "version" set_word 8 $(($(word 8) + 1))
	attempt "checksum" set_word 12 77
	attempt "size" move 16 40 4096
	attempt "handover elsewhere" move 24 20 4096
	attempt "handover far away" move 40 20 1073741824
	attempt "handover at an odd place" move 24 20 2
	attempt "no handover" mktest write -o $handover /dev/mem /zeros
	for i in 1 2 3 4 5 6; do
		attempt "random, $i" mktest scribble /dev/mem $handover 256 $((seed + i)) 3
	done
	attempt "nothing" true
	echo "hostile: has tried all"
}

head -c 512 /dev/zero >/zeros
[ "$do" = cut ] || insmod $module
$do
INIT

# begin NAME WORDS
begin() {
	is "$1 starts: $2" "$(mkctl boot "$1" --kernel "$host_kernel" --initrd initrd \
		--append "loglevel=8 hostile.seed=$seed $2" 2>&1)" "$1: active"
}

# calm_works DESCRIPTION: the other instance gets on
calm_works() {
	round=$(mkctl logs calm | sed -n 's/.*spawn: CPU 0 round //p' | tail -n 1)
	ok "$1: calm works on after round ${round:-0}" \
		within $bound log_has calm "spawn: CPU 0 round $((${round:-0} + 1))\$"
	is "$1: calm is active" "$(status calm)" active
}

# look_at NAME: all that an operator would look at, and touch, whatever comes of it
look_at() {
	timeout $bound mkctl list
	timeout $bound mkctl logs "$1"
	timeout 2 cat $mk/instances/"$1"/failure $mk/instances/"$1"/device_tree_source
	timeout 2 cat /dev/mktty1 | head -c 100000
	timeout 2 sh -c 'echo "are you there?" >/dev/mktty1'
} >seen 2>&1

load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "three instances" "$(tree three.dtb "$(instance wild 1 1 0x10000000)" "$(instance cut 2 2 0x10000000)" \
	"$(instance calm 3 3 0x10000000)"; upload three.dtb)" ok
ok "calm starts" mkctl boot calm --kernel "$host_kernel" --initrd $spawn_initrd --append "loglevel=8 spawn.do=work"
begin wild 'hostile.do=scribble hostile.keep=ends'
begin cut 'hostile.do=cut'

#
# Scribbling that does not end it.
#
ok "wild scribbles" within $boot_bound log_has wild 'hostile: begins'
ok "calm is up" has_booted calm
for i in 1 2 3; do
	look_at wild
	like "wild is listed" "$(cat seen)" '^wild +1 +active'
	like "its log can be read" "$(cat seen)" 'hostile: begins'
done
ok "wild goes on" within $bound log_has wild 'hostile: goes on'
is "wild is active" "$(status wild)" active
calm_works "scribbling"
like "wild is asked to stop, and stopped" "$(timeout 100 mkctl stop wild --timeout 3 2>&1)" '^wild: ready$'
is "wild is ready" "$(status wild)" ready

#
# Scribbling over everything: it ends, or reboots, as it happens.
#
begin wild 'hostile.do=scribble'
ok "wild scribbles again" within $boot_bound log_has wild 'hostile: begins'
for i in 1 2 3; do
	look_at wild
	is "the host tells of it: $(grep '^wild' seen)" "$(grep -c '^wild  *1 ' seen)" 1
done
timeout 100 mkctl reboot wild --timeout 3 >seen 2>&1
diag "asked to reboot: $(cat seen)"
like "wild is asked to reboot, which is answered" "$(cat seen)" '^(mkctl: )?wild: '
calm_works "scribbling over everything"
timeout 100 mkctl kill wild >seen 2>&1
ok "wild is killed" within $bound grep -qx ready $mk/instances/wild/status

#
# A last word that is no text.
#
begin wild 'hostile.do=last_word'
ok "wild fails" within $boot_bound grep -qx failed $mk/instances/wild/status
failure=$(cat $mk/instances/wild/failure)
like "its failure names a panic" "$failure" '^Kernel panic: '
is "and can be printed" "$(echo "$failure" | LC_ALL=C tr -d ' -~\n' | wc -c)" 0
is "wild is made ready" "$(mkctl kill wild 2>&1)" "wild: ready"

#
# Damaged handovers.
#
ok "cut has tried all" within $((2 * boot_bound)) log_has cut 'hostile: has tried all'
log=$(mkctl logs cut)
for what in magic version checksum size 'handover elsewhere' 'handover far away' 'handover at an odd place' 'no handover'; do
	like "cut: $what: refused" "$log" "hostile: $what: refused\$"
done
diag "$(echo "$log" | grep 'hostile: random')"
is "cut: all are tried" "$(echo "$log" | grep -c 'hostile: .*: \(refused\|loaded\)$')" 15
unlike "cut: each refusal says why" "$log" 'hostile: .*: silent$'
like "cut: without damage the module loads" "$log" 'hostile: nothing: loaded$'
unlike "cut: its kernel is well" "$log" 'WARNING:|BUG:|Oops|general protection|Call Trace|KASAN|UBSAN'
is "cut is active" "$(status cut)" active

#
# All that leaves nothing behind.
#
ok "calm is stopped" mkctl kill calm
ok "cut is stopped" mkctl kill cut
is "no instance" "$(tree none.dtb; upload none.dtb)" ok
is "the host has its CPUs again" "$(nproc)" 4
is "and all of the pool is free" "$(cat $mk/pool/memory_free_bytes)" "$(cat $mk/pool/memory_bytes)"
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
done_testing
