# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 1200
# cpus: 6
# cpu: max,la57=off,x2apic=on
# qemu: -device intel-iommu,intremap=on,eim=on
# files: tests/vm/round_trip.sh:/round_trip.sh
# files-from: tests/vm/newest
# A host in x2APIC mode, as every server with interrupt remapping is: INIT does not leave that mode, and a spawn has
# neither the remapping nor the firmware's table of it. With destinations by logical id a spawn's interrupts, the one
# that stops its other CPUs at a reboot among them, would go to CPUs of other kernels. So two instances of two CPUs,
# each with the logical ids that the host's first CPUs would have, and one reboots: two of the host's version, both stock;
# then Debian's newest kernel, stock, beside one with our module.
. /lib.sh
. /round_trip.sh

boot_bound=$((2 * boot_bound))	# six CPUs share one of ours

ok "the host is in x2APIC mode" grep -q x2apic /proc/cpuinfo
like "and uses it" "$(dmesg)" 'x2apic enabled|Switched APIC routing to.*x2apic'

# has_physical NAME KERNEL: it is up, and its interrupts do not go by logical ids. A 6.1 says so; 6.12 and later have no other
# driver and say nothing.
has_physical() {
	ok "$1 is up" within $boot_bound told "$1"
	case $2 in
	*vmlinuz-6.1.*) like "$1 sends to physical destinations" "$(cat log)" 'APIC routing to:? physical flat' ;;
	*) unlike "$1 does not send to logical ones" "$(cat log)" 'APIC routing to:? (flat|logical|cluster)' ;;
	esac
}

# told NAME: its kernel is up, and the file "log" has what it has said: it may reboot at once
told() {
	mkctl logs "$1" >log 2>/dev/null && grep -q 'spawn: up after' log
}

# beside KERNEL MODULE KERNEL MODULE: the first one reboots, and nobody else notices
beside() {
	start two "$3" "spawn.module=$4 $works"
	has_physical two "$3"
	start one "$1" "spawn.module=$2 spawn.do=reboot spawn.after=10"
	has_physical one "$1"
	reboots one
	works_on two 0 1
	ok "the host's CPUs work" host_cpus_work
}

take '2 3' '4 5'
beside "$host_kernel" no "$host_kernel" no
ok "one is stopped" mkctl stop one
ok "two is stopped" mkctl stop two

newest=$(echo /boot/newest/vmlinuz-*)
if [ -e "$newest" ]; then
	beside "$newest" no "${other_kernel:-$host_kernel}" yes
else
	skip "a newer kernel reboots" "Debian's newest kernel is not to be had here"
fi
give_back
done_testing
