# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# The host's side of virtio devices: what a front end asks of /dev/multikernel, what it is refused, and what becomes of
# its device while kernels come and go. The spawn is a tiny kernel that sets up the first device as a driver does.
. /lib.sh

load_module 128M
tree tree.dtb "$(instance web 1 1 0x2000000)" "$(instance other 2 2 0x2000000)"
is "instances are made" "$(upload tree.dtb)" ok
tiny_kernel tiny
serial=$(cat $mk/instances/web/serial)

# boot_tiny NAME WORDS: a tiny kernel with these words
boot_tiny() {
	mkctl boot "$1" --kernel tiny --append "$2" >/dev/null
}

# steps STEP...: what a front end of this instance prints
steps() {
	# shellcheck disable=SC2086 # words
	front_end set serial="$serial" "$@" 2>&1
}

# refused DESCRIPTION SENTENCE STEP...: the attachment is refused so, and last_error says the same
refused() {
	description=$1 sentence=$2
	shift 2
	is "$description" "$(steps "$@" ! attach)" "attach: $sentence"
	is "  and last_error says so" "$(last_error)" "${sentence#*: }"
}

devices() {
	cat $mk/instances/web/devices
}

#
# What is refused
#
version_1=$((1 << 32))
refused "no name" 'EINVAL: device: it has no name' name ''
refused "a name with a space" "EINVAL: device: its name has a character that is none of letters, digits, '-', '_' and '.'" name 'a b'
refused "a long name" 'EINVAL: device: its name has more than 31 characters' name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
refused "no kind" 'EINVAL: device "test0": 0 is no kind of virtio device' set id=0
refused "a device from before virtio 1.0" 'EINVAL: device "test0": feature bit 32 (VERSION_1) must be offered' set features=0
refused "a device that wants an IOMMU" 'EINVAL: device "test0": feature bit 33 cannot be offered: addresses are physical ones, with no IOMMU between' \
	set features=$((version_1 | 1 << 33))
refused "no queues" 'EINVAL: device "test0": it has 0 queues, not 1 to 32' set queues=0
refused "too many queues" 'EINVAL: device "test0": it has 33 queues, not 1 to 32' set queues=33
refused "queues of 100" 'EINVAL: device "test0": its queues have 100 descriptors, not a power of two from 2 to 1024' set entries=100
refused "queues of 2048" 'EINVAL: device "test0": its queues have 2048 descriptors, not a power of two from 2 to 1024' set entries=2048
refused "much configuration" 'EINVAL: device "test0": its configuration space has 257 bytes, at most 256 are taken' set config=257
refused "no such instance" 'ENOENT: device: no instance has serial number 99' set serial=99
is "without the capability there is no sentence" "$(steps drop ! attach)" "attach: EPERM"
is "before an attachment there is nothing" "$(steps ! memory 0 ! detach ! unplug ! answer 2 ! kick 0 ! configure 1)" \
	"$(for step in memory detach unplug answer kick configure; do echo "$step: ENOTCONN"; done)"
for command in 1 3 4 5 6 7 8; do
	is "ioctl $command: a structure that is too short, that is too long, that has more than is known" \
		"$(steps command $command ! bytes 4 ! bytes 5000)" "bytes: EINVAL
bytes: E2BIG"
done
is "an ioctl that is none" "$(steps command 10 ! bytes 16)" "bytes: ENOTTY"
is "nothing is there" "$(devices)" ''

#
# A device without a kernel, and with one that does not know it
#
is "a device is attached, once by each file, once by each name" \
	"$(steps attach ! attach open ! attach)" "attach: EBUSY: device \"test0\": this open file serves one already, or did
attach: EBUSY: instance \"web\": device \"test0\" is served already"
is "when its front end has gone it stays" "$(devices)" '0 test0 19 reset unserved 0 0'
refused "another kind of that name" 'EEXIST: device "test0": it is there already, with another kind of virtio device' set id=2
refused "other queues" 'EEXIST: device "test0": it is there already, with another number of queues' set queues=3
refused "longer queues" 'EEXIST: device "test0": it is there already, with another size of queues' set entries=64
refused "less configuration" 'EEXIST: device "test0": it is there already, with another size of configuration space' set config=4
is "its configuration space can be written as it was attached, and in no other size" \
	"$(steps attach set config=7 ! configure 1 set config=9 ! configure 1 set config=8 configure 1)" "configure: EINVAL
configure: EINVAL"
is "it is taken up, and has no kernel's memory yet" "$(steps set features=$((version_1 | 1)) attach ! memory 0 ! queue 0 ! call 0 ! event 1 ! look)" \
	"memory: ENODEV
queue: EAGAIN
call: EAGAIN
event: ETIME
look: EAGAIN"
is "it is taken away" "$(steps attach detach ! detach ! attach)" 'detach: ENODEV
attach: EBUSY: device "test0": this open file serves one already, or did'
is "and is gone" "$(devices)" ''
is "one that is about to leave stays as long as its front end is there" \
	"$(steps attach unplug unplug open ! attach)" "attach: EBUSY: instance \"web\": device \"test0\" is served already"
is "whoever comes then makes another one of it" "$(steps set queues=3 attach detach)$(devices)" ''
fill() {
	i=0
	while [ $i -lt 16 ]; do
		echo name "d$i" attach open
		i=$((i + 1))
	done
}
# shellcheck disable=SC2046 # words
is "there are 16, and no more" "$(steps $(fill) name d16 ! attach)" \
	"attach: ENOSPC: instance \"web\": it has 16 devices already, and no room for \"d16\""
is "each has a line" "$(devices | wc -l)" 16
i=0
while [ $i -lt 16 ]; do
	steps name d$i attach detach
	i=$((i + 1))
done
is "all are taken away" "$(devices)" ''
# shellcheck disable=SC2046 # words
steps $(fill | sed 's/ open$/ unplug open/')
is "16 that were asked to leave stay" "$(devices | grep -c unserved)" 16
is "and make room for others" "$(steps name e0 attach name e1 open attach)$(devices | awk '{ print $1, $2 }' | head -n 3)" "0 e0
1 e1
2 d2"
i=0
while [ $i -lt 16 ]; do
	[ $i -lt 2 ] && name=e$i || name=d$i
	steps name $name attach detach
	i=$((i + 1))
done
is "these are taken away as well" "$(devices)" ''

#
# A driver sets it up. The tiny kernel kicks once when it has, and once more whenever it is called, which it is as well for what
# was signalled before it was bound.
#
steps attach kick 0 event 60 queue 0 queue 1 ! queue 2 answer 1 ! stale 1 ! answer 2 ! answer 4 kicked 20 call 0 ! callnode 0 \
	! callnone 0 call 0 signal kicked 20 called 0 kicked 20 ! kicknode 0 ! kick 2 \
	set reserved=1 ! nokick 0 ! nocall 0 ! answer 1 set reserved=0 answer 1 memory 0 map size touch running await reboot event 60 \
	! memory 0 answer 2 event 60 ! answer 2 answer 1 memory 0 touch again await end detach >served &
within 60 grep -q test0 $mk/instances/web/devices
ok "a kernel boots" boot_tiny web tiny.device=run
ok "the driver's device is served" within 60 test -e running
is "it is ready, with the features agreed upon, and its first queue where it may be" "$(head -n 2 served | sed 's/0x[1-9a-f][0-9a-f]\{6,\}/here/g')" \
	'ready here
here here here 8 1'
is "the second is not in use, there is no third, and other answers are refused" "$(sed -n '3,7p' served)" '0x0 0x0 0x0 0 0
queue: EINVAL
stale: ESTALE
answer: EINVAL
answer: EINVAL'
is "so is what is no eventfd, no open file, or for no queue" "$(sed -n '8,11p' served)" 'callnode: EINVAL
callnone: EBADF
kicknode: EINVAL
kick: EINVAL'
is "so is a reserved field that is not 0" "$(sed -n '12,14p' served)" 'nokick: EINVAL
nocall: EINVAL
answer: EINVAL'
like "and told of kicks and calls" "$(devices)" '^0 test0 19 running served [1-9][0-9]* [1-9]$'
touch reboot
mkctl reboot web
ok "it is served when the kernel has rebooted" within 60 test -e again
is "in between there was no memory to be had" "$(grep -c '^memory: ENODEV$' served)" 1
touch end
wait
diag "$(cat served)"
mkctl kill web >/dev/null
steps attach
is "the next device in its slot has not been kicked yet" "$(devices)" '0 test0 19 reset unserved 0 0'
done_testing
