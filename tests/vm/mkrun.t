# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2700
# stock: vhost_vsock vhost_net tun veth sch_ingress cls_u32 act_mirred
# files-from: tests/vm/mkrun_files
# files: tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/mkrun.sh:/mkrun.sh
# Containers of busybox, each on a kernel of its own, by mkrun alone: created, started, seen, spoken to, killed, deleted;
# one whose kernel panics; and one for which there are no CPUs, of which nothing is left.
. /lib.sh
. /mkrun.sh

configure cpus=1
make_root sh cat id sleep touch hostname grep httpd ip nproc uname wget
mkdir -p /b/data
echo "of the host" >/b/data/file

# bundle COMMAND [MORE]: the bundle's config.json, for a command of the shell
bundle() {
	cat >/b/config.json <<-JSON
		{ "ociVersion": "1.0.2", "root": { "path": "rootfs", "readonly": true }, "hostname": "contained",
		  "process": { "args": [ "sh", "-c", "$1" ], "cwd": "/", "user": { "uid": 1000, "gid": 1000 },
			"env": [ "PATH=/bin", "COLOUR=deep blue" ] },
		  "mounts": [
			{ "destination": "/proc", "type": "proc", "source": "proc" },
			{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "mode=755" ] },
			{ "destination": "/data", "type": "bind", "source": "/b/data", "options": [ "rbind", "ro" ] },
			{ "destination": "/out", "type": "bind", "source": "/b/out", "options": [ "rbind", "rw" ] },
			{ "destination": "/tmp/one", "type": "bind", "source": "/b/data/file", "options": [ "bind" ] } ],
		  "linux": { ${2:-} "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" },
			{ "type": "uts" }, { "type": "mount" } ] } }
	JSON
}

exit_code() {
	sed -n 's/.*"exit": \([0-9]*\).*/\1/p' "/run/mkrun/$1/state.json"
}

nothing_is_there() {
	[ -z "$(ls $mk/instances)" ] && [ "$(ls /run/mkrun)" = @lock ] && ! pidof mkio virtiofsd && ! grep mkrun /proc/mounts
}

why() {
	mkctl list | sed 's/^/# /'
	for name in $(ls $mk/instances); do
		mkctl logs "$name" | tail -n 40 | sed 's/^/# /'
	done
}

mkdir -p /b/out /b/rootfs/dev /b/rootfs/data /b/rootfs/out /b/rootfs/tmp
touch /b/rootfs/tmp/one
chmod 777 /b/out
modprobe vhost_vsock
load_module 1G || bail_out "no module"

bundle 'hostname; id -u; nproc; echo $COLOUR; cat /data/file /tmp/one; cat; touch /data/new /new; touch /out/new; exit 7'
echo "from standard input" >input
ok "a container is created" create one --pid-file pid || diag "$(cat err)"
ok "and waits" shows one created
ok "its pid is that of a process" kill -0 "$(cat pid)"
ok "it has an instance" grep -qx active $mk/instances/mkrun-one-*/status
ok "it is started" mkrun start one
ok "and comes to its end" within 120 shows one stopped || why
is "its exit code" "$(exit_code one)" 7
is "what it said" "$(cat out)" "contained
1000
1
deep blue
of the host
of the host
from standard input"
like "where it may not write" "$(cat err)" '/data/new: Read-only'
like "it cannot" "$(cat err)" ' /new: Read-only'
ok "where it may it can" test -e /b/out/new
ok "its instance is gone already" test -z "$(ls $mk/instances)"
ok "it is deleted" mkrun delete one
ok "and nothing is left" within 120 nothing_is_there || why

bundle 'sleep 1000'
: >input
ok "another one" create two || diag "$(cat err)"
ok "that runs" mkrun start two
ok "is seen to" shows two running
like "is listed" "$(mkrun list)" '^two	running	/b$'
fails "cannot be deleted while it does" 'is running: kill it first' mkrun delete two
fails "the only CPU is taken: a third is refused" 'out of CPUs: the container wants 1, and of 1 there are 0 free' \
	mkrun --log log --log-format json create --bundle /b three
like "which the engine's log says" "$(cat log)" '"msg": ?"out of CPUs: '
ok "of it nothing is left" test ! -e /run/mkrun/three
is "a command in it" "$(echo through | mkrun exec two -- cat)" through
mkrun exec two -- sh -c 'exit 9'
is "its exit code" $? 9
fails "one that is not there" '"nothing": executable file not found' mkrun exec two nothing
ok "a signal ends it" mkrun kill two KILL
ok "at once" within 120 shows two stopped
is "with 128 and its number" "$(exit_code two)" 137
fails "no signal goes there any more" 'is not running' mkrun kill two
ok "it is deleted" mkrun delete two

bundle 'trap \"sleep 2; echo late >/out/late; exit 3\" TERM; echo >/out/begun; while :; do sleep 0.2; done'
ok "one that has something to do at its end" create last --pid-file pid || diag "$(cat err)"
ok "begins" mkrun start last
ok "to work" within 60 test -e /b/out/begun
# As systemd does at the host's end.
# shellcheck disable=SC2046 # a list
kill -TERM $(cat pid) $(pidof mkio virtiofsd)
ok "when all of it is told to end at once, it does so in its own time" within 120 shows last stopped
is "with its code" "$(exit_code last)" 3
is "and has written what it wanted" "$(cat /b/out/late)" late
ok "it is deleted" mkrun delete last

bundle 'sleep 1000'
sed -i 's/"uid": 1000, "gid": 1000/"uid": 0, "gid": 0/' /b/config.json
ok "one of root" create four || diag "$(cat err)"
mkrun start four
mkrun exec four -- sh -c 'echo c >/proc/sysrq-trigger' 2>exec.err &
ok "whose kernel panics" within 120 shows four stopped || why
wait
is "has a code of its own" "$(exit_code four)" 250
like "and a sentence in its log" "$(cat err)" "the container's kernel has ended: .*panic"
ok "it is deleted" mkrun delete four

bundle true '"devices": [ { "path": "/dev/kvm", "type": "c", "major": 10, "minor": 232 } ],'
fails "what cannot be is refused by its name" 'mkrun has no devices' mkrun create --bundle /b five

# As engines do: a network namespace with one end of a veth pair. mkrun finds iproute2 by PATH; the shell, which is busybox's,
# takes its own ip before any that PATH leads to, and that one knows of no namespaces.
ip() {
	/iproute2/ip "$@"
}

tc() {
	/iproute2/tc "$@"
}

made_has() {
	{ ip -n made link; tc -n made qdisc; } | grep -E "$1"
}

if make_network; then
	export PATH
	ip address add 10.88.0.1/24 dev out
	ip -n made link set eth0 mtu 1400
	ip -n made route add default via 10.88.0.1
	httpd -f -p 10.88.0.1:8080 -h /b/data &
	server=$!
	bundle 'httpd -p 8080 -h /data; until wget -qO- http://10.88.0.1:8080/file; do sleep 1; done; sleep 1000'
	sed -i 's|"type": "network"|&, "path": "/run/netns/made"|' /b/config.json
	ok "one in a network that is made for it" create six || diag "$(cat err)"
	mkrun start six
	like "it has a tap there" "$(made_has mkrun)" 'mkrun0'
	like "and a qdisc" "$(made_has ingress)" 'qdisc ingress .*dev eth0 '
	ok "is reached" within 120 wget -q -O fetched http://10.88.0.2:8080/file || why
	is "by TCP" "$(cat fetched)" "of the host"
	ok "and reaches the host" within 120 grep -qx "of the host" out || diag "$(cat err)"
	interface=$(mkrun exec six ip address show eth0)
	like "its interface has the MTU of the namespace's" "$interface" 'mtu 1400 '
	ether=$(ip -n made link show eth0 | sed -n 's/.*\(ether [^ ]*\).*/\1/p')
	like "and the Ethernet address" "$interface" "${ether:-no address there}"
	ok "it is killed" mkrun kill six KILL
	ok "and ends" within 120 shows six stopped
	is "no tap and no qdisc of it is left" "$(made_has 'mkrun|ingress')" ''
	ok "it is deleted" mkrun delete six

	kill $server
	ip netns delete made
else
	skip "one in a network that is made for it" "no ip and tc of iproute2 here"
fi
rm /b/config.json
fails "so is a bundle that is none" '/b/config.json: No such file' mkrun create --bundle /b five
ok "in the end nothing is left" within 120 nothing_is_there || why
done_testing
