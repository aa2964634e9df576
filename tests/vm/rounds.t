# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# Load and stop, ten times over, at different moments of a kernel's boot; then nothing of the host is missing, the
# module goes, and comes again.
. /lib.sh

one=$mk/instances/one
rounds=10

# What must be the same afterwards, whatever the module took in between.
host() {
	grep . /sys/devices/system/cpu/online /sys/devices/system/cpu/present
	host_memory
}

# Memory of the kernel itself that cannot be reclaimed, KB, and a bound for what ten rounds may add to it: per-CPU caches
# fill anew when CPUs come back.
slab() {
	awk '/^SUnreclaim/ { print $2 }' /proc/meminfo
}

slab_growth_kb=8192

# What a kernel has come to by the time it is stopped. Its log can be read halfway through its boot.
reaches() {
	case $1 in
	"at once") ;;
	*" s later") sleep "${1%% *}" ;;
	"halfway through its boot") within $boot_bound log_has one 'Linux version' ;;
	"after its boot") has_booted one ;;
	esac
}

# round NUMBER MOMENT
round() {
	is "round $1: load" "$(mktest load -i 1 -r files/initrd -c loglevel=8 files/kernel)" ok
	is "round $1: active" "$(status one)" active
	ok "round $1: the kernel runs, $2" reaches "$2"
	is "round $1: stop" "$(mktest load -u -R -1 -i 1)" ok
	is "round $1: ready" "$(status one)" ready
}

# The files are in a file system of their own: it cannot be unmounted as long as anyone has one of them open.
mkdir files
mount -t tmpfs tmpfs files
cp "$host_kernel" files/kernel
cp $spawn_initrd files/initrd

before=$(host) total_before=$(mem_total)
ok "the module loads" load_module 1G
ok "the livepatch loads" load_livepatch
total_with_pool=$(mem_total)
tree one.dtb "$(instance one 1 '2 1' 0x20000000)"
tree empty.dtb

is "an instance of two CPUs" "$(upload one.dtb)" ok
round 0 "at once"
slab_before=$(slab)
for number in $(seq $rounds); do
	case $((number % 5)) in
	0) round "$number" "after its boot" ;;
	1) round "$number" "halfway through its boot" ;;
	2) round "$number" "at once" ;;
	*) round "$number" "$((number / 3)) s later" ;;
	esac
	# The instance is made anew now and then, so that its CPUs and memory change hands, too.
	if [ $((number % 4)) = 0 ]; then
		is "round $number: no instance" "$(upload empty.dtb)" ok
		is "round $number: every CPU is the host's" "$(cat /sys/devices/system/cpu/online)" 0-3
		is "round $number: the instance again" "$(upload one.dtb)" ok
	fi
done

slab_after=$(slab)
if [ -z "$debug_host" ]; then
	ok "the kernel's own memory has not grown: $slab_before KB before, $slab_after KB now" \
		test "$slab_after" -lt $((slab_before + slab_growth_kb))
else
	skip "the kernel's own memory has not grown" "KASAN holds back what is freed; kmemleak looks for leaks"
fi
is "the host has the memory that it had" "$(mem_total)" "$total_with_pool"
is "the pool is what it was" "$(cat $mk/pool/memory_bytes)" $((1 << 30))

ok "the livepatch goes" unload_livepatch
ok "the module goes, with its instance" rmmod multikernel
is "CPUs and memory of the host are what they were" "$(host)" "$before"
has_mem_total "all memory is counted" "$total_before"

ok "the module loads again" load_module 1G
ok "the livepatch, too" load_livepatch
is "an instance again" "$(upload one.dtb)" ok
round "last" "after its boot"
ok "the livepatch goes again" unload_livepatch
ok "the module goes again" rmmod multikernel
is "CPUs and memory of the host are what they were" "$(host)" "$before"
has_mem_total "all memory is counted" "$total_before"
ok "no one has kernel or initrd open" umount files
done_testing
