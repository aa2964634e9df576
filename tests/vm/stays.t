# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# allow-log: multikernel: instance "one": Kernel panic
# What keeps the module in the host: a kernel that is active or loading, and an open line, each by itself, for the livepatch,
# which uses the module and would keep it, is gone each time. Without them it goes. lost.t has one reason more.
. /lib.sh

one=$mk/instances/one
tree one.dtb "$(instance one 1 1 0x20000000)"
quiet_kernel quiet
tiny_kernel tiny
truncate -s 300M long

# begin: module, livepatch and instance
begin() {
	load_module 768M && load_livepatch && [ "$(upload one.dtb)" = ok ] || bail_out "no instance"
}

# stays WHY, goes WHY: whether the module can be unloaded
stays() {
	fails "$1: the module stays" EAGAIN rmmod multikernel
}

# Who sees in "status" how a kernel has ended may be ahead of the module, which then says so in the log and only after that
# lets go; and a closed line is let go of by a work of the kernel's (drivers/tty/tty_io.c, release_one_tty()).
goes() {
	ok "$1: the module goes" within 60 rmmod multikernel
	is "$1: and gives the CPUs back" "$(cat /sys/devices/system/cpu/online)" 0-3
}

# stop: what runs there
stop() {
	load_livepatch && [ "$(mktest load -u -R -1 -i 1)" = ok ] && unload_livepatch
}

# stays_while_loading: sets said to what rmmod said while the instance was seen to load both before and afterwards
stays_while_loading() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		within 30 grep -qx loading $one/status || return
		said=$(rmmod multikernel 2>&1) && return 1
		[ "$(status one)" != loading ] || return 0
	done
	return 1
}

begin
is "a kernel runs" "$(mktest load -i 1 quiet)" ok
ok "the livepatch goes" unload_livepatch
stays "active"
is "and the kernel runs on" "$(status one)" active
ok "it is stopped" stop
goes "ready"

# Its files are loaded again by the module alone.
begin
is "a kernel runs that reboots after two seconds, again and again" \
	"$(mktest load -i 1 -r long -c "tiny.after=2000 tiny.end=reboot" tiny)" ok
ok "the livepatch goes" unload_livepatch
stays_while_loading
result $? "loading: the module stays"
like "loading: it says why" "$said" 'Resource temporarily unavailable'
ok "it is stopped" stop
goes "ready after loading"

for end in panic:failed poweroff:ready; do
	begin
	is "a kernel runs, to ${end%:*}" "$(mktest load -i 1 -c "tiny.after=4000 tiny.end=${end%:*}" tiny)" ok
	ok "the livepatch goes" unload_livepatch
	ok "it is ${end#*:}" within 60 grep -qx "${end#*:}" $one/status
	goes "${end#*:} by ${end%:*}"
done

begin
ok "the livepatch goes" unload_livepatch
exec 3<$line
stays "a line is open"
exec 3<&-
goes "the line is closed"
done_testing
