# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# append: panic=0
# allow-log: Kernel panic - not syncing: sysrq triggered crash|Call Trace:
# has-log: Kernel panic - not syncing: sysrq triggered crash
# The host panics and stops both of its CPUs, while kernels run beside it: they go on. They tell of it themselves, on the
# line that was the host's; the last one resets the machine, which ends it.
. /lib.sh

# Seconds from the end of a kernel's boot to its word: until the first the host has panicked, until the last the other has
# spoken, even if the emulator is slow.
first=40 last=240

# panic.name, panic.after, panic.last, panic.module
first_process panic <<'INIT'
# Devices by their ports: the second serial line, and the chipset's reset control register, in which 6 is a full reset.
line=0x2f8 reset_control=0xcf9

# out PORT BYTE: three octal digits
out() {
	printf "\\$2" | dd of=/dev/port bs=1 seek=$(($1)) conv=notrunc 2>/dev/null
}

tell() {
	printf '%s\n' "$1" | od -An -v -t o1 | xargs -n 1 | while read -r byte; do
		out $line "$byte"
	done
}

seconds() {
	cut -d . -f 1 /proc/uptime
}

sum() {
	seq 1 20000 | sha256sum
}

sum=$(sum) rounds=0 right=0 told=yes
[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "panic: up"
# The last that the host says is on the console, where there is one, and then it panics at once. Rounds of the second half
# count, which begin long after that.
[ "$module" = no ] || timeout 600 head -n 1 </dev/hvc0 >/dev/null || told=no
end=$(($(seconds) + after)) half=$(($(seconds) + after / 2))
while [ "$(seconds)" -lt $end ]; do
	said=$(sum)
	[ "$(seconds)" -gt $half ] || continue
	[ "$said" != "$sum" ] || right=$((right + 1))
	rounds=$((rounds + 1))
done
[ $told = yes ] && [ $rounds -gt 1 ] && [ $right = $rounds ] && verdict=ok || verdict="not ok"
tell "$verdict - $name works on beside a host that has panicked: $rounds rounds, $right of them right"
if [ "$last" = yes ]; then
	tell "# the machine ends in good order"
	out $reset_control 006
fi
INIT

# begin NAME WORDS
begin() {
	is "$1 starts" "$(mkctl boot "$1" --kernel "$host_kernel" --initrd initrd --append \
		"panic.name=$1 $2" 2>&1)" "$1: active"
}

echo "1..8"	# the last two are the kernels' own
load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "two instances" "$(tree both.dtb "$(instance one 1 2 0x10000000)" "$(instance two 2 3 0x10000000)"
	upload both.dtb)" ok
begin two "panic.after=$last panic.module=no panic.last=yes"
ok "two is up" within $boot_bound log_has two 'panic: up'
begin one "panic.after=$first"
ok "one is up" within $boot_bound log_has one 'panic: up'
is "the host has CPUs to stop" "$(cat /sys/devices/system/cpu/online)" 0-1
stty -echo	# waits until that has left the serial port
echo >$line	# and this, until it has reached that kernel
echo c >/proc/sysrq-trigger
