# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# memory: 2G
# append: crashkernel=224M movablecore=1G
# allow-log: Kernel panic - not syncing: sysrq triggered crash|Call Trace:
# has-log: Kernel panic - not syncing: sysrq triggered crash
# The host has a crash kernel, armed before its memory and CPUs went to a spawn, and panics. The crash kernel begins, reads
# all of the dump, and powers the machine off; the spawn goes on meanwhile, in memory that the dump has as well, since it was
# the host's when the crash kernel was armed.
. /lib.sh

# kdump.spawn
first_process kdump <<'INIT'
if [ "${spawn:-no}" = yes ]; then
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
test -s /proc/vmcore
verdict $? "the crash kernel has a dump"
dd if=/proc/vmcore of=/dev/null bs=1M 2>/tmp/dd
verdict $? "all of it can be read: $(tail -n 1 /tmp/dd)"
strings /proc/vmcore | grep -q 'spawn: round [0-9]*[1-9]'
verdict $? "the spawn's memory is in it"
echo "# the machine ends in good order"
sleep 1
poweroff -f
INIT

is "a crash kernel is armed" "$(mktest load -f 2 -r initrd \
	-c 'console=ttyS0 nr_cpus=1 reset_devices no_timer_check tsc=reliable panic=-1' "$host_kernel")" ok
is "the kernel says so" "$(cat /sys/kernel/kexec_crash_loaded)" 1
load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "an instance" "$(tree one.dtb "$(instance one 1 '2 3' 0x10000000)"; upload one.dtb)" ok
is "its kernel" "$(mkctl boot one --kernel "$host_kernel" --initrd initrd --append 'kdump.spawn=yes' 2>&1)" "one: active"
ok "is up" has_booted one
echo "1..8"
sleep 0.5	# until that has left the serial port
echo c >/proc/sysrq-trigger
