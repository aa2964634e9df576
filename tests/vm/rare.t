# SPDX-License-Identifier: GPL-2.0-only
# module: tests/vm/held
# timeout: 600
# What happens seldom, each made to happen: the host cannot take a CPU offline, a load is stopped that does not end, a file
# cannot be read in time, and a kernel has not what its instance has.
. /lib.sh

cpu=/sys/devices/system/cpu
load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
tree two.dtb "$(instance one 1 1 0x8000000)" "$(instance two 2 '2 3' 0x10000000)"

#
# One of the kernel's own steps on a CPU's way out fails, once: it is the work queues that do not let go of CPU 2. CPU 1 has
# been taken by then.
#
step=$(sed -n 's/^ *\([0-9]*\): workqueue:online$/\1/p' $cpu/hotplug/states)
before=$(facts)
ok "CPU 2 shall not go" sh -c "echo $step >$cpu/cpu2/hotplug/fail"
is "the host cannot take a CPU offline: EBUSY" "$(upload two.dtb)" EBUSY
like "last_error tells" "$(last_error)" 'cpu 2: the host cannot take it offline \(error -[0-9]+\)$'
is "nothing has changed" "$(facts)" "$before"
is "the next time it can" "$(upload two.dtb)" ok

#
# A file that does not come: the load waits for it, and a stop waits for the load.
#
ok "a file that nobody can read" insmod $modules/held.ko
mktest load -i 1 /proc/held >loaded &
loader=$!
ok "a kernel is loaded from there" within 60 grep -qx loading $mk/instances/one/status
# By the device, which gives the sentence to the caller: the kernel below may have another one put into last_error first.
{
	begun=$(now)
	mktest load -d 9 -u -R -1 -i 1 9<>/dev/multikernel 2>&1
	[ $(($(now) - begun)) -lt 30 ] || echo "after 30 s"
} >stopped &
stop=$!

# Meanwhile another, with one CPU less than it could have.
first_process differs <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "spawn: last_error: $(cat /sys/fs/multikernel/last_error)"
echo "spawn: up after"
INIT
is "a kernel is told to use one CPU of two" "$(mktest load -i 2 -r initrd -c nr_cpus=1 "$host_kernel")" ok
ok "it boots" has_booted two
difference='handover: the instance has 2 CPUs, this kernel 1'
ok "its log tells" log_has two "multikernel: $difference"
ok "and its last_error" log_has two "spawn: last_error: $difference"
is "it is stopped" "$(mktest load -u -R -1 -i 2)" ok

wait $stop
is "the load does not end within half a minute: the stop is refused" "$(cat stopped)" \
	"instance \"one\": what is loaded there does not end within 30 s
EBUSY
after 30 s"
is "the kernel is loaded still" "$(status one)" loading
echo >/proc/held
ok "it ends when the file comes, which is no kernel" within 60 grep -qx ready $mk/instances/one/status
wait $loader
is "as the load says" "$(cat loaded)" ENOEXEC

#
# A server that has not answered in time: no CPU is to blame, though one that does not start has the same errno.
#
ok "the file has an error" sh -c 'echo -110 >/proc/held'
is "which the load passes on" "$(mktest load -i 1 /proc/held)" ETIMEDOUT
is "last_error tells of the file" "$(last_error)" 'instance "one": kernel image: cannot be read (error -110)'
is "the instance is what it was" "$(status one)" ready
is "and can be loaded" "$(tiny_kernel tiny; mktest load -i 1 tiny)" ok
is "and stopped" "$(mktest load -u -R -1 -i 1)" ok
ok "the file goes" rmmod held
done_testing
