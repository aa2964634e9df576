# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# cpus: 8
# cpu: max,la57=off,x2apic=off
# owners: 0 0 0 1 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake
# The backtraces that tests/audit/shake.c asks for.
# allow-log: Call Trace
#
# Who interrupts whom, beside the rest of the audit: a host with three CPUs and spawns with three
# and two do all that makes a kernel interrupt its other CPUs, at the same time. Only with three
# CPUs does a kernel send most of it as one broadcast. That the trace would show one is seen when
# the host still has all CPUs, and in the end with a spawn that is told it may broadcast.
. /lib.sh
. /marks.sh

mkdir -p spawn/bin
cp /bin/shake spawn/bin
# ipi.ends is how the kernel ends, ipi.module whether it has our module
first_process ipi <<'INIT'
[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "spawn: up after $(cut -d ' ' -f 1 /proc/uptime) s"
sleep 10	# the host shakes, this kernel is idle
awk '/^ *(NMI|SPU|MCE|ERR|MIS):/ { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i }
	END { print "spawn: stray interrupts " sum + 0 }' /proc/interrupts
shake $(($(nproc) - 1)) 3 && echo "spawn: has shaken"
case $ends in
poweroff) poweroff -f ;;
panic) echo c >/proc/sysrq-trigger ;;
esac
INIT

# begin ID KERNEL WORDS
begin() {
	is "instance $1 starts ${2#/boot/vmlinuz-}: $3" \
		"$(mktest load -i "$1" -r initrd -c "loglevel=8 $3" -f "${4:-0}" "$2")" ok
}

# has_shaken NAME
has_shaken() {
	ok "$1 boots" has_booted "$1"
	ok "$1 shakes" within $boot_bound log_has "$1" 'spawn: has shaken'
	like "$1 had none of the host's NMIs, and no other stray interrupt" "$(mkctl logs "$1")" \
		'spawn: stray interrupts 0$'
	unlike "$1 knows all its vectors" "$(mkctl logs "$1")" 'No irq handler'
}

#
# Before there are instances the host broadcasts.
#
echo "# control 1 0 the host alone"
mark 1
ok "the host shakes" shake 2 3
mark $no_round

load_module 1G
load_livepatch
tree two.dtb "$(instance one 1 '3 4 5' 0x18000000)" "$(instance two 2 '6 7' 0x18000000)"
is "upload" "$(upload two.dtb)" ok

#
# Both, one stock, the other with our module, unless the including test says otherwise (ipi_newest.t).
#
: "${second_kernel:=${other_kernel:-$host_kernel}}" "${second_module:=yes}"
modules_in=none
[ "$second_module" = no ] || modules_in=2
both="${host_kernel##*vmlinuz-} and ${second_kernel##*vmlinuz-}"
echo "# round 2 1 $modules_in $both beside $(uname -r)"
mark 2
host_shakes
begin 1 "$host_kernel" "ipi.module=no ipi.ends=poweroff"
begin 2 "$second_kernel" "ipi.module=$second_module ipi.ends=panic"
has_shaken one
has_shaken two
ok "one powers off" within 60 grep -qx ready $mk/instances/one/status
ok "two panics" within 60 grep -qx failed $mk/instances/two/status
host_has_shaken
mark $no_round

#
# A spawn that may broadcast. The host finds nothing to do then; how it would end is another matter:
# it is stopped.
#
echo "# control 3 1 a spawn with no_ipi_broadcast=0"
mark 3
begin 1 "$host_kernel" "ipi.module=no ipi.ends=never no_ipi_broadcast=0" 0x4000	# KEXEC_MK_UNSAFE
has_shaken one
is "it is stopped" "$(mktest load -u -R -1 -i 1)" ok
mark $no_round

is "the host has its CPUs" "$(cat /sys/devices/system/cpu/online)" 0-2
done_testing
