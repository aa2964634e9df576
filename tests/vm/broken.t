# SPDX-License-Identifier: GPL-2.0-only
# qemu: -chardev socket,id=monitor,path=build/vm/broken.monitor,server=on,wait=off -mon chardev=monitor,mode=control
# qemu: -chardev socket,id=line,path=build/vm/broken.monitor -device isa-serial,chardev=line,index=2
# cpus: 3
# cpu: max,la57=off,vendor=GenuineIntel
# memory: 2G
# timeout: 400
# allow-log: pool: memory at 0x[0-9a-f]* is broken
# allow-log: instance "one": it has that memory
# allow-log: image "data": it has that memory
# Memory breaks while it is in the pool, free or an instance's: a machine check says so, as in park.t. No instance gets it
# from then on, nothing is loaded where it is, and the host does not take it back.
. /lib.sh

tiny_kernel tiny

log_says() {
	dmesg | grep -qE "$1"
}

# place_of NAME: where the first range of that name in /proc/iomem begins
place_of() {
	awk -F '[-: ]+' -v name="$1" '{ sub(/^ +/, "") } index($0, name) { print "0x" $1; exit }' /proc/iomem
}

free_memory() {
	cat $mk/pool/memory_free_bytes
}

load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
open_monitor

before=$(($(free_memory)))
is "an instance is made" "$(tree one.dtb "$(instance one 1 1 0x4000000)"; upload one.dtb)" ok
own=$(place_of "Multikernel instance one")
like "its memory has a place" "$own" '^0x[0-9a-f]+$'
is "a kernel runs there" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
is "and is stopped: the machine check reaches all CPUs, and it could not bear one" "$(mktest load -u -R -1 -i 1)" ok

machine_check $(printf '0x%x' $((own + 0x2001000)))
ok "memory of an instance breaks: the log names it" within 30 log_says 'instance "one": it has that memory'
fails "nothing is loaded there any more" EIO mktest load -i 1 -c tiny.end=idle tiny
like "and it is said why" "$(last_error)" 'instance "one": memory of it at 0x[0-9a-f]+ is broken'
is "the instance goes" "$(tree none.dtb; upload none.dtb)" ok
is "a page of its memory is gone from the pool" "$(($(free_memory)))" $((before - 4096))

pool=$(place_of "Multikernel pool")
machine_check $(printf '0x%x' $((pool + 0x1000000)))
ok "free memory breaks: the log says so" within 30 log_says "pool: memory at $(printf '0x%x' $((pool + 0x1000000))) is broken"
is "and it is free no more" "$(($(free_memory)))" $((before - 2 * 4096))
machine_check $(printf '0x%x' $((pool + 0x1000000)))
sleep 2
is "the same once more changes nothing" "$(($(free_memory)))" $((before - 2 * 4096))
machine_check 0x3000000000
sleep 2
is "nor does memory of nobody" "$(($(free_memory)))" $((before - 2 * 4096))

#
# An image is made, is ready, and breaks.
#
echo "/dts-v1/; / { compatible = \"multikernel-v1\"; images { data: data { memory-bytes = <0x4000000>; }; };
	instances { one { id = <1>; resources { cpus = <1>; memory-bytes = <0x4000000>; images = <&data>; }; }; }; };" |
	compile image.dtb
is "an instance with an image is made" "$(upload image.dtb)" ok
is "which is loaded" "$(mkctl image load data tiny >/dev/null && cat $mk/images/data/status)" ready
is "a kernel runs there" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
is "and is stopped" "$(mktest load -u -R -1 -i 1)" ok
image=$(printf '0x%x' $(($(place_of "Multikernel image data") + 0x1001000)))
machine_check "$image"
ok "memory of the image breaks" within 30 log_says "pool: memory at $image is broken"
ok "the log says whose it is" within 30 log_says 'image "data": it has that memory'
fails "nothing is loaded that names it" EIO mktest load -i 1 -c tiny.end=idle tiny
is "and it is said why" "$(last_error)" \
	'instance "one": memory of its image "data" is broken; remove the image and make it anew'
is "without the image" "$(tree one.dtb "$(instance one 1 1 0x4000000)"; upload one.dtb)" ok
is "a kernel runs there" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
is "and is stopped once more" "$(mktest load -u -R -1 -i 1)" ok
is "both go" "$(upload none.dtb)" ok
# News come in order: those of the same once more, and of nobody's, were heard before the image's.
is "each page that broke is gone from the pool, once" "$(($(free_memory)))" $((before - 3 * 4096))

is "an instance of all of the pool cannot be had" "$(tree all.dtb "$(instance all 1 1 $before)"; upload all.dtb)" ENOSPC
like "since there is not so much" "$(last_error)" "instance \"all\": memory-bytes asks for .* only 0x[0-9a-f]* are left for it"
is "one of nearly all can" "$(tree most.dtb "$(instance most 1 1 $((before - 0x8000000)))"; upload most.dtb)" ok
is "a kernel runs there" "$(mktest load -i 1 -c tiny.end=idle tiny)" ok
is "and is stopped, too" "$(mktest load -u -R -1 -i 1)" ok
is "all go" "$(upload none.dtb)" ok
is "the pool is given up" "$(echo 0 >/sys/module/multikernel/parameters/pool && cat /sys/module/multikernel/parameters/pool)" 0
ok "the host does without the broken blocks" log_says 'the host does without its memory at 0x[0-9a-f]+, 128 MB'
done_testing stays
