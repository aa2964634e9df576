# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# memory: 2G
# append: crashkernel=224M movablecore=1G
# allow-log: Kernel panic - not syncing: sysrq triggered crash|Call Trace:
# has-log: Kernel panic - not syncing: sysrq triggered crash
# The host has a crash kernel, and panics beside a spawn. The crash kernel begins, reads all of the dump, and powers the
# machine off; the spawn goes on meanwhile. The spawn's memory is in the dump when the crash kernel was armed before it left
# the host, as it is here, and not when it was armed afterwards (kdump_after.t).
. /lib.sh

order=$(word kdump.order before)

# kdump.spawn is for a spawn; for the crash kernel kdump.order, kdump.host_at and, where it is known by then, kdump.spawn_at and
# kdump.had_as: where the host's kernel and the spawn's memory begin, and how that was had. "mark N" with this product for N is
# in the spawn's memory, and in no file.
first_process kdump <<'INIT'
mark="mark $((7919 * 1000003))"
if [ "${spawn:-no}" = yes ]; then
	echo "$mark" >/tmp/mark
	echo "spawn: up after"
	while :; do
		rounds=$((${rounds:-0} + 1))
		echo "spawn: round $rounds"
		sleep 1
	done
fi
# In the crash kernel, which has the line of the test.
stty -F /dev/ttyS1 -opost
exec >/dev/ttyS1 2>&1
verdict() {
	[ "$1" = 0 ] && echo "ok - $2" || echo "not ok - $2"
}
# is_in ADDRESS: one of the ELF file's segments has that memory. Its program headers come after 64 bytes, with 56 bytes
# each: type and flags, offset, virtual and physical address, bytes in the file and in memory, alignment.
is_in() {
	headers=$(od -An -tu2 -j 56 -N 2 /proc/vmcore)
	od -An -v -tx8 -w56 -j 64 -N $((headers * 56)) /proc/vmcore | {
		while read -r type _ _ start _ size _; do
			[ $((0x$type & 0xffffffff)) != 1 ] ||
				[ $(($1)) -lt $((0x$start)) ] || [ $(($1)) -ge $((0x$start + 0x$size)) ] || exit 0
		done
		exit 1
	}
}
test -s /proc/vmcore
verdict $? "the crash kernel has a dump"
dd if=/proc/vmcore of=/dev/null bs=1M 2>/tmp/dd
verdict $? "all of it can be read: $(tail -n 1 /tmp/dd)"
is_in "$host_at"
verdict $? "the host's memory is in it"
if [ "$order" = before ]; then
	strings /proc/vmcore | grep -q "$mark"
	verdict $? "the spawn's memory is in it"
elif [ "$had_as" = pages ]; then
	is_in "$spawn_at"
	verdict $? "the spawn's memory is in it, of which the host still speaks as its own"
else
	is_in "$spawn_at"
	verdict $(($? != 1)) "the spawn's memory is not in it"
fi
echo "# the machine ends in good order"
stty -F /dev/ttyS1 -opost	# waits until that has left the serial port
poweroff -f
INIT

# place_of NAME: where the first range of that name in /proc/iomem begins
place_of() {
	awk -F '[-: ]+' -v name="$1" '{ sub(/^ +/, "") } index($0, name) { print "0x" $1; exit }' /proc/iomem
}

arm() {
	had_as=blocks
	! dmesg | grep -q 'pool: .* taking contiguous pages' || had_as=pages
	line="console=ttyS0 nr_cpus=1 reset_devices no_timer_check tsc=reliable panic=-1 kdump.order=$order"
	line="$line kdump.host_at=$(place_of 'Kernel code') kdump.spawn_at=$(place_of 'Multikernel instance one')"
	line="$line kdump.had_as=$had_as"
	is "a crash kernel is armed" "$(mktest load -f 2 -r initrd -c "$line" "$host_kernel")" ok
	is "the kernel says so" "$(cat /sys/kernel/kexec_crash_loaded)" 1
}

echo "1..9"	# the last four are the crash kernel's
[ "$order" != before ] || arm
load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "an instance" "$(tree one.dtb "$(instance one 1 '2 3' 0x10000000)"; upload one.dtb)" ok
is "its kernel" "$(mkctl boot one --kernel "$host_kernel" --initrd initrd --append 'kdump.spawn=yes' 2>&1)" "one: active"
ok "is up" has_booted one
[ "$order" = before ] || arm
stty -echo	# waits until that has left the serial port
echo c >/proc/sysrq-trigger
