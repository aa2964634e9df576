# SPDX-License-Identifier: GPL-2.0-only
# stock: vhost_vsock
# files-from: tests/matrix/files
# files: build/vm/vsock:/bin/vsock build/kernels/KVER/image/vmlinuz-KVER:/boot/vmlinuz-KVER
# allow-log: multikernel: instance "one": Kernel panic
# append: SLOW=4
# memory: 4G
# timeout: 7200
# One host of the matrix: each spawn kernel that it finds is tried with one CPU and with two. Besides its verdicts it prints
# what tests/matrix/run keeps: "# pair NAME CPUS FEATURE ANSWER", where the answer is "yes", "NO", or "-" for what does not
# exist there; and "# pair NAME whole" after all of one spawn. Nothing here is about time, so waits may be long (SLOW).
. /lib.sh

mb=256

# tell FEATURE ANSWER
tell() {
	diag "pair $spawn $cpus $1 $2"
}

# feature NAME COMMAND...: the command succeeds
feature() {
	feature=$1
	shift
	if ok "$spawn, CPUs $cpus: $feature" "$@"; then
		tell "$feature" yes
	else
		tell "$feature" NO
		return 1
	fi
}

lacks() {
	for feature; do
		tell "$feature" -
	done
}

boots() {
	mkctl boot one --kernel /boot/matrix/"$spawn"/vmlinuz --initrd initrd --append "loglevel=8 $*"
}

# What the log says, read from outside.
has_told_cpus() {
	log_has one "spawn: CPUs $cpus, numbered $(seq -s ' ' 0 $((cpus - 1)))\$"
}

knows_its_share() {
	spawn 'cat /sys/fs/multikernel/instances/*/id' && [ "$output" = 1 ]
}

calculates() {
	spawn_is_quiet && spawn 'echo $((6 * 7))' && [ "$output" = 42 ]
}

# What is sent to it comes back.
answers() {
	[ "$(echo hello | vsock connect 3 1234)" = hello ]
}

has_devices() {
	spawn 'modprobe vmw_vsock_virtio_transport' || return
	spawn '(vsock echo 1234 &)'
	within 30 answers
}

try_devices() {
	[ -e /dev/vhost-vsock ] || { lacks devices; return; }
	mkio vsock one >>mkio.log 2>&1 &
	server=$!
	feature devices has_devices
	kill $server
	wait $server 2>/dev/null
}

can_be_dumped() {
	mkctl dump one -o core && mkctl logs --core core | grep -q 'spawn: up after'
}

# ends STATUS COMMAND...: the kernel does, by itself, what the command asks of it
ends() {
	wanted=$1
	shift
	"$@" && within $boot_bound grep -qx "$wanted" $mk/instances/one/status
}

# reboots COMMAND...: there is another kernel then
reboots() {
	generation=$(cat $mk/instances/one/generation)
	"$@" && within $boot_bound has_rebooted && has_booted one
}

has_rebooted() {
	[ "$(cat $mk/instances/one/generation)" -gt "$generation" ] && [ "$(status one)" = active ]
}

is_stopped() {
	mkctl stop one && [ "$(status one)" = ready ]
}

has_panicked() {
	within $boot_bound grep -qx failed $mk/instances/one/status && log_has one 'Kernel panic - not syncing: sysrq'
}

# With our module: what it brings, and the ends that are asked for on its console.
with_module() {
	feature load boots || return
	feature boot has_booted one || return
	feature log has_told_cpus
	listen
	feature console calculates
	feature handover knows_its_share
	try_devices
	feature dump can_be_dumped
	rm -f core
	feature reboot reboots say 'reboot -f'
	feature poweroff ends ready say 'poweroff -f'
	hush
}

# One that panics, with the module where there is one; and one that is stopped, as stock as it comes.
is_ended() {
	boots spawn.do=panic spawn.after=1 && feature panic has_panicked
	boots spawn.module=no && has_booted one && feature stop is_stopped
}

try_pair() {
	is "$spawn: an instance of CPUs $1" "$(tree one.dtb "$(instance one 1 "$1" $((mb << 20)))"; upload one.dtb)" ok &&
		tell upload yes || { tell upload NO; return; }
	if [ -e /boot/matrix/"$spawn"/more.cpio ]; then
		with_module
	else
		without_module
	fi
	nothing_runs
	is_ended
	nothing_runs
}

nothing_runs() {
	grep -qx ready $mk/instances/one/status || mkctl kill one
}

# One without our module does by itself what the other is told to on its console.
without_module() {
	lacks console handover devices
	feature load boots spawn.do=reboot spawn.after=20 || return
	feature boot has_booted one || return
	feature log has_told_cpus
	feature dump can_be_dumped
	rm -f core
	feature reboot reboots true
	mkctl kill one
	boots spawn.do=poweroff spawn.after=1 && feature poweroff ends ready true
}

modprobe vhost_vsock
load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
diag "host $(uname -r)"
for directory in /boot/matrix/*/; do
	spawn=$(basename "$directory")
	cat $spawn_initrd $(ls "$directory"more.cpio 2>/dev/null) >initrd
	for list in '1' '2 3'; do
		cpus=$(echo "$list" | wc -w)
		try_pair "$list"
	done
	diag "pair $spawn whole"
done
rm -f initrd
is "an empty tree" "$(tree empty.dtb; upload empty.dtb)" ok
done_testing
