# SPDX-License-Identifier: GPL-2.0-only
# The emulated machine itself: a stock host kernel with what the other tests rely on.
. /lib.sh

if [ -z "$own_host" ]; then
	ok "runs a stock Debian kernel" grep -q "debian-kernel@lists.debian.org" /proc/version
else
	skip "runs a stock Debian kernel" "it is one of our own"
fi
ok "has that kernel for the spawns, too" test -s "$host_kernel"
ok "has an initrd for the spawns" test -s "$spawn_initrd"
is "sees four CPUs" "$(nproc)" 4

total_kb=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
installed_kb=$((3 << 20))
[ -z "$debug_host" ] || installed_kb=$((5 << 20))	# for its own needs, see tests/vm/run
ok "sees three GiB, less what the kernel itself takes" test "$total_kb" -gt 2800000 -a "$total_kb" -le $installed_kb

movable=$(grep -lx Movable /sys/devices/system/memory/memory*/valid_zones | wc -l)
block=$((0x$(cat /sys/devices/system/memory/block_size_bytes)))
ok "has 1.5 GiB that can certainly be taken from it" test $((movable * block)) -ge $((1536 << 20))

ok "has both modules" test -s $modules/multikernel.ko -a -s $modules/multikernel_kexec.ko
ok "runs mkctl, with all libraries" sh -c 'mkctl 2>&1 | grep -qi usage'
ok "compiles a tree with dtc" sh -c 'dtc -O dtb -o /dev/null /examples/two-instances.dts'

# Each helper once without the module, so that a test that uses one tells of the module and not of the helper.
is "mktest load is refused by a stock kernel" "$(mktest load -i 1 "$host_kernel")" EINVAL
is "mktest without-boot takes the privilege away" "$(mktest without-boot mktest load "$host_kernel")" EPERM
is "mktest as takes all privilege away" "$(mktest as 99 id -u)" 99
echo abcdef >source
: >target
is "mktest write succeeds in pieces" "$(mktest write -p 2 target source)" ok
is "and writes every byte" "$(cat target)" abcdef
is "mktest pread reads a part" "$(mktest pread target 2 3)" cde
is "mktest mmap reads the same part" "$(mktest mmap target 2 3)" cde
is "mktest zeros finds the first byte that is none" "$(mktest zeros target 0 6)" 0
is "mktest zeros finds none among zeros" "$(head -c 5000 /dev/zero >zero; mktest zeros zero 1 4999)" ok
is "mktest poll gives up in time" "$(mktest poll /sys/kernel/profiling 1)" timeout

done_testing
