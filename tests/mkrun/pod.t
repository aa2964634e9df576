#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Pods as containerd, CRI-O and podman ask for them: the sandbox has the kernel, and all containers come into that.
use strict;
use warnings;
use Cwd 'abs_path';
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

my %names = (containerd => ['io.kubernetes.cri.container-type', 'io.kubernetes.cri.sandbox-id'],
	'CRI-O' => ['io.kubernetes.cri-o.ContainerType', 'io.kubernetes.cri-o.SandboxID']);
my @own = map { { type => $_ } } qw(pid ipc uts mount);
my @proc = ({ destination => '/proc', type => 'proc', source => 'proc' });
my $pid;	# of the sandbox's process

# The bundle of a sandbox or a container of the pod: its kind by the annotations of that engine.
sub of_pod
{
	my ($engine, $pod, $kind, $command, %changes) = @_;
	my ($type, $id) = @{$names{$engine}};
	my $more = delete $changes{annotations} // {};
	bundle($command, annotations => { $type => $kind, $id => $pod, %$more }, %changes);
}

# What engines write for a container: these are the sandbox's.
sub joined
{
	my ($of, @types) = @_;
	my %file = (network => 'net');
	my %path = map { $_ => "/proc/$of/ns/" . ($file{$_} // $_) } @types ? @types : qw(network ipc uts);
	return (namespaces => [map { { type => $_, $path{$_} ? (path => $path{$_}) : () } } qw(pid network ipc uts mount)]);
}

sub sandbox
{
	my ($engine, $pod, $changes, @network) = @_;
	of_pod($engine, $pod, 'sandbox', '/pause', hostname => "of-$pod",
		linux => { sysctl => { 'kernel.msgmax' => '4321' }, namespaces => [@own, { type => 'network', @network }] }, %$changes);
	mkdir "$scratch/sandbox";
	rename "$scratch/bundle/config.json", "$scratch/sandbox/config.json";
	symlink "$scratch/bundle/rootfs", "$scratch/sandbox/rootfs";
	runs("sandbox $pod is created", 'create', $pod, '--bundle', "$scratch/sandbox", '--pid-file', "$scratch/pid-$pod");
	return slurp("$scratch/pid-$pod");
}

# A container of the pod "pod", created: what it says is in the files out-NAME and err-NAME.
sub container
{
	my ($engine, $name, $command, %changes) = @_;
	my $linux = delete $changes{linux} // {};
	my @mounts = @{delete $changes{mounts} // []};
	of_pod($engine, 'pod', 'container', $command, mounts => [@proc, @mounts], linux => { joined($pid), %$linux }, %changes);
	is(system("$mkrun --root $scratch/root create -b $scratch/bundle --pid-file $scratch/pid-$name $name </dev/null " .
		">$scratch/out-$name 2>$scratch/err-$name"), 0, "$name is created") or diag slurp("$scratch/err-$name");
}

sub started
{
	container(@_);
	runs('and started', 'start', $_[1]);
}

sub says
{
	my ($name, $wanted) = @_;
	my $end = time + 60;
	sleep 0.1 while time < $end && slurp("$scratch/out-$name") ne $wanted;
	is(slurp("$scratch/out-$name"), $wanted, "what $name says") or diag slurp("$scratch/err-$name");
}

sub exit_code
{
	return decode_json(slurp("$scratch/root/$_[0]/state.json"))->{exit};
}

sub in_share
{
	return join ' ', sort map { s/\d+$//r } split /\n/, `nsenter -t $pid -m ls $scratch/root/pod/share`;
}

# The entries' names begin so; numbers and volumes are the host's.
sub has_roots
{
	my ($count) = @_;
	my @roots = in_share() =~ /root-/g;
	is(scalar @roots, $count, "roots in the share: $count");
}

sub namespaces_of
{
	my ($name) = @_;
	return map { (run('exec', $name, '--', 'busybox', 'readlink', "/proc/self/ns/$_"))[1] } qw(pid mnt net ipc uts);
}

sub ends
{
	my ($id) = @_;
	runs("$id is deleted", 'delete', '-f', $id);
}

conf('cpus=2-3', 'cpus-max=2-3', 'may-ignore=memory,cpu,pids', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
symlink 'busybox', "$scratch/bundle/rootfs/bin/$_" for qw(hostname ip);
namespace($_) for qw(engine spawn);
spew("$scratch/spawn-net", path('spawn'));

for my $engine (sort keys %names) {
	my %size = $engine eq 'containerd' ? (annotations => { map { ("io.kubernetes.cri.sandbox-$_->[0]" => "$_->[1]") }
		['cpu-period', 100000], ['cpu-quota', 150000], ['cpu-shares', 1536], ['memory', 200 << 20] }) : ();
	$pid = sandbox($engine, 'pod', \%size, path => path('engine'));
	my $wanted = %size ? '--cpus 2-3 --memory ' . (300 << 20) : '--cpus 2 --memory ' . (300 << 20);
	like(slurp("$scratch/calls"), qr/^mkctl create mkrun-pod-\w+ $wanted /m, "$engine: it has an instance");
	is(readlink "/proc/$pid/ns/net", readlink path('engine'), 'its process is in the network that is made for the pod');
	isnt(readlink "/proc/$pid/ns/$_", readlink "/proc/self/ns/$_", "and in no $_ namespace of the host's") for qw(ipc uts);
	is(status('pod'), 'created', 'it waits');
	runs('it is started', 'start', 'pod');
	is(status('pod'), 'running', 'and runs');
	refuses(qr/the sandbox is started already|is running, and not created/, 'start', 'pod');
	refuses(qr/"pod" is a pod's sandbox, and has no processes/, @$_) for ['exec', 'pod', 'true'], ['ps', 'pod'];
	refuses(qr/a pod's sandbox has no processes/, 'pause', 'pod');
	runs('a signal that ends nothing', 'kill', 'pod', 'WINCH');
	is(status('pod'), 'running', 'is taken');
	is(in_share(), '', 'no files are shared yet');
	my ($blocks, $block, $inodes) = split / /, `nsenter -t $pid -m stat -f -c '%b %S %c' $scratch/root/pod/share`;
	cmp_ok($blocks * $block, '<=', 1 << 20, 'and who serves them can write little of its own there');
	cmp_ok($inodes, '<=', 1 << 17, 'and make no more than there can be mounts');

	# One that ends before the others begin, one that stays, one beside it.
	my $calls = slurp("$scratch/calls");
	mkdir "$scratch/volume";
	my @volume = ({ destination => '/volume', type => 'bind', source => "$scratch/volume", options => ['rbind', 'rw'] });
	started($engine, 'init', 'echo ready >/volume/file; exit 3', mounts => \@volume);
	becomes('init', 'stopped');
	is(exit_code('init'), 3, 'an init container has an exit code');
	has_roots(0);
	is(status('pod'), 'running', 'and its pod goes on');
	started($engine, 'one', 'hostname; busybox cat /proc/sys/kernel/msgmax /volume/file; sleep 1000', mounts => \@volume);
	says('one', "of-pod\n4321\nready\n");
	started($engine, 'two', 'hostname; sleep 2000', mounts => [{ %{$volume[0]}, destination => '/same' }]);
	says('two', "of-pod\n");
	has_roots(2);
	is(scalar(my @volumes = in_share() =~ /volume-/g), 1, 'and a volume of both is there once');
	unlike(substr(slurp("$scratch/calls"), length $calls), qr/create|boot|mkio/, 'no more instances, kernels, devices');
	my (@one, @two) = namespaces_of('one');
	@two = namespaces_of('two');
	is(join(' ', map { $one[$_] eq $two[$_] ? 1 : 0 } 0 .. 4), '0 0 1 1 1', 'network, IPC and names they share, and no more');
	runs('one is told what the other', 'exec', 'one', '--', 'sh', '-c', 'echo more >/volume/of-one');
	is(runs('finds', 'exec', 'two', '--', 'cat', '/same/of-one'), "more\n", 'in the volume');
	unlike(runs('processes', 'exec', 'one', '--', 'busybox', 'ps'), qr/sleep 2000/, 'are those of one container');
	unlike(runs('and those of the other', 'exec', 'two', '--', 'busybox', 'ps'), qr/sleep 1000/, 'of that');
	is((run('exec', 'two', '--', 'sh', '-c', 'exit 5'))[0], 5, 'an exit code of the second');
	is(slurp("/proc/" . slurp("$scratch/pid-two") . '/root/bin/busybox') eq slurp("$scratch/bundle/rootfs/bin/busybox"), 1,
		'who joins the mount namespace of its process finds its root');
	refuses(qr/container "two" exists already/, 'create', '-b', "$scratch/bundle", 'two');

	SKIP: {
		skip 'no control groups of version 2', 1 unless $groups;
		my $all = "$groups/container-" . slurp("$scratch/agent") . '-*';
		is(scalar(my @made = glob $all), 2, 'each has a control group');
		like(runs('ps', 'ps', $_), qr/^PID\tCOMMAND\n(\d+\t(sh|sleep)\n)+$/, "tells those of $_") for 'one', 'two';
		my @pids = map { decode_json(runs('ps', 'ps', '-f', 'json', $_)) } 'one', 'two';
		my %first = map { $_ => 1 } @{$pids[0]};
		is(scalar(grep { $first{$_} } @{$pids[1]}), 0, 'and none twice');
		runs('one is paused', 'pause', 'one');
		is(status('one') . status('two'), 'pausedrunning', 'alone');
		is((run('exec', 'two', '--', 'sh', '-c', 'exit 6'))[0], 6, 'the other goes on');
		refuses(qr/is not running/, 'exec', 'one', 'true');
		runs('it is resumed', 'resume', 'one');
	}

	# As "kubectl debug" does; and what dies leaves the others be, and can come again.
	started($engine, 'late', 'echo late; sleep 3000');
	says('late', "late\n");
	runs('one is killed', 'kill', 'one', 'KILL');
	becomes('one', 'stopped');
	is(exit_code('one'), 137, 'with 128 and the signal');
	has_roots(2);
	is((run('exec', 'two', '--', 'sh', '-c', 'exit 7'))[0], 7, 'the second goes on');
	runs('it is deleted', 'delete', 'one');
	started($engine, 'one', 'hostname; sleep 1000', mounts => \@volume);
	says('one', "of-pod\n");
	has_roots(3);
	is(scalar(@volumes = in_share() =~ /volume-/g), 1, 'its volume is the one that is there');
	kill 'KILL', slurp("$scratch/pid-late");
	becomes('late', 'stopped');
	has_roots(3);
	runs('one whose process was ended by force is deleted', 'delete', 'late');
	has_roots(2);

	# What changes.
	$calls = slurp("$scratch/calls");
	spew("$scratch/resources", encode_json({ cpu => { quota => $engine eq 'containerd' ? 90000 : 190000 } }));
	runs('the sandbox is updated', 'update', '-r', "$scratch/resources", 'pod');
	like(substr(slurp("$scratch/calls"), length $calls), $engine eq 'containerd' ? qr/^mkctl set mkrun-pod-\w+ --cpus 2$/m :
		qr/^mkctl set mkrun-pod-\w+ --cpus 2-3$/m, 'which changes the instance');
	$calls = slurp("$scratch/calls");
	if (has_limits()) {
		runs('a container is updated', 'update', '-r', "$scratch/resources", 'two');
	} else {
		refuses($groups ? qr/cannot limit its CPU time \(cpu\): No such file/ : qr/no control groups/, 'update', '-r',
			"$scratch/resources", 'two');
	}
	is(substr(slurp("$scratch/calls"), length $calls), '', 'of which mkctl hears nothing');
	spew("$scratch/resources", encode_json({ cpu => { cpus => '2' } }));
	refuses(qr/^mkrun: mkrun has no cpus; ignore=cpus in mkrun.conf does without/m, 'update', '-r', "$scratch/resources", 'two');

	runs('two is killed', 'kill', 'two', 'TERM');
	runs('by force', 'kill', 'two', 'KILL');
	becomes('two', 'stopped');
	runs('and deleted', 'delete', 'two');
	runs('the sandbox is ended', 'kill', 'pod', 'KILL');
	becomes('pod', 'stopped');
	is(exit_code('pod'), 137, 'with 128 and the signal');
	becomes('one', 'stopped');
	is(exit_code('one'), 250, 'with its kernel ends who is in it');
	like(slurp("$scratch/err-one"), qr/the container's kernel has ended: the pod's sandbox was ended$/m, 'and says so');
	runs('the sandbox is deleted first', 'delete', 'pod');
	runs('and then the container', 'delete', 'one');
	runs('and the other', 'delete', 'init');
	nothing_is_left();
	unlink "$scratch/calls";
}

# A kernel that panics; a sandbox whose process is ended by force; steps that fail.
$pid = sandbox('containerd', 'pod', {}, path => path('engine'));
started('containerd', $_, 'sleep 1000') for 'one', 'two';
spew($_, "Kernel panic - not syncing: of old age\n") for glob "$instances/mkrun-pod-*/failure";
kill 'KILL', slurp("$scratch/agent");
for my $name ('one', 'two') {
	becomes($name, 'stopped');
	is(exit_code($name), 250, 'a kernel that ends is a code of its own');
	like(slurp("$scratch/err-$name"), qr/the container's kernel has ended: Kernel panic - not syncing: of old age/, 'and a sentence');
}
becomes('pod', 'stopped');
is(exit_code('pod'), 250, 'its sandbox as well');
ends($_) for 'one', 'pod', 'two';
nothing_is_left();
$pid = sandbox('containerd', 'pod', {}, path => path('engine'));
started('containerd', 'one', 'sleep 1000');
kill 'KILL', $pid;
becomes('pod', 'stopped');
becomes('one', 'stopped');
ok(scalar(glob "$instances/mkrun-pod-*"), 'without its process the instance stays');
ends($_) for 'one', 'pod';
nothing_is_left();
# The host's end: systemd sends SIGTERM to all processes of all scopes at once. The kernel and its devices stay until the containers
# have done what they do then.
unlink "$scratch/mkio";
$pid = sandbox('containerd', 'pod', {}, path => path('engine'));
started('containerd', 'one', 'trap "sleep 2; echo done; exit 3" TERM; echo begun; while :; do sleep 0.1; done');
says('one', "begun\n");
my @engines = split /\n/, slurp("$scratch/mkio");
cmp_ok(scalar @engines, '>', 0, 'it has devices');
kill 'TERM', $pid, @engines, slurp("$scratch/pid-one");
becomes('one', 'stopped');
says('one', "begun\ndone\n");
is(exit_code('one'), 3, 'a container ends in its own time when all are told to');
becomes('pod', 'stopped');
is(exit_code('pod'), 143, 'and then its pod does');
is(kill(0, @engines), 0, 'and the devices');
ends($_) for 'one', 'pod';
nothing_is_left();
for my $step (qw(create boot vsock share)) {
	spew("$scratch/refuse-$step", "there is no $step today\n");
	of_pod('containerd', 'pod', 'sandbox', '/pause', linux => { namespaces => [@own, { type => 'network', path => path('engine') }] });
	refuses(qr/there is no $step today/, 'create', '-b', "$scratch/bundle", 'pod');
	unlink "$scratch/refuse-$step";
	nothing_is_left();
}

# What is not the pod's, and what cannot be.
$pid = sandbox('containerd', 'pod', {}, path => path('engine'));
container('containerd', 'one', 'sleep 1000');
for my $case ([[joined($$, 'network')], qr{the network namespace /proc/\d+/ns/net is not that of the pod's sandbox "pod"}],
		[[joined($pid, 'network', 'uts')], qr/the ipc namespace of its own is not that of the pod's sandbox/],
		[[joined($pid, qw(network ipc uts pid))], qr{the pid namespace /proc/\d+/ns/pid cannot be joined: each container of a pod has one}],
		[[joined($pid), resources => { cpu => { cpus => '2' } }], qr/mkrun has no cpus;/]) {
	of_pod('containerd', 'pod', 'container', 'true', linux => { @{$case->[0]} });
	refuses($case->[1], 'create', '-b', "$scratch/bundle", 'two');
}
of_pod('containerd', 'pod', 'container', 'true', linux => { joined($pid) });
refuses(qr/is no id of a container/, 'create', '-b', "$scratch/bundle", $_) for '..', 'a/b', "a\nb", '';
of_pod('containerd', 'pod', 'container', 'true', linux => { joined($pid) }, mounts => [{ destination => '/v', type => 'bind', source => '/none' }]);
refuses(qr{cannot share /none: No such file}, 'create', '-b', "$scratch/bundle", 'two');
has_roots(1);
of_pod('containerd', 'pod', 'container', 'true', linux => { joined($pid) }, process => { args => ['/bin/none'], cwd => '/', env => [],
	user => { uid => 0, gid => 0 } });
refuses(qr/"\/bin\/none": executable file not found/, 'create', '-b', "$scratch/bundle", 'two');
has_roots(1);
for my $limit (['memory', { limit => 100 << 20 }, 'memory'], ['cpu', { quota => 50000 }, 'CPU time \(cpu\)'], ['pids', { limit => 5 }, 'tasks \(pids\)']) {
	my ($part, $value, $what) = @$limit;
	last if has_limits();
	of_pod('containerd', 'pod', 'container', 'true', linux => { joined($pid), resources => { $part => $value } });
	refuses($groups ? qr/the container's kernel cannot limit its $what: / : qr/has no control group for it: /, 'create', '-b', "$scratch/bundle", 'two');
	of_pod('containerd', 'pod', 'container', 'true', linux => { joined($pid), resources => { $part => $value } },
		annotations => { 'org.multikernel.ignore' => $part });
	create('two');
	ends('two');
}

# virtiofsd goes into a mount namespace of its own, and is to see what comes later.
SKIP: {
	my ($engine) = grep { -x } '/usr/libexec/virtiofsd', '/usr/lib/qemu/virtiofsd';
	skip 'no virtiofsd', 3 unless $engine;
	my $share = "$scratch/root/pod/share";
	my @words = $engine =~ /qemu/ ? ('-o', "source=$share") : ('--shared-dir', $share);
	background('virtiofsd', 'sh', '-c', 'exec nsenter "$@" 2>/dev/null', 'sh', '-t', $pid, '-m', $engine, "--socket-path=$scratch/fs", @words);
	my ($end, $front, $served) = time + 60;
	sleep 0.05 until -S "$scratch/fs" || time > $end;
	$front = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "$scratch/fs") // die "virtiofsd: $!";
	my $files = sub { grep { !/^(lost|\.)/ } map { m{([^/]+)$} } glob '/proc/' . $_[0] . '/root/*' };
	my @all;
	do {
		sleep 0.05;
		@all = ($pid{virtiofsd}, split ' ', slurp("/proc/$pid{virtiofsd}/task/$pid{virtiofsd}/children"));
		($served) = grep { join(' ', $files->($_)) =~ /^root-\d+$/ } @all;
	} until $served || time > $end;
	ok($served, 'it serves a root') or diag join ' ', @all;
	started('containerd', 'three', 'sleep 1000');
	my $root = "/proc/$served/root/root-" . slurp("$scratch/pid-three");
	ok(-e "$root/bin/busybox", 'and one that comes later');
	ends('three');
	ok(!-e $root, 'which it loses again');
	kill 'KILL', @all;
}
ends($_) for 'one', 'pod';
nothing_is_left();

# Namespaces that the engine keeps in files; a network that the sandbox makes.
background('kept', 'unshare', '-i', '-u', 'sh', '-c', 'exec sleep 1000');
my $end = time + 60;
sleep 0.05 until slurp("/proc/$pid{kept}/comm") eq "sleep\n" || time > $end;
my @kept = map { { type => $_, path => "/proc/$pid{kept}/ns/$_" } } 'ipc', 'uts';
$pid = sandbox('CRI-O', 'pod', { linux => { namespaces => [{ type => 'pid' }, { type => 'mount' }, { type => 'network' }, @kept] } });
isnt(readlink "/proc/$pid/ns/net", readlink '/proc/self/ns/net', 'a sandbox without a network is given one');
of_pod('CRI-O', 'pod', 'container', 'true', linux => { namespaces => [{ type => 'pid' }, { type => 'mount' },
	{ type => 'network', path => "/proc/$pid/ns/net" }, @kept] });
is(system("$mkrun --root $scratch/root create -b $scratch/bundle one </dev/null >/dev/null 2>$scratch/err-one"), 0, 'and a container joins it');
ends($_) for 'pod', 'one';
nothing_is_left();

# Without a sandbox a container has a kernel of its own, and is alone.
of_pod('CRI-O', 'none', 'container', 'sleep 1000', linux => { joined($pid{engine}, qw(network ipc uts pid)) });
create('one');
refuses(qr/pod none has container "one" already, and no sandbox whose kernel they could share/, 'create', '-b', "$scratch/bundle", 'two');
ends('one');
create('two');
ends('two');
nothing_is_left();
bundle('true', linux => { joined($$, 'pid') });
refuses(qr{pid namespace /proc/\d+/ns/pid cannot be joined}, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'container', 'true', linux => { joined($$) });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'sandbox', 'true',
	linux => { namespaces => [@own, { type => 'network', path => '/proc/self/ns/net' }] });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
of_pod('containerd', 'none', 'sandbox', 'true', linux => { namespaces => [@own] });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'one');
nothing_is_left();
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
