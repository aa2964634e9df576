# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# files-from: tests/vm/kho_kernels
# The handover by Kexec HandOver: kernels that have it, of each format, find it in their early boot, and our module there
# takes it; others go on by ACPI. The spawns panic on each warning of their own.
. /lib.sh

# What a spawn that is well never says.
trouble='WARNING|BUG|Oops|Kernel panic|Call Trace|disabling KHO revival|KHO.*(fail|invalid|incompatible|broken)'

first_process kho <<'INIT'
modules=/lib/multikernel/$(uname -r)
[ ! -e $modules/kho_user.ko ] || insmod $modules/kho_user.ko ${damage:+damage=$damage}
[ ! -e $modules/multikernel.ko ] || insmod $modules/multikernel.ko
mount -t debugfs debugfs /sys/kernel/debug
subtree=/sys/kernel/debug/kho/in/sub_fdts/multikernel
[ ! -e $subtree ] || echo "kho: debugfs has $(od -An -tx1 -N 4 $subtree), $(wc -c <$subtree) bytes"
echo "kho: setup_data" $(cat /sys/kernel/boot_params/setup_data/*/type)
echo "kho: file says $(cat /sys/fs/multikernel/handover)"
echo "kho: last_error $(cat /sys/fs/multikernel/last_error)"
echo "kho: names $(ls /sys/fs/multikernel/instances)"
if [ -n "$eat" ]; then
	mount -t tmpfs -o "size=$eat" tmpfs /tmp
	dd if=/dev/zero of=/tmp/eaten bs=1M 2>/dev/null
	echo "kho: ate $(($(stat -c %s /tmp/eaten) >> 20)) MB"
	rm /tmp/eaten
fi
echo "kho: up"
[ -z "$stay" ] || {
	sleep "$stay"
	reboot -f
}
INIT

# says_up: it is up, and the file "log" has what it said: it may reboot soon
says_up() {
	mkctl logs one >log 2>/dev/null && grep -q 'kho: up' log
}

# begin KERNEL [WORDS]: a kernel starts in "one"; the file "log" has what it said until it was up
begin() {
	cat initrd "$1.cpio" >initrd.kho 2>/dev/null || cp initrd initrd.kho
	ok "$1 starts${2:+ with $2}" mkctl boot one --kernel "$1" --initrd initrd.kho \
		--append "panic_on_warn=1 loglevel=8 ${2:-}"
	ok "it is up" within $boot_bound says_up
	unlike "it is well" "$(cat log)" "$trouble"
}

has() {
	like "$1" "$(cat log)" "$2"
}

has_not() {
	unlike "$1" "$(cat log)" "$2"
}

stop() {
	is "it is stopped" "$(mkctl kill one 2>&1)" "one: ready"
}

# by_kho: all that a kernel says which was handed over by it
by_kho() {
	has "it has found what was handed over, early" '\[ *0\.0.*found kexec handover data'
	has "a module of its own finds the subtree" 'kho_user: a subtree of [0-9]+ bytes begins with d0 0d fe ed'
	has "our module has it from there" 'multikernel: the handover came by KHO'
	has "and says so in a file" 'kho: file says KHO'
	has "and has no complaint" 'kho: last_error ok'
	has "it knows itself" 'multikernel: this is instance "one", id 1'
}

by_acpi() {
	has "the handover came by ACPI" 'multikernel: the handover came by ACPI'
	has "and a file says so" 'kho: file says ACPI'
	has "it knows itself" 'multikernel: this is instance "one", id 1'
}

# one CPUS BYTES: what "one" has from now on
one() {
	is "an instance with CPUs $1 and $2 bytes" "$(tree one.dtb "$(instance one 1 "$1" "$2")"; upload one.dtb)" ok
}

try_format() {
	kernel=/boot/kho/$1
	if [ ! -e "$kernel" ]; then
		skip "a kernel with KHO, $1" "$(tail -n 1 "$kernel.why")"
		return
	fi
	one '1 2' 0x20000000
	begin "$kernel" kho=on
	by_kho
	has "it was told by a node of setup_data" 'kho: setup_data .*0xa\b'
	bytes=$(sed -n 's/.*kho_user: a subtree of \([0-9]*\) bytes.*/\1/p' log)
	has "debugfs has the subtree" "kho: debugfs has +d0 0d fe ed, ${bytes:-none} bytes"
	stop

	# Without a word of the user's, as most distributions have it; and where nothing is random.
	begin "$kernel" "nokaslr kho.eat=300m"
	by_kho
	has "most of its memory can be had" 'kho: ate 300 MB'
	stop

	# It is handed over anew with each start.
	begin "$kernel" kho.stay=$((3 * SLOW))
	by_kho
	ok "it reboots" within $boot_bound has_rebooted one 3
	ok "and is up again" within $boot_bound says_up
	by_kho
	stop

	# The id of the tree's first property, and the last byte of the magic.
	begin "$kernel" kho.damage=3
	by_acpi
	has "what differs is said" 'multikernel: .*what KHO brought, at 0x[0-9a-f]+, differs from the shared area'
	has "also in last_error" 'kho: last_error handover: what KHO brought, at 0x[0-9a-f]+, differs'
	stop

	begin "$kernel" kho=off
	by_acpi
	has_not "nothing was handed over by KHO" 'found kexec handover data'
	stop

	one '1' 0x8000000
	begin "$kernel"
	by_acpi
	has_not "an instance too small has nothing by KHO" 'found kexec handover data'
	like "which the host says" "$(dmesg)" 'instance "one": nothing is handed over by KHO: the kernel would boot in'
	stop

	one '1 2 3' 0x40000000
	begin "$kernel"
	by_kho
	stop
}

ok "the module loads" load_module 1536M
ok "the host's kernel has no file \"handover\"" test ! -e $mk/handover
for format in bitmaps radix; do
	try_format $format
done

one '1 2' 0x20000000
begin "$host_kernel"
by_acpi
has_not "it is told of nothing by KHO" 'KHO data|kexec handover'
stop

newest=$(echo /boot/newest/vmlinuz-*)
if [ -e "$newest" ]; then
	begin "$newest"
	has "a kernel without KHO passes over it" 'Passed KHO data, but CONFIG_KEXEC_HANDOVER not set'
	stop
else
	skip "Debian's newest kernel" "it cannot be had here"
fi
done_testing
