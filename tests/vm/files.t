# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# Every file of /sys/fs/multikernel: is there, with its mode, and says what it must; before, with and after instances.
. /lib.sh

instances=$mk/instances
web=$instances/web-server

# What find shows of a directory: modes and names.
listing() {
	(cd "$1" && find . -exec stat -c '%a %n' {} + | sort -k 2)
}

root_files='755 .
200 ./device_tree
755 ./images
755 ./instances
444 ./last_error
755 ./pool
444 ./pool/cpus
444 ./pool/memory_bytes
444 ./pool/memory_free_bytes
444 ./pool/windows_free
444 ./version'

instance_files='755 .
444 ./cpu_time
400 ./device_tree
444 ./device_tree_source
444 ./devices
444 ./failure
444 ./generation
444 ./id
444 ./liveness
400 ./memory
444 ./memory_used
444 ./serial
444 ./status
444 ./uptime'

pool_values() {
	echo "$(cat $mk/pool/memory_bytes) $(cat $mk/pool/memory_free_bytes) cpus $(cat $mk/pool/cpus)"
}

# iomem NAME: the memory of that name as START-END in hexadecimal, a line for each range. The kernel shows it in parts,
# since the pool is made of many.
iomem() {
	sed -n "s/^ *\([0-9a-f]*-[0-9a-f]*\) : $1\$/\1/p" /proc/iomem | {
		first='' last=''
		while read -r part; do
			if [ $((0x${part%-*})) != $((0x${last:-0} + 1)) ]; then
				[ -z "$first" ] || echo "$first-$last"
				first=${part%-*}
			fi
			last=${part#*-}
		done
		[ -z "$first" ] || echo "$first-$last"
	}
}

# bytes_of RANGE...: how many
bytes_of() {
	bytes=0
	for one_range; do
		bytes=$((bytes + 0x${one_range#*-} - 0x${one_range%-*} + 1))
	done
	echo $bytes
}

pool_mb=1664
pool_bytes=$((pool_mb << 20))

ok "the module loads" load_module ${pool_mb}M
is "nothing has to be mounted: the files are there" "$(listing $mk)" "$root_files"
is "last_error begins with ok" "$(last_error)" ok
is "the pool is free, and no CPU is taken" "$(pool_values)" "$pool_bytes $pool_bytes cpus "
is "the parameter tells the pool" "$(cat $pool_parameter)" ${pool_mb}M
# shellcheck disable=SC2046 # a list of ranges
is "/proc/iomem names all of the pool" "$(bytes_of $(iomem 'Multikernel pool'))" $pool_bytes

fails "device_tree cannot be read" EACCES cat $mk/device_tree
fails "nor written by an ordinary user" EACCES mktest as 99 mktest write $mk/device_tree /examples/two-instances.dts
for file in last_error version pool/cpus pool/memory_bytes pool/memory_free_bytes pool/windows_free; do
	fails "$file cannot be written" EACCES sh -c "echo 1 >$mk/$file"
done
fails "mkdir makes no instance" EPERM mkdir $instances/web-server
fails "nor for an ordinary user" EACCES mktest as 99 mkdir $instances/web-server
fails "nor an image" EPERM mkdir $mk/images/rootfs
fails "rmdir does not remove the place of images" EPERM rmdir $mk/images
fails "a file cannot be made there either" EACCES touch $instances/web-server

# Two instances of the examples, and one with cells of its own: 64 bits, no whole number of MB, CPUs not in order.
dtc -q -O dtb -o two.dtb /examples/two-instances.dts
tree odd.dtb "$(instance odd.name+x-1_ 2047 '3 1' '0 0x1001000')"

is "cat uploads the tree of two instances" "$(cat two.dtb 2>&1 >$mk/device_tree)" ""
is "last_error says ok" "$(last_error)" ok
is "each instance has a directory, and nothing else has" "$(ls $instances)" "database
web-server"
for name in web-server database; do
	is "$name has its files" "$(listing $instances/$name)" "$instance_files"
	is "$name is ready" "$(status $name)" ready
	is "$name has not failed" "$(cat $instances/$name/failure)" ""
done
is "the ids are those of the tree" "$(cat $web/id $instances/database/id)" "1
2"
is "the pool tells what is taken" "$(pool_values)" "$pool_bytes $((pool_bytes - (1536 << 20))) cpus 1-3"
is "the host runs on the rest" "$(cat /sys/devices/system/cpu/online)" 0
is "and has no other" "$(cat /sys/devices/system/cpu/present)" 0

echo '/dts-v1/;

/web-server {
    compatible = "multikernel-v1";
    id = <1>;
    resources {
        cpus = <1>;
        memory-bytes = <0x20000000>; // 512 MB
    };
};' >web.dts
echo '/dts-v1/;

/database {
    compatible = "multikernel-v1";
    id = <2>;
    resources {
        cpus = <2 3>;
        memory-bytes = <0x40000000>; // 1024 MB
    };
};' >database.dts
ok "device_tree_source of web-server, byte for byte" cmp $web/device_tree_source web.dts
ok "device_tree_source of database, byte for byte" cmp $instances/database/device_tree_source database.dts
is "in pieces of one byte it is the same" "$(dd if=$web/device_tree_source bs=1 2>/dev/null)" "$(cat web.dts)"

# cells RANGE...: address and size of each, two cells for either, as dtc writes them
cells() {
	for one_range; do
		address=$((0x${one_range%-*})) size=$(bytes_of "$one_range")
		printf '0x%02x ' $((address >> 32)) $((address & 0xffffffff)) $((size >> 32)) $((size & 0xffffffff))
	done | sed 's/ $//'
}

web_ranges=$(iomem 'Multikernel instance web-server')
# shellcheck disable=SC2086 # a list of ranges
is "/proc/iomem names as much memory for web-server as was asked for" "$(bytes_of $web_ranges)" $((512 << 20))
# shellcheck disable=SC2046
is "and for database" "$(bytes_of $(iomem 'Multikernel instance database'))" $((1024 << 20))
# shellcheck disable=SC2086
is "device_tree is a DTB with configuration and assignment" "$(dtc -q -I dtb -O dts $web/device_tree)" "/dts-v1/;

/ {

	web-server {
		compatible = \"multikernel-v1\";
		id = <0x01>;

		resources {
			cpus = <0x01>;
			memory-bytes = <0x20000000>;
		};

		assigned {
			memory-ranges = <$(cells $web_ranges)>;
			apic-ids = <0x01>;
		};
	};
};"
like "that of database has both CPUs' APIC ids" "$(dtc -q -I dtb -O dts $instances/database/device_tree)" \
	'apic-ids = <0x02 0x03>;'

fails "mkdir makes no instance beside them" EPERM mkdir $instances/another
fails "mkdir makes nothing inside one" EPERM mkdir $web/another
fails "rmdir does not remove an instance" EPERM rmdir $web
fails "nor does it remove all" EPERM rmdir $instances
fails "rm removes no file" EPERM rm -f $web/id
fails "mv renames no instance" EPERM mv $web $instances/other
for file in $(cd $web && ls); do
	fails "$file cannot be written" EACCES sh -c "echo 1 >$web/$file"
	fails "$file cannot be opened for both" EACCES sh -c ": <>$web/$file"
done
fails "memory cannot be read by an ordinary user" EACCES mktest as 99 head -c 1 $web/memory
fails "nor can device_tree, which has physical addresses" EACCES mktest as 99 head -c 1 $web/device_tree
is "the rest can" "$(mktest as 99 cat $web/id $web/status $web/device_tree_source)" "1
ready
$(cat web.dts)"

# The memory file. What an instance is given is zero; it is made of memory that was used before: see below.
is "the odd tree is taken" "$(upload odd.dtb)" ok
odd=$instances/odd.name+x-1_
is "its directory is there, the others are gone" "$(ls $instances)" odd.name+x-1_
is "its text has the CPUs in the order of the tree, and KB" "$(cat $odd/device_tree_source)" '/dts-v1/;

/odd.name+x-1_ {
    compatible = "multikernel-v1";
    id = <2047>;
    resources {
        cpus = <3 1>;
        memory-bytes = <0x1001000>; // 16388 KB
    };
};'
is "CPU 2 is back in the host" "$(cat /sys/devices/system/cpu/online)" 0,2
is "the pool's free memory is what is left" "$(pool_values)" "$pool_bytes $((pool_bytes - 0x1001000)) cpus 1,3"

range=$(iomem 'Multikernel instance odd.name+x-1_')
start=$((0x${range%-*})) end=$((0x${range#*-} + 1))	# one range, being so small
is "its range has the size that was asked for" $((end - start)) $((0x1001000))
is "its memory is zero from end to end" "$(mktest zeros $odd/memory $start $((end - start)))" ok
is "as it can be read" "$(mktest pread $odd/memory $start $((end - start)) | wc -c)" $((end - start))
is "an odd piece can be read" "$(mktest pread $odd/memory $((start + 4093)) 7 | xxd -p)" 00000000000000

# outside CALL DESCRIPTION OFFSET BYTES
outside() {
	is "$1 $2: ENXIO" "$(mktest "$1" $odd/memory "$3" "$4" 2>&1 | head -n 1)" ENXIO
}

for call in pread mmap; do
	outside $call "just below" $((start - 4096)) 4096
	outside $call "just above" $end 4096
	outside $call "of the host's first page" 0 4096
	outside $call "far above all memory" $((1 << 52)) 4096
done
outside mmap "across the end" $((end - 4096)) 8192
outside mmap "across the start" $((start - 4096)) 8192
is "a read across the end gives what is inside" "$(mktest pread $odd/memory $((end - 5)) 10 2>/dev/null | xxd -p)" \
	0000000000
fails "memory cannot be mapped to write" EACCES mktest mmap $odd/memory $start 4096 w

# A kernel is loaded: the memory file shows it, and whoever waits for the status is told.
is "one instance of 128 MB" "$(tree one.dtb "$(instance one 1 1 0x8000000)"; upload one.dtb)" ok
one=$instances/one
range=$(iomem 'Multikernel instance one')
start=$((0x${range%-*})) end=$((0x${range#*-} + 1))
quiet_kernel quiet
ok "the livepatch loads" load_livepatch

# waits_for NAME: poll(2) waits for that instance's status; the answer will be in the file woken. Not for ok, which runs
# its command in a shell of its own.
waits_for() {
	mktest poll "$instances/$1/status" $((SLOW * 60)) >woken &
	waiter=$!
	within 60 grep -q poll /proc/$waiter/wchan
}

waits_for one
result $? "poll waits as long as nothing happens"
is "the kernel is loaded" "$(mktest load -i 1 -r $spawn_initrd quiet)" ok
wait $waiter
result $? "poll wakes"
like "and the status has moved on" "$(cat woken)" '^(loading|active)$'
is "the status is active" "$(status one)" active
mktest select $one/status $((SLOW * 60)) >woken &
waiter=$!
within 60 grep -q "select\|poll" /proc/$waiter/wchan
result $? "select waits"
is "the kernel is stopped" "$(mktest load -u -R -1 -i 1)" ok
wait $waiter
result $? "select wakes"
is "the status is ready" "$(cat woken)" ready

initrd_size=$(stat -c %s $spawn_initrd)
initrd=$((end - (initrd_size + 4095) / 4096 * 4096))
is "the initrd lies at the end of the memory" "$(mktest pread $one/memory $initrd $initrd_size | sha256sum)" \
	"$(sha256sum <$spawn_initrd)"
is "mapped it is the same" "$(mktest mmap $one/memory $initrd $initrd_size | sha256sum)" "$(sha256sum <$spawn_initrd)"

# Mappings come page by page as they are touched, and go with the instance: what is mapped when it goes, and what is not
# touched before.
hold() {
	mkfifo "$1.go"
	mktest held $one/memory $start $((end - start)) <"$1.go" >"$1" 6>&- 7>&- &
}
generation=$(cat $one/generation) serial=$(cat $one/serial)
is "one kernel was loaded there" "$generation" 1
hold early
early=$!
exec 7>early.go
ok "memory is mapped" within 20 grep -q KB early
kb=$(sed -n 's/^page tables: \(.*\) KB$/\1/p' early)
ok "which fills no page tables: $kb KB, all of it takes $(((end - start) / 4096 * 8 / 1024))" test "$kb" -lt 64
hold late
late=$!
exec 6>late.go
ok "memory is mapped once more" within 20 grep -q KB late
exec 7>&-
wait $early
is "its first and last page can be touched" "$(tail -n 1 early)" ok
is "and no page be made writable" "$(grep -c writable early)" 0

# Another instance gets the same memory, without what was there.
fails "what was loaded is still there" '^0x' mktest zeros $one/memory $start $((end - start))
is "an instance of another name takes its place" \
	"$(tree other.dtb "$(instance other 2 2 0x8000000)"; upload other.dtb)" ok
is "it has the same memory" "$(iomem 'Multikernel instance other')" "$range"
is "which is zero again" "$(mktest zeros $instances/other/memory $start $((end - start)))" ok

exec 6>&-
wait $late
is "a mapping of the instance that went: SIGBUS" "$(tail -n 1 late)" SIGBUS
ok "serial numbers are not used again: $serial, then $(cat $instances/other/serial)" \
	test "$(cat $instances/other/serial)" -gt "$serial"
is "no kernel was loaded in the new one" "$(cat $instances/other/generation)" 0

# The tree is emptied.
is "an empty tree is taken" "$(tree empty.dtb; upload empty.dtb)" ok
is "no instance is left" "$(ls $instances)" ""
is "the files are those of the beginning" "$(listing $mk)" "$root_files"
is "the pool is free again" "$(pool_values)" "$pool_bytes $pool_bytes cpus "
is "every CPU is back" "$(cat /sys/devices/system/cpu/online)" 0-3
is "/proc/iomem names no instance" "$(grep 'Multikernel instance' /proc/iomem)" ""

ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
ok "and its files with it" test ! -e $mk
is "/proc/iomem knows nothing of it" "$(grep Multikernel /proc/iomem)" ""
done_testing
