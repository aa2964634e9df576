#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkrun as containerd calls it, by its shim for runc: containers, and a pod of two as its CRI plugin asks for it.
# Kernels are agents on this one, as in mkrun.t. CONTAINERD names the directory of its programs, where PATH does not lead there.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

$ENV{PATH} = "$ENV{CONTAINERD}:$ENV{PATH}" if $ENV{CONTAINERD};
plan skip_all => 'no containerd; use make test-containerd' if system('containerd --version >/dev/null 2>&1');

my $dump = `containerd --config examples/kubernetes/containerd.toml config dump`;
my ($runtime) = $dump =~ /containerd\.runtimes\.mkrun\]\n(.*?)\n\n/s;
my ($options) = $dump =~ /containerd\.runtimes\.mkrun\.options\]\n(.*?)\n\n/s;
like($runtime // '', qr/pod_annotations = \["org\.multikernel\.\*"\].*runtime_type = "io\.containerd\.runc\.v2"/s,
	'our example is understood');
like($options // '', qr{^\s*BinaryName = "/usr/sbin/mkrun"$}m, 'and names mkrun');

my $rootfs = "$scratch/bundle/rootfs";
symlink 'busybox', "$rootfs/bin/$_" for qw(hostname ip);
mkdir "$rootfs/$_" for qw(sys run tmp etc);
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
make_runtime();
spew("$scratch/containerd.toml", <<"CONF");
version = 2
root = "$scratch/lib"
state = "$scratch/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$scratch/socket"
CONF
background('containerd', 'sh', '-c', "exec containerd --config $scratch/containerd.toml >$scratch/containerd.log 2>&1");

# ctr WORD...: exit code, output, errors
sub ctr
{
	return captured('/dev/null', 'timeout', 'timeout', '60', 'ctr', '--address', "$scratch/socket", @_);
}

$engine = \&ctr;

my @run = ('run', '--env', 'PATH=/bin', '--runc-binary', "$scratch/runtime", '--runc-root', "$scratch/root", '--rootfs');

# What its CRI plugin says of a container of the pod.
sub of_pod
{
	my ($kind, @namespaces) = @_;
	return ('--annotation', "io.kubernetes.cri.container-type=$kind", '--annotation', 'io.kubernetes.cri.sandbox-id=pod',
		map { ('--with-ns', $_) } @namespaces);
}

my $end = time + 60;
sleep 0.2 while (ctr('version'))[0] && time < $end;
is((ctr('version'))[0], 0, 'containerd is there') or diag slurp("$scratch/containerd.log");
is_so('hello', 0, "hello\n", @run, '--rm', $rootfs, 'one', 'echo', 'hello');
is_so('an exit code', 7, '', @run, '--rm', $rootfs, 'one', 'sh', '-c', 'exit 7');
like(is_so('too many CPUs', 1, '', @run, '--rm', '--cpus', '3', $rootfs, 'one', 'true'), qr/out of CPUs: the container wants 3/,
	'are refused, in our words');

namespace($_) for qw(engine spawn);
spew("$scratch/spawn-net", path('spawn'));
spew("$scratch/calls", '');
is_so('a sandbox', 0, '', @run, '-d', '--pid-file', "$scratch/pid", of_pod('sandbox', 'network:' . path('engine')),
	(map { ('--annotation', "io.kubernetes.cri.sandbox-$_") } 'cpu-period=100000', 'cpu-quota=150000', 'cpu-shares=1536', 'memory=209715200'),
	$rootfs, 'pod', '/pause');
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-pod-\w+ --cpus 2-3 --memory 314572800$/m, 'takes an instance for all');
like((ctr('task', 'ls'))[1], qr/^pod +\d+ +RUNNING$/m, 'and runs');
my $pid = slurp("$scratch/pid");
my @pod = of_pod('container', "network:/proc/$pid/ns/net", "ipc:/proc/$pid/ns/ipc", "uts:/proc/$pid/ns/uts");
spew("$scratch/calls", '');
is_so("a container in the pod: $_", 0, '', @run, '-d', @pod, $rootfs, $_, 'sleep', '1000') for 'two', 'three';
is(slurp("$scratch/calls"), '', 'they take none');
is_so("exec in $_", 5, "inside\n", 'task', 'exec', '--exec-id', "a-$_", $_, 'sh', '-c', 'echo inside; exit 5') for 'two', 'three';
like((ctr('task', 'ps', $_))[1], qr/^PID +INFO\n\d+ /, "processes of $_") for $groups ? ('two', 'three') : ();

sub ended
{
	my ($id, $code) = @_;
	my $end = time + 60;
	sleep 0.2 while (ctr('task', 'ls'))[1] !~ /^$id +\d+ +STOPPED$/m && time < $end;
	like((ctr('task', 'rm', $id))[2], qr/exit code $code/, "$id has ended with $code");
}

is_so('one is killed', 0, '', 'task', 'kill', '-s', 'KILL', 'two');
ended('two', 137);
is_so('the other goes on', 5, "inside\n", 'task', 'exec', '--exec-id', 'b', 'three', 'sh', '-c', 'echo inside; exit 5');
is_so('the sandbox is killed', 0, '', 'task', 'kill', '-s', 'KILL', 'pod');
ended('pod', 137);
ended('three', 250);
is_so('containers are removed', 0, '', 'container', 'rm', 'two', 'three', 'pod');
is(join(' ', glob("$instances/*"), grep { !/lock$/ } glob("$scratch/root/*/*")), '', 'nothing is left');
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
