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

# boots [OPTION...]
boots() {
	ok "it starts" mkctl boot one --kernel /boot/tinyconfig "$@"
}

# has_powered_off: notes what is known of its life until then
has_powered_off() {
	cat $mk/instances/one/liveness >>lives
	grep -qx ready $mk/instances/one/status
}

load_module 512M || bail_out "no module"
tree one.dtb "$(instance one 1 1 0x4000000)"
is "an instance with 64 MB" "$(upload one.dtb)" ok
boots --initrd /boot/tinyconfig.cpio
is "it is active" "$(status one)" active
like "nothing is known of its life" "$(tee lives <$mk/instances/one/liveness)" '^unknown'
fails "it has no log" 'instance "one" has no log yet' mkctl logs one
ok "it powers off by itself" within 120 has_powered_off
unlike "nothing has been known of its life, as long as it ran" "$(cat lives)" '^(alive|hung)'
is "which is no failure" "$(cat $mk/instances/one/failure)" ''

# Without a first process the kernel panics, and resets: who has left no sign of life by then has failed.
boots
ok "without a first process it fails" within 120 grep -qx failed $mk/instances/one/status
like "as a kernel that reset without a sign of life" "$(cat $mk/instances/one/failure)" 'reset'
ok "it is killed" mkctl kill one
is "it is ready" "$(status one)" ready
tree empty.dtb
is "no instance" "$(upload empty.dtb)" ok
ok "the module goes" rmmod multikernel
done_testing
