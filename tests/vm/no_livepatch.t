# SPDX-License-Identifier: GPL-2.0-only
# kernel: no-livepatch
# timeout: 900
# memory: 2G
# append: movablecore=1G
# files: build/kernels/KVER/linux-source-6.1/.config:/kernel-configuration
# allow-log: multikernel: instance "one": Kernel panic
# A host whose kernel was built without livepatches, as Debian builds none: there is no module for kexec_file_load, that is
# said, and all else works.
. /lib.sh

doctor_says() {
	like "mkctl doctor: $1" "$(mkctl doctor 2>&1)" "$1"
}

boots() {
	ok "a kernel starts${1:+ with $1}" mkctl boot one --kernel "$host_kernel" --initrd $spawn_initrd --append "loglevel=8 ${1:-}"
	ok "it boots" has_booted one
}

knows_itself() {
	spawn_is_quiet && spawn 'cat /sys/fs/multikernel/instances/*/id' && [ "$output" = 1 ]
}

ok "the host's kernel has no livepatches" test ! -e /sys/kernel/livepatch
mkdir -p /boot && cp /kernel-configuration "/boot/config-$(uname -r)"
ok "there is no module for kexec_file_load" test ! -e $modules/multikernel_kexec.ko
ok "the other one loads" load_module 512M
is "kexec_file_load knows no instances" "$(mktest load -i 1 "$host_kernel")" EINVAL
doctor_says 'this kernel has no livepatches, so kexec_file_load does not know instances'
doctor_says 'none for mkctl; other users of kexec_file_load need CONFIG_LIVEPATCH'

tree one.dtb "$(instance one 1 '2 1' 0x10000000)"
is "an instance" "$(upload one.dtb)" ok
boots
like "its log can be read" "$(mkctl logs one)" 'spawn: CPUs 2, numbered 0 1$'
listen
ok "a command runs in it, and it knows itself" knows_itself
hush
generation=$(cat $mk/instances/one/generation)
ok "it is asked to reboot" mkctl reboot one --timeout 240
ok "it is another kernel then" test "$(cat $mk/instances/one/generation)" -gt "$generation"
ok "that boots, too" has_booted one
ok "it is asked to stop" mkctl stop one --timeout 240
is "it is ready" "$(status one)" ready

boots "spawn.module=no spawn.do=panic spawn.after=1"
ok "it panics, which is seen" within 120 grep -qx failed $mk/instances/one/status
like "as such" "$(cat $mk/instances/one/failure)" 'Kernel panic'
ok "it is killed" mkctl kill one
tree empty.dtb
is "no instance" "$(upload empty.dtb)" ok
ok "the module goes" rmmod multikernel
done_testing
