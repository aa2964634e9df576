#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Containers in a whole Debian, set up as doc/containers.md says: Debian's podman and containerd call mkrun, and each container
# has a stock kernel of its own. tests/deb/contained goes through what people do with containers, and says what came of it;
# then the machine reboots with one of them up. The comments have how long a container takes beside Debian's crun, and
# what one costs. TAP. "make deb" has built the packages.
set -u

cd "$(dirname "$0")/../.." || exit
name=containers more=podman,crun,containerd,netavark,aardvark-dns,iptables
more=$more,nftables,containernetworking-plugins,protobuf-compiler,python3-grpcio,python3-protobuf
memory=5G
: "${VM_TIMEOUT:=3600}"
. tests/deb/debian.sh

# What images are made of: busybox, a page, and a user.
make_image_root() {
	mkdir -p "$place/box/bin" "$place/box/etc" "$place/box/www" "$place/box/tmp" "$place/box/proc" "$place/box/sys" \
		"$place/box/dev" "$place/box/run" &&
		cp "$(command -v busybox)" "$place/box/bin/busybox" &&
		for applet in cat echo free grep httpd id nproc sh sleep true tty wc wget; do
			ln -sf busybox "$place/box/bin/$applet"
		done &&
		echo 'a page' >"$place/box/www/page" &&
		printf 'root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n' >"$place/box/etc/passwd" &&
		printf 'root:x:0:\napp:x:1000:\n' >"$place/box/etc/group" &&
		tar -c -C "$place/box" -f "$root/srv/box.tar" .
}

# As doc/containers.md has it; an emulated machine takes its time for a boot.
configure() {
	echo 'options multikernel pool=2G' >"$root/etc/modprobe.d/multikernel.conf"
	echo multikernel >"$root/etc/modules-load.d/multikernel.conf"
	printf '%s\n' cpus=1-3 ignore=apparmor boot-seconds=600 >"$root/etc/multikernel/mkrun.conf"
	# Where CNI's plugins are, podman 4 would have them make its networks, which then know no names.
	printf '%s\n' '[engine]' 'runtime = "mkrun"' '[engine.runtimes]' 'mkrun = ["/usr/sbin/mkrun"]' \
		'[network]' 'network_backend = "netavark"' \
		>"$root/etc/containers/containers.conf"
}

# A node of Kubernetes but for the kubelet, of whom tests/mkrun/cri is a part. Debian's file has the place of the plugins alone.
configure_node() {
	cat >"$root/etc/cni/net.d/10-net.conflist" <<-'NET'
		{ "cniVersion": "0.4.0", "name": "net", "plugins": [
			{ "type": "bridge", "bridge": "node0", "isGateway": true, "ipMasq": true,
			  "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.96.3.0/24" }]],
				    "routes": [{ "dst": "0.0.0.0/0" }] } },
			{ "type": "portmap", "capabilities": { "portMappings": true } } ] }
	NET
	{
		cat examples/kubernetes/containerd.toml
		printf '%s\n' '[plugins."io.containerd.grpc.v1.cri"]' 'sandbox_image = "localhost/pause:latest"' \
			'[plugins."io.containerd.grpc.v1.cri".cni]' 'bin_dir = "/usr/lib/cni"' 'conf_dir = "/etc/cni/net.d"'
	} >"$root/etc/containerd/config.toml"
	cp tests/mkrun/cri tests/mkrun/cri.proto "$root/srv" &&
		inside protoc -I/srv --python_out=/srv cri.proto
}

make_debian
ok "an image's root is made" make_image_root
ok "the packages are installed" install_ours || bail_out "no packages"
configure
ok "containerd has a network for pods, and our runtime" configure_node
ok "podman is to start again what it is told to, at each boot" inside systemctl -q enable podman-restart
observe_by tests/deb/contained

boot first
is "a container says hello" "$(said first hello)" '0 hello'
is "it has a kernel of its own" "$(said first own-kernel)" '0 another boot'
is "its exit code is podman's" "$(said first exit-code)" 7
is "an image's user, and an environment" "$(said first user)" '0 1000 blue'
like "a volume, and one that cannot be written to" "$(said first volume)" '^1 written .*Read-only file system'
is "which is the host's directory" "$(said first written)" '0 written'
is "--cpus and --memory" "$(said first limits)" '0 2 fits'
like "too many CPUs are refused" "$(said first too-many)" '^126 .*out of CPUs: the container wants 4'
is "a published port" "$(said first published)" '0 a page'
is "a container finds another by its name" "$(said first by-name)" '0 a page'
is "exec on a terminal" "$(said first terminal)" '0 /dev/pts/0 on'
is "exec has an exit code" "$(said first exec)" '5 inside'
is "stop is SIGTERM" "$(said first stopped)" '0 3'
is "kill is SIGKILL" "$(said first killed)" '0 137'
is "after a panic in it a container is started again" "$(said first panicked)" '0 restarted'
is "and another has not noticed" "$(said first published-still)" '0 a page'
is "containerd's container says hello" "$(said first ctr)" '0 hello'
is "one outlives a restart of containerd" "$(said first ctr-restarted)" '0 RUNNING'
is "and ends by its signal" "$(said first ctr-killed)" '0 137'
like "a kubelet is told that the node is ready" "$(said first cri)" '"RuntimeReady", "status": true.*"NetworkReady", "status": true'
is "a pod of two containers" "$(said first pod)" '0 10.96.3.2'
is "each of them is in the one kernel of the pod" "$(said first pod-kernel)" '0 one kernel, and not the host'
is "the node has by the pod's address what one has written and the other serves" "$(said first pod-page)" '0 a page of the pod'
is "and by the published port" "$(said first pod-port)" '0 a page of the pod'
is "one is limited" "$(said first pod-limit)" '0 75000 100000 104857600'
is "one is stopped by SIGTERM" "$(said first pod-stopped)" '0 3'
is "the pod ends, and is removed" "$(said first pod-removed)" '0 removed'
like "one that is too large is refused, in our words" "$(said first pod-too-large)" '^1 .*out of CPUs: the container wants 4'
is "of those that have ended nothing is left" "$(said first left)" ''
like "the machine reboots with one up" "$(tail -n 20 "$place/first.log")" 'reboot: Power down'

boot_again second
is "it is up after that" "$(said second published)" '0 a page'
is "and is removed" "$(said second removed)" '0 web'
is "of it nothing is left, either" "$(said second left)" ''
sed -n 's/^\(time\|memory\)/# &/p' "$place/first.said"

rm -rf "$root" "$place/image" "$place/box"
done_testing
