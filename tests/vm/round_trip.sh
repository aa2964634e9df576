# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# One body for tests of unusual machines: two instances come, their kernels boot, one reboots, both are stopped, and the
# host has everything back. The tests differ in the machine that their headers ask for.

# last_round NAME CPU: of the work that the first process does on that CPU
last_round() {
	mkctl logs "$1" 2>/dev/null | sed -n "s/.*spawn: CPU $2 round //p" | tail -n 1
}

# works_on NAME CPU...: each of the spawn's CPUs gets on with its work, and computes right
works_on() {
	name=$1
	shift
	for cpu; do
		round=$(last_round "$name" "$cpu")
		ok "CPU $cpu of $name works on after round ${round:-0}" \
			within 240 log_has "$name" "spawn: CPU $cpu round $((${round:-0} + 1))\$"
	done
	unlike "$name computes right" "$(mkctl logs "$name" 2>/dev/null)" 'computes wrong'
}

# expand LIST: "0-2,5" as "0 1 2 5"
expand() {
	echo "$1" | tr ',' '\n' | sed 's/-/ /' | while read -r first last; do
		seq "$first" "${last:-$first}"
	done | xargs
}

# host_cpus_work: a process runs on each CPU that the host has
host_cpus_work() {
	for cpu in $(expand "$(cat /sys/devices/system/cpu/online)"); do
		timeout $((60 * SLOW)) taskset -c "$cpu" true || {
			echo "CPU $cpu does not"
			return 1
		}
	done
}

# apic_ids CPU...: what the host's firmware says of them, as one line
apic_ids() {
	for cpu; do
		awk -v cpu="$cpu" '/^processor/ { at = $3 } /^apicid/ && at == cpu { printf "%s ", $3 }' cpuinfo
	done
}

# assigned NAME: the APIC ids that the instance has got
assigned() {
	dtc -q -I dtb -O dts "$mk/instances/$1/device_tree" | sed -n 's/.*apic-ids = <\(.*\)>;/\1/p' |
		xargs -n 1 printf '%d '
}

# take CPUS CPUS: the instances "one" and "two", of as many bytes each
take() {
	cat /proc/cpuinfo >cpuinfo
	ok "the module loads" load_module 1G
	ok "the livepatch loads" load_livepatch
	is "two instances" "$(tree two.dtb "$(instance one 1 "$1" 0x18000000)" "$(instance two 2 "$2" 0x18000000)"
		upload two.dtb)" ok
	# shellcheck disable=SC2086 # lists of words
	{
		is "one has the APIC ids of its CPUs" "$(assigned one)" "$(apic_ids $1)"
		is "two has the APIC ids of its CPUs" "$(assigned two)" "$(apic_ids $2)"
	}
}

# What a kernel does that others must not disturb. It rests in between: all CPUs of the emulated machine share one.
works="spawn.do=work spawn.rest=2"

# start NAME KERNEL WORDS: mkctl boots it there; spawn_words are for all spawns of a test
start() {
	ok "$1 is given ${2##*vmlinuz-}: $3" \
		mkctl boot "$1" --kernel "$2" --initrd $spawn_initrd --append "loglevel=8 ${spawn_words:-} $3"
}

# reboots NAME: a kernel that was told to reboot some time after its boot does so, and is there again
reboots() {
	generation=$(cat "$mk/instances/$1/generation")
	ok "$1 boots, and reboots" within $((2 * boot_bound)) has_rebooted "$1" "$generation"
	ok "and is there again" has_booted "$1"
}

# give_back: both are stopped, and the host's CPUs work; done_testing sees that it has them all, and its memory
give_back() {
	for name in one two; do
		ok "$name is stopped" mkctl stop $name
		is "$name is ready" "$(status $name)" ready
	done
	is "an empty tree" "$(tree empty.dtb; upload empty.dtb)" ok
	ok "the livepatch goes" unload_livepatch
	ok "the module goes" rmmod multikernel
	ok "the host's CPUs work" host_cpus_work
}

# round_trip CPUS CPUS [MODULE]: of one spawn, stock unless MODULE is "yes", which reboots, and one with our module, which
# works meanwhile. What both tell of the machine is like spawns_tell, where a test wants that.
round_trip() {
	take "$1" "$2"
	start two "${other_kernel:-$host_kernel}" "$works"
	ok "two boots" has_booted two
	start one "$host_kernel" "spawn.module=${3:-no} spawn.do=reboot spawn.after=10"
	reboots one
	# shellcheck disable=SC2046 # a list of words
	works_on two $(seq 0 $(($(echo "$2" | wc -w) - 1)))
	ok "the host's CPUs work" host_cpus_work
	[ -z "${spawns_tell:-}" ] || for name in one two; do
		ok "$name tells: $spawns_tell" log_has $name "spawn: $spawns_tell\$"
	done
	give_back
}
