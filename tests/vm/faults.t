# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: build/KVER-faults/multikernel.ko:/lib/multikernel/multikernel.ko
# files: build/KVER-faults/multikernel_kexec.ko:/lib/multikernel/multikernel_kexec.ko
# allow-log: multikernel: fault: call|multikernel: cpu .* did not come back|multikernel: the host did not take its memory
# allow-log: multikernel: .* cannot be (made|set up)
# Every call of the module that can fail, allocations, hotplug and all, fails once (tests/fault). Each operation is tried
# with its first such call failing, then with its second, until it makes no more calls. It is either refused, with an errno,
# a sentence and nothing changed, or does its work all the same; nothing that was taken is left over; and without the
# fault it works. faults.stride=N on the command line tries every Nth call only, as "make test" does.
. /lib.sh

parameters=/sys/module/multikernel/parameters
stride=$(word faults.stride 1)
block_bytes=$((0x$(cat $memory_blocks/block_size_bytes)))
all_following=1000	# more calls than any operation makes

problems='' more=''

complain() {
	problems="$problems$*
"
}

# What an operation may change, and what it must leave as it was. Which blocks of memory are in the pool is the module's
# choice, and so is of which zone they were, for where a movable block does not move in time another one is taken: they are
# counted by state. Zones are looked at when the pool is empty.
shown() {
	grep . /sys/devices/system/cpu/online /sys/devices/system/cpu/present $mk/pool/*
	cat $memory_blocks/memory*/state | sort | uniq -c
	host_memory | tail -n 1
	for directory in $mk/instances/*/; do
		[ -e "$directory" ] || continue
		cat "$directory/id" "$directory/status" "$directory/failure" "$directory/device_tree_source"
	done
	ls $mk/images
}

named() {
	grep Multikernel /proc/iomem
}

held() {
	cat $parameters/held
}

is_sentence() {
	echo "$1" | grep -qE '^[a-z]+.* .*[a-z)]' && [ "$1" != ok ]
}

# same WHAT GOT WANTED
same() {
	echo "$3" >wanted
	echo "$2" >got
	difference=$(diff wanted got) || complain "$1 is not the same:
$difference"
}

# What the host did not take back has been said; it is brought back by hand, as an operator would.
heal() {
	for cpu in $(sed -n 's/.*multikernel: cpu \([0-9]*\) did not come back.*/\1/p' news); do
		diag "cpu $cpu is set online by hand"
		echo 1 >"/sys/devices/system/cpu/cpu$cpu/online" || complain "cpu $cpu cannot be set online"
	done
	for start in $(sed -n 's/.*the host did not take its memory at \(0x[0-9a-f]*\) back.*/\1/p' news); do
		block=memory$((start / block_bytes))
		diag "$block is set online by hand"
		zone=online_kernel
		grep -q "$block/valid_zones:.*Movable" zones && zone=online_movable
		echo $zone >$memory_blocks/$block/state || complain "$block cannot be set online"
	done
}

# What became of an operation that was refused, as most are.
check_refused() {
	echo "$verdict" | grep -qxE 'E[A-Z0-9]+' || complain "verdict: $verdict"
	is_sentence "$(last_error)" || complain "last_error: $(last_error)"
	same "/proc/iomem after the refusal" "$(named)" "$named_before"
	# What could not be made again is missing, and that has been said.
	if [ -n "$more" ] && grep -q 'multikernel: instance .* cannot be made' news; then
		return
	fi
	same "after the refusal" "$(shown)" "$shown_before"
	[ $with_held = no ] || same "held after the refusal" "$(held)" "$held_before"
}

# attempt OPERATION NUMBER: with that call failing; sets struck. Ends where it began, but for which blocks the pool has: the
# attempt before may have ended with others, so names are compared with those of this moment.
attempt() {
	problems='' verdict='' named_before=$(named)
	dmesg -c >/dev/null
	echo "$2" >$parameters/fail_at
	verdict=$("do_$1")
	calls=$(cat $parameters/calls)
	echo 0 >$parameters/fail_at
	settle_"$1" 2>/dev/null
	struck=no failed='no call'
	[ "$calls" -lt "$2" ] || struck=yes failed=$(cat $parameters/failed)
	dmesg >news
	heal
	if [ "$verdict" != ok ]; then
		[ $struck = yes ] || complain "refused without a fault: $verdict, $(last_error)"
		check_"$refusal"
		again=$("do_$1")
		settle_"$1" 2>/dev/null
		same "without the fault" "$again" ok
	fi
	same "when it is done" "$(shown)" "$shown_after"
	"back_$1" >/dev/null
	same "when it is undone" "$(shown)" "$shown_before"
	[ $with_held = no ] || same "held in the end" "$(held)" "$held_before"
}

# operation NAME: all of its calls. do_NAME prints "ok" or an errno by name, back_NAME undoes what do_NAME has done.
operation() {
	refusal=${2:-refused} with_held=${3:-yes}
	shown_before=$(shown)
	is "$1: works" "$("do_$1")" ok
	shown_after=$(shown)
	"back_$1" >/dev/null
	is "$1: can be undone" "$(shown)" "$shown_before"
	held_before=$(held)
	struck=yes number=$((1 + tap_count % stride))
	while [ $struck = yes ]; do
		attempt "$1" $number
		is "$1: call $number: $failed${more:+ and all that follow}: $verdict" "$problems" ''
		number=$((number + stride))
	done
	# To stop a kernel may take nothing that can fail. The last attempt was one in which no call did.
	[ "$1" = stop ] || ok "$1: calls can fail" test "$calls" -gt 0
	diag "$1: $calls calls can fail"
}

#
# Coming and going of the module.
#
all_given_back='held at the end: memory 0, mappings 0, names 0, files 0$'

# gone: nothing of the module is left
gone() {
	dmesg >news
	grep -q 'fault: call' news || struck=no
	failed=$(sed -n 's/.*fault: call [0-9]* fails: //p' news | head -n 1)
	heal
	grep -q "$all_given_back" news || complain "$(grep 'held at the end' news)"
	[ ! -e $mk ] || complain "$mk is there"
	same "/proc/iomem" "$(named)" ''
	same "memory of the host" "$(host_memory)" "$memory_before"
	same "CPUs of the host" "$(cat /sys/devices/system/cpu/online)" 0-3
}

try_insmod() {
	problems=''
	dmesg -c >/dev/null
	verdict=refused
	if insmod $modules/multikernel.ko fail_at="$1" pool=256M 2>/dev/null; then
		verdict=ok
		same "the pool" "$(cat $mk/pool/memory_bytes)" $((256 << 20))
		echo 0 >$parameters/fail_at
		rmmod multikernel || complain "rmmod"
	fi
	gone
	[ $struck = yes ] || [ $verdict = ok ] || complain "refused without a fault"
}

try_rmmod() {
	problems=''
	load_module 256M || complain "insmod"
	dmesg -c >/dev/null
	echo "$1" >$parameters/fail_at
	verdict=ok
	rmmod multikernel || verdict=refused
	same "rmmod" $verdict ok
	gone
}

(cd $memory_blocks && grep . memory*/valid_zones) >zones
load_module 256M || bail_out "no module"
rmmod multikernel
memory_before=$(host_memory)
for name in insmod rmmod; do
	struck=yes number=$((1 + tap_count % stride))
	while [ $struck = yes ]; do
		try_$name $number
		is "$name: call $number: ${failed:-no call}: $verdict" "$problems" ''
		number=$((number + stride))
	done
	[ $name != insmod ] || ok "$name: calls have failed" test $number -gt $((2 * stride))
done

#
# The pool.
#
load_module 256M || bail_out "no module"
echo 256M >256M
echo 512M >512M
do_grow() { mktest write $pool_parameter 512M; }
back_grow() { mktest write $pool_parameter 256M; }
do_shrink() { back_grow; }
back_shrink() { do_grow; }
operation grow
do_grow >/dev/null
operation shrink
echo 0 >0
is "the pool can be empty" "$(mktest write $pool_parameter 0)" ok
is "and the host has all its memory, in its zones" "$(host_memory)" "$memory_before"
is "the pool is small again" "$(do_shrink)" ok

#
# Uploads: of instances that were never there, of instances that were, and of what moves CPUs and memory between them.
#
tree none.dtb
tree some.dtb "$(instance one 1 1 0x4000000)$(instance two 2 2 0x4000000)"
tree moved.dtb "$(instance one 1 2 0x8000000)$(instance two 2 3 0x2000000)"
id=10
do_first() { tree first.dtb "$(instance "id$id" $id 3 0x2000000)"; upload first.dtb; }
settle_first() { shown_after=$(shown); }	# another one each time
back_first() { upload none.dtb; id=$((id + 1)); }
do_upload() { upload some.dtb; }
back_upload() { upload none.dtb; }
do_move() { upload moved.dtb; }
back_move() { upload some.dtb; }
operation first refused no
operation upload
upload some.dtb >/dev/null
operation move
upload none.dtb >/dev/null
do_image() { upload image.dtb; }
back_image() { upload none.dtb; }
echo "/dts-v1/; / { compatible = \"multikernel-v1\"; images { data: data { memory-bytes = <0x2000000>; }; };
	instances { one { id = <1>; resources { cpus = <1>; memory-bytes = <0x2000000>; images = <&data>; }; }; }; };" |
	compile image.dtb
operation image
upload some.dtb >/dev/null

#
# Kernels.
#
load_livepatch || bail_out "no livepatch"
ask_reboot=$((0x2000))	# KEXEC_MK_ASK_REBOOT
reboot_bound=120	# seconds; it takes one
tiny_kernel tiny
head -c 100000 /dev/urandom >initrd
do_boot() { mktest load -i 1 -r initrd -c quiet tiny; }
back_boot() { mktest load -u -R -1 -i 1; }
do_stop() { back_boot; }
back_stop() { do_boot; }
# Asked as mkctl does, which would also read files.
reboots() { dmesg | grep -c 'instance "one": reboots'; }
has_rebooted() { [ "$(reboots)" -gt "$rebooted" ] && [ "$(status one)" != loading ]; }
do_reboot() {
	rebooted=$(reboots)
	mktest load -u -R -1 -f $ask_reboot -i 1 >/dev/null
	within $reboot_bound has_rebooted || echo "no reboot"
	if [ "$(status one)" = active ]; then
		echo ok
	else
		status one
	fi
}
back_reboot() { :; }

# Who asked is told by the instance's state; it can be loaded anew.
check_failed() {
	same "status" "$(status one)" failed
	is_sentence "$(cat $mk/instances/one/failure)" || complain "failure: $(cat $mk/instances/one/failure)"
	same "a new load" "$(do_boot)" ok
}

# What a front end does, from the attachment to the end. A memory file's refusal has no sentence.
do_serve() {
	front_end set serial="$(cat $mk/instances/one/serial)" attach kick 0 memory 0 map detach >served 2>&1 && echo ok ||
		sed -n 's/^[a-z]*: \(E[A-Z0-9]*\).*/\1/p' served
}
back_serve() { :; }
check_served() { echo "$verdict" | grep -qxE 'E[A-Z0-9]+' || complain "verdict: $verdict: $(cat served)"; }

operation boot
is "a kernel starts" "$(do_boot)" ok
operation serve served
operation stop
operation reboot failed
is "it is stopped" "$(do_stop)" ok

# It gets memory and a CPU while it runs, and gives them back.
trees() {
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; instances { one { id = <1>; resources { cpus = <$1>; cpus-max = <1 3>;
		memory-bytes = <$2>; }; }; $(instance two 2 2 0x4000000) }; };"
}
trees 1 0x4000000 | compile little.dtb
trees '1 3' 0x6000000 | compile much.dtb
takes_memory() {
	trees 1 0x4001000 | compile odd.dtb
	[ "$(upload odd.dtb)" = EINVAL ]
}
do_get() { upload much.dtb; }
back_get() { upload little.dtb; }
is "CPUs may come" "$(upload little.dtb)" ok
is "a kernel starts that takes what comes" "$(mktest load -i 1 -r initrd -c 'quiet tiny.resize=obey' tiny)" ok
ok "it is up" within 240 takes_memory
operation get refused no
do_give() { back_get; }
back_give() { do_get; }
do_get >/dev/null
operation give refused no
is "it is stopped" "$(do_stop)" ok
upload some.dtb >/dev/null

#
# Not one call fails but all that follow as well: the undoing, too.
#
more=$all_following
echo $more >$parameters/fail_more
operation move
operation boot
more=''
echo 0 >$parameters/fail_more

#
# The host takes nothing back, however often it is asked: that is said, and all else goes on.
#
upload none.dtb >/dev/null
echo 512M >$pool_parameter
dmesg -c >/dev/null
echo $all_following >$parameters/fail_more
echo 0M >0M
for number in 1 2 3 4 5 6 7 8 9 10; do
	echo $number >$parameters/fail_at
	echo "call $number: $(mktest write $pool_parameter 0M)"
	grep -q 'add_memory' $parameters/failed && break
done >tried
echo 0 >$parameters/fail_at
echo 0 >$parameters/fail_more
diag "$(cat tried)"
like "memory that the host does not take back is named in its log" "$(dmesg)" \
	'the host did not take its memory at 0x[0-9a-f]+ back: error -12'
is "a pool can be had after that" "$(mktest write $pool_parameter 256M)" ok
is "and an instance" "$(upload some.dtb)" ok
is "and a kernel starts there" "$(do_boot)" ok
is "and stops" "$(do_stop)" ok
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
like "nothing is held" "$(dmesg | grep 'held at the end')" "$all_given_back"
is "every CPU is the host's" "$(cat /sys/devices/system/cpu/online)" 0-3
done_testing stays	# what the host did not take back is missing until it is started anew
