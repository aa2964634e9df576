# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the tests inside the emulated machine: the Test Anything Protocol, and waiting. A test begins with
# ". /lib.sh" and ends with done_testing.

# shellcheck disable=SC2034 # used by the tests
modules=/lib/multikernel mk=/sys/fs/multikernel spawn_initrd=/boot/spawn.cpio
host_kernel=/boot/vmlinuz-$(uname -r)
spawn_modules=$modules	# those of $host_kernel
own_host=	# none of Debian's
debug_host=	# that watches itself
if [ ! -e "$host_kernel" ]; then
	# The stock kernel stands in for one of machine/own-kernel, which is for hosts only. It has its modules in a directory.
	own_host=yes
	! uname -r | grep -q 'mk-debug$' || debug_host=yes
	for spawn_modules in $modules/*/; do
		host_kernel=/boot/vmlinuz-$(basename "$spawn_modules")
	done
fi
other_kernel=	# empty where there is one only
for kernel in /boot/vmlinuz-*; do
	[ "$kernel" = "$host_kernel" ] || other_kernel=$kernel
done

tap_count=0

diag() {
	echo "$*" | sed 's/^/# /'
}

# result STATUS DESCRIPTION
result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		echo "not ok $tap_count - $2"
	fi
	return "$1"
}

# ok DESCRIPTION COMMAND...: the command succeeds
ok() {
	description=$1
	shift
	output=$("$@" 2>&1)
	status=$?
	[ "$status" = 0 ] || diag "status $status of: $*
$output"
	result "$status" "$description"
}

# errno_text ERRNO: what the C library says of an errno
errno_text() {
	case $1 in
	EACCES) echo "Permission denied" ;;
	EAGAIN) echo "Resource temporarily unavailable" ;;
	EBUSY) echo "Device or resource busy" ;;
	EINVAL) echo "Invalid argument" ;;
	ENOENT) echo "No such file or directory" ;;
	ENOMEM) echo "Cannot allocate memory" ;;
	EPERM) echo "Operation not permitted" ;;
	*) echo "$1" ;;
	esac
}

# fails DESCRIPTION WHY COMMAND...: the command does not succeed, and says why: with an errno, by its name or in the C
# library's words, or with a line that matches the extended regular expression
fails() {
	description=$1 why=$2
	shift 2
	output=$("$@" 2>&1)
	status=$?
	if [ "$status" != 0 ] && echo "$output" | grep -qE -- "$why|$(errno_text "$why")"; then
		result 0 "$description: $why"
	else
		diag "status $status, and not a failure with \"$why\", of: $*
$output"
		result 1 "$description: $why"
	fi
}

# is DESCRIPTION GOT WANTED: two texts are the same
is() {
	[ "$2" = "$3" ] || diag "got:
$2
wanted:
$3"
	[ "$2" = "$3" ]
	result $? "$1"
}

# like DESCRIPTION TEXT REGEX: a line of the text matches the extended regular expression
like() {
	if echo "$2" | grep -qE -- "$3"; then
		result 0 "$1"
	else
		diag "got:
$2
wanted something like: $3"
		result 1 "$1"
	fi
}

# unlike DESCRIPTION TEXT REGEX: there is a text, and no line of it matches
unlike() {
	if [ -n "$2" ] && ! echo "$2" | grep -qE -- "$3"; then
		result 0 "$1"
	else
		diag "got:
$2
wanted a text with nothing like: $3"
		result 1 "$1"
	fi
}

# skip DESCRIPTION WHY: one verdict that cannot be had here
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# done_testing [stays]: the end of a test. What it has left goes now, and the host must have all that it had before; unless
# the test is about what stays. In either case the module has told of no error that the test's header does not name.
# (tests/crash/check reads this file as well, outside of the machine.)
done_testing() {
	if [ -e /test ]; then
		has_told_no_error
		[ "${1:-}" = stays ] || has_all_back
	fi
	echo "1..$tap_count"
}

has_told_no_error() {
	named=$(sed -n 's/^# allow-log: *//p' /test | paste -s -d '|')
	is "the module has told of no error" "$(dmesg -r | sed -n 's/^<[0-3]>\[[^]]*\] \(multikernel: .*\)/\1/p' |
		grep -vE -- "${named:-^\$}")" ''
}

# bail_out WHY: this test cannot go on. Not by TAP's own word for it, which ends all tests that would come after this one.
bail_out() {
	result 1 "cannot go on: $*"
	echo "1..$tap_count"
	exit 1
}

# now: seconds since the machine started
now() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}"
}

# How many times slower than others this host may be; from its command line.
: "${SLOW:=1}"

# within SECONDS COMMAND...: try again and again until the command succeeds; fails after that time. A second counts when the
# command was tried in it: whoever holds the machine up for a while takes no time from it. The command may wait so itself.
within() {
	# shellcheck disable=SC3043 # busybox and dash have it
	local within_left=$(($1 * SLOW)) within_second within_now
	shift
	within_second=$(now)
	until "$@" >/dev/null 2>&1; do
		[ "$within_left" -gt 0 ] || return 1
		sleep 0.1
		within_now=$(now)
		[ "$within_now" = "$within_second" ] || within_left=$((within_left - 1))
		within_second=$within_now
	done
}

# word NAME DEFAULT: the value of NAME= on the host's command line, where whoever runs a test leaves it words
word() {
	value=$(tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1)
	echo "${value:-$2}"
}

# The modules. load_module takes the pool= to begin with, or nothing; a livepatch is in effect once its transition is over.
livepatch=/sys/kernel/livepatch/multikernel_kexec

load_module() {
	insmod $modules/multikernel.ko ${1:+"pool=$1"}
}

load_livepatch() {
	insmod $modules/multikernel_kexec.ko && within 60 grep -qx 0 $livepatch/transition
}

unload_livepatch() {
	echo 0 >$livepatch/enabled && within 60 test ! -e $livepatch && within 60 rmmod multikernel_kexec
}

# Where the pool's size is set while the module is loaded.
pool_parameter=/sys/module/multikernel/parameters/pool

# compile FILE: device tree source from standard input, also with what dtc calls an error, as a DTB
compile() {
	dtc -q -f -I dts -O dtb -o "$1" -
}

# instance NAME ID CPUS BYTES: the source of one instance
instance() {
	echo "$1 { id = <$2>; resources { cpus = <$3>; memory-bytes = <$4>; }; };"
}

# tree FILE SOURCE...: a DTB with these instances
tree() {
	tree_file=$1
	shift
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; instances { $* }; };" | compile "$tree_file"
}

# upload FILE: "ok", or the errno by name
upload() {
	mktest write $mk/device_tree "$1"
}

# status NAME, last_error: what these files say
status() {
	cat "$mk/instances/$1/status"
}

last_error() {
	cat $mk/last_error
}

# All that a refusal must leave as it was: the host's CPUs and memory, the pool, and every instance's directory.
facts() {
	grep . /sys/devices/system/cpu/online /sys/devices/system/cpu/present
	grep MemTotal /proc/meminfo
	grep -r . $mk/pool
	grep Multikernel /proc/iomem
	for directory in $mk/instances/*/; do
		[ -e "$directory" ] || continue
		stat -c '%n %i' "$directory"
		cat "$directory/id" "$directory/status" "$directory/device_tree_source"
	done
}

# The host's memory. What it must have again when the pool is gone: its memory blocks with their states and zones, and
# the sum of what /proc/iomem names.
memory_blocks=/sys/devices/system/memory

host_memory() {
	(cd $memory_blocks && grep . memory*/state memory*/valid_zones)
	sed -n 's/^ *\(.*\)-\(.*\) : System RAM$/0x\2 - 0x\1 + 1/p' /proc/iomem | {
		sum=0
		while read -r size; do
			sum=$((sum + size))
		done
		echo "System RAM: $sum bytes"
	}
}

mem_total() {
	awk '/^MemTotal/ { print $2 }' /proc/meminfo
}

available_mb() {
	awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo
}

# set_pool SIZES: as the parameter takes it; "ok", or the errno
set_pool() {
	echo "$1" >wanted
	mktest write $pool_parameter wanted
}

# has_mem_total DESCRIPTION KB: MemTotal is what it was. A block that left for the first time brings a little more: at
# boot the kernel takes what describes a block's pages, 64 bytes each, before it counts; later it takes it from what
# was counted.
has_mem_total() {
	blocks=$(find $memory_blocks -name 'memory[0-9]*' | wc -l)
	description_kb=$((0x$(cat $memory_blocks/block_size_bytes) / 4096 * 64 / 1024))
	more=$(($(mem_total) - $2))
	ok "$1: $2 KB before, $more more now" \
		test $more -ge 0 -a $((more % description_kb)) = 0 -a $((more / description_kb)) -le "$blocks"
}

# What the host has as the test begins. One that plugs something in, or begins without all of it, notes this anew.
note_host() {
	noted_cpus=$(cat /sys/devices/system/cpu/online) noted_blocks=$(host_blocks) noted_total=$(mem_total)
}

# host_blocks: its memory but for the zones, which newer kernels choose anew as they take a block back
host_blocks() {
	host_memory | grep -v valid_zones
}

nothing_is_left() {
	for directory in $mk/instances/*/; do
		[ -e "$directory" ] || continue
		grep -qx ready "$directory/status" || mkctl kill "$(basename "$directory")" || return
	done
	[ ! -e $livepatch ] || unload_livepatch || return
	[ ! -e $mk ] || within 60 rmmod multikernel
}

has_all_back() {
	ok "in the end nothing of the module is left" nothing_is_left
	is "in the end the host has its CPUs" "$(cat /sys/devices/system/cpu/online)" "$noted_cpus"
	is "in the end the host has its memory" "$(host_blocks)" "$noted_blocks"
	has_mem_total "in the end the host counts its memory" "$noted_total"
}

[ ! -e /test ] || note_host
# Else each load would fail, and say ENOEXEC of a file that is not there.
[ ! -e /test ] || [ -e "$host_kernel" ] || bail_out "$host_kernel is not in this machine: it was put together for another kernel"

# Where the host's kernel has its 64-bit entry (Documentation/arch/x86/boot.rst: 0x200 behind the setup sectors, whose
# number is at 0x1f1).
entry_64() {
	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$host_kernel")
	echo $(((sectors + 1) * 512 + 0x200))
}

# quiet_kernel FILE: a kernel that starts and then does nothing, for tests of what is around it. It is the host's own,
# with an endless halt in place of its 64-bit entry.
quiet_kernel() {
	cp "$host_kernel" "$1"
	poke "$1" "$(entry_64)" f4ebfd
}

# tiny_kernel FILE: a kernel that is up at once, and lives and ends as its command line says (tests/vm/tiny.c). It has
# the header of the host's kernel, but 64 KB of code (syssize, at 0x1f4) that need 1 MB to start (init_size, at 0x260).
tiny_kernel() {
	entry=$(entry_64)
	head -c $((entry - 0x200 + 0x10000)) "$host_kernel" >"$1"
	poke "$1" $((0x1f4)) 00100000
	poke "$1" $((0x260)) 00001000
	dd if=/boot/tiny of="$1" bs=1 seek="$entry" conv=notrunc 2>/dev/null
}

# poke FILE OFFSET HEX: overwrite bytes
poke() {
	echo "$3" | xxd -r -p | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# first_process PREFIX: gives the spawns a first process of the test's own, a shell script from standard input, in the file
# "initrd"; with all else that is below "spawn". It speaks through its kernel's log, finds each PREFIX.NAME=VALUE of its
# command line as a variable, and goes on to sleep when it is through.
first_process() {
	mkdir -p spawn
	{
		cat <<-'HEAD'
			#!/bin/sh
			export PATH=/bin
			mkdir -p /proc /sys /dev /tmp
			mount -t proc proc /proc
			mount -t sysfs sysfs /sys
			mount -t devtmpfs devtmpfs /dev
			echo on >/proc/sys/kernel/printk_devkmsg
			exec </dev/null >/dev/kmsg 2>&1
		HEAD
		echo "for word in \$(tr ' ' '\n' </proc/cmdline | sed -n 's/^$1\.//p'); do eval \"\$word\"; done"
		cat
		echo 'while :; do sleep 3600; done'
	} >spawn/init
	chmod 755 spawn/init
	(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd
}

# log_has NAME REGEX: the log of the kernel in that instance has such a line
log_has() {
	mkctl logs "$1" 2>/dev/null | grep -qE -- "$2"
}

# Seconds that a spawn kernel may take until it has told what it sees. On an idle machine it takes ten, beside another that
# boots twice as many, and a slow machine some times that.
boot_bound=300

# has_booted NAME: its first process runs and has told what it sees; else the end of its log, enough for a trace
has_booted() {
	within $boot_bound log_has "$1" 'spawn: up after' || {
		echo "$1 is $(status "$1"): $(cat "$mk/instances/$1/failure")"
		mkctl logs "$1" | tail -n 120
		return 1
	}
}

# has_rebooted NAME GENERATION: a later kernel than that one has been started there; before that the log is the old one's
has_rebooted() {
	[ "$(cat "$mk/instances/$1/generation")" -gt "$2" ] && [ "$(status "$1")" = active ]
}

# The console of instance 1, whose kernel serves a shell there.
line=/dev/mktty1

# boot_console NAME [OPTION...]: a real kernel with the spawns' initrd
boot_console() {
	name=$1
	shift
	mkctl boot "$name" --kernel "$host_kernel" --initrd $spawn_initrd "$@" >/dev/null
}

# listen: from now on what comes over the line goes to the file "heard"; until hush
listen() {
	: >heard
	cat $line >heard &
	listener=$!
}

hush() {
	kill $listener
	wait $listener
} 2>/dev/null

# say TEXT: a line to the console; mark is where in "heard" the answer begins
say() {
	mark=$(stat -c %s heard)
	printf '%s\n' "$*" >$line
}

# answer: what came since the last line was said, as it came
answer() {
	tail -c +$((mark + 1)) heard
}

# recent: the end of the answer, for this is asked again and again
recent() {
	new=$(($(stat -c %s heard) - mark))
	tail -c $((new < 2000 ? new : 2000)) heard | tr -d '\r'
}

answer_has() {
	recent | grep -qE -- "$1"
}

# The last line, which may not be whole, is left out.
answer_has_line() {
	{ recent; echo .; } | sed '$d' | grep -qE -- "$1"
}

# await TEST REGEX SECONDS
await() {
	within "$3" "$1" "$2" || {
		diag "not heard: $2; but:
$(answer | tail -c 1000)"
		return 1
	}
}

# hear REGEX [SECONDS]: such a line, or the beginning of one, comes as answer
hear() {
	await answer_has "$1" "${2:-240}"
}

# hear_line REGEX [SECONDS]: such a line comes, to its end. What came of it later would be the beginning of the next answer.
hear_line() {
	await answer_has_line "$1" "${2:-240}"
}

# spawn COMMAND [SECONDS]: run it in the console's shell, for its exit status; output has what it wrote, and never what the
# command before wrote
spawn() {
	output="no answer"
	say "$1; echo en''d=\$?"
	hear_line '(^|[^ ])end=[0-9]+$' "${2:-240}" || return 1
	output=$(answer | tr -d '\r' | sed 's/end=[0-9]*$//')
	answer | tr -d '\r' | grep -q 'end=0$'
}

# open_monitor: for tests whose third serial port leads to QEMU's monitor, as programs speak to it. It greets as soon as the
# port is open, and the port echoes that until it is told not to, and then what is answered to the echo. A line for a line:
# that ends. People's monitor would draw each line anew for each letter, and more of it than a slow host ever reads. A byte
# of ones ends whatever has begun (QEMU, docs/interop/qmp-spec). The port stays open, for it may echo again when it is opened
# anew.
open_monitor() {
	exec 3<>/dev/ttyS2
	stty -F /dev/ttyS2 raw -echo
	printf '\377\n{ "execute": "qmp_capabilities" }\n' >&3
}

# monitor COMMAND: to QEMU's monitor, as people would say it
monitor() {
	printf '{ "execute": "human-monitor-command", "arguments": { "command-line": "%s" } }\n' "$1" >&3
}

# machine_check ADDRESS: QEMU's monitor has a machine check go to all CPUs: a memory error that no one has to act on, at a
# physical address, valid from bit 12 on. VAL, UC, EN, MISCV, ADDRV, S and the code for an error found by memory scrubbing;
# RIPV and MCIP (Intel SDM volume 3, "Machine-Check Architecture").
bank_status=0xbd000000000000c0
machine_check() {
	monitor "mce -b 0 9 $bank_status 5 $1 0x8c"
}

# heard_checks TIMES: so many of these has the host heard
heard_checks() {
	[ "$(dmesg | grep -c "Machine Check.*Bank 9: ${bank_status#0x}")" = "$1" ]
}

# spawn_is_quiet: let the shell neither prompt nor echo
spawn_is_quiet() {
	say "stty -echo; PS1=; echo qui''et"
	hear '^quiet'
}

# copies BYTES: that many that do not repeat soon; busybox is a program both sides have.
copies() {
	while cat /bin/busybox; do :; done 2>/dev/null | head -c "$1"
}
