# SPDX-License-Identifier: GPL-2.0-only
# append: memmap=256M$0x100000000 memmap=256M$0x120000000
# append: memmap=2M$0xc000000 memmap=2M$0x14000000 memmap=2M$0x1c000000 memmap=2M$0x24000000
# append: memmap=2M$0x2c000000 memmap=2M$0x34000000 memmap=2M$0x3c000000 memmap=2M$0x114000000
# append: memmap=2M$0x11c000000 memmap=2M$0x134000000 memmap=2M$0x13c000000 memmap=2M$0x144000000
# append: memmap=2M$0x14c000000 memmap=2M$0x154000000 memmap=2M$0x15c000000 memmap=2M$0x164000000
# append: memmap=2M$0x16c000000 memmap=2M$0x174000000 memmap=2M$0x17c000000
# append: memmap=2M$0x184000000 memmap=2M$0x18c000000 memmap=2M$0x194000000 memmap=2M$0x19c000000
# append: memmap=2M$0x1a4000000 memmap=2M$0x1ac000000 memmap=2M$0x1b4000000 memmap=2M$0x1bc000000
# append: memmap=2M$0x1c4000000 memmap=2M$0x1cc000000 memmap=2M$0x1d4000000 memmap=2M$0x1dc000000
# append: memmap=2M$0x1e4000000 memmap=2M$0x1ec000000 memmap=2M$0x1f4000000 memmap=2M$0x1fc000000
# append: memmap=2M$0x204000000 memmap=2M$0x20c000000 memmap=2M$0x214000000 memmap=2M$0x21c000000
# append: memmap=2M$0x224000000 memmap=2M$0x22c000000 memmap=2M$0x234000000 memmap=2M$0x23c000000
# timeout: 600
# The pool from memory that was kept from the host at boot, in two regions with a gap between them; and from a host of
# which no memory block can go: each of the others has a hole of 2 MB, also in the two GB more that a debug host has.
. /lib.sh

first=256M@0x100000000 second=256M@0x120000000
mb=$((1 << 20))

pool_is() {
	is "$1: the pool's size, and what of it is free" \
		"$(cat $mk/pool/memory_bytes) $(cat $mk/pool/memory_free_bytes)" "$2 $3"
}

before=$(host_memory) total_before=$(mem_total)
like "the host has kept the memory back" "$(cat /proc/iomem)" '^[0-9a-f]+-10fffffff : Reserved'

ok "the module loads with both regions" load_module $first,$second
pool_is "both" $((512 * mb)) $((512 * mb))
is "/proc/iomem names them" "$(sed -n 's/^ *\(.*\) : Multikernel pool$/\1/p' /proc/iomem)" "100000000-10fffffff
120000000-12fffffff"
is "the host has what it had" "$(mem_total)" "$total_before"

#
# An instance made of both works.
#
ok "the livepatch loads" load_livepatch
is "an instance that needs both" "$(tree wide.dtb "$(instance wide 1 '1 2' 0x18000000)"; upload wide.dtb)" ok
like "has two ranges" "$(dtc -q -I dtb -O dts $mk/instances/wide/device_tree)" \
	'memory-ranges = <0x01 0x[02]0+ 0x00 0x[0-9a-f]+ 0x01 0x[0-9a-f]+ 0x00 0x[0-9a-f]+>;'
is "which /proc/iomem names" "$(grep -c 'Multikernel instance wide' /proc/iomem)" 2
set -- $(sed -n 's/^ *\(.*\)-\(.*\) : Multikernel instance wide$/0x\1 0x\2/p' /proc/iomem)
across=$(($3 + 4096 - ($2 + 1 - 4096)))	# from the last page of one to the first of the other
fails "a mapping from one to the other" ENXIO mktest mmap $mk/instances/wide/memory $(($2 + 1 - 4096)) $across
is "a kernel is started in it" "$(mktest load -i 1 -r $spawn_initrd -c loglevel=8 "$host_kernel")" ok
ok "it boots" has_booted wide
seen=$(mkctl logs wide | sed -n 's/.*spawn: memory \([0-9]*\) MB$/\1/p')
ok "it sees the memory of both: ${seen:-no} of 384 MB" test "${seen:-0}" -gt 300 -a "${seen:-0}" -le 384
is "it is stopped" "$(mktest load -u -R -1 -i 1)" ok

for text in 0 $first $second; do
	is "pool=$text while the instance has memory of both: EBUSY" "$(set_pool $text)" EBUSY
	like "pool=$text: last_error tells" "$(last_error)" 'pool: an instance or an image holds memory of the region at 0x1[02]0000000'
done
pool_is "still both" $((512 * mb)) $((128 * mb))
is "no instance" "$(tree empty.dtb; upload empty.dtb)" ok
ok "the livepatch goes" unload_livepatch

is "one region" "$(set_pool $second)" ok
pool_is "one region" $((256 * mb)) $((256 * mb))
is "more than was kept back: EBUSY" "$(set_pool 512M@0x100000000)" EBUSY
like "last_error tells" "$(last_error)" 'pool: .*0x100000000'
is "the other one" "$(set_pool $first)" ok
is "/proc/iomem names that one" "$(sed -n 's/^ *\(.*\) : Multikernel pool$/\1/p' /proc/iomem)" 100000000-10fffffff
is "the same place with other borders: EINVAL" "$(set_pool 512M@0x100000000)" EINVAL
is "last_error tells" "$(last_error)" "pool: 512M@0x100000000, adjacent ones as one, would change the borders of \
256M@0x100000000, which is in the pool; write the pool without that first"
is "less of it: EINVAL" "$(set_pool 128M@0x108000000)" EINVAL
is "the gap between them: EBUSY" "$(set_pool 128M@0x110000000)" EBUSY
is "more of the running host than there is: ENOMEM" "$(set_pool $first,$second,64G)" ENOMEM
pool_is "still the other one" $((256 * mb)) $((256 * mb))

#
# Beside it memory of the running host: what cannot be had in whole blocks is had as contiguous pages, and the kernel log
# says so. Such memory stays in the host's books.
#
blocks=$(cd $memory_blocks && echo memory*)
is "256 MB of the running host as well" "$(set_pool $first,256M)" ok
pool_is "region and running host" $((512 * mb)) $((512 * mb))
is "all blocks are there" "$(cd $memory_blocks && echo memory*)" "$blocks"
like "the kernel log tells of contiguous pages" "$(dmesg)" \
	'pool: 256 of 256 MB are not to be had as whole memory blocks, taking contiguous pages'
is "MemTotal is what it was" "$(mem_total)" "$total_before"
ok "the livepatch comes again" load_livepatch
quiet_kernel quiet
is "an instance of all that" "$(tree all.dtb "$(instance all 1 1 0x20000000)"; upload all.dtb)" ok
pool_is "used up" $((512 * mb)) 0
mktest zeros $mk/instances/all/memory $((0x100000000)) $((256 * mb)) >verdict
is "its memory is zero where it was kept back" "$(cat verdict)" ok
is "a kernel starts in it" "$(mktest load -i 1 quiet)" ok
is "and stops" "$(mktest load -u -R -1 -i 1)" ok
ok "the livepatch goes again" unload_livepatch

ok "the module goes, with instance and pool" rmmod multikernel
is "the host has all that it had" "$(host_memory)" "$before"
is "and counts it" "$(mem_total)" "$total_before"
done_testing
