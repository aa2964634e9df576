# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# stock: vhost_vsock
# files-from: tests/vm/mkrun_files
# files: tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/mkrun.sh:/mkrun.sh
# A container on a kernel of its own, while it runs: a limit of tasks, its CPUs and its memory, which change, all of that or
# nothing; its processes; a pause.
. /lib.sh
. /mkrun.sh

configure cpus=1-2 cpus-max=1-2 memory-max=2G overhead=64M
make_root sh cat grep sleep nproc
mkdir -p /b/rootfs/sys
cat >/b/config.json <<-'JSON'
	{ "ociVersion": "1.0.2", "root": { "path": "rootfs" },
	  "process": { "args": [ "sh", "-c", "exec cat" ], "cwd": "/", "user": { "uid": 0, "gid": 0 },
		"env": [ "PATH=/bin" ] },
	  "mounts": [ { "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/sys", "type": "cgroup", "source": "cgroup", "options": [ "nosuid", "noexec" ] } ],
	  "linux": { "resources": { "pids": { "limit": 4 } }, "namespaces": [ { "type": "pid" }, { "type": "network" },
		{ "type": "ipc" }, { "type": "uts" }, { "type": "mount" } ] } }
JSON

# inside COMMAND: in the container
inside() {
	mkrun exec one -- sh -c "$1" 2>&1
}

# says LINE: the container has said so
says() {
	grep -qx "$1" out
}

has_cpus() {
	[ "$(inside nproc)" = "$1" ]
}

# has_memory MB: of that its kernel says it has between as much and 100 MB less, by what it has taken for itself
has_memory() {
	total=$(inside 'grep MemTotal: /proc/meminfo' | sed 's/[^0-9]//g')
	[ $((total / 1024)) -le "$1" ] && [ $((total / 1024)) -ge $(($1 - 100)) ]
}

echo '{ "cpu": { "quota": 150000 } }' >more
echo '{ "cpu": { "quota": 90000 } }' >less
echo '{ "cpu": { "shares": 512 } }' >other

# memory MB TASKS: such limits, as engines tell them
memory() {
	echo "{ \"memory\": { \"limit\": $(($1 << 20)) }, \"pids\": { \"limit\": $2 } }"
}
memory 320 99 >larger
memory 1500 50 >too-large
memory 4000 50 >far-too-large
memory 192 0 >smaller
memory 64 50 >too-small
mkfifo input
exec 3<>input
modprobe vhost_vsock
load_module 1G || bail_out "no module"
ok "a container with a limit of tasks" create one || diag "$(cat err)"
ok "runs" mkrun start one
echo one >&3
ok "and says what it is told" within 120 says one
is "its group has the limit" "$(inside 'read number </sys/pids.max; echo $number')" 4
is "and the other controllers" "$(inside 'read words </sys/cgroup.controllers; for word in $words; do
	case $word in memory|cpu) echo $word; esac; done' | sort | xargs)" "cpu memory"
like "within it the limit cannot change" "$(inside 'echo max >/sys/pids.max')" 'denied|not permitted'
like "it holds" "$(inside 'sleep 9 & sleep 9 & sleep 9 & sleep 9 & echo all')" "can't fork"
ok "from outside it can change" mkrun update --pids-limit 99 one
is "as its group says" "$(inside 'read number </sys/pids.max; echo $number')" 99
is "it has one CPU" "$(inside nproc)" 1
ok "of the two it may have" mkrun update --resources more one
ok "then both" within 120 has_cpus 2
ok "what changes something else" mkrun update --resources other one
is "leaves it both" "$(inside nproc)" 2
ok "it has 256 MB" has_memory 256
ok "and gets a block more" mkrun update --resources larger one
ok "of which its kernel knows" within 120 has_memory 384
fails "more than there is" 'memory-bytes asks for' mkrun update --resources too-large one
is "is refused, and no limit of tasks has changed" "$(inside 'read number </sys/pids.max; echo $number')" 99
ok "nor its memory" has_memory 384
fails "so is more than it may have" 'memory-max= of mkrun.conf allows 2048 MB' mkrun update --resources far-too-large one
ok "it gives the block back" mkrun update --resources smaller one
ok "and has what it began with" within 120 has_memory 256
fails "which it keeps" 'can give back 0x0' mkrun update --resources too-small one
is "its CPUs are as they were" "$(inside nproc)" 2
ok "one goes back" mkrun update --resources less one
ok "and is not seen any more" within 120 has_cpus 1
like "its processes" "$(mkrun ps one)" '^[0-9]+	cat$'
like "have pids of its kernel" "$(mkrun ps --format json one | xargs)" '^\[ ?[0-9]+(, ?[0-9]+)* ?\]$'
ok "it is paused" mkrun pause one
ok "and says so" shows one paused
echo two >&3
ok "its kernel goes on, and tells who is there" mkrun ps one
sleep 5	# more than it takes elsewhere to say it again
is "nothing else runs" "$(grep -x two out)" ""
ok "it is resumed" mkrun resume one
ok "and goes on" within 120 says two
ok "one that is paused" mkrun pause one
ok "is killed" mkrun kill one KILL
ok "at once" within 120 shows one stopped
ok "and deleted" mkrun delete one
done_testing
