# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# files: tests/vm/grow.sh:/grow.sh
# allow-log: multikernel: instance "one": Kernel panic|multikernel: instance "one": cpus cannot change while its kernel ends
# An instance that gets CPUs and gives them back while its kernel runs: what is refused; that it computes on all it has
# meanwhile, and cannot start what it has not; and that nothing is lost when it ends in the midst of it.
. /lib.sh
. /grow.sh

loads_within=120

# resources CPUS [MAX]: uploads a tree in which "one" has these
has() {
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; instances { one { id = <1>; resources { cpus = <$1>;
		cpus-max = <${2:-1 2 3}>; memory-bytes = <0x10000000>; }; }; }; };" | compile one.dtb
	upload one.dtb
}

host_cpus() {
	cat /sys/devices/system/cpu/online
}

# adds_up DESCRIPTION: each CPU is the host's or the instance's, and none is both's
adds_up() {
	mine=" $(cpus_of_one) "
	all=$(for cpu in 0 1 2 3; do
		case $(host_cpus_alone) in *" $cpu "*) here=1 ;; *) here=0 ;; esac
		case $mine in *" $cpu "*) there=1 ;; *) there=0 ;; esac
		echo $((here + there))
	done | xargs)
	is "$1: each CPU has one owner" "$all" '1 1 1 1'
}

host_cpus_alone() {
	echo " $(sed -n 's/^processor[^0-9]*//p' /proc/cpuinfo | xargs) "
}

load_module 1G || bail_out "no module"
is "cpus-max without one of cpus" "$(has 1 '2 3')" EINVAL
like "last_error tells" "$(last_error)" 'cpus-max" lacks CPU 1'
is "cpus-max with the host's boot CPU" "$(has 1 '0 1')" EBUSY
is "cpus-max with a CPU that is not there" "$(has 1 '1 77')" ENXIO
is "one CPU, and two that may come" "$(has 1)" ok
like "device_tree_source has them" "$(cat $one/device_tree_source)" '^        cpus-max = <1 2 3>;$'

#
# A kernel without our module is left alone.
#
mkctl boot one --kernel "$host_kernel" --initrd $spawn_initrd --append spawn.module=no >/dev/null
ok "a stock spawn boots" has_booted one
like "it has the CPU that it was given" "$(mkctl logs one)" 'spawn: CPUs 1, numbered 0'
is "it cannot be asked" "$(has '1 2')" EBUSY
like "last_error tells" "$(last_error)" 'does not have the multikernel module'
mkctl kill one >/dev/null
is "nothing has changed" "$(cpus_of_one) $(host_cpus)" '1 0,2-3'

#
# Growing and shrinking.
#
boot_console one
ok "a spawn with our module boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
is "it has one CPU, and knows of others" "$(spawn_says 'cd /sys/devices/system/cpu; cat present online possible')" '0 0 0-2'
is "which it can do nothing with" "$(spawn_says 'ls -d cpu[12] 2>/dev/null | wc -l')" 0
is "it gets one more" "$(has '1 2')" ok
is "it is online there" "$(spawn_says 'cat present online')" '0-1 0-1'
is "the host has it no more" "$(host_cpus)" 0,3
is "the spawn's own directory says so" "$(spawn_says "sed -n 's/^ *cpus = //p' $one/device_tree_source")" '<1 2>;'
# In a shell of their own: to busybox's interactive one (1.35), the end of a job while it waits for a line can be the end of
# all lines.
spawn 'burn() { (for m in 1 2 4; do yes >/dev/null & taskset -p $m $! >/dev/null 2>&1; done); }; burn'
is "and the third, under load" "$(has '1 2 3')" ok
is "all are online there" "$(spawn_says 'cat online')" 0-2
is "the host has one left" "$(host_cpus)" 0
spawn 'killall yes; burn'
before=$(spawn_says "sed -n 's/^cpu[0-9] //p' /proc/stat | cut -d ' ' -f 1")
each_computes() {
	after=$(spawn_says "sed -n 's/^cpu[0-9] //p' /proc/stat | cut -d ' ' -f 1")
	for i in 1 2 3; do
		[ "$(echo "$after" | cut -d ' ' -f $i)" -gt "$(echo "$before" | cut -d ' ' -f $i)" ] || return
	done
}
within 60 each_computes
result $? "each computes, in user space: $before, then $after"
is "it gives one back, on which a thread is pinned" "$(has '1 3')" ok
spawn 'killall yes'
is "that is the host's" "$(host_cpus)" 0,2
is "and not present there" "$(spawn_says 'cat present online')" '0,2 0,2'
is "where it cannot be started" "$(spawn_says 'echo 1 2>/dev/null >cpu1/online || echo refused')" refused
is "the host's is usable" "$(taskset 4 sh -c 'echo yes')" yes
is "it gets it again, and gives another back, at once" "$(has '1 2')" ok
is "each has its own" "$(host_cpus) $(cpus_of_one)" '0,3 1 2'
spawn 'echo 0 >cpu1/online'
is "it gives back what it has itself taken offline" "$(has 1)" ok
is "the host has all but one" "$(host_cpus)" 0,2-3
is "it can get both" "$(has '1 2 3')" ok
is "the same tree changes nothing" "$(has '1 2 3')" ok
is "the first one cannot go" "$(has '2 3')" EBUSY
like "last_error tells" "$(last_error)" 'the first of cpus cannot change while it is active'
is "cpus-max cannot change" "$(has '1 2 3' '1 3 2')" EBUSY
is "an offline CPU of the host's cannot come" "$(has 1 >/dev/null; echo 0 >/sys/devices/system/cpu/cpu2/online; has '1 3 2')" EBUSY
echo 1 >/sys/devices/system/cpu/cpu2/online
is "and nothing has changed" "$(host_cpus) $(cpus_of_one)" '0,2-3 1'
is "the kernel has had no complaint" "$(spawn_says "dmesg | grep -ciE 'warning|bug:|call trace'")" 0

#
# Reboots.
#
is "it gets all" "$(has '1 3 2')" ok
hush
generation=$(cat $one/generation)
ok "it reboots" mkctl reboot one --timeout 300
is "and is another one" "$(cat $one/generation)" $((generation + 1))
ok "and is up again" has_booted one
like "with what it had" "$(mkctl logs one)" 'spawn: CPUs 3, numbered 0 1 2'
is "it gives two back that it has had from the start" "$(has 1)" ok
adds_up "afterwards"

#
# It ends in the midst of it: the upload may have been in time, or not.
#
boot_again() {
	mkctl kill one >/dev/null 2>&1
	boot_console one
	has_booted one
}

panics() {
	printf 'echo c >/proc/sysrq-trigger\n' >$line
	within 120 grep -qx failed $one/status
}

midst "killed while it gets CPUs" '1 2 3' 0.3 mkctl kill one
boot_again
midst "panics while it gives CPUs back" 1 0.1 panics
like "it has panicked" "$(dmesg)" 'instance "one": Kernel panic'
boot_again
midst "reboots while it gets CPUs" '1 3 2' 0.1 mkctl reboot one
done_testing
