# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# A load by both doors, kexec_file_load and /dev/multikernel: what is refused and how, that a refusal leaves the instance
# as it was and is told to whom it concerns, that the stock call is still the stock call; unloading; mkctl's exit codes.
. /lib.sh

one=$mk/instances/one
quiet_kernel quiet
big=$((600 << 20))

# The door that is used: the system call, or the device as descriptor 9.
door=

# call ARGUMENTS...: by that door. load: into instance 1. unload: what runs there. All say "ok", or the errno by name.
call() {
	# shellcheck disable=SC2086 # words
	mktest load $door "$@" 2>sentence
}

load() {
	call -i 1 "$@"
}

unload() {
	call -u -R -1 -i 1	# no initrd, but not KEXEC_FILE_NO_INITRAMFS: it does not go with -u
}

# is_refused DESCRIPTION VERDICT ERRNO REGEX
is_refused() {
	is "$1: $3" "$2" "$3"
	like "$1: last_error tells" "$(last_error)" "$4"
	is "$1: the instance is ready" "$(status one)" ready
	[ -z "$door" ] || is "$1: the caller has the same sentence" "$(cat sentence)" "$(last_error)"
}

# is_barred DESCRIPTION VERDICT: EPERM for a caller without right, who leaves no trace
is_barred() {
	is "$1: EPERM" "$2" EPERM
	is "$1: nothing of it in last_error" "$(last_error)" "$told_before"
	is "$1: nor in the log" "$(dmesg | grep -c 'multikernel: .* refused')" "$log_before"
	is "$1: no sentence" "$(cat sentence)" ""
	is "$1: the instance is ready" "$(status one)" ready
}

# runs DESCRIPTION VERDICT: the load was taken; it is stopped at once
runs() {
	is "$1: taken" "$2" ok
	is "$1: active" "$(status one)" active
	is "$1: stopped" "$(unload)" ok
	is "$1: ready again" "$(status one)" ready
}

# mkctl_exits CODE DESCRIPTION REGEX ARGUMENTS...: mkctl's exit status, and what it says
mkctl_exits() {
	code=$1 description=$2 regex=$3
	shift 3
	output=$(mkctl "$@" 2>&1)
	is "mkctl $1, $description: exit $code" $? "$code"
	like "mkctl $1, $description: says" "$output" "$regex"
}

ok "the module loads" load_module 1G
is "an instance of two CPUs" "$(tree one.dtb "$(instance one 1 '1 2' 0x20000000)"; upload one.dtb)" ok

#
# Without the livepatch this kernel does not know our flags. The other door is open.
#
is "without the livepatch: EINVAL" "$(load quiet)" EINVAL
is "the device is root's alone" "$(stat -c '%F %u %a' /dev/multikernel)" "character special file 0 600"
mkctl_exits 0 "without the livepatch" 'one: active' boot one --kernel quiet
mkctl_exits 0 "without the livepatch" 'one: ready' kill one
ok "the livepatch loads" load_livepatch
fails "it holds the module" EAGAIN rmmod multikernel
exec 9<>/dev/multikernel

for door in "" "-d 9"; do
diag "by ${door:-the system call}"
#
# The caller and the flags.
#
told_before=$(last_error) log_before=$(dmesg | grep -c 'multikernel: .* refused')
is_barred "without CAP_SYS_BOOT" "$(mktest without-boot mktest load $door -i 1 quiet 2>sentence)"
is_barred "an ordinary user" "$(mktest as 99 mktest load $door -i 1 2>sentence)"
is_barred "without CAP_SYS_BOOT, unload" "$(mktest without-boot mktest load $door -u -R -1 -i 1 2>sentence)"
is_barred "without CAP_SYS_BOOT, id 0" "$(mktest without-boot mktest load $door -i 0 2>sentence)"
is_refused "id 0" "$(call -i 0 quiet)" EINVAL 'id 0'
is_refused "an unknown flag" "$(load -f 0x100 quiet)" EINVAL '0x100 '
is_refused "a flag in the upper half" "$(load -f 0x100000000 quiet)" EINVAL '0x100000000 '
is_refused "KEXEC_FILE_ON_CRASH" "$(load -f 2 quiet)" EINVAL 'ON_CRASH'
is_refused "KEXEC_FILE_UNLOAD with KEXEC_FILE_NO_INITRAMFS" "$(load -u -n)" EINVAL 'UNLOAD'
is_refused "an id that no instance has" "$(call -i 2 quiet)" ENOENT 'id 2'
is_refused "an id that no instance can have" "$(call -i 32767 quiet)" ENOENT 'id 32767'
is_refused "unload of an id that no instance has" "$(call -u -R -1 -i 2)" ENOENT 'id 2'
is_refused "unload of id 0" "$(call -u -R -1 -i 0)" EINVAL 'id 0'
is_refused "id 0 is asked" "$(call -u -R -1 -i 0 -f 0x1000)" EINVAL 'id 0'

#
# The kernel image.
#
rm -rf directory
echo "#!/bin/sh" >text
: >nothing
mkdir directory
head -c 4096 "$host_kernel" >header
head -c $(($(stat -c %s "$host_kernel") / 2)) "$host_kernel" >half
cp "$host_kernel" old
poke old $((0x206)) 0b02		# boot protocol 2.11
cp "$host_kernel" low
poke low $((0x236)) 0100		# XLF_KERNEL_64 without XLF_CAN_BE_LOADED_ABOVE_4G
cp "$host_kernel" fixed
poke fixed $((0x234)) 00		# not relocatable
cp "$host_kernel" enormous
poke enormous $((0x260)) 000000f0	# init_size: close to 4 GB

is_refused "no kernel" "$(load)" EBADF 'kernel image: file descriptor -1'
is_refused "a closed file" "$(load -K 77)" EBADF 'kernel image: file descriptor 77'
is_refused "a file open for writing only" "$(load -K 5 5>>text)" EBADF 'kernel image: file descriptor 5'
is_refused "a text" "$(load text)" ENOEXEC 'instance "one": kernel image'
is_refused "an empty file" "$(load nothing)" ENOEXEC 'instance "one": kernel image'
is_refused "a directory" "$(load directory)" ENOEXEC 'instance "one": kernel image'
is_refused "a device" "$(load /dev/zero)" ENOEXEC 'instance "one": kernel image'
is_refused "a pipe" "$(cat quiet | load -K 0 2>&1)" ENOEXEC 'instance "one": kernel image'
is_refused "an initrd for a kernel" "$(load $spawn_initrd)" ENOEXEC 'instance "one": kernel image'
is_refused "a kernel's first page" "$(load header)" ENOEXEC 'instance "one": kernel image: cut short'
is_refused "half a kernel" "$(load half)" ENOEXEC 'instance "one": kernel image: cut short'
is_refused "boot protocol 2.11" "$(load old)" ENOEXEC 'protocol 2.11'
is_refused "a kernel that must lie below 4 GB" "$(load low)" ENOEXEC 'above 4 GB'
is_refused "a kernel that must lie where it says" "$(load fixed)" ENOEXEC 'relocatable'
is_refused "a kernel larger than the instance" "$(load enormous)" ENOSPC '0xf0000000 bytes.*0x20000000'

#
# The initrd.
#
truncate -s $big large
is_refused "an initrd larger than the instance" "$(load -r large quiet)" ENOSPC "$big bytes.*0x20000000"
truncate -s $(((512 - 32) << 20)) large
is_refused "an initrd with no room beside the kernel" "$(load -r large quiet)" ENOSPC 'initrd.*beside the kernel'
rm large
is_refused "an initrd that is not open" "$(load -R 77 quiet)" EBADF 'initrd: file descriptor 77'
is_refused "an initrd that is a directory" "$(load -r directory quiet)" EINVAL 'initrd: not a regular file'
is_refused "an empty initrd" "$(load -r nothing quiet)" EINVAL 'initrd: not a regular file'
runs "an initrd that is not open, and KEXEC_FILE_NO_INITRAMFS" "$(load -n -R 77 quiet)"

#
# The command line. The image takes 2047 characters, and a spawn kernel needs some words of its own.
#
is_refused "a command line of two pages" "$(load -C 8192 quiet)" E2BIG 'command line: 8192 bytes'
is_refused "a page" "$(load -C 4096 quiet)" E2BIG 'command line.*the image takes 2047'
is_refused "as many characters as the image takes" "$(load -C 2048 quiet)" E2BIG 'command line.*the image takes 2047'
is_refused "more than memory can hold" "$(load -L 0xffffffffffffffff quiet)" E2BIG 'command line'
is_refused "a command line without NUL" "$(load -c "quiet" -Z quiet)" EINVAL 'NUL'
is_refused "a bad address" "$(load -B quiet)" EFAULT 'command line'
runs "a long command line" "$(load -C 1700 quiet)"
runs "no command line" "$(load -L 0 quiet)"
is "a command line with an open quote and words that a spawn kernel must not have" \
	"$(load -c 'pci=realloc init="/bin/sh' quiet)" ok
is "that kernel is stopped" "$(unload)" ok
done

#
# What only the device can be told: which instance and which kernel is meant, and how large the structure is.
#
serial=$(cat $one/serial) generation=$(cat $one/generation)
is_refused "another serial number" "$(load -s $((serial + 1)) quiet)" ESTALE \
	"instance \"one\" has id 1 and serial $serial; the one that was meant had serial $((serial + 1))"
is_refused "another serial number, unload" "$(call -u -R -1 -i 1 -s 77)" ESTALE 'meant had serial 77'
is_refused "another serial number, a request" "$(call -u -R -1 -i 1 -s 77 -f 0x1000)" ESTALE 'meant had serial 77'
is_refused "another generation" "$(call -u -R -1 -i 1 -g 1)" ESTALE \
	"instance \"one\": another kernel has come there: generation $generation, 1 was meant"
is "the right ones" "$(load -s "$serial" -g "$generation" quiet)" ok
is "a load is counted" "$(cat $one/generation)" $((generation + 1))
is "the one before is not stopped in its place" "$(call -u -R -1 -i 1 -g "$generation") $(status one)" "ESTALE active"
is "the right one is" "$(call -u -R -1 -i 1 -s "$serial" -g $((generation + 1))) $(status one)" "ok ready"
told_before=$(last_error)
is "too small a structure" "$(load -S 63 quiet)" EINVAL
is "a larger one with nothing more in it" "$(load -S 4096 nothing)" ENOEXEC
is "one with more than the module knows" "$(load -S 4096 -X quiet)" E2BIG
is "one of more than a page" "$(load -S 4097 quiet)" E2BIG
is "no place for the sentence" "$(load -T 4096 quiet) $(status one)" "EFAULT ready"
is "another ioctl" "$(stty -F /dev/multikernel 2>&1 | grep -c 'Inappropriate ioctl')" 1
door=

#
# Refusals that root can have as many of as he likes do not fill the log.
#
rate_interval=5 rate_burst=10	# include/linux/ratelimit_types.h: so many lines in so many seconds
sleep $((rate_interval + 1))
begin=$(now)
log_before=$(dmesg | grep -c 'multikernel: load refused')
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
	load nothing >/dev/null
done
told=$(($(dmesg | grep -c 'multikernel: load refused') - log_before))
# The interval begins at the first line, and each that begins has its own: one is there, and one more for each that fits
# into the time that this took, begun or not.
most=$(((($(now) - begin) / rate_interval + 2) * rate_burst))
ok "of 25 refusals in a row the log has $told, at most $most" test $told -ge $rate_burst -a $told -le $most

#
# Asking: 0x1000 for a shutdown, 0x2000 for a reboot, beside the flags that stop.
#
is_refused "asked for both" "$(mktest load -u -R -1 -i 1 -f 0x3000)" EINVAL '0x3000|one at a time'
is_refused "asked without KEXEC_FILE_UNLOAD" "$(load -f 0x1000 quiet)" EINVAL 'goes with KEXEC_FILE_UNLOAD'
is_refused "an id that no instance has is asked" "$(mktest load -u -R -1 -i 2 -f 0x1000)" ENOENT 'id 2'
for ask in 0x1000 0x2000; do
	is_refused "asked $ask where no kernel is active" "$(mktest load -u -R -1 -i 1 -f $ask)" ESRCH 'instance "one"'
done

#
# A kernel runs there.
#
is "unload when nothing runs: ok" "$(unload)" ok
is "and still ready" "$(status one)" ready
is "a good load after all that" "$(load quiet)" ok
is "clears last_error" "$(last_error)" ok
is "is active" "$(status one)" active
is "a second one: EBUSY" "$(load quiet)" EBUSY
like "last_error tells" "$(last_error)" 'instance "one".*active'
is "a bad one: EBUSY as well" "$(load text)" EBUSY
is "it is asked, and does not have the module" "$(mktest load -u -R -1 -i 1 -f 0x1000)" EOPNOTSUPP
is "the first one is still active" "$(status one)" active
mkctl_exits 1 "busy" 'one: .*active' boot one --kernel quiet
runs "unloaded" ok

#
# In the middle of a load, which a large initrd makes long: it is stopped, its caller is killed, someone else wants to load
# there. A load may be over before we come; then there is another try.
#
truncate -s 400M long

# amid COMMAND...: run the command while a kernel is loading; caller has the process that loads, loader its verdict
amid() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mktest load -i 1 -r long quiet >loader &
		caller=$!
		if within 10 grep -qx loading $one/status; then
			"$@" >meanwhile
			wait $caller
			grep -qx ok loader || grep -qx active $one/status || return 0
		fi
		wait $caller
		unload >/dev/null
	done
	return 1
}

try_others() {
	load quiet
	upload empty.dtb
}

both_unload() {
	unload &
	unload
	wait $!
}

kill_caller() {
	kill -9 $caller
}

tree empty.dtb
ok "a load is stopped in its middle" amid unload
is "the one who stops it hears" "$(cat meanwhile)" ok
is "the one who loads hears" "$(cat loader)" ECANCELED
is "it is ready" "$(status one)" ready
ok "two stop it at the same time" amid both_unload
is "both hear" "$(cat meanwhile)" "ok
ok"
is "it is ready again" "$(status one)" ready
ok "the caller is killed" amid kill_caller
ok "which ends the load" within 60 grep -qx ready $one/status
mktest load -i 1 -r long quiet >loader &
ok "another load begins" within 60 grep -Eqx 'loading|active' $one/status
is "others are refused meanwhile" "$(try_others)" "EBUSY
EBUSY"
wait $!
is "and it becomes active" "$(cat loader) $(status one)" "ok active"
runs "after all that" ok
rm long

#
# The values of the public patch series: 0x10, and the id shifted by 5. No stock kernel before 6.18 uses them.
#
runs "series flags" "$(mktest load -f $((0x10 | 1 << 5)) quiet)"
is_refused "series flags, id 0" "$(mktest load -f 0x10 quiet)" EINVAL 'id 0'
is_refused "series flags, no such id" "$(mktest load -f $((0x10 | 9 << 5)) quiet)" ENOENT 'id 9'
is "series flags: load" "$(mktest load -f $((0x10 | 1 << 5)) quiet)" ok
is "series flags: unload" "$(mktest load -R -1 -f $((0x11 | 1 << 5)))" ok
is "it is ready" "$(status one)" ready
runs "1 << 31 as a negative int" "$(mktest load -f 0xffffffff80010000 quiet)"

#
# Calls without our flags are the stock kernel's, untouched.
#
loaded=/sys/kernel/kexec_loaded
is "stock: nothing is loaded" "$(cat $loaded)" 0
is "stock: the host's next kernel" "$(mktest load -r text -c quiet "$host_kernel")" ok
is "stock: is loaded" "$(cat $loaded)" 1
is "stock: beside it our instance" "$(load quiet)" ok
is "stock: nothing of ours is in its way" "$(cat $loaded) $(unload)" "1 ok"
is "stock: unload" "$(mktest load -u)" ok
is "stock: is gone" "$(cat $loaded)" 0
is "stock: unknown flags" "$(mktest load -f 0x100 "$host_kernel")" EINVAL
is "stock: an id without our flag" "$(mktest load -f 0x10000 "$host_kernel")" EINVAL
is "stock: a text" "$(mktest load text)" ENOEXEC
is "stock: an ordinary user" "$(mktest as 99 mktest load)" EPERM
is "stock: without CAP_SYS_BOOT" "$(mktest without-boot mktest load "$host_kernel")" EPERM
is "stock: a command line without NUL" "$(mktest load -c quiet -Z "$host_kernel")" EINVAL
is "none of it changed our instance" "$(status one)" ready

#
# mkctl.
#
mkctl_exits 2 "nothing" 'usage: mkctl boot' boot
mkctl_exits 2 "no kernel" 'usage: mkctl boot' boot one
mkctl_exits 2 "unknown option" 'usage: mkctl boot' boot one --kernel quiet --speed
mkctl_exits 1 "no such instance" 'two' boot two --kernel quiet
exec 9>&-
mkctl_exits 1 "no such file" 'nowhere' boot one --kernel nowhere
mkctl_exits 1 "no such initrd" 'nowhere' boot one --kernel quiet --initrd nowhere
mkctl_exits 1 "not a kernel" 'one: Exec format error: instance "one": kernel image' boot one --kernel text
mkctl_exits 0 "a kernel" 'one: active' boot one --kernel quiet --initrd $spawn_initrd --append debug
mkctl_exits 0 "one instance" '^one +1 +active +1-2 +512 ?MB' list
mkctl_exits 1 "a kernel without a log" 'no log yet' logs one
mkctl_exits 2 "nothing" 'usage: mkctl stop' stop
mkctl_exits 1 "no such instance" 'two' stop two
mkctl_exits 0 "a running kernel" 'one: ready' stop one
mkctl_exits 0 "nothing runs" 'one: ready' stop one
mkctl_exits 2 "nothing" 'usage: mkctl logs' logs
mkctl_exits 1 "no such instance" 'two' logs two
mkctl_exits 1 "nothing ever ran" 'no log yet' logs one

ok "the livepatch goes" unload_livepatch
is "without it: EINVAL again" "$(load quiet)" EINVAL
ok "the livepatch comes again" load_livepatch
runs "and works" "$(load quiet)"

# Last, because no one can undo it. What runs can still be stopped.
is "a kernel runs" "$(load quiet)" ok
lockdown=/sys/kernel/security/lockdown
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
if echo integrity 2>/dev/null >$lockdown; then
	is "locked down, unload" "$(unload) $(status one)" "ok ready"
	is_refused "locked down" "$(load quiet)" EPERM 'locked down'
else
	skip "locked down" "this kernel has no lockdown"
fi
done_testing
