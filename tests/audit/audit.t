# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# owners: 0 1 2 2
# files: tests/audit/marks.sh:/marks.sh
# cpu: max,la57=off,x2apic=off
# The machine's part of the audit: starts and ends spawn kernels in all the ways there are, two
# instances at a time. While a round lasts every CPU but the host's first belongs to a spawn; marks
# in the trace of device accesses tell when that is, and comments in the output what each round was.
# tests/audit/run reads both. Interrupts to other CPUs are in the trace as long as they are sent by
# writes to memory, not by x2APIC registers.
. /lib.sh
. /marks.sh

# begin ID KERNEL MODULE END: load it there; how it will end is in its command line
begin() {
	mktest load -i "$1" -r $spawn_initrd -c "spawn.module=$3 spawn.do=$4 spawn.after=$delay" "$2"
}

# Seconds between the end of a spawn's boot and its own: enough, mostly, to stop one that has rebooted before
# it does so again.
delay=10

# generation NAME: how often a kernel has begun there
generation() {
	cat "$mk/instances/$1/generation"
}

log_lacks() {
	! log_has "$@"
}

# end ID NAME END: it ends as it was told to, and is ready or failed; one that reboots is stopped in
# its second life, or its third where that has begun by then.
end() {
	case $3 in
	poweroff) within $boot_bound grep -qx ready "$mk/instances/$2/status" ;;
	panic) within $boot_bound grep -qx failed "$mk/instances/$2/status" ;;
	reboot) has_booted "$2" && within $boot_bound log_lacks "$2" 'spawn: up after' && has_booted "$2" &&
		mktest load -u -R -1 -i "$1" >/dev/null ;;
	esac
}

# round KERNEL MODULE END: both instances, side by side
round() {
	round=$((round + 1))
	name="${1#/boot/vmlinuz-}, module $2, $3"
	modules_in=none
	[ "$2" = no ] || modules_in=1,2
	before_one=$(generation one) before_two=$(generation two)
	mark $round
	is "starts on one CPU: $name" "$(begin 1 "$@")" ok
	is "starts on two CPUs: $name" "$(begin 2 "$@")" ok
	end 1 one "$3" &
	first=$!
	end 2 two "$3" &
	second=$!
	wait $first
	result $? "ends on one CPU: $name"
	wait $second
	result $? "ends on two CPUs: $name"
	mark $no_round
	boots=$(($(generation one) - before_one)),$(($(generation two) - before_two))
	echo "# round $round $boots $modules_in $name"
}

load_module 1G
load_livepatch
tree two.dtb "$(instance one 1 1 0x18000000)" "$(instance two 2 '2 3' 0x18000000)"
is "upload" "$(upload two.dtb)" ok

round=0
for kernel in $host_kernel $other_kernel; do
	for module in no yes; do
		for end in poweroff panic reboot; do
			round "$kernel" "$module" "$end"
		done
	done
done

done_testing
