# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A whole Debian (tests/vm/debian_root) in the instance "web", for tests of it: ends the test where there is none, makes the
# bridge br0 and serves a network there. What is asked of the spawn goes by ssh.

if [ ! -e /boot/root.vmlinuz ]; then
	echo "1..0 # SKIP no Debian root can be made here: it takes mmdebstrap, openssh-client and e2fsprogs"
	exit 0
fi
mac=52:54:00:4d:4b:01 address=fe80::5054:ff:fe4d:4b01	# by RFC 4291, appendix A

# For its command line. nginx wants a network that is up, and waits two minutes for an address that nobody gives here.
words="console=hvc0 systemd.mask=systemd-networkd-wait-online.service"

# in_spawn COMMAND: by ssh, for at most $patience seconds
patience=300
in_spawn() {
	timeout $((patience * SLOW)) ssh -i /key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o ConnectTimeout=60 "root@$address%br0" "$1" </dev/null
}

# served NUMBER: so many of its devices are
served() {
	[ "$(grep -c ' served' $mk/instances/web/devices)" = "$1" ]
}

# make_network: what ssh needs
make_network() {
	mkdir -p /dev/net /root /etc
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
	grep -q '^root:' /etc/passwd 2>/dev/null || echo 'root:x:0:0:root:/root:/bin/sh' >>/etc/passwd
	chmod 600 /key
	brctl addbr br0
	ifconfig br0 up
	ifconfig lo 127.0.0.1 up
}

serve_network() {
	mkio net web --tap mk-web --bridge br0 --mac $mac >mkio-net 2>&1 &
	within 120 served 1
}

# said_last: what the spawn has told of its boot, and ssh of itself
said_last() {
	diag "$(in_spawn true 2>&1)"
	mkctl logs web | tail -n 60 | sed 's/^/# /'
	tail -n 30 heard | sed 's/^/# /'
}

# lets_in SECONDS: root comes in by ssh
lets_in() {
	ok "root comes in by ssh" within "$1" in_spawn true
}

# A spawn that ssh does not reach says nothing, and that is not the same.
nothing_has_failed() {
	is "with nothing that failed" "$(in_spawn 'systemctl --failed --plain --no-legend && echo no more')" "no more"
}

is_well() {
	is "to a kernel on two CPUs" "$(in_spawn nproc)" 2
	like "systemd has brought it up" "$(in_spawn 'systemctl is-system-running --wait')" '^(running|degraded)$'
	nothing_has_failed
}

shuts_down() {
	is "it shuts down when it is asked" "$(mkctl stop web --timeout 600 2>&1)" "web: ready"
	ok "in good order" within 120 grep -aq 'Reached target.*Power' heard || tail -n 20 heard | sed 's/^/# /'
}

end_devices() {
	killall -INT mkio
	ok "the devices go" within 120 sh -c "! grep -q . $mk/instances/web/devices"
	within 120 sh -c '! pidof mkio'
	ifconfig br0 down
	brctl delbr br0
}
