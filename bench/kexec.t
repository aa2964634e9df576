# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# cpus: 2
# memory: 1G
# files: bench/spawn.sh:/spawn.sh bench/first:/first build/bench/work:/bin/work
# has-log: .*bench: marked
# The machine's part of bench/booting that is neither a spawn's nor a firmware's boot: the machine's kernel is followed by
# another one by kexec. Marks for bench/count.c before, and two at its first process, which then ends the machine.
. /lib.sh
. /spawn.sh

measured_initrd
is "the next kernel is loaded" "$(mktest load -r initrd -c 'console=ttyS0 no_timer_check bench.do=mark-and-end panic=' \
	"$host_kernel")" ok
done_testing stays
echo "# the machine ends in good order"
stty -echo	# waits until that has left the serial port
mktest idle 0 >/dev/null
mktest kexec
