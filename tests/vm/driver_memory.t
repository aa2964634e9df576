# SPDX-License-Identifier: GPL-2.0-only
# stock: virtio_pci virtio_mem
# memory: 2G,slots=2,maxmem=4G
# qemu: -object memory-backend-ram,id=plugged,size=1G
# qemu: -device virtio-mem-pci,id=plug,memdev=plugged,requested-size=512M
# Memory that a driver has added stays with the host: the driver can take it away again, whoever uses it then. Here it is
# virtio-mem's, movable, and a quarter of all that the host has. Nor is all else to be had: the host's kernel cannot live on
# movable memory.
. /lib.sh

# place NAME: START and END, inside, of the first such range in /proc/iomem, decimal
place() {
	range=$(sed -n "s/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : $1\$/0x\1 0x\2/p" /proc/iomem | head -n 1)
	for address in $range; do
		echo $((address))
	done
}

driver_bytes() {
	sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM (virtio_mem)$/0x\1 0x\2/p' /proc/iomem |
		while read -r start end; do
			echo $((end - start + 1))
		done | awk '{ sum += $1 } END { print sum + 0 }'
}

# What the pool has within the device's range.
taken() {
	set -- $(place virtio0)
	sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : Multikernel pool$/0x\1 0x\2/p' /proc/iomem |
		while read -r start end; do
			[ $((end)) -lt "$1" ] || [ $((start)) -gt "$2" ] || echo "$start-$end"
		done
}

size=$((512 << 20))
echo online_movable >$memory_blocks/auto_online_blocks
ok "the driver is loaded" sh -c "modprobe virtio_pci && modprobe virtio_mem"
ok "and brings its memory" within 60 sh -c "[ \$(grep -c 'System RAM (virtio_mem)' /proc/iomem) -gt 0 ]"
all_there() {
	[ "$(driver_bytes)" = $size ]
}
ok "512 MB of it" within 60 all_there
note_host
ok "the module loads" load_module 512M
is "the pool has 512 MB" "$(cat $mk/pool/memory_bytes)" $size
is "and none of the driver's" "$(taken)" ''
available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
verdict=$(set_pool $((512 + (available - 100) / 2 * 2))M)
is "it cannot have all that is available: $available MB" "$verdict" ENOMEM
like "last_error tells" "$(last_error)" 'pool: the host can give up [0-9]+ of the [0-9]+ MB wanted'
unlike "the host was not in want" "$(dmesg)" 'page allocation failure|Out of memory'
is "nor has it any of the driver's then" "$(taken)" ''
is "all of that is there" "$(driver_bytes)" $size
is "the pool is given up" "$(set_pool 0)" ok
done_testing
