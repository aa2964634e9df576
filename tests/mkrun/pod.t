#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# A pod of one container, as containerd, CRI-O and podman ask for it: the sandbox takes no kernel, and the container has its
# network, its name and its sysctls.
use strict;
use warnings;
use JSON::PP;
use Test::More;

use Helpers;

my %names = (containerd => ['io.kubernetes.cri.container-type', 'io.kubernetes.cri.sandbox-id'],
	'CRI-O' => ['io.kubernetes.cri-o.ContainerType', 'io.kubernetes.cri-o.SandboxID']);
my @own = map { { type => $_ } } qw(pid ipc uts mount);

# The bundle of a sandbox or a container of the pod: its kind by the annotations of that engine.
sub of_pod
{
	my ($engine, $pod, $kind, $command, %changes) = @_;
	my ($type, $id) = @{$names{$engine}};
	bundle($command, annotations => { $type => $kind, $id => $pod }, %changes);
}

# What engines write for a container: all but its mounts are the sandbox's, whose pid that is.
sub joined
{
	my ($pid) = @_;
	my %file = (network => 'net');
	return (namespaces => [{ type => 'mount' }, map { { type => $_, path => "/proc/$pid/ns/" . ($file{$_} // $_) } }
		qw(pid network ipc uts)]);
}

sub sandbox
{
	my ($engine, $pod, @network) = @_;
	of_pod($engine, $pod, 'sandbox', '/pause', hostname => "of-$pod",
		linux => { sysctl => { 'kernel.msgmax' => '4321' }, namespaces => [@own, { type => 'network', @network }] });
	mkdir "$scratch/sandbox";
	rename "$scratch/bundle/config.json", "$scratch/sandbox/config.json";
	symlink "$scratch/bundle/rootfs", "$scratch/sandbox/rootfs";
	runs("sandbox $pod is created", 'create', $pod, '--bundle', "$scratch/sandbox", '--pid-file', "$scratch/pid-$pod");
	return slurp("$scratch/pid-$pod");
}

conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
symlink 'busybox', "$scratch/bundle/rootfs/bin/$_" for qw(hostname ip);
namespace($_) for qw(engine spawn);
spew("$scratch/spawn-net", path('spawn'));

for my $engine (sort keys %names) {
	my $pid = sandbox($engine, 'pod', path => path('engine'));
	is(slurp("$scratch/calls"), '', "$engine: no instance is asked for");
	is(readlink "/proc/$pid/ns/net", readlink path('engine'), 'its process is in the network that is made for the pod');
	isnt(readlink "/proc/$pid/ns/$_", readlink "/proc/self/ns/$_", "and in no $_ namespace of the host's") for qw(ipc uts);
	is(status('pod'), 'created', 'it waits');
	runs('it is started', 'start', 'pod');
	is(status('pod'), 'running', 'and runs');
	refuses(qr/the sandbox is started already|is running, and not created/, 'start', 'pod');
	for my $command (['exec', 'pod', 'true'], ['ps', 'pod'], ['update', '--pids-limit', '5', 'pod']) {
		refuses(qr/"pod" is a pod's sandbox, and has no kernel/, @$command);
	}
	refuses(qr/a pod's sandbox has no processes/, 'pause', 'pod');
	runs('a signal that ends nothing', 'kill', 'pod', 'WINCH');
	is(status('pod'), 'running', 'is taken');

	of_pod($engine, 'pod', 'container', 'hostname; busybox cat /proc/sys/kernel/msgmax; sleep 1000',
		mounts => [{ destination => '/proc', type => 'proc', source => 'proc' }], linux => { joined($pid) });
	is(system("$mkrun --root $scratch/root create -b $scratch/bundle one </dev/null >$scratch/its-out 2>$scratch/its-err"), 0,
		'a container in the pod') or diag slurp("$scratch/its-err");
	like(slurp("$scratch/calls"), qr/^mkctl create mkrun-one-/m, 'has an instance');
	runs('it runs', 'start', 'one');
	my $end = time + 60;
	select undef, undef, undef, 0.1 while time < $end && slurp("$scratch/its-out") !~ /\n.*\n/;
	is(slurp("$scratch/its-out"), "of-pod\n4321\n", 'with the name and the sysctls of the pod') or diag slurp("$scratch/its-err");
	refuses(qr/pod pod has container "one" already/, 'create', '-b', "$scratch/bundle", 'two');
	runs('it is killed', 'kill', 'one', 'KILL');
	becomes('one', 'stopped');
	create('two');
	runs('where one has stopped, there can be another', 'delete', '-f', 'two');
	runs('it is deleted', 'delete', 'one');
	runs('the sandbox is ended', 'kill', 'pod', 'KILL');
	becomes('pod', 'stopped');
	is(decode_json(slurp("$scratch/root/pod/state.json"))->{exit}, 137, 'with 128 and the signal');
	runs('and deleted', 'delete', 'pod');
	nothing_is_left();
	unlink "$scratch/calls";
}

# A network that the sandbox makes; without a pod, and for what is not a pod's, nothing has changed.
my $pid = sandbox('containerd', 'apart');
isnt(readlink "/proc/$pid/ns/net", readlink '/proc/self/ns/net', 'a sandbox without a network is given one');
runs('it is ended by force', 'delete', '-f', 'apart');
bundle('true', linux => { joined($$) });
refuses(qr{pid namespace /proc/\d+/ns/pid cannot be joined}, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'container', 'true', linux => { joined($$) });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'sandbox', 'true',
	linux => { namespaces => [@own, { type => 'network', path => '/proc/self/ns/net' }] });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'sandbox', 'true', linux => { namespaces => [@own] });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
$pid = sandbox('containerd', 'killed', path => path('engine'));
kill 'KILL', $pid;
becomes('killed', 'stopped');
runs('one whose process was ended by force is deleted', 'delete', 'killed');
nothing_is_left();
unlike(slurp("$scratch/agent.log"), qr/Sanitizer/, 'no sanitizer has complained of the agent');
done_testing;
