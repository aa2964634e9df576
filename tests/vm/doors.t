# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# module: tests/vm/replace
# Who may ask, through which door, and what he is told: without the livepatch and where another livepatch has replaced
# it, in a process that may not make the call, on a host that forbids new kernels. What runs can always be stopped.
# load.t has the refusals of both doors one by one.
. /lib.sh

one=$mk/instances/one
tiny_kernel tiny

# boots DESCRIPTION: a kernel that can be asked, by mkctl
boots() {
	is "$1: mkctl boot" "$(mkctl boot one --kernel tiny 2>&1)" "one: active"
}

# replaced: the other livepatch is in effect, and it alone
replaced() {
	grep -q replaced /proc/version && [ "$(ls /sys/kernel/livepatch)" = replace ] &&
		grep -qx 0 /sys/kernel/livepatch/replace/transition
}

# gives_way: the other livepatch is on its way out, and then gone
gives_way() {
	echo 0 >/sys/kernel/livepatch/replace/enabled && within 60 test ! -e /sys/kernel/livepatch/replace &&
		within 60 rmmod replace
}

all_work() {
	boots "$1"
	is "$1: mkctl reboot" "$(mkctl reboot one 2>&1)" "one: active"
	is "$1: mkctl stop" "$(mkctl stop one 2>&1)" "one: ready"
	boots "$1, again"
	is "$1: mkctl kill" "$(mkctl kill one 2>&1)" "one: ready"
}

load_module 512M
is "two instances" "$(tree two.dtb "$(instance one 1 1 0x8000000)" "$(instance two 2 2 0x8000000)"; upload two.dtb)" ok
is "the module says its version" "$(cat $mk/version)" "$(mkctl --version | sed 's/mkctl //')"

#
# No livepatch, ours, another in its place, ours once more.
#
all_work "without the livepatch"
is "without the livepatch: the system call knows nothing of us" "$(mktest load -i 1 tiny)" EINVAL
ok "the livepatch loads" load_livepatch
all_work "with the livepatch"
boots "before another livepatch comes"
ok "another livepatch loads" insmod $modules/replace.ko
ok "and replaces ours" within 60 replaced
is "the kernel runs on" "$(status one)" active
is "the system call knows nothing of us" "$(mktest load -u -R -1 -i 1)" EINVAL
is "the kernel is asked and shuts down" "$(mkctl stop one 2>&1)" "one: ready"
all_work "where ours is replaced"
ok "ours goes as a module" within 60 rmmod multikernel_kexec
ok "and comes again over the other" load_livepatch
is "the system call knows us again" "$(mktest load -i 1 tiny) $(mktest load -u -R -1 -i 1)" "ok ok"
ok "ours goes" unload_livepatch
ok "the other goes" gives_way
ok "ours comes again" load_livepatch

#
# A process that may not make a call: 246 is kexec_load, 320 kexec_file_load, 16 ioctl (asm/unistd_64.h).
#
filters=yes
mktest filtered 246 true 2>/dev/null || filters=no

# is_filtered CALL DESCRIPTION WANTED COMMAND...: what a command says that may not make that call
is_filtered() {
	call=$1 description=$2 wanted=$3
	shift 3
	if [ $filters = yes ]; then
		is "$description" "$(mktest filtered "$call" "$@" 2>&1)" "$wanted"
	else
		skip "$description" "this kernel has no filters of system calls (CONFIG_SECCOMP_FILTER)"
	fi
}

is "a refusal that concerns another instance" "$(mkctl boot two --kernel /init 2>&1 | grep -c 'instance "two"')" 1
told=$(last_error)
is_filtered 320 "kexec_file_load filtered: the call" EPERM mktest load -i 1 tiny
is_filtered 320 "kexec_file_load filtered: mkctl boot" "one: active" mkctl boot one --kernel tiny
is_filtered 320 "kexec_file_load filtered: mkctl stop" "one: ready" mkctl stop one
is "a refusal that concerns another instance, once more" "$(mkctl boot two --kernel /init 2>&1 | grep -c 'instance "two"')" 1
no_right='Operation not permitted: the caller lacks CAP_SYS_BOOT, or a filter of system calls forbids it'
for command in 'boot one --kernel tiny' 'stop one' 'kill one' 'reboot one'; do
	# shellcheck disable=SC2086 # words
	is_filtered 16 "ioctl filtered: mkctl ${command%% *}" "mkctl: one: $no_right" mkctl $command
	# shellcheck disable=SC2086
	is "without CAP_SYS_BOOT: mkctl ${command%% *}" "$(mktest without-boot mkctl $command 2>&1)" "mkctl: one: $no_right"
	# shellcheck disable=SC2086
	is "an ordinary user: mkctl ${command%% *}" "$(mktest as 99 mkctl $command 2>&1)" \
		"mkctl: one: Permission denied: /dev/multikernel cannot be opened"
done
is "last_error is still of the other instance" "$(last_error)" "$told"
like "an ordinary user can list" "$(mktest as 99 mkctl list 2>&1)" '^one +1 +ready +1 +128 MB'
is "but physical addresses are not for him" "$(mktest as 99 cat $one/device_tree 2>&1 | grep -c 'Permission denied')" 1

#
# The consoles: root's alone, also where a device manager has done what its default rules say. 20 is the group dialout of
# Debian.
#
is "the consoles are root's" "$(stat -c '%u %a' /dev/mktty1 /dev/mktty2)" "0 600
0 600"
for terminal in /sys/class/tty/*; do
	terminal=${terminal##*/}
	case $terminal in
	tty[A-Z]*[0-9] | ttymxc[0-9]* | pppox[0-9]* | ircomm[0-9]* | noz[0-9]* | rfcomm[0-9]*)
		chgrp 20 "/dev/$terminal"
		chmod 660 "/dev/$terminal"
		;;
	esac
done
is "such rules were at work" "$(stat -c '%g %a' /dev/ttyS1)" "20 660"
fails "a member of dialout reads no console" EACCES mktest as 99:20 head -c 1 /dev/mktty1
fails "nor writes to it" EACCES mktest as 99:20 sh -c 'echo id >/dev/mktty1'
chgrp 30 /dev/mktty2
chmod 660 /dev/mktty2
is "one line can be given to a group" "$(mktest as 99:30 sh -c 'echo id >/dev/mktty2 && echo written' 2>&1)" written
fails "and the others stay root's" EACCES mktest as 99:30 sh -c 'echo id >/dev/mktty1'

#
# The module goes only when nobody has its door open, whatever holds it besides.
#
ok "the livepatch goes" unload_livepatch
exec 9<>/dev/multikernel
fails "the module stays while its device is open" EAGAIN rmmod multikernel
exec 9>&-
boots "no livepatch, no one at the door"
fails "the module stays while a kernel runs" EAGAIN rmmod multikernel
is "mkctl kill" "$(mkctl kill one 2>&1)" "one: ready"
ok "then it goes" within 20 rmmod multikernel
ok "and its device" test ! -e /dev/multikernel

#
# A host that loads no more kernels, from which there is no way back.
#
load_module 512M
load_livepatch
is "an instance again" "$(upload two.dtb)" ok
boots "before it is forbidden"
is "a second one" "$(mkctl boot two --kernel tiny 2>&1)" "two: active"
echo 1 >/proc/sys/kernel/kexec_load_disabled
is "the host's own kernel is not loaded" "$(mktest load "$host_kernel")" EPERM
refused='kernel.kexec_load_disabled is set: this host loads no more kernels'
is "a kernel that runs can be stopped" "$(mkctl stop one 2>&1)" "one: ready"
is "mkctl boot is refused" "$(mkctl boot one --kernel tiny 2>&1)" "mkctl: one: Operation not permitted: $refused"
is "so is the system call" "$(mktest load -i 1 tiny) $(last_error)" "EPERM $refused"
is "with the mounts of a process that has no /proc" \
	"$(mkdir -p bare/bin bare/dev && cp /bin/mktest tiny bare/ && mount --bind /dev bare/dev &&
		chroot bare /mktest load -i 1 /tiny; umount bare/dev)" EPERM
is "a kernel that reboots is not loaded again" "$(mkctl reboot two 2>&1)" \
	"mkctl: two: it failed while it rebooted: instance \"two\": its kernel is not loaded again: $refused"
is "which mkctl stop makes ready" "$(mkctl stop two 2>&1)" "two: ready"
done_testing
