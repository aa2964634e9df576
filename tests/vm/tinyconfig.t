# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# files-from: tests/vm/tinyconfig_kernel
# A spawn that is next to nothing: one CPU and no support for more, no log, no terminal, no modules. It boots, which its
# first process shows by the way it ends; what cannot be known of it is said to be so; and it is stopped by force.
. /lib.sh

[ ! -e /boot/tinyconfig.why ] || {
	skip "a kernel of that size" "$(tail -n 1 /boot/tinyconfig.why)"
	done_testing
	exit
}

# boots INITRD
boots() {
	ok "it starts" mkctl boot one --kernel /boot/tinyconfig --initrd "$1"
	is "it is active" "$(status one)" active
}

load_module 512M || bail_out "no module"
tree one.dtb "$(instance one 1 1 0x4000000)"
is "an instance with 64 MB" "$(upload one.dtb)" ok
boots /boot/tinyconfig.cpio
is "nothing is known of its life" "$(cat $mk/instances/one/liveness)" unknown
ok "it powers off by itself" within 120 grep -qx ready $mk/instances/one/status
is "which is no failure" "$(cat $mk/instances/one/failure)" ''

# Without a first process the kernel panics, and starts anew a second later (panic=-1), without a word.
: >nothing
boots nothing
fails "it has no log" . mkctl logs one
diag "$output"
diag "$(dmesg | grep multikernel | tail -n 5)"
ok "it is stopped" mkctl stop one
is "it is ready" "$(status one)" ready
tree empty.dtb
is "no instance" "$(upload empty.dtb)" ok
ok "the module goes" rmmod multikernel
done_testing
