# SPDX-License-Identifier: GPL-2.0-only
# memory: 2G
# append: movablecore=1G
# timeout: 3600
# allow-log: multikernel: instance "(one|two)": Kernel panic
# module: tests/vm/poison
# A spawn writes nowhere but to its own memory. All memory that is nobody's, the host's free memory and the other
# instance's hold a pattern while a spawn kernel boots, works, reboots, boots again and panics; then every byte of it is
# looked at. Two CPU counts, two kernels, with our module and without: each pair of these choices has its round.
. /lib.sh

poison=/sys/module/poison/parameters
page=4096 low_end=$((0xa0000))
host_keeps_mb=200	# what the host may still need while the test runs
rounds_of_work=2

# What a stock kernel writes into the firmware's data area, where firmware that is reset would look: the way of a warm
# reset, when it starts another CPU (arch/x86/kernel/smpboot.c, smpboot_restore_warm_reset_vector()), and the kind of
# its reset (arch/x86/kernel/reboot.c, native_machine_emergency_restart()). With our module the host has mostly stopped
# it before the second.
warm_reset=0x467-0x46a reset_kind=0x472-0x473

#
# The spawns' own first process: poison.module, poison.rounds. It works on every CPU and writes to half of its memory, then
# ends as a file in the initrd says. The initrd is changed as soon as a kernel runs that has it in its memory: after a
# reboot it is read again.
#
first_process poison <<'INIT'
mount -t tmpfs -o size=50% tmpfs /tmp

work() {
	for round in $(seq "$2"); do
		taskset "$(printf %x $((1 << $1)))" seq 1 20000 | sha256sum >/dev/null
		echo "poison: CPU $1 round $round"
	done
}

[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
dd if=/dev/zero of=/tmp/full bs=1M 2>/dev/null
for cpu in $(sed -n 's/^processor[^0-9]*//p' /proc/cpuinfo); do
	work "$cpu" "$rounds" &
done
wait
read -r end </end
echo "poison: kernel $(uname -r), $(nproc) CPUs, $(du -m /tmp/full | cut -f 1) MB written, will $end"
case $end in
reboot) reboot -f ;;
panic) echo c >/proc/sysrq-trigger ;;
esac
INIT
archive_block=512
dd if=initrd of=initrd.endless bs=$archive_block conv=sync 2>/dev/null
cp initrd.endless initrd

# next_end WORD: the initrd, in which the kernel that reads it next finds this. Written over in place, at once: a kernel that
# reboots early must not find half of it.
next_end() {
	printf '%-6s\n' "$1" >end
	echo end | cpio -o -H newc >end.cpio 2>/dev/null
	dd if=end.cpio of=initrd bs=$archive_block seek=$(($(stat -c %s initrd.endless) / archive_block)) conv=notrunc 2>/dev/null
}

# iomem NAME: START END for each range of that name, decimal, END outside
iomem() {
	sed -n "s/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : $1\$/0x\1 0x\2/p" /proc/iomem | while read -r start last; do
		echo $((start)) $((last + 1))
	done
}

# others_memory NAME: the pool but for that instance's memory, as START,SIZE,START,SIZE ...
others_memory() {
	iomem "Multikernel instance $1" >own
	iomem 'Multikernel pool' | while read -r start end; do
		while read -r own own_end; do
			[ "$own_end" -gt "$start" ] && [ "$own" -lt "$end" ] || continue
			[ "$own" -le "$start" ] || echo "$start,$((own - start))"
			start=$own_end
		done <own
		[ "$start" -ge "$end" ] || echo "$start,$((end - start))"
	done | paste -s -d ,
}

# window NAME: where its window below 1 MB begins, which is the first memory that its kernel was told of
window() {
	mkctl logs "$1" | sed -n 's/.*BIOS-e820: \[mem \(0x[0-9a-f]*\)-.*usable.*/\1/p' | head -n 1
}

# fill NAME WINDOW OTHER_WINDOW: poison what is not that instance's. Of the first MB: all up to the lower window, and the
# other instance's. Above the windows lie a page that the host writes to when it stops CPUs, and its real-mode code, which
# it may still need, so that this is only watched.
window_size=$((10 * page))
fill() {
	lower=$(($2 < $3 ? $2 : $3)) above=$((($2 < $3 ? $3 : $2) + window_size + page))
	ok "all that is not $1's is poisoned" insmod $modules/poison.ko leave_mb=$host_keeps_mb \
		"fill=0,$lower,$(($3)),$window_size,$(others_memory "$1")" "watch=$above,$((low_end - above))"
	diag "$(now) s, $(($(cat $poison/filled) >> 20)) MB"
	ok "that is more than half of the machine" test "$(cat $poison/filled)" -gt $((1024 << 20))
	echo 1 >$poison/disturb
	is "a changed byte is seen, in each part" "$(wc -l <$poison/changed)" "$(cat $poison/parts)"
	echo 1 >$poison/disturb
	is "and nothing is, once they are put back" "$(cat $poison/changed)" ''
}

# round KERNEL CPUS MODULE KNOWN: all of a spawn's life, and what it has changed outside of its memory by the end
round() {
	what="$name, ${1##*vmlinuz-}, module $3"
	next_end reboot
	is "$what: starts" \
		"$(mktest load -i "$id" -r initrd -c "poison.module=$3 poison.rounds=$rounds_of_work" "$1")" ok
	next_end panic
	ok "$what: ends" within $((2 * boot_bound)) grep -qx failed "$mk/instances/$name/status"
	like "$what: by a panic" "$(cat "$mk/instances/$name/failure")" 'sysrq triggered crash'
	is "$what: after a reboot, and work" \
		"$(mkctl logs "$name" | sed -n 's/.*poison: \(kernel .*\), [1-9][0-9]* MB written, /\1, /p')" \
		"kernel ${1##*vmlinuz-}, $2 CPUs, will panic"
	cat $poison/changed >changed
	diag "$(now) s, written: $(paste -s -d ' ' changed)"
	is "$what: has changed nothing that is not its own, but for what is known" \
		"$(echo "$4" | tr ' ' '\n' | grep -vxF -f - changed)" ''
}

load_module 768M
load_livepatch
is "upload" "$(tree two.dtb "$(instance one 1 1 0x10000000)" "$(instance two 2 '2 3' 0x10000000)"; upload two.dtb)" ok
next_end none
for name in one two; do
	is "$name starts, to say where its window is" \
		"$(mktest load -i "$(cat $mk/instances/$name/id)" -r initrd -c loglevel=8 "$host_kernel")" ok
done
for name in one two; do
	ok "$name has said so" within $boot_bound log_has $name 'BIOS-e820: .* usable'
done
one_window=$(window one) two_window=$(window two)
ok "one is stopped" mkctl kill one
ok "two is stopped" mkctl kill two
# Else the host's next kernel, by kexec, could take what is left there for its own real-mode code.
ok "their windows are looked at" insmod $modules/poison.ko leave_mb=1000000 \
	"fill=$((one_window)),$window_size,$((two_window)),$window_size"
is "and are empty" "$(cat $poison/found) of $(cat $poison/filled)" "0 of $((2 * window_size))"
ok "so much for the windows" rmmod poison

name=one id=1
fill one "$one_window" "$two_window"
round "$host_kernel" 1 yes "$reset_kind"
if [ -n "$other_kernel" ]; then
	round "$other_kernel" 1 no "$reset_kind"
else
	skip "another kernel" "there is one only"
fi
ok "memory is given back" rmmod poison

name=two id=2
fill two "$two_window" "$one_window"
if [ -n "$other_kernel" ]; then
	round "$other_kernel" 2 yes "$warm_reset $reset_kind"
else
	skip "another kernel" "there is one only"
fi
round "$host_kernel" 2 no "$warm_reset $reset_kind"
ok "memory is given back" rmmod poison

done_testing
