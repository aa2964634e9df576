# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2700
# stock: vhost_vsock vhost_net tun veth sch_ingress cls_u32 act_mirred
# files-from: tests/vm/mkrun_files
# files: tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/mkrun.sh:/mkrun.sh build/vm/ipc:/bin/ipc
# A pod: containers of busybox that share one kernel, its network and its IPC, as containerd asks for them. Each has processes,
# files and limits of its own; one dies, and the others go on; the kernel panics, and all end.
. /lib.sh
. /mkrun.sh

configure cpus=1 overhead=64M
make_root sh cat cp sleep hostname httpd wget ps
cp /bin/ipc /b/rootfs/bin/
mkdir -p /b/shm /b/volume /b/www /b/rootfs/dev /b/rootfs/sys /p
chmod 1777 /b/shm
ln -s /b/rootfs /p/rootfs
echo "of the pod" >/b/www/file
cri=io.kubernetes.cri

# config KIND COMMAND MORE NAMESPACE...: a config.json, with more members of "linux"
config() {
	kind=$1 command=$2 more=$3
	shift 3
	cat <<-JSON
		{ "ociVersion": "1.0.2", "root": { "path": "rootfs" }, $name_of_pod
		  "annotations": { "$cri.container-type": "$kind", "$cri.sandbox-id": "pod", "$cri.sandbox-cpu-period": "100000",
			"$cri.sandbox-cpu-quota": "100000", "$cri.sandbox-memory": "$((320 << 20))" },
		  "process": { "args": [ "sh", "-c", "$command" ], "cwd": "/", "user": { "uid": 0, "gid": 0 }, "env": [ "PATH=/bin" ] },
		  "mounts": [
			{ "destination": "/proc", "type": "proc", "source": "proc" },
			{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "mode=755" ] },
			{ "destination": "/dev/shm", "type": "bind", "source": "/b/shm", "options": [ "rbind", "rw" ] },
			{ "destination": "/volume", "type": "bind", "source": "/b/volume", "options": [ "rbind", "rw" ] },
			{ "destination": "/www", "type": "bind", "source": "/b/www", "options": [ "rbind", "ro" ] },
			{ "destination": "/sys", "type": "cgroup", "source": "cgroup", "options": [ "nosuid", "noexec" ] } ],
		  "linux": { $more "namespaces": [ { "type": "pid" }, { "type": "mount" }, $* ] } }
	JSON
}

# member NAME COMMAND [MORE]: a container of the pod, created and started; what it says is in out-NAME and err-NAME
member() {
	name_of_pod=
	ns=/proc/$(cat pid)/ns
	config container "$2" "${3:-}" "{ \"type\": \"network\", \"path\": \"$ns/net\" }, { \"type\": \"ipc\", \"path\": \"$ns/ipc\" }," \
		"{ \"type\": \"uts\", \"path\": \"$ns/uts\" }" >/b/config.json
	mkrun create --bundle /b "$1" </dev/null >"out-$1" 2>"err-$1" && mkrun start "$1"
}

# make_pod NETWORK: its sandbox, whose network namespace that is
make_pod() {
	name_of_pod='"hostname": "a-pod",'
	config sandbox "none is run" '"sysctl": { "kernel.msgmax": "4321" },' "{ \"type\": \"network\" $1 }, { \"type\": \"ipc\" }," \
		'{ "type": "uts" }' >/p/config.json
	mkrun create --bundle /p --pid-file pid pod </dev/null >out 2>err && mkrun start pod
}

exit_code() {
	sed -n 's/.*"exit": \([0-9]*\).*/\1/p' "/run/mkrun/$1/state.json"
}

# value NAME FILE: of the container's control group
value() {
	mkrun exec "$1" -- sh -c "read value </sys/$2; echo \$value"
}

# fetches NAME ADDRESS: that container has the pod's file from there
fetches() {
	mkrun exec "$1" -- wget -qO- "$2" | grep -qx "of the pod"
}

# spoken TIMES: the second container has
spoken() {
	[ "$(grep -cx spoken out-two)" = "$1" ]
}

nothing_is_there() {
	[ -z "$(ls $mk/instances)" ] && [ "$(ls /run/mkrun)" = @lock ] && ! pidof mkio virtiofsd && ! grep mkrun /proc/mounts
}

why() {
	for name in $(ls $mk/instances); do
		mkctl logs "$name" | tail -n 40 | sed 's/^/# /'
	done
}

modprobe vhost_vsock
load_module 1G || bail_out "no module"
network=
if make_network; then
	/iproute2/ip address add 10.88.0.1/24 dev out
	network=', "path": "/run/netns/made"'
fi

ok "the sandbox of a pod" make_pod "$network" || diag "$(cat err)"
is "has an instance" "$(ls $mk/instances | wc -l)" 1
is "of the size that the engine says, and what its kernel needs" \
	"$(mkctl list --json | sed -n 's/.*"memory_bytes": *\([0-9]*\).*/\1/p')" $((384 << 20))
ok "an init container" member init 'echo ready >/volume/file; exit 3' || diag "$(cat err-init)"
ok "comes to its end" within 120 shows init stopped || why
is "with its exit code" "$(exit_code init)" 3
ok "and is deleted" mkrun delete init
serve='httpd -p 127.0.0.1:8081 -h /www; httpd -p 8080 -h /www'
ok "the pod's container" member one "hostname; cat /proc/sys/kernel/msgmax /volume/file; $serve; exec sleep 1000" || diag "$(cat err-one)"
ok "and a sidecar with limits" member two 'ipc serve sysv 7; ipc serve map /dev/shm/page; ipc serve socket /volume/socket; exec sleep 2000' '"resources": { "pids": { "limit": 20 },
	"memory": { "limit": 67108864 }, "cpu": { "quota": 50000, "period": 100000 } },' || diag "$(cat err-two)"
is "share one instance" "$(ls $mk/instances | wc -l)" 1
ok "one has spoken" within 120 grep -qx ready out-one || why
is "of the pod's name, sysctl and volume" "$(cat out-one)" "a-pod
4321
ready"
ok "the other reaches it at 127.0.0.1" within 120 fetches two http://127.0.0.1:8081/file
is "they speak by memory of System V" "$(mkrun exec one -- ipc ask sysv 7 2>&1)" spoken
is "and by a file of both that is mapped" "$(mkrun exec one -- ipc ask map /dev/shm/page 2>&1)" spoken
is "and by a socket in a volume of both" "$(mkrun exec one -- ipc ask socket /volume/socket 2>&1)" spoken
ok "as the other says as well" within 120 spoken 3
if [ -n "$network" ]; then
	ok "who is outside" within 120 wget -q -O fetched http://10.88.0.2:8080/file
	is "reaches the pod" "$(cat fetched)" "of the pod"
else
	skip "who is outside reaches the pod" "no ip and tc of iproute2 here"
fi
like "ps of one" "$(mkrun ps one)" 'sleep'
is "tells none of the other" "$(mkrun ps one | grep -c ipc)" 0
unlike "processes are apart" "$(mkrun exec one -- ps)" 'sleep 2000'
is "a limit of tasks" "$(value two pids.max)" 20
is "of memory" "$(value two memory.max)" 67108864
is "and of CPU time" "$(value two cpu.max)" "50000 100000"
is "are those of one" "$(value one pids.max) $(value one memory.max)" "max max"
mkrun exec two -- ipc take 100 2>/dev/null
is "who takes more memory than it may is killed" $? 137
mkrun exec one -- ipc take 100
is "and who may is not" $? 0
echo '{ "memory": { "limit": 134217728 }, "pids": { "limit": 30 } }' >more
ok "limits change" mkrun update --resources more two
is "all" "$(value two memory.max) $(value two pids.max) $(value two cpu.max)" "134217728 30 50000 100000"
ok "one is paused" mkrun pause one
ok "which its status says" shows one paused
is "and the other goes on" "$(mkrun exec two -- cat /volume/file)" ready
ok "it is resumed" mkrun resume one
ok "late comes another" member late 'echo late; exec sleep 3000' || diag "$(cat err-late)"
ok "and speaks" within 120 grep -qx late out-late
ok "one dies" mkrun kill one KILL
ok "at once" within 120 shows one stopped
is "with 128 and the signal" "$(exit_code one)" 137
ok "it is deleted" mkrun delete one
is "the second goes on" "$(mkrun exec two -- hostname)" a-pod
ok "and the first comes again" member one 'cat /volume/file; exec sleep 1000' || diag "$(cat err-one)"
ok "with what was in the volume" within 120 grep -qx ready out-one
mkrun exec one -- sh -c 'echo c >/proc/sysrq-trigger' 2>/dev/null &
for name in one two late pod; do
	ok "when the kernel panics, $name ends" within 120 shows $name stopped || why
	is "with a code of its own" "$(exit_code $name)" 250
	[ $name = pod ] || like "and a sentence" "$(cat err-$name)" "the container's kernel has ended: .*panic"
	ok "and is deleted" mkrun delete $name
done
wait
ok "nothing is left" within 120 nothing_is_there || why

ok "another pod" make_pod "$network" || diag "$(cat err)"
ok "with a container" member one 'exec sleep 1000' || diag "$(cat err-one)"
ok "is killed" mkrun kill pod KILL
ok "and ends" within 120 shows pod stopped
ok "as its container does" within 120 shows one stopped
like "which says so" "$(cat err-one)" "the container's kernel has ended: the pod's sandbox was ended"
ok "the sandbox is deleted" mkrun delete pod
ok "and then the container" mkrun delete one
[ -z "$network" ] || is "no tap and no qdisc is left" "$({ /iproute2/ip -n made link; /iproute2/tc -n made qdisc; } | grep -E 'mkrun|ingress')" ''
ok "in the end nothing is left" within 120 nothing_is_there || why
done_testing
