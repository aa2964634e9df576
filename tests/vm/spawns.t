# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# Spawn kernels at work: with one, two and three CPUs, two at once, of two versions, while the host computes too. Each
# tells through its log what it sees of the machine.
. /lib.sh

host_version=$(uname -r)

# Rounds of arithmetic on each CPU, and a rest after each: all CPUs of the emulated machine share one.
works="spawn.do=work spawn.rest=1"

# boot NAME KERNEL WORDS: a real kernel with the spawns' initrd
boot() {
	ok "$1 is given kernel ${2##*vmlinuz-}" mktest load -i "$(cat $mk/instances/"$1"/id)" -r $spawn_initrd \
		-c "loglevel=8 $3" "$2"
}

# told NAME: what its first process has said so far
told() {
	mkctl logs "$1" 2>&1 | grep 'spawn: '
}

# Whoever sees less memory than this share of an instance, in percent, has lost some; the kernel itself takes the rest.
memory_share=85

# checks NAME KERNEL CPUS NUMBERS MB: what the spawn sees is what the tree says
checks() {
	ok "$1 boots" has_booted "$1"
	text=$(told "$1")
	is "$1 runs its own kernel" "$(echo "$text" | sed -n 's/.*spawn: kernel //p')" "${2##*vmlinuz-}"
	like "$1 has its CPUs and no other" "$text" "spawn: CPUs $3, numbered $4\$"
	mb=$(echo "$text" | sed -n 's/.*spawn: memory \([0-9]*\) MB$/\1/p')
	ok "$1 has its memory: ${mb:-no} of $5 MB" test "${mb:-0}" -ge $(($5 * memory_share / 100)) -a "${mb:-0}" -le "$5"
	is "$1 is active" "$(status "$1")" active
}

# works NAME CPU...: each of these CPUs gets on with its work, and computes right
works() {
	name=$1
	shift
	for cpu; do
		round=$(told "$name" | sed -n "s/.*spawn: CPU $cpu round //p" | tail -n 1)
		ok "CPU $cpu of $name works on after round ${round:-0}" \
			within 240 log_has "$name" "spawn: CPU $cpu round $((${round:-0} + 1))\$"
	done
	unlike "$name computes right" "$(told "$name")" 'computes wrong'
}

# The host's own work: rounds of arithmetic whose results must agree, until the file "stop" is there.
host_works() {
	rm -f stop
	while [ ! -e stop ]; do
		seq 1 20000 | sha256sum
	done >sums &
}

host_has_worked() {
	: >stop
	wait
	ok "the host has worked, $(wc -l <sums) rounds" test "$(wc -l <sums)" -gt 1
	is "and has computed right" "$(sort -u sums)" "$(seq 1 20000 | sha256sum)"
}

ok "the module loads" load_module 1536M
ok "the livepatch loads" load_livepatch
host_works

#
# Two at once, one CPU and two; of two versions where there are two.
#
second_kernel=${other_kernel:-$host_kernel}
is "two instances" "$(dtc -q -O dtb -o two.dtb /examples/two-instances.dts; upload two.dtb)" ok
boot web-server "$host_kernel" "$works"
boot database "$second_kernel" "$works"
checks web-server "$host_kernel" 1 0 512
checks database "$second_kernel" 2 '0 1' 1024
if [ -n "$other_kernel" ]; then
	ok "the two run different kernels" test "$host_kernel" != "$second_kernel"
else
	skip "the two run different kernels" "there is only $host_version here"
fi
works web-server 0
works database 0 1
works web-server 0
is "the host is what it was" "$(uname -r) $(nproc)" "$host_version 1"
like "mkctl lists both" "$(mkctl list)" '^database +2 +active +2-3 +1024 MB'
round=$(told web-server | sed -n 's/.*spawn: CPU 0 round //p' | tail -n 1)
like "mkctl follows a log, to what it does not have yet" \
	"$(timeout $((240 * SLOW)) mkctl logs -f web-server | grep -am 1 "round $((round + 2))\$")" "CPU 0 round $((round + 2))\$"

# One is stopped: the other one does not notice.
ok "web-server is stopped" mkctl stop web-server
is "it is ready" "$(status web-server)" ready
is "database is not" "$(status database)" active
works database 0 1
ok "database is stopped, too" mkctl stop database
like "the log of a stopped kernel can still be read" "$(told web-server)" 'spawn: kernel'

#
# Three CPUs, the last of them first.
#
is "one instance of three CPUs" "$(tree all.dtb "$(instance all 5 '3 1 2' 0x60000000)"; upload all.dtb)" ok
boot all "$host_kernel" "$works"
checks all "$host_kernel" 3 '0 1 2' 1536
works all 0 1 2
ok "it is stopped" mkctl stop all

host_has_worked
is "an empty tree" "$(tree empty.dtb; upload empty.dtb)" ok
is "every CPU is back" "$(cat /sys/devices/system/cpu/online)" 0-3
ok "and works: a process runs on each" sh -c 'for mask in 1 2 4 8; do taskset $mask true || exit 1; done'
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
done_testing
