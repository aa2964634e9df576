# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# Uploads: in pieces, cut short, too large, by two writers at once; again, changed, emptied; every refusal, behind which
# nothing has changed.
. /lib.sh

instances=$mk/instances
pool_mb=1536

ok "the module loads" load_module ${pool_mb}M
dtc -q -O dtb -o two.dtb /examples/two-instances.dts
dtc -q -O dtb -o three.dtb /examples/three-instances.dts
tree empty.dtb
size=$(stat -c %s two.dtb)
names='database
web-server'

# unchanged DESCRIPTION FACTS: nothing differs from what facts told before
unchanged() {
	is "$1: nothing has changed" "$(facts)" "$2"
}

# refused DESCRIPTION ERRNO REGEX FILE: the upload is refused with that errno and a sentence like this; what is told in
# $before stays so
refused() {
	is "$1: $2" "$(upload "$4")" "$2"
	like "$1: last_error tells" "$(last_error)" "$3"
	unchanged "$1" "$before"
}

#
# In pieces.
#
for piece in 1 7 100000; do
	is "pieces of $piece: taken" "$(mktest write -p $piece $mk/device_tree two.dtb)" ok
	is "pieces of $piece: last_error" "$(last_error)" ok
	is "pieces of $piece: the instances are there" "$(ls $instances)" "$names"
	is "pieces of $piece: emptied again" "$(upload empty.dtb)" ok
	is "pieces of $piece: no instance is left" "$(ls $instances)" ""
done

nothing=$(facts)
for part in 1 39 40 $((size - 1)); do
	is "cut off after $part bytes: each write succeeds" "$(mktest write -s $part $mk/device_tree two.dtb)" ok
	unchanged "cut off after $part bytes" "$nothing"
done
is "a new one at offset 0 starts afresh" "$(upload two.dtb)" ok
is "and makes the instances" "$(ls $instances)" "$names"
is "three times through one open file" "$(mktest write -t 3 $mk/device_tree two.dtb)" ok

two=$(facts)
is "a write beyond what was written: EINVAL" "$(mktest write -g 100 $mk/device_tree empty.dtb)" EINVAL
like "last_error tells offset and size" "$(last_error)" 'offset 101, where 100 bytes'
is "a first write that is not at offset 0: EINVAL" "$(mktest write -o 1 $mk/device_tree empty.dtb)" EINVAL
{ cat empty.dtb; echo; } >longer.dtb
is "a byte more than the header states: EINVAL" "$(upload longer.dtb)" EINVAL
like "last_error tells the size" "$(last_error)" "$(stat -c %s empty.dtb) bytes"
unchanged "wrong offsets" "$two"

# Two writers: the second one starts afresh, the first one is then told.
exec 3>$mk/device_tree 4>$mk/device_tree
head -c 100 two.dtb >&3
cat empty.dtb >&4
is "two writers: the second one's upload is taken" "$(ls $instances)" ""
like "two writers: the first one is refused" "$(tail -c +101 two.dtb 2>&1 >&3)" 'Invalid argument'
like "two writers: a write behind a whole tree is refused" "$(head -c 100 two.dtb 2>&1 >&4)" 'Invalid argument'
like "last_error tells of the offset" "$(last_error)" "offset $(stat -c %s empty.dtb)"
exec 3>&- 4>&-
unchanged "two writers" "$nothing"

# Many at once: each tree is taken whole or not at all. Whoever is refused tries again.
tree a.dtb "$(instance a 1 1 0x8000000)"
tree b.dtb "$(instance b 2 1 0x8000000)"
is_taken() {
	[ "$(mktest write -p 50 $mk/device_tree $1.dtb)" = ok ]
}

writers=''
for file in a b a b; do
	{ is_taken $file; within 120 is_taken $file; } &
	writers="$writers $!"
done
had_turn=0
for writer in $writers; do
	! wait "$writer" || had_turn=$((had_turn + 1))
done
is "four writers at once: each has its tree taken" $had_turn 4
like "what remains is one of the trees" "$(echo $(ls $instances))" '^[ab]$'
is "and it can be emptied" "$(upload empty.dtb)" ok
unchanged "four writers at once" "$nothing"

#
# Too large.
#
dtc -q -O dtb -S $((1 << 20)) -o largest.dtb /examples/two-instances.dts
dtc -q -O dtb -S $(((1 << 20) + 1)) -o larger.dtb /examples/two-instances.dts
is "1 MiB: taken" "$(upload largest.dtb)" ok
is "and makes the instances" "$(ls $instances)" "$names"
two=$(facts)
before=$two
refused "a tree of 1 MiB and a byte" EFBIG '1048577 bytes.*1 MiB' larger.dtb
cp two.dtb header.dtb
poke header.dtb 4 7fffffff
refused "a header that states 2 GB" EFBIG '2147483647 bytes' header.dtb
cat largest.dtb longer.dtb >more.dtb
is "more than 1 MiB behind a header that states 1 MiB: EFBIG" "$(mktest write -p 4000 $mk/device_tree more.dtb)" EFBIG
like "last_error tells" "$(last_error)" 'larger than the 1 MiB'
unchanged "more than 1 MiB" "$before"

#
# Again, changed, moved, emptied.
#
# inode NAME: of the directory, which stays as long as the instance does
inode() {
	stat -c %i $instances/"$1"
}

is "the two instances again" "$(upload two.dtb)" ok
unchanged "the same tree again" "$two"

web=$(inode web-server) database=$(inode database)
tree changed.dtb "$(instance web-server 1 1 0x20000000)" "$(instance database 2 '3 2' 0x40000000)"
is "other order of CPUs, that is another boot CPU: taken" "$(upload changed.dtb)" ok
is "web-server is the one that was there" "$(inode web-server)" "$web"
ok "database is a new one" test "$(inode database)" != "$database"
like "with the new order" "$(cat $instances/database/device_tree_source)" 'cpus = <3 2>;'
is "and ready" "$(status database)" ready

tree moved.dtb "$(instance web-server 1 '2 1' 0x40000000)" "$(instance database 2 3 0x20000000)"
is "CPUs and memory move from one instance to another in one upload" "$(upload moved.dtb)" ok
is "the host's CPUs" "$(cat /sys/devices/system/cpu/online)" 0
is "the pool is used up" "$(cat $mk/pool/memory_free_bytes)" 0
is "web-server has more" "$(sed -n 's/^        //p' $instances/web-server/device_tree_source)" 'cpus = <2 1>;
memory-bytes = <0x40000000>; // 1024 MB'
is "database has less" "$(sed -n 's/^        //p' $instances/database/device_tree_source)" 'cpus = <3>;
memory-bytes = <0x20000000>; // 512 MB'
is "both are ready" "$(status web-server) $(status database)" "ready ready"

tree swapped.dtb "$(instance web-server 2 3 0x20000000)" "$(instance database 1 '2 1' 0x40000000)"
is "two instances change places: ids, CPUs and memory" "$(upload swapped.dtb)" ok
is "the ids" "$(cat $instances/web-server/id $instances/database/id)" "2
1"
tree renamed.dtb "$(instance first 2 3 0x20000000)" "$(instance second 1 '2 1' 0x40000000)"
is "other names for the same" "$(upload renamed.dtb)" ok
is "the directories" "$(ls $instances)" "first
second"

is "an empty tree: taken" "$(upload empty.dtb)" ok
unchanged "emptied" "$nothing"
is "emptied twice: taken" "$(upload empty.dtb)" ok
tree disabled.dtb 'x { status = "disabled"; id = <0>; };'
is "an instance that is disabled: taken" "$(upload disabled.dtb)" ok
unchanged "disabled" "$nothing"

#
# Refusals, with the two instances in place.
#
is "the two instances" "$(upload two.dtb)" ok
before=$(facts)

refused "CPU 0" EBUSY 'load-balancer.*cpu 0 .*boot CPU' three.dtb

# refused_tree DESCRIPTION ERRNO REGEX SOURCE...: a tree of these instances
refused_tree() {
	description=$1 errno=$2 regex=$3
	shift 3
	tree wrong.dtb "$@"
	refused "$description" "$errno" "$regex" wrong.dtb
}

# wrong DESCRIPTION REGEX BODY: instance x, with this between its braces, is EINVAL
wrong() {
	refused_tree "$1" EINVAL "instance \"x\".*$2" "x { $3 };"
}

resources='resources { cpus = <1>; memory-bytes = <0x10000000>; };'
wrong "no id" 'property "id" is missing' "$resources"
wrong "id 0" 'property "id" is 0' "id = <0>; $resources"
wrong "id 2048" 'property "id" is 2048' "id = <2048>; $resources"
wrong "id of two cells" 'property "id" has 8 bytes' "id = <0 1>; $resources"
wrong "id as text" 'property "id" has 2 bytes' "id = \"1\"; $resources"
wrong "no resources" '"resources" is missing' "id = <1>;"
wrong "no cpus" 'property "cpus" is missing' "id = <1>; resources { memory-bytes = <0x1000>; };"
wrong "empty cpus" 'property "cpus" is empty' "id = <1>; resources { cpus; memory-bytes = <0x1000>; };"
wrong "cpus that are no cells" 'property "cpus" has 3 bytes' \
	"id = <1>; resources { cpus = [000001]; memory-bytes = <0x1000>; };"
wrong "the same CPU twice" 'property "cpus" has CPU 1 twice' \
	"id = <1>; resources { cpus = <1 1>; memory-bytes = <0x1000>; };"
wrong "no memory-bytes" 'property "memory-bytes" is missing' "id = <1>; resources { cpus = <1>; };"
wrong "no memory" 'property "memory-bytes" is 0' "id = <1>; resources { cpus = <1>; memory-bytes = <0>; };"
wrong "memory in part of a page" 'property "memory-bytes" is 0x10000800' \
	"id = <1>; resources { cpus = <1>; memory-bytes = <0x10000800>; };"
wrong "memory in three cells" 'property "memory-bytes" has 12 bytes' \
	"id = <1>; resources { cpus = <1>; memory-bytes = <0 0 0x1000>; };"
wrong "a resource nobody knows" 'property "devices"' \
	"id = <1>; resources { cpus = <1>; memory-bytes = <0x1000>; devices = <1>; };"
wrong "a node nobody knows" 'node "children"' "id = <1>; $resources children { };"
wrong "a status that is none" 'property "status" is neither "okay" nor "disabled"' "id = <1>; status = \"reserved\"; $resources"
refused_tree "a name that begins like an option" EINVAL "instance \"-x\".*begins with '-'" "-x { id = <1>; $resources };"
refused_tree "a name with a unit address" EINVAL 'instance "x@1".*unit address' "x@1 { id = <1>; $resources };"
refused_tree "a name with a comma" EINVAL "instance \"a,b\".*','" "a,b { id = <1>; $resources };"
refused_tree "a name that is a dot" EINVAL 'instance "\."' ". { id = <1>; $resources };"
refused_tree "a name that is two dots" EINVAL 'instance "\.\."' ".. { id = <1>; $resources };"
refused_tree "a name of 32 characters" EINVAL 'instance "n{32}".*32' \
	"$(instance nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn 1 1 0x1000)"
refused_tree "the same name twice" EINVAL '"x"' "$(instance x 1 1 0x1000)" "$(instance x 2 2 0x1000)"
refused_tree "the same id twice" EINVAL 'instance "y".*"id" is 7.*"x"' \
	"$(instance x 7 1 0x1000)" "$(instance y 7 2 0x1000)"
refused_tree "the same CPU in two instances" EINVAL 'instance "y".*"cpus" has CPU 2.*"x"' \
	"$(instance x 1 '1 2' 0x1000)" "$(instance y 2 '3 2' 0x1000)"
refused_tree "the same property twice" EINVAL '"id"' "x { id = <1>; id = <1>; $resources };"

refused_tree "no such CPU" ENXIO 'instance "x".*cpu 4,' "$(instance x 1 '1 4' 0x1000)"
refused_tree "a CPU beyond all numbers" EINVAL 'instance "x".*CPU 4294967295; ids are below 8192' "$(instance x 1 0xffffffff 0x1000)"
refused_tree "the boot CPU beside others" EBUSY 'instance "x".*cpu 0 ' "$(instance x 1 '1 0' 0x1000)"
refused_tree "a page more than the pool" ENOSPC 'instance "x".*0x60001000 bytes' "$(instance x 1 1 0x60001000)"
refused_tree "the sum is more than the pool" ENOSPC 'instance "y".*0x20001000 bytes.*0x20000000 are left' \
	"$(instance x 1 1 0x40000000)" "$(instance y 2 2 0x20001000)"
refused_tree "memory in 64 bits" ENOSPC 'instance "x".*0x1000000000000000 bytes' \
	"$(instance x 1 1 '0x10000000 0')"
refused_tree "sums that would wrap around" ENOSPC 'instance "y".*0xfffffffff0000000 bytes' \
	"$(instance x 1 1 0x10000000)" "$(instance y 2 2 '0xffffffff 0xf0000000')"
refused_tree "one more that has no place beside them" ENOSPC 'instance "more".*only 0x0 are left' \
	"$(instance web-server 1 1 0x20000000)" "$(instance database 2 2 0x40000000)" "$(instance more 3 3 0x1000)"

# refused_source DESCRIPTION REGEX SOURCE: a whole tree that is EINVAL
refused_source() {
	echo "/dts-v1/; $3" | compile wrong.dtb
	refused "$1" EINVAL "$2" wrong.dtb
}

refused_source "no compatible" '"compatible".*"multikernel-v1"' '/ { instances { }; };'
refused_source "another compatible" '"compatible".*"multikernel-v2"' \
	'/ { compatible = "multikernel-v2"; instances { }; };'
refused_source "compatible without its NUL" '"compatible"' \
	'/ { compatible = [6d 75 6c 74 69 6b 65 72 6e 65 6c 2d 76 31]; instances { }; };'
refused_source "no instances" '"instances" is missing' '/ { compatible = "multikernel-v1"; };'

# damaged DESCRIPTION OFFSET HEX: the tree of two instances with these bytes written over it. A DTB begins with ten
# cells (Devicetree Specification, 5.2), then the memory reservations, then the structure.
damaged() {
	cp two.dtb wrong.dtb
	poke wrong.dtb "$2" "$3"
	refused "$1" EINVAL '^device tree' wrong.dtb
}

# cell OFFSET: a big-endian number of two.dtb
cell() {
	echo $((0x$(od -An -tx1 -j "$1" -N 4 two.dtb | tr -d ' ')))
}

structure=$(cell 8) strings=$(cell 12)
damaged "wrong magic" 0 d00dfeee
damaged "a stated size that cuts the strings off" 4 "$(printf %08x $((size - 1)))"
damaged "a stated size of only the header" 4 00000028
damaged "structure outside" 8 7ffffff8
damaged "structure not aligned" 8 "$(printf %08x $((structure + 1)))"
damaged "strings outside" 12 fffffff0
damaged "reservations outside" 16 fffffff8
damaged "version 1" 20 00000001
damaged "only for readers of version 18" 24 00000012
damaged "strings too long" 32 7fffffff
damaged "structure too long" 36 7ffffffc
damaged "structure cut short" 36 00000008
damaged "an unknown token" "$structure" 00000007
damaged "a root with a name" $((structure + 4)) 61000000
damaged "a property longer than the structure" $((structure + 12)) 7fffffff
damaged "a property name outside the strings" $((structure + 16)) 7fffffff
damaged "no end" $((structure + $(cell 36) - 4)) 00000004
damaged "the last string is not terminated" $((size - 1)) 61
echo "This is no device tree, but a text of more than forty characters." >text
refused "a text" EINVAL 'not a flattened device tree' text
head -c 100 /dev/zero >zeros
refused "zeros" EINVAL 'not a flattened device tree' zeros
echo one >word
refused "a word, which is less than a header" EINVAL 'not a flattened device tree' word
printf '\320\015\376\355\0\0\0\047' >short
refused "a header that states less than itself" EINVAL 'not a flattened device tree' short

is "a piece of an upload is taken" "$(mktest write -s 40 $mk/device_tree two.dtb)" ok
is "the last sentence stays until an upload is whole" "$(last_error)" "device tree: not a flattened device tree"
is "a good one after all that" "$(upload two.dtb)" ok
is "clears it" "$(last_error)" ok

#
# CPUs that the host or another instance has.
#
tree one.dtb "$(instance one 1 1 0x10000000)"
is "one instance" "$(upload one.dtb)" ok
ok "the host's CPU 3 is taken offline" sh -c 'echo 0 >/sys/devices/system/cpu/cpu3/online'
before=$(facts)
refused_tree "an offline CPU" EBUSY 'instance "x".*cpu 3 is offline' \
	"$(instance one 1 1 0x10000000)" "$(instance x 2 '2 3' 0x10000000)"
ok "CPU 3 comes online again" sh -c 'echo 1 >/sys/devices/system/cpu/cpu3/online'
fails "the host cannot bring an instance's CPU online" EINVAL sh -c 'echo 1 >/sys/devices/system/cpu/cpu1/online'

#
# A running instance neither changes nor goes; one that stays the same is in nobody's way.
#
quiet_kernel quiet
ok "the livepatch loads" load_livepatch
is "a kernel that cannot be asked too much" "$(tree one.dtb "$(instance one 1 1 0x10000000)"; upload one.dtb)" ok
is "runs" "$(mktest load -i 1 quiet)" ok
one=$(inode one)
before=$(facts)
refused_tree "running: other memory" EBUSY 'instance "one".*memory-bytes.*0x10000000 to 0x20000000.*active' \
	"$(instance one 1 1 0x20000000)"
refused_tree "running: another id" EBUSY 'instance "one".*id.*from 1 to 2.*active' "$(instance one 2 1 0x10000000)"
refused_tree "running: one more CPU" EBUSY 'instance "one".*cpus.*active' "$(instance one 1 '1 2' 0x10000000)"
refused_tree "running: gone, another in its place" EBUSY 'instance "one".*removed.*active' \
	"$(instance x 1 1 0x10000000)"
refused "running: gone" EBUSY 'instance "one".*removed.*active' empty.dtb
refused_tree "running: its CPU for another" EINVAL 'has CPU 1' \
	"$(instance one 1 1 0x10000000)" "$(instance x 2 1 0x10000000)"
tree beside.dtb "$(instance one 1 1 0x10000000)" "$(instance beside 2 2 0x10000000)"
is "running: another comes beside it" "$(upload beside.dtb)" ok
is "it is the one that was there" "$(inode one)" "$one"
is "and still active" "$(status one)" active
is "running: the other one goes" "$(upload one.dtb)" ok
is "it is still active" "$(status one)" active
is "it is stopped" "$(mktest load -u -R -1 -i 1)" ok
is "now it may go" "$(upload empty.dtb)" ok
unchanged "after all" "$nothing"

ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
is "every CPU is online" "$(cat /sys/devices/system/cpu/online)" 0-3
done_testing
