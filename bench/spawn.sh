# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What is measured in a spawn, instance "one", id 1: sourced behind lib.sh. It needs
#
#	# files: bench/spawn.sh:/spawn.sh bench/first:/first build/bench/work:/bin/work

work_seconds=25	# more than a boot and all of bench/work take

# measured_initrd: with bench/first as the first process, and what it runs
measured_initrd() {
	mkdir -p spawn/bin
	cp "${first_file:-/first}" spawn/init
	cp "$(command -v mktest)" "$(command -v work)" spawn/bin
	(cd spawn && find . | cpio -o -H newc 2>/dev/null) | cat $spawn_initrd - >initrd
}

# spawn_works: starts a kernel that does bench/work, prints its lines, none where it has not, and stops it. The host sleeps
# meanwhile: a look at the spawn would take turns of the emulator from it. Its words have the host's mitigations, and that all is
# said which comes at once.
spawn_works() {
	mktest load -i 1 -r initrd -c "$(grep -o 'mitigations=[^ ]*' /proc/cmdline) printk.devkmsg=on bench.do=work" \
		"$host_kernel" >/dev/null
	sleep $work_seconds
	within $boot_bound log_has one 'bench: all work is done'
	mkctl logs one | sed -n 's/.*bench: work \([0-9]* .*\)/\1/p'
	mktest load -u -R -1 -i 1 >/dev/null
}
