# SPDX-License-Identifier: GPL-2.0-only
# append: memmap=64M$0x100000000 memmap=64M$0x108000000
# timeout: 600
# allow-log: multikernel: pool: cannot be set up
# The pool from memory of the running host: asked for as the module is loaded, and while it is there; more, less, none,
# too much, nonsense; beside regions kept back at boot. pool_kept.t has such regions at length, and contiguous pages.
. /lib.sh

first=64M@0x100000000 second=64M@0x108000000
mb=$((1 << 20))
block=$((0x$(cat $memory_blocks/block_size_bytes)))
before=$(host_memory) total_before=$(mem_total)

# has_all DESCRIPTION: the host has all its memory, to the byte
has_all() {
	is "$1: the host has all its memory" "$(host_memory)" "$before"
	has_mem_total "$1: and counts it" "$total_before"
}

# set_pool TEXT: "ok", or the errno by name
# becomes TEXT MB FREE: the pool is set, and has so much, of which so much is free
becomes() {
	is "pool=$1" "$(set_pool "$1")" ok
	is "pool=$1: size, and what of it is free" \
		"$(cat $mk/pool/memory_bytes $mk/pool/memory_free_bytes)" "$(($2 * mb))
$(($3 * mb))"
}

# is_refused TEXT ERRNO REGEX
is_refused() {
	is "pool=$1: $2" "$(set_pool "$1")" "$2"
	like "pool=$1: last_error tells" "$(last_error)" "$3"
}

# remember, is_as_remembered DESCRIPTION: refusals change nothing
remember() {
	remembered="$(facts) $(cat $pool_parameter)"
}

is_as_remembered() {
	is "$1: nothing has changed" "$(facts) $(cat $pool_parameter)" "$remembered"
}

#
# As the module is loaded.
#
for refusal in 1G@:EINVAL 1M:EINVAL 64G:ENOMEM; do
	fails "pool=${refusal%:*}: the module is not loaded" "${refusal#*:}" load_module "${refusal%:*}"
done
like "the kernel log tells why" "$(dmesg)" 'pool: "1M".*2 MB'
like "each time" "$(dmesg)" 'pool: "1G@" is neither SIZE nor SIZE@ADDRESS'
like "in words of its own" "$(dmesg)" 'pool: 65536 MB wanted, the host has'
ok "nothing of it is left" test ! -e $mk
has_all "no module"
ok "pool=256M" load_module 256M
is "256M: size" "$(cat $mk/pool/memory_bytes)" $((256 * mb))
is "256M: the parameter" "$(cat $pool_parameter)" 256M
ok "the module goes with it" rmmod multikernel
has_all "256M, and no module"
ok "no pool" load_module
is "no pool: the parameter" "$(cat $pool_parameter)" 0
is "no pool: no instance" "$(tree one.dtb "$(instance one 1 1 0x10000000)"; upload one.dtb)" ENOSPC
like "no pool: last_error tells" "$(last_error)" 'instance "one".*memory-bytes.*enlarge the pool'

#
# More and less of it.
#
becomes 512M 512 512
is "512M: last_error" "$(last_error)" ok
is "512M: the parameter" "$(cat $pool_parameter)" 512M
becomes 0x40000000 1024 1024
blocks=$(cd $memory_blocks && echo memory*)
becomes 1G 1024 1024
is "the same in other words takes nothing else" "$(cd $memory_blocks && echo memory*)" "$blocks"
becomes 1G,$first,$second 1152 1152
is "each region has its name" "$(sed -n 's/^ *\(1.*\) : Multikernel pool$/\1/p' /proc/iomem | grep -E '^10[08]0{6}-')" \
	"100000000-103ffffff
108000000-10bffffff"
becomes 256M,$second 320 320
becomes 0 0 0
has_all "nothing"

# Whoever may write to the parameter may change the pool, with no other right.
mkdir -p /etc
echo guest::1000:1000::/:/bin/sh >/etc/passwd
chmod 666 $pool_parameter
ok "by a user: 256M" su guest -c "echo 256M,$first >$pool_parameter"
is "by a user: size" "$(cat $mk/pool/memory_bytes)" $((320 * mb))
ok "by a user: none" su guest -c "echo 0 >$pool_parameter"
has_all "by a user: none"

# Memory leaves in whole blocks.
is "less than a block" "$(set_pool 2M)" ok
got=$(cat $mk/pool/memory_bytes)
ok "gives 2 MB or a whole block: $got" test "$got" = $((2 * mb)) -o "$got" = $block
becomes '' 0 0

#
# Refused.
#
becomes 512M 512 512
remember
for text in x 1X -1 1M 512M,x 1G@ 0@0x100000000 99999999999999999999 16777216T "$first,64M@0x102000000"; do
	is_refused "$text" EINVAL 'pool: '
done
is_refused "$(for number in $(seq 17); do printf '2M@%#x,' $((0x100000000 + number * 4 * mb)); done)2M" EINVAL \
	'pool: .*16'
is_refused 16777215T ENOMEM 'pool: .* MB wanted, the host has'
is_refused 0xffffffffffe00000 ENOMEM 'pool: .* MB wanted, the host has'
is_refused "$first,64G" ENOMEM 'pool: .* MB wanted, the host has'
is_refused 512M,16M@0x2000000 EBUSY 'pool: the host uses memory at 0x2000000;.*memmap=16M\$0x2000000'
is_refused 512M,128M@0xb0000000 EBUSY 'pool: 0xb0000000.*not memory kept'	# the firmware's, for PCI
is_refused "$first,1G@0x4000000000" EBUSY 'pool: 0x4000000000.*not memory kept'
is_as_remembered "a pool that cannot be"

#
# Instances hold some of it.
#
is "an instance of all but 128 MB" "$(tree most.dtb "$(instance most 1 1 0x18000000)"; upload most.dtb)" ok
remember
is_refused 0 EBUSY 'pool: instances and images hold so much that 384 MB cannot'
is_refused 128M EBUSY 'pool: instances and images hold so much that 256 MB cannot'
is_as_remembered "a pool that instances hold"
becomes 768M 768 384
is "a second one beside it" "$(tree both.dtb "$(instance most 1 1 0x18000000)" "$(instance rest 2 2 0x18000000)"
	upload both.dtb)" ok
is "all is used" "$(cat $mk/pool/memory_free_bytes)" 0
is "the second one goes" "$(upload most.dtb)" ok
becomes 640M 640 256
is "the instance stays" "$(status most)" ready
ok "the module goes, with instance and pool" rmmod multikernel
has_all "no module, after instances"
done_testing
