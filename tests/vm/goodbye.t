# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# has-log: multikernel: instance "one": stopped, since the host goes down
# has-log: multikernel: instance "two": stopped, since the host goes down
# has-log: smp: Brought up 1 node, 4 CPUs.*
# has-log: spawn: CPUs 4, numbered 0 1 2 3
# The host is replaced by kexec while kernels run beside it: they are stopped first, and the next kernel has all CPUs and all
# memory to itself. What comes after the end of this test is in the log: the next kernel's first process, which is that of
# a spawn, tells what it sees and powers the machine off.
. /lib.sh

quiet_kernel quiet
load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "two instances" "$(tree both.dtb "$(instance one 1 1 0x10000000)" "$(instance two 2 '2 3' 0x10000000)"
	upload both.dtb)" ok
# The second one rests between its rounds: the host's kernel hashes its successor without a pause, and all CPUs of the
# emulated machine share one.
is "a kernel in each" "$(mktest load -i 1 quiet) $(mktest load -i 2 -r $spawn_initrd -c "spawn.do=work spawn.rest=1" "$host_kernel")" "ok ok"
ok "two boots" has_booted two
# Without the modules, which are most of it, since each byte is hashed.
mkdir small
(cd small && cpio -i <$spawn_initrd && rm -r lib && find . | cpio -o -H newc >../small.cpio) 2>/dev/null
is "the host's next kernel is loaded" "$(mktest load -r small.cpio \
	-c 'console=ttyS0 no_timer_check spawn.module=no spawn.do=poweroff spawn.after=1' "$host_kernel")" ok
is "both still run" "$(status one) $(status two)" "active active"
done_testing stays
echo "# the machine ends in good order"
stty -echo	# waits until that has left the serial port
mktest kexec
