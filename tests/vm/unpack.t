# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# files: /usr/bin/xz:/bin/xz /usr/bin/zstd:/bin/zstd
# mkctl boot --unpack: kernels that were unpacked ahead of their start boot, and are placed at random, anew each time.
. /lib.sh

# Where the kernel lies in memory, and in its own addresses.
first_process unpack <<'E1'
echo "unpack: physical $(sed -n 's/ *\([0-9a-f]*\)-.* : Kernel code/\1/p' /proc/iomem)"
echo "unpack: virtual $(sed -n 's/ T _text$//p' /proc/kallsyms)"
echo "unpack: up with $(nproc) CPUs, $(uname -r)"
E1

# told NAME WHAT: the last word on that
told() {
	mkctl logs "$1" | sed -n "s/.*unpack: $2 //p" | tail -n 1
}

# boot NAME KERNEL [OPTION...]
boot() {
	name=$1 kernel=$2
	shift 2
	mkctl boot "$name" --kernel "$kernel" --initrd initrd "$@"
}

load_module 768M
load_livepatch
tree two.dtb "$(instance one 1 1 0x18000000)" "$(instance two 2 '2 3' 0x18000000)"
is "upload" "$(upload two.dtb)" ok

for kernel in $host_kernel $other_kernel; do
	version=${kernel#/boot/vmlinuz-}
	as_regex=$(echo "$version" | sed 's/[.+]/\\&/g')
	# A kernel that unpacks itself is placed at random as well: this tells that it is done here.
	fails "$version: it takes a program to unpack it" "it takes the program" env PATH=/none /bin/mkctl boot two \
		--kernel "$kernel" --initrd initrd --unpack
	places='' addresses=''
	for turn in 1 2 3; do
		ok "$version, $turn: is loaded" boot two "$kernel" --unpack
		ok "$version, $turn: is up" within $boot_bound log_has two "up with 2 CPUs, $as_regex"
		places="$places $(told two physical)" addresses="$addresses $(told two virtual)"
		ok "$version, $turn: is stopped" mkctl kill two
	done
	diag "$version: at$places, addresses$addresses"
	ok "$version: it does not always lie at the same place" test "$(echo "$places" | xargs -n 1 | sort -u | wc -l)" -gt 1
	ok "$version: it does not always have the same addresses" \
		test "$(echo "$addresses" | xargs -n 1 | sort -u | wc -l)" -gt 1
	ok "$version, nokaslr: is loaded" boot one "$kernel" --unpack --append nokaslr
	ok "$version, nokaslr: is up" within $boot_bound log_has one "up with 1 CPUs, $as_regex"
	is "$version, nokaslr: it has the addresses that it is linked for" "$(told one virtual)" ffffffff81000000
	ok "$version, nokaslr: is stopped" mkctl kill one
done
done_testing
