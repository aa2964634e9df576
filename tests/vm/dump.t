# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# mkctl dump: core files of a kernel that runs and of two that have panicked, one of them of another version. What crash
# makes of the same files is tested by tests/crash, which hands the machine a place to leave them.
. /lib.sh

instances="alive dead other"
instance_bytes=$((256 << 20))

# field FILE OFFSET: a 64-bit number in it
field() {
	od -An -tu8 -j "$2" -N 8 "$1" | tr -d ' '
}

# virtual FILE HEADER, physical FILE HEADER: the addresses in a program header (64 bytes of ELF header, 56 each)
virtual() {
	field "$1" $((64 + $2 * 56 + 16))
}

physical() {
	field "$1" $((64 + $2 * 56 + 24))
}

# note FILE KEY: a value of the VMCOREINFO note, which is in the first two pages
note() {
	head -c 8192 "$1" | strings | sed -n "s/^$2=//p"
}

# memory_of NAME: all of it, piece by piece
memory_of() {
	sed -n "s/^ *\(.*\)-\(.*\) : Multikernel instance $1$/\1 \2/p" /proc/iomem | while read -r start end; do
		mktest mmap "$mk/instances/$1/memory" $((0x$start)) $((0x$end - 0x$start + 1))
	done
}

# same_memory NAME: the dump has it, from where its first range begins in the file
same_memory() {
	memory_of "$1" | cmp - "$1.core" 0 "$(field "$1.core" $((64 + 2 * 56 + 8)))"
}

# leave NUMBER FILE: copy a dump to the memory of QEMU's device for that (ivshmem), if the machine has one
slot_bytes=$((512 << 20))
leave() {
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor" "$device/device" | xargs)" = "0x1af4 0x1110" ] || continue
		ok "$2 is left outside" mktest into "$device/resource2" $(($1 * slot_bytes)) "$2"
		diag "left $2 $(($1 * slot_bytes)) $(stat -c %s "$2")"
	done
}

load_module 1G
load_livepatch
tree tree.dtb "$(instance alive 1 1 $instance_bytes)" "$(instance dead 2 2 $instance_bytes)" \
	"$(instance other 3 3 $instance_bytes)"
is "three instances" "$(upload tree.dtb)" ok

is "dump of one where no kernel was" "$(mkctl dump alive -o alive.core 2>&1)" \
	'mkctl: instance "alive": no VMCOREINFO note in its memory; the dump says nothing of its kernel'
is "it begins with a range: no note and no image" "$(od -An -tu4 -j 64 -N 4 alive.core | tr -d ' ')" 1

ok "alive starts" mkctl boot alive --kernel "$host_kernel" --initrd $spawn_initrd
ok "dead starts" mkctl boot dead --kernel "$host_kernel" --initrd $spawn_initrd --append spawn.do=panic
ok "other starts" mkctl boot other --kernel "${other_kernel:-$host_kernel}" --initrd $spawn_initrd \
	--append spawn.do=panic
ok "alive runs" has_booted alive
for name in dead other; do
	ok "$name dies" within $boot_bound grep -qx failed "$mk/instances/$name/status"
done

slot=0
for name in $instances; do
	core=$name.core
	case $name in
	other) kernel=${other_kernel:-$host_kernel} ;;
	*) kernel=$host_kernel ;;
	esac
	is "dump of $name, in silence" "$(mkctl dump $name -o $core 2>&1)" ''
	is "$core names its kernel" "$(note $core OSRELEASE)" "${kernel##*/vmlinuz-}"
	# The image's text is the first of it, at 16 MB without KASLR.
	is "$core has the image where KASLR has put it" "$(printf %x "$(virtual $core 1)")" \
		"$(printf %x $((0xffffffff81000000 + 0x$(note $core KERNELOFFSET))))"
	is "and at the physical address that goes with it" \
		"$(printf %x $((0xffffffff80000000 + $(physical $core 1) - $(note $core 'NUMBER(phys_base)'))))" \
		"$(printf %x "$(virtual $core 1)")"
	like "the direct map begins at a multiple of 1 GB" \
		"$(printf %x $(($(virtual $core 2) - $(physical $core 2))))" '^ff[0-9a-f]{6}[048c]0000000$'
	mkctl logs --core $core >$name.log
	leave $slot $core
	slot=$((slot + 1))
done
is "nobody else may read a dump" "$(stat -c %a dead.core)" 600
ok "what is zero takes no place" test "$(du -k dead.core | cut -f 1)" -lt $((instance_bytes / 1024 * 3 / 4))
for name in dead other; do
	is "the log in the dump of $name" "$(cat $name.log)" "$(mkctl logs $name)"
done
is "the log in the dump of alive, which may have gone on" "$(cat alive.log)" \
	"$(mkctl logs alive | head -n "$(wc -l <alive.log)")"
like "it has come to its end" "$(cat alive.log)" 'spawn: up after'
ok "the dump of dead holds its memory to the byte" same_memory dead
is "alive goes on" "$(status alive)" active

mkdir small
mount -t tmpfs -o size=1M tmpfs small
is "no room" "$(mkctl dump dead -o small/core 2>&1; echo $?)" \
	"mkctl: small/core: cannot write: No space left on device
1"
is "half a dump is removed, by whatever name" "$(ls -A small && echo .)" .
umount small
is "no such instance" "$(mkctl dump nobody -o core 2>&1)" 'mkctl: there is no instance "nobody"'

for name in $instances; do
	ok "$name is stopped" mkctl kill $name
done
is "and all are gone" "$(mktest write $mk/device_tree /dev/null >/dev/null; tree none.dtb; upload none.dtb)" ok

done_testing
