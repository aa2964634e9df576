# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# stock: vhost_vsock vhost_net tun veth sch_ingress cls_u32 act_mirred
# files-from: tests/vm/mkrun_files
# files: tests/vm/virtiofsd.sh:/virtiofsd.sh tests/vm/mkrun.sh:/mkrun.sh
# Twenty containers one after another, each with a kernel, a root, a volume and a network: they end by themselves, are killed,
# their kernel panics, or who stands for them is ended by force. After each of them all is there again, and nothing beside it:
# instances, CPUs, memory, taps, mounts, sockets, engines, directories.
. /lib.sh
. /mkrun.sh

containers=20

configure cpus=1
make_root sh sleep
mkdir -p /b/volume /b/rootfs/dev /b/rootfs/volume
modprobe vhost_vsock
load_module 512M || bail_out "no module"
network=
if make_network; then
	network=', "path": "/run/netns/made"'
else
	skip "its network is up" "no ip and tc of iproute2 where the tests are run: the containers have none"
fi
cat >/b/config.json <<-JSON
	{ "ociVersion": "1.0.2", "root": { "path": "rootfs" },
	  "process": { "args": [ "sh", "-c", "echo begun >/volume/file; [ -e /volume/stay ] && exec sleep 1000; exit 5" ], "cwd": "/",
		"user": { "uid": 0, "gid": 0 }, "env": [ "PATH=/bin" ] },
	  "mounts": [
		{ "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "mode=755" ] },
		{ "destination": "/volume", "type": "bind", "source": "/b/volume", "options": [ "rbind", "rw" ] } ],
	  "linux": { "namespaces": [ { "type": "pid" }, { "type": "network" $network }, { "type": "ipc" }, { "type": "uts" },
		{ "type": "mount" } ] } }
JSON

facts_now() {
	echo "instances: $(ls $mk/instances)"
	echo "CPUs: $(cat /sys/devices/system/cpu/online)"
	echo "memory of the pool: $(cat $mk/pool/memory_free_bytes)"
	echo "engines: $(pidof mkrun mkio virtiofsd)"
	echo "mounts: $(sort /proc/mounts)"
	echo "sockets: $(sed -n 's/.* \([@/].*\)/\1/p' /proc/net/unix | sort)"
	echo "directories: $(ls /run/mkrun /run/mkio /run /tmp 2>/dev/null)"
	[ -z "$network" ] || echo "network: $(/iproute2/ip -o -n made link; /iproute2/tc -n made qdisc)"
}

all_is_back() {
	facts_now >now
	cmp -s before now
}

why() {
	diff before now | sed 's/^/# /'
	for name in $(ls $mk/instances); do
		mkctl logs "$name" | tail -n 40 | sed 's/^/# /'
	done
}

# ends HOW: its way to its end
ends() {
	case $1 in
	itself) ;;
	killed) mkrun kill one KILL ;;
	panics) mkrun exec one -- sh -c 'echo c >/proc/sysrq-trigger' 2>/dev/null || : ;;
	forced) kill -KILL "$(cat pid)" ;;
	esac
}

# Some time after both of its ends are.
network_is_up() {
	/iproute2/ip -o -n made link show eth0 | grep -q 'state UP'
}

has_begun() {
	[ "$(cat /b/volume/file 2>/dev/null)" = begun ]
}

: >input
mkdir -p /run/mkrun /run/mkio
touch /run/mkrun/@lock err out pid now	# these stay
[ -z "$network" ] || ok "its network is up" within 60 network_is_up
facts_now >before
number=0
while [ $number -lt $containers ]; do
	number=$((number + 1))
	rm -f /b/volume/*
	case $((number % 4)) in
	1) how=itself code=5 ;;
	2) how=killed code=137 ;;
	3) how=panics code=250 ;;
	0) how=forced code= ;;
	esac
	[ $how = itself ] || touch /b/volume/stay
	ok "container $number is created" create one --pid-file pid || diag "$(cat err)"
	ok "and started" mkrun start one
	ok "it begins" within 120 has_begun || why
	ends $how
	ok "it comes to its end ($how)" within 120 shows one stopped || why
	is "with its exit code" "$(sed -n 's/.*"exit": \([0-9]*\).*/\1/p' /run/mkrun/one/state.json)" "$code"
	ok "it is deleted" mkrun delete one
	ok "and all is back" within 120 all_is_back || why
done
done_testing
