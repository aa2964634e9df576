# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/image_root
# spawn-stock: nfit nd_pmem crc32c_generic erofs overlay
# timeout: 700
# Disk images in memory: two stock kernels without our module have their root file system on one, each with a writable
# layer of its own; one of another version, with our module, as well. The service makes images of two trees, and loads them
# from files. What is refused, and that nothing is left.
. /lib.sh

root=/boot/root.erofs
if [ ! -e $root ]; then
	echo "1..0 # SKIP mkfs.erofs is missing: package erofs-utils"
	exit 0
fi
images=$mk/images
root_sum=$(sha256sum <$root)
# As tests/vm/image_root makes it.
data_sum=$(seq 1 600000 | sha256sum | cut -d ' ' -f 1)

#
# The initrd of a spawn: drivers of its stock kernel, the image below, a layer in memory above.
#
first_process initrd <<'INIT'
for driver in nfit nd_pmem crc32c_generic erofs overlay; do modprobe $driver || echo "initrd: no $driver"; done
until [ -b "/dev/${root:=pmem0}" ]; do sleep 0.1; done
mkdir /lower /layer /root
mount -t erofs -o ro "/dev/$root" /lower
mount -t tmpfs tmpfs /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work overlay /root
if [ "${module:-}" = yes ]; then
	insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
	grep . /sys/fs/multikernel/instances/*/device_tree_source /sys/fs/multikernel/last_error
fi
for place in proc sys dev; do mount --move /$place /root/$place; done
exec switch_root /root /init
INIT
for kernel in $host_kernel $other_kernel; do
	version=${kernel##*vmlinuz-}
	cat initrd "/boot/stock-$version.cpio" >"initrd-$version"
done

# images FILE IMAGES INSTANCES: a tree with both
images() {
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; images { $2 }; instances { $3 }; };" >"$1.dts"
	compile "$1.dtb" <"$1.dts"
}

# image NAME BYTES
image() {
	echo "$1: $1 { memory-bytes = <$2>; };"
}

# guest NAME ID CPU REFERENCES
guest() {
	echo "$1 { id = <$2>; resources { cpus = <$3>; memory-bytes = <0x14000000>; images = <$4>; }; };"
}

# refused DESCRIPTION ERRNO REGEX FILE: the upload is, and nothing has changed
refused() {
	before=$(facts; grep -r . $images/*/size $images/*/status $images/*/loaded_bytes)
	is "$1: $2" "$(upload "$4")" "$2"
	like "$1: last_error tells" "$(last_error)" "$3"
	is "$1: nothing has changed" "$(facts; grep -r . $images/*/size $images/*/status $images/*/loaded_bytes)" "$before"
}

# boot NAME KERNEL WORDS
boot() {
	mkctl boot "$1" --kernel "$2" --initrd "initrd-${2##*vmlinuz-}" --append "$3"
}

# sees NAME REGEX...: its first process has told that
sees() {
	name=$1
	shift
	for line; do
		like "$name: $line" "$text" "image: $line"
	done
}

# content NAME BYTES: the sum of the image's beginning
content() {
	head -c "$2" "$images/$1/image" | sha256sum
}

zeros() {
	head -c "$1" /dev/zero | sha256sum
}

ok "the module loads" load_module 1G
is "there is a place for images, and none in it" "$(ls -d $images; ls $images)" $images
pool=$(cat $mk/pool/memory_bytes)
two="$(image rootfs 0x1000000) $(image second 0x200000)"
both="$(guest one 1 1 '&rootfs &second') $(guest two 2 2 '&rootfs &second')"
images two "$two" "$both"

#
# Made, and filled.
#
like "mkctl check takes the tree" "$(mkctl check two.dts 2>&1)" ': ok$'
is "two images, two instances" "$(upload two.dtb)" ok
is "both are there" "$(ls $images)" "rootfs
second"
is "their sizes" "$(cat $images/*/size)" "16777216
2097152"
is "who names one" "$(cat $images/rootfs/instances)" "one
two"
like "/proc/iomem names them" "$(cat /proc/iomem)" 'Multikernel image rootfs'
is "the pool counts them" "$(cat $mk/pool/memory_free_bytes)" $((pool - 0x1200000 - 2 * 0x14000000))
is "an image is empty" "$(cat $images/rootfs/status) $(cat $images/rootfs/loaded_bytes)" "empty 0"
is "and zero" "$(content rootfs 16777216)" "$(zeros 16777216)"
fails "an empty image starts no kernel" 'No data available: .*its image "rootfs" is empty; load it first' \
	boot one "$host_kernel" ''
is "the instance is ready as before" "$(status one)" ready

head -c 100 $root >$images/rootfs/image
is "a load is under way" "$(cat $images/rootfs/status) $(cat $images/rootfs/loaded_bytes)" "loading 100"
fails "meanwhile no kernel starts" 'its image "rootfs" is loading' boot one "$host_kernel" ''
fails "a piece that does not continue" EINVAL dd if=/dev/zero of=$images/rootfs/image bs=50 seek=1 count=1 conv=notrunc
like "last_error tells" "$(last_error)" 'image "rootfs": written at offset 50, where 100 bytes'
fails "a status that is none" EINVAL sh -c "echo full >$images/rootfs/status"
ok "it can be emptied" sh -c "echo empty >$images/rootfs/status"
is "and is zero again" "$(content rootfs 4096)" "$(zeros 4096)"
fails "an empty one is not ready" EINVAL sh -c "echo ready >$images/rootfs/status"

head -c 3000000 /dev/urandom >large
fails "a file that is too large" '3000000 bytes do not fit image "second", which has 2097152' \
	mkctl image load second large
is "nothing was written of it" "$(cat $images/second/status)" empty
fails "a pipe that is too long" 'do not fit image "second"' sh -c 'cat large | mkctl image load second -'
is "what was written of it is gone" "$(cat $images/second/status) $(content second 4096)" "empty $(zeros 4096)"
fails "more than there is room for, without mkctl" 'too large|EFBIG' sh -c "cat large >$images/second/image"
: >nothing
fails "an empty file" 'it is empty' mkctl image load second nothing
fails "an image that is not there" 'there is no image "third"' mkctl image load third $root

head -c 1048576 large >second
is "a file is loaded" "$(mkctl image load rootfs $root)" \
	"rootfs: ready, $(($(stat -c %s $root) >> 10)) KB"
is "a pipe is loaded" "$(cat second | mkctl image load second -)" "second: ready, 1 MB"
is "what was loaded can be read" "$(content rootfs "$(stat -c %s $root)")" "$root_sum"
like "mkctl image list" "$(mkctl image list)" '^rootfs +ready +16 MB +one two$'
like "as JSON, too" "$(mkctl image list --json | tr -d ' \n')" '"name":"second","status":"ready","memory_bytes":2097152,"loaded_bytes":1048576,"instances":\["one","two"\]'

#
# Two kernels from one image, without our module.
#
whole=$(content rootfs 16777216)
second_sum=$(sha256sum <second | cut -d ' ' -f 1)
is "one starts" "$(boot one "$host_kernel" '')" "one: active"
is "two starts" "$(boot two "$host_kernel" 'image.write=pmem1')" "two: active"
for name in one two; do
	ok "$name is up" within $boot_bound log_has $name 'image: up'
	text=$(mkctl logs $name)
	sees $name "root is overlay overlay" "pmem0 has 16777216 bytes" "pmem1 has 2097152 bytes" "data is $data_sum" \
		"the root can be written: written" "modules of ours: 0"
done
sees two "pmem1 is written"
like "the second image, before it was written" "$(mkctl logs one; mkctl logs two)" "image: second is $second_sum"
unlike "no page of one, no driver complains" "$(mkctl logs one)" 'WARNING|Conflicting|attempted on|initrd: no'
is "nobody has written the first image" "$(content rootfs 16777216)" "$whole"
is "everyone sees what is written to the second" "$(head -c 7 $images/second/image)" written
is "the tree as text" "$(grep image $mk/instances/one/device_tree_source)" \
	'        image-names = "rootfs", "second";'
dtc -q -I dtb -O dts $mk/instances/one/device_tree >one.dts
dtc -q -I dtb -O dts $mk/instances/two/device_tree >two-assigned.dts
like "where they are" "$(cat one.dts)" 'image-ranges = <0x[0-9a-f]+ 0x[0-9a-f]+ 0x00 0x1000000 0x[0-9a-f]+ 0x[0-9a-f]+ 0x00 0x200000>'
is "the same for both" "$(grep image-ranges one.dts)" "$(grep image-ranges two-assigned.dts)"

#
# In use.
#
fails "an image in use is not loaded" 'the kernel of instance "(one|two)" uses it; stop that kernel first' \
	mkctl image load rootfs $root
fails "nor emptied" EBUSY sh -c "echo empty >$images/rootfs/status"
is "it is what it was" "$(content rootfs 16777216)" "$whole"
images shrunk "$(image rootfs 0x800000) $(image second 0x200000)" "$both"
refused "it does not shrink" EBUSY 'instance "one": its image "rootfs" cannot change from 0x1000000 to 0x800000 bytes while it is active' shrunk.dtb
images gone "$(image second 0x200000)" "$(guest one 1 1 '&second') $(guest two 2 2 '&second')"
refused "it does not go" EBUSY 'instance "one": images cannot change while it is active' gone.dtb
like "mkctl check knows" "$(mkctl check gone.dts 2>&1)" 'instance "one": images cannot change while it is active'
images unnamed "$two" "$(guest one 1 1 '&rootfs') $(guest two 2 2 '&rootfs &second')"
refused "nor changes whose it is" EBUSY 'instance "one": images cannot change' unnamed.dtb
tree lonely.dtb "one { id = <1>; resources { cpus = <1>; memory-bytes = <0x14000000>; image-names = \"rootfs\"; }; };"
refused "a name without an image" EINVAL 'property "image-names" has "rootfs", which no node below "images" is called' lonely.dtb
images more "$two $(image third 0x400000)" "$both"
is "one more is made beside them" "$(upload more.dtb)" ok
is "and goes again" "$(upload two.dtb)" ok
is "who stays is not touched" "$(cat $mk/instances/*/generation | xargs) $(content rootfs 16777216)" "1 1 $whole"

#
# Again, and elsewhere.
#
is "one is stopped" "$(mkctl kill one)" "one: ready"
is "two is stopped" "$(mkctl kill two)" "two: ready"
is "its image stays loaded" "$(cat $images/rootfs/status)" ready
is "a kernel that reboots" "$(boot one "$host_kernel" 'image.reboot=yes')" "one: active"
again() {
	[ "$(cat $mk/instances/one/generation)" -ge 3 ] && log_has one "image: data is $data_sum"
}
ok "has its root again, from the same image" within $((2 * boot_bound)) again
is "and is stopped" "$(mkctl kill one)" "one: ready"
images turned "$two" "$(guest one 1 1 '&rootfs &second') $(guest two 2 2 '&second &rootfs')"
is "the numbers follow the list" "$(upload turned.dtb)" ok
is "two starts with them the other way" "$(boot two "$host_kernel" 'initrd.root=pmem1')" "two: active"
ok "two is up" within $boot_bound log_has two 'image: up'
text=$(mkctl logs two)
sees two "data is $data_sum" "pmem0 has 2097152 bytes" "pmem1 has 16777216 bytes"
is "and is stopped again" "$(mkctl kill two)" "two: ready"
is "the first order again" "$(upload two.dtb)" ok
if [ -n "$other_kernel" ]; then
	is "another kernel, with our module" "$(boot two "$other_kernel" initrd.module=yes)" "two: active"
	ok "is up" within $boot_bound log_has two 'image: up'
	text=$(mkctl logs two)
	sees two "data is $data_sum" "modules of ours: 1" "pmem1 has 2097152 bytes"
	like "it knows its images" "$text" 'device_tree_source: +image-names = "rootfs", "second";'
	like "and finds nothing wrong" "$text" 'last_error:ok'
	is "it is stopped" "$(mkctl kill two)" "two: ready"
else
	skip "another kernel" "there is one only"
fi
is "loaded anew when none runs" "$(mkctl image load second second)" "second: ready, 1 MB"
is "as it was" "$(content second 2097152)" "$({ cat second; head -c 1048576 /dev/zero; } | sha256sum)"

#
# What the pool cannot give.
#
images small "$(image rootfs 0x800000) $(image second 0x200000)" "$both"
is "now it can shrink" "$(upload small.dtb)" ok
is "is empty then, and zero" "$(cat $images/rootfs/status) $(content rootfs 8388608)" "empty $(zeros 8388608)"
is "and the other keeps what it has" "$(cat $images/second/status)" ready
images huge "$(image huge "0x1 0x0")" ''
refused "larger than the pool" ENOSPC 'image "huge": memory-bytes asks for 0x100000000 bytes' huge.dtb
all= half= number=0
while [ $number -lt $((pool >> 26)) ]; do
	all="$all $(image i$number 0x4000000)"
	[ $((number % 2)) = 0 ] || half="$half $(image i$number 0x4000000)"
	number=$((number + 1))
done
images all "$all" ''
is "the pool is full of images" "$(upload all.dtb) $(cat $mk/pool/memory_free_bytes)" "ok 0"
images pieces "$half $(image large 0x8000000)" ''
refused "room, but not in one piece" ENOSPC 'image "large": the pool.s free memory has no piece of 0x8000000 bytes' pieces.dtb
tree none.dtb
exec 5>$images/i0/image
is "all go" "$(upload none.dtb)" ok
fails "nothing is written to one that is gone" 'No such device' sh -c 'echo more >&5'
exec 5>&-
is "no image is left" "$(ls $images)" ""
is "the pool has all of its memory" "$(cat $mk/pool/memory_free_bytes)" "$pool"

#
# By the service, as at a start of the machine. The two trees number their images the other way round.
#
etc=/etc/multikernel
mkdir -p /run $etc/images $etc/boot.d
images $etc/10-one "$two" "$(guest one 1 1 '&rootfs &second')"
images $etc/20-two "$(image second 0x200000) $(image rootfs 0x1000000)" "$(guest two 2 2 '&rootfs')"
ln -s $root $etc/images/rootfs
printf '%s\n' "kernel=$host_kernel" "initrd=$PWD/initrd-${host_kernel##*vmlinuz-}" append=quiet >$etc/boot.d/two.conf
ok "the service takes two trees with images" mkctl service start
is "both share what both name" "$(cat $images/rootfs/instances)" "one
two"
is "each has its own" "$(cat $images/second/instances)" one
is "what has a file is loaded from it" "$(cat $images/rootfs/status) $(content rootfs "$(stat -c %s $root)")" "ready $root_sum"
is "and nothing else" "$(cat $images/second/status)" empty
mkctl service run two >two.out 2>&1 &
service=$!
ok "the service boots one of them" within $boot_bound log_has two 'image: up'
text=$(mkctl logs two)
sees two "pmem0 has 16777216 bytes" "data is $data_sum"
is "the service started again loads nothing" "$(mkctl service start 2>&1 | grep '^[a-z]*: ')" \
	"second: empty, there is no file $etc/images/second"
is "and two runs on" "$(status two) $(cat $mk/instances/two/generation)" "active 1"
cp second $etc/images/second
rm $etc/images/rootfs
cp second $etc/images/rootfs
fails "a new file waits until no kernel uses the image" 'the kernel of instance "two" uses it; stop that kernel first' \
	mkctl service start
is "which is what it was" "$(content rootfs "$(stat -c %s $root)")" "$root_sum"
is "the other has its file" "$(cat $images/second/status) $(content second 1048576)" "ready $second_sum  -"
is "two is stopped" "$(mkctl kill two)" "two: ready"
wait $service
is "its service ends" $? 0
like "and has told what its kernel saw" "$(cat two.out)" "^kernel: .* image: data is $data_sum"
ok "then the new file is taken" mkctl service start
is "which is there now" "$(cat $images/rootfs/status) $(content rootfs 1048576)" "ready $second_sum  -"
rm -r $etc
is "all go again" "$(upload none.dtb) $(ls $images) $(cat $mk/pool/memory_free_bytes)" "ok  $pool"

unlike "/proc/iomem names none" "$(cat /proc/iomem)" 'Multikernel image'
fails "the pool does not shrink below an image" EBUSY sh -c \
	"cat more.dtb >$mk/device_tree && echo 0 >$pool_parameter"
like "last_error tells" "$(last_error)" 'pool: instances and images hold so much'
done_testing
