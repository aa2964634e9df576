# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# cpu: max,la57=off,hypervisor=off
# memory: 66G
# qemu: -machine memory-backend=memory -object memory-backend-ram,id=memory,size=66G,reserve=off
# append: movablecore=0
# files: tests/vm/round_trip.sh:/round_trip.sh
# A host like a server: with 64 GB or more, and no hypervisor, its memory blocks have 2 GB (probe_memory_block_size() in
# arch/x86/mm/init_64.c), and no memory is set aside for what moves. What the emulator gives it is there once it is written to.
. /lib.sh
. /round_trip.sh

block=$((0x$(cat /sys/devices/system/memory/block_size_bytes)))
is "a memory block has 2 GB" $block $((2 << 30))
round_trip '1' '2 3'
done_testing
