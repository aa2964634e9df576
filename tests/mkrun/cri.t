#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkrun below containerd's own CRI plugin and CNI's plugins, asked as a kubelet asks: a pod of two containers, from its sandbox
# to its end, and pods that are not to be had. Kernels are agents on this one, as in mkrun.t. The node is a network namespace.
# CONTAINERD names the directory of containerd's programs, where PATH does not lead there.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use JSON::PP;
use MIME::Base64;
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

my $cni = '/usr/lib/cni';
$ENV{PATH} = "$ENV{CONTAINERD}:$ENV{PATH}" if $ENV{CONTAINERD};
plan skip_all => 'no containerd; use make test-containerd' if system('containerd --version >/dev/null 2>&1');
plan skip_all => 'no CNI plugins; use make test-containerd' unless -x "$cni/bridge" && -x "$cni/portmap";
plan skip_all => 'no protoc or python3-grpcio; use make test-containerd'
	if system("{ protoc -Itests/mkrun --python_out=$scratch cri.proto && /usr/bin/python3 -c 'import grpc'; } >/dev/null 2>&1");

#
# A node: containerd with CNI, and an image.
#
my $socket = "$scratch/socket";
my $json = JSON::PP->new->canonical;

# A blob of an image, by what it is; returns its descriptor.
sub blob
{
	my ($type, $bytes) = @_;
	my $digest = sha256_hex($bytes);
	spew("$scratch/image/blobs/sha256/$digest", $bytes);
	return { mediaType => "application/vnd.oci.image.$type", digest => "sha256:$digest", size => length $bytes };
}

# By the OCI's image-spec, image-layout.md: one layer, which is the rootfs that all tests have.
sub make_image
{
	my ($name) = @_;
	make_path("$scratch/image/blobs/sha256");
	my $layer = `tar -c -C $scratch/bundle/rootfs .`;
	my $config = { architecture => 'amd64', os => 'linux', config => { Env => ['PATH=/bin'], Cmd => ['/pause'] },
		rootfs => { type => 'layers', diff_ids => ['sha256:' . sha256_hex($layer)] } };
	my $manifest = { schemaVersion => 2, config => blob('config.v1+json', $json->encode($config)),
		layers => [blob('layer.v1.tar', $layer)] };
	my $whole = blob('manifest.v1+json', $json->encode($manifest));
	$whole->{annotations} = { 'io.containerd.image.name' => $name };
	spew("$scratch/image/index.json", $json->encode({ schemaVersion => 2, manifests => [$whole] }));
	spew("$scratch/image/oci-layout", $json->encode({ imageLayoutVersion => '1.0.0' }));
	system("tar -c -C $scratch/image -f $scratch/image.tar .");
}

sub make_node
{
	make_path("$scratch/cni");
	spew("$scratch/cni/10-net.conflist", $json->encode({ cniVersion => '0.4.0', name => 'net', plugins => [
		{ type => 'bridge', bridge => 'node0', isGateway => \1, ipMasq => \0,
		  ipam => { type => 'host-local', dataDir => "$scratch/leases", routes => [{ dst => '0.0.0.0/0' }],
			    ranges => [[{ subnet => '10.96.3.0/24' }]] } },
		{ type => 'portmap', capabilities => { portMappings => \1 } }] }));
	make_runtime();
	my $ours = slurp('examples/kubernetes/containerd.toml') =~ s{"/usr/sbin/mkrun"}{"$scratch/runtime"}r;
	spew("$scratch/containerd.toml", <<"CONF" . $ours =~ s/^version.*\n//mr);
version = 2
root = "$scratch/lib"
state = "$scratch/state"
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/box:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "$cni"
  conf_dir = "$scratch/cni"
CONF
	background('node', 'unshare', '-n', '-m', 'sh', '-c', "mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns &&
		ip link set lo up && exec containerd --config $scratch/containerd.toml >$scratch/containerd.log 2>&1");
}

# cri METHOD REQUEST: what the engine answers, or undef and its error in $why
my $why;
sub cri
{
	my ($method, $request) = @_;
	my $service = $method =~ /^Image/ ? 'ImageService' : 'RuntimeService';
	my ($code, $out, $err) = captured('/dev/null', 'tests/mkrun/cri', 'cri', $scratch, $socket, $service, $method,
		$json->encode($request));
	$why = $err;
	return $code ? undef : decode_json($out);
}

# does WHAT METHOD REQUEST: succeeds; returns the answer
sub does
{
	my ($what, $method, $request) = @_;
	my $answer = cri($method, $request);
	ok($answer, $what) or diag $why;
	return $answer // {};
}

sub becomes_so
{
	my ($what, $wanted, $get) = @_;
	my ($end, $got) = time + 60;
	sleep 0.1 while ($got = $get->() // 'nothing') ne $wanted && time < $end;
	return is($got, $wanted, $what);
}

sub cannot_go_on
{
	diag $why, slurp("$scratch/containerd.log");
	done_testing;
	exit 1;
}

sub is_ready
{
	my $answer = cri('Status', {}) // return $why;
	return join ' ', map { "$_->{type}=$_->{status}" } @{$answer->{status}{conditions}};
}

symlink 'busybox', "$scratch/bundle/rootfs/bin/$_" for qw(hostname httpd ip wget);
mkdir "$scratch/bundle/rootfs/$_" for qw(sys run tmp etc content);
# A machine that has the groups of version 1 limits nothing by those of version 2, and here it stands in for the kernels.
my $limits = slurp("$groups/cgroup.subtree_control") =~ /\bcpu\b.*\bmemory\b/;
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M', $limits ? () : 'ignore=cpu,memory');
make_image('localhost/box:1');
make_node();
becomes_so('containerd is ready, with a network', 'RuntimeReady=1 NetworkReady=1', \&is_ready) or cannot_go_on();
is(system("ctr --address $socket --namespace k8s.io images import $scratch/image.tar >$scratch/out 2>&1"), 0, 'the image is there')
	or diag slurp("$scratch/out");
becomes_so('for the kubelet, too', 'yes', sub {
	my $status = cri('ImageStatus', { image => { image => 'localhost/box:1' } });
	return $status && $status->{image}{id} ? 'yes' : $why;
});

#
# What a kubelet asks.
#
# The pod's configuration, with the sum of its containers' limits, as kubelets from 1.23 on tell it.
sub pod
{
	my ($name, %changes) = @_;
	my $security = delete $changes{security} // {};
	return { metadata => { name => $name, uid => "uid-$name", namespace => 'default' }, hostname => $name,
		log_directory => "$scratch/logs-$name", dns_config => { servers => ['10.96.0.10'], searches => ['default.svc'] },
		labels => { 'io.kubernetes.pod.name' => $name }, linux => { cgroup_parent => "/kubepods/pod-$name",
			resources => { cpu_period => 100000, cpu_quota => 150000, cpu_shares => 1536,
				memory_limit_in_bytes => 209715200 },
			security_context => { namespace_options => { pid => 'CONTAINER' }, seccomp => { profile_type => 'RuntimeDefault' },
				%$security } }, %changes };
}

sub run_pod
{
	my ($pod) = @_;
	mkdir $pod->{log_directory};
	return cri('RunPodSandbox', { config => $pod, runtime_handler => 'mkrun' });
}

# As kubelets do it: files of its own for names, masked paths, the runtime's filter of system calls, a limit.
sub container
{
	my ($name, $command, %changes) = @_;
	spew("$scratch/hosts", "127.0.0.1 localhost\n");
	return { metadata => { name => $name }, image => { image => 'localhost/box:1' }, command => ['sh', '-c', $command],
		working_dir => '/', envs => [{ key => 'COLOUR', value => 'blue' }], log_path => "$name.log",
		mounts => [{ container_path => '/content', host_path => "$scratch/volume" },
			{ container_path => '/etc/hosts', host_path => "$scratch/hosts" }], linux => {
			resources => { cpu_period => 100000, cpu_quota => 75000, cpu_shares => 768,
				memory_limit_in_bytes => 104857600, oom_score_adj => 900 },
			security_context => { namespace_options => { pid => 'CONTAINER' }, seccomp => { profile_type => 'RuntimeDefault' },
				masked_paths => ['/proc/kcore', '/proc/keys'], readonly_paths => ['/proc/sys'] } }, %changes };
}

# started POD-ID POD CONTAINER: its id
sub started
{
	my ($id, $pod, $container) = @_;
	my $name = $container->{metadata}{name};
	my $made = does("$name is created", 'CreateContainer', { pod_sandbox_id => $id, config => $container, sandbox_config => $pod });
	does('and started', 'StartContainer', { container_id => $made->{containerId} });
	return $made->{containerId};
}

# What a container has said, without the times that its log has.
sub log_of
{
	my ($pod, $name) = @_;
	return join '', map { /^\S+ (stdout|stderr) F (.*)\n/ ? "$1 $2\n" : $_ } split /^/, slurp("$pod->{log_directory}/$name.log");
}

sub exec_in
{
	my ($id, $command) = @_;
	my $answer = cri('ExecSync', { container_id => $id, cmd => ['sh', '-c', $command], timeout => 60 }) // return $why;
	return "$answer->{exitCode} " . decode_base64($answer->{stdout}) . decode_base64($answer->{stderr});
}

sub state_of
{
	my $answer = cri('ContainerStatus', { container_id => shift }) // return $why;
	return "$answer->{status}{state} $answer->{status}{exitCode}";
}

# Of instances, mkrun's own files, addresses that CNI has lent, and namespaces on the node.
sub left_over
{
	return join ' ', glob("$instances/*"), (grep { !/lock$/ } glob("$scratch/root/*/*"), glob("$scratch/state/runc/k8s.io/*")),
		(grep { !/lock$|last_reserved/ } glob("$scratch/leases/net/*")), inside('node', 'ls /run/netns') =~ /(\S+)/g;
}

mkdir "$scratch/volume";
namespace('spawn');
spew("$scratch/spawn-net", path('spawn'));
spew("$scratch/calls", '');
my $web = pod('web', port_mappings => [{ container_port => 80, host_port => 8080 }], linux => { %{pod('web')->{linux}},
	sysctls => { 'kernel.msgmax' => '4321' } });
my $pod = run_pod($web);
ok($pod, 'a sandbox') or cannot_go_on();
my $id = $pod->{podSandboxId};
like(slurp("$scratch/calls"), qr/^mkctl create \S+ --cpus 2-3 --memory 314572800$/m, 'has an instance for all, as large as its limits');
my $status = does('its status', 'PodSandboxStatus', { pod_sandbox_id => $id })->{status};
is($status->{state}, 'SANDBOX_READY', 'is ready');
like(my $ip = $status->{network}{ip}, qr/^10\.96\.3\.\d+$/, 'with an address of CNI');
like(inside('spawn', 'ip -4 address show eth0'), qr{inet \Q$ip\E/24}, 'which is the kernel\'s');

my $server = started($id, $web, container('server', 'hostname; echo $COLOUR >&2; cat /proc/sys/kernel/msgmax; exec httpd -f -p 80 -h /content'));
becomes_so('what it says is in its log', "stderr blue\nstdout 4321\nstdout web\n", sub { join '', sort split /^/, log_of($web, 'server') });
my $writer = started($id, $web, container('writer', 'echo a page >/content/page; trap "exit 3" TERM; while :; do sleep 1; done'));
becomes_so('both run', 'CONTAINER_RUNNING 0 CONTAINER_RUNNING 0', sub { state_of($server) . ' ' . state_of($writer) });
within('the node has what one wrote and the other serves, by the pod\'s address', "a page\n", 'node', "busybox wget -qO- http://$ip/page");
is(exec_in($writer, 'wget -qO- http://127.0.0.1/page; exit 5'), "5 a page\n", 'they share loopback; exec has an exit code');
is(exec_in($server, 'cat /etc/hosts; id -u'), "0 127.0.0.1 localhost\n0\n", 'files that the kubelet writes are there');
is(exec_in($server, 'echo >/proc/sys/kernel/msgmax') =~ /^(\d+) .*Read-only/s && $1, 1, 'what is to be read only is');
SKIP: {
	skip 'no control group of version 2 limits CPU and memory where the tests are run', 1 unless $limits;
	does('limits change in place', 'UpdateContainerResources', { container_id => $writer,
		linux => { cpu_period => 100000, cpu_quota => 50000, memory_limit_in_bytes => 83886080 } });
}
does('one is stopped', 'StopContainer', { container_id => $writer, timeout => 30 });
becomes_so('by SIGTERM', 'CONTAINER_EXITED 3', sub { state_of($writer) });
does('and removed', 'RemoveContainer', { container_id => $writer });
my $again = started($id, $web, container('again', 'exit 9', metadata => { name => 'again', attempt => 1 }));
becomes_so('another takes its place, and ends', 'CONTAINER_EXITED 9', sub { state_of($again) });
is(exec_in($server, 'cat /content/page'), "0 a page\n", 'the first one has not noticed');
does('the sandbox is stopped', 'StopPodSandbox', { pod_sandbox_id => $id });
like(state_of($server), qr/^CONTAINER_EXITED /, 'with who was in there');
does('and removed', 'RemovePodSandbox', { pod_sandbox_id => $id });
is(left_over(), '', 'nothing is left');

#
# Pods that are not to be had: the kubelet shows these words as an event of the pod.
#
# refused WHY POD
sub refused
{
	my ($regex, $pod) = @_;
	ok(!run_pod($pod), "refused: $pod->{metadata}{name}");
	like($why, $regex, 'why');
	is(left_over(), '', 'nothing is left');
}

my $wide = pod('wide');
$wide->{linux}{resources}{cpu_quota} = 300000;
refused(qr/out of CPUs: the container wants 3/, $wide);
refused(qr/the namespace network|network namespace/, pod('host-network', security => { namespace_options => { network => 'NODE', pid => 'CONTAINER' } }));
spew("$scratch/refuse-boot", "there is no boot today\n");
refused(qr/there is no boot today/, pod('dead'));
unlink "$scratch/refuse-boot";

ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
