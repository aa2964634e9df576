# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# files: tests/vm/round_trip.sh:/round_trip.sh
# The host suspends to memory (ACPI S3) beside instances whose CPUs are parked, one of which has run a kernel, and is woken by
# its clock: then all CPUs have been off, and come back by the firmware. Afterwards kernels boot there as before, and in the
# end the host has everything back.
. /lib.sh
. /round_trip.sh

clock=/sys/class/rtc/rtc0

# sleeps: to memory, for three seconds
sleeps() {
	echo 0 >$clock/wakealarm
	echo +3 >$clock/wakealarm
	echo mem >/sys/power/state && : >/ends_by_reset	# for the machine's end
}

# slept: how often the host has
slept() {
	cat /sys/power/suspend_stats/success
}

grep -qw deep /sys/power/mem_sleep || bail_out "the host cannot suspend to memory: $(cat /sys/power/mem_sleep)"
[ -w $clock/wakealarm ] || bail_out "nothing would wake the host: it has no $clock/wakealarm"
echo deep >/sys/power/mem_sleep
take '1' '2 3'
tiny_kernel tiny
is "a kernel runs" "$(mktest load -i 2 -c tiny.end=idle tiny)" ok
fails "no sleep beside it" EBUSY sleeps
is "it is stopped" "$(mktest load -u -R -1 -i 2)" ok
ok "the host sleeps and wakes" sleeps
is "it has slept once" "$(slept)" 1
is "the instances are as they were" "$(status one) $(status two)" "ready ready"
start one "$host_kernel" "spawn.module=yes $works"
start two "$host_kernel" "spawn.module=no $works"
ok "one is up" within $boot_bound has_booted one
ok "two is up" within $boot_bound has_booted two
works_on one 0
works_on two 0 1
for name in one two; do
	ok "$name is stopped" mkctl stop $name
done
ok "the host sleeps again" sleeps
is "it has slept twice" "$(slept)" 2
start one "$host_kernel" "spawn.module=no"
start two "$host_kernel" "spawn.module=no"
ok "one is up" within $boot_bound has_booted one
ok "two is up" within $boot_bound has_booted two
give_back
done_testing
