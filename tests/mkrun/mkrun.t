#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkrun with programs of our own in the place of mkctl and mkio, and an agent on this kernel: the life of a container, what
# is refused, and that nothing of it is left.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Path 'make_path';
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

my %type = (hello => 1, exec => 26, list => 33, welcome => 34, started => 36, process => 43, exited => 45);	# agent/protocol.h

# An agent of our own: greets, hears until a message without fields of that type, and says the rest as $say does.
sub stand_in
{
	my ($type, $say) = @_;
	unlink $ENV{MKRUN_AGENT};
	my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $ENV{MKRUN_AGENT}, Listen => 1) or die;
	my $agent = fork // die;
	return $agent if $agent;
	my ($host, $bytes, $last) = (scalar $listener->accept, '', quotemeta pack('L<S<S<', 0, $type, 0));
	sysread $host, $bytes, 4096;
	syswrite $host, pack('L<S<S<Q<', 8, $type{welcome}, 0, 5);
	while ($bytes !~ /$last$/) {
		sysread $host, $bytes, 4096, length $bytes or last;
	}
	$say->($host);
	POSIX::_exit(0);
}

# "exec" at a terminal, with an agent that tells the exit code at once and is gone before it has heard of the window.
sub exits_at_once
{
	my ($id, $code) = @_;
	my ($unlock, $number) = (pack('i', 0), pack('i', 0));
	open(my $master, '+<', '/dev/ptmx') or die;
	ioctl($master, 0x40045431, $unlock) && ioctl($master, 0x80045430, $number) or die;	# TIOCSPTLCK, TIOCGPTN
	local $ENV{MKRUN_AGENT} = "$scratch/hasty";
	my $agent = stand_in($type{exec}, sub {
		syswrite $_[0], pack('L<S<S<L<S<S<Q<', 0, $type{started}, 0, 8, $type{exited}, 0, $code);
	});
	my @got = run(\('/dev/pts/' . unpack 'i', $number), 'exec', $id, 'true');
	waitpid $agent, 0;
	return "$got[0]$got[2]";
}

# "ps" of a container whose agent tells of processes without end.
sub never_ends
{
	my ($id) = @_;
	local ($ENV{MKRUN_AGENT}, $ENV{MKRUN_ANSWER_MS}) = ("$scratch/endless", 1000);
	my $agent = stand_in($type{list}, sub {
		local $SIG{PIPE} = 'DEFAULT';
		syswrite $_[0], pack('L<S<S<Q<Z*', 10, $type{process}, 0, 7, 'x') x 1000 while 1;
	});
	refuses(qr/^mkrun: the container's kernel does not answer: Connection timed out$/, 'ps', $id);
	kill 'KILL', $agent;
	waitpid $agent, 0;
}

# What an agent refuses with anything but words.
sub speaks_wildly
{
	my ($id) = @_;
	local $ENV{MKRUN_AGENT} = "$scratch/wild";
	unlink "$scratch/log-wild";
	my $agent = stand_in($type{exec}, sub {
		syswrite $_[0], pack('L<S<S<Z*', 10, 37, 0, "\e[31m\xff\x07ab");
	});
	refuses(qr/^mkrun: \?\[31m\?\?ab$/, '--log', "$scratch/log-wild", '--log-format', 'json', 'exec', $id, 'true');
	is(decode_json(slurp("$scratch/log-wild"))->{msg}, '?[31m??ab', 'and the log is JSON');
	waitpid $agent, 0;
}

refuses(qr/mkrun.conf: No such file.*cpus=/, 'create', '-b', "$scratch/bundle", 'a');
conf('memory=1G');
refuses(qr/names no CPUs/, 'create', '-b', "$scratch/bundle", 'a');
conf('cpus=2-3', 'memory=lots');
refuses(qr/mkrun.conf:2: "lots" is no number/, 'create', '-b', "$scratch/bundle", 'a');
for my $seconds (0, 86401, '4294967296', '1k', '') {
	conf('cpus=2-3', "boot-seconds=$seconds");
	refuses(qr/mkrun.conf:2: boot-seconds is a whole number from 1 to 86400, and not "$seconds"/, 'create', '-b', "$scratch/bundle", 'a');
}
conf('cpus=2-3', 'unpack=perhaps');
refuses(qr/mkrun.conf:2: "perhaps" is neither yes nor no/, 'create', '-b', "$scratch/bundle", 'a');
conf('cpus=2-3', 'colour=blue');
refuses(qr/mkrun.conf:2: there is no "colour"/, 'create', '-b', "$scratch/bundle", 'a');
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');

# Bundles that are none, and what cannot be.
refuses(qr/config.json: No such file/, 'create', '-b', "$scratch/bundle", 'a');
refuses(qr{bundle /none: No such file}, 'create', '-b', '/none', 'a');
spew("$scratch/bundle/config.json", '{ "ociVersion": ');
refuses(qr/config.json:1: /, 'create', '-b', "$scratch/bundle", 'a');
spew("$scratch/bundle/config.json", '[]');
refuses(qr/no ociVersion/, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', process => {});
refuses(qr/no process.args/, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', root => { path => 'nothing' });
refuses(qr{root .*/nothing: No such file}, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', linux => { namespaces => [map { { type => $_ } } qw(pid ipc uts mount)] });
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', linux => { namespaces => [{ type => 'pid', path => '/proc/1/ns/pid' }] });
refuses(qr{pid namespace /proc/1/ns/pid cannot be joined}, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', process => { args => ['true'], cwd => '/', rlimits => [{ type => 'RLIMIT_NONE', soft => 1, hard => 1 }] });
refuses(qr/process.rlimits: there is no "RLIMIT_NONE"$/m, 'create', '-b', "$scratch/bundle", 'a');
bundle('true', hooks => { prestart => [{ path => '/bin/true' }] });
refuses(qr/has no hooks; ignore=hooks in mkrun.conf does without, or may-ignore=hooks for/, 'create', '-b', "$scratch/bundle", 'a');
# Lines and lists of any length are taken as they are, or refused; none is cut.
my $far = join ',', map { 2 * $_ } 400 .. 800;
conf("cpus=$far,1602", "cpus-max=$far", 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M', 'append=' . 'x=y ' x 400);
bundle('true', linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)], resources => { cpu => { quota => 30000000, period => 100000 } } });
create('a');
my $long = slurp("$scratch/calls");
my $wanted = join ',', map { 2 * $_ } 400 .. 699;
like($long, qr/^mkctl create mkrun-a-\w+ --cpus $wanted --memory 314572800 --cpus-max $far$/m, 'CPUs by a list of some KB');
like($long, qr/ --append quiet (x=y ){400}/, 'and as many words for the kernel');
spew("$scratch/resources", encode_json({ cpu => { cpus => $far } }));
runs('it gets others', 'update', '-r', "$scratch/resources", 'a');
like(slurp("$scratch/calls"), qr/^mkctl set mkrun-a-\w+ --cpus $far$/m, 'by such a list');
runs('it is deleted', 'delete', '-f', 'a');
bundle('true', linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)], resources => { cpu => { cpus => $far } } });
create('a');
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-a-\w+ --cpus $far --memory/m, 'those that an engine names are as many');
runs('it is deleted', 'delete', '-f', 'a');
bundle('true', linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)], resources => { cpu => { quota => 90000000, period => 100000 } } });
refuses(qr/^mkrun: out of CPUs: the container wants 900, and of 800,802,[\d,]{1,200}\.\.\. there are 402 free$/m, 'create', '-b', "$scratch/bundle", 'a');
my $called = length slurp("$scratch/calls");
for my $named ('2', '800,2') {
	bundle('true', linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)], resources => { cpu => { cpus => $named } } });
	refuses(qr/^mkrun: linux.resources.cpu.cpus has CPU 2, and containers may have 800,802,[\d,]{1,200}\.\.\.: cpus= of mkrun.conf$/m,
		'create', '-b', "$scratch/bundle", 'a');
}
unlike(substr(slurp("$scratch/calls"), $called), qr/^mkctl create/m, 'a CPU that is the host\'s is not asked for');
spew("$scratch/etc/mkrun.conf", "cpus=2-3\n\0\nignore=x\n");
refuses(qr/mkrun.conf: it has a byte of zero/, 'create', '-b', "$scratch/bundle", 'a');

# What an annotation may have a container made without the operator says: an image may have brought it.
my @known = ('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
for my $case (['seccomp', 'seccomp'], ['pids,seccomp', 'seccomp', 'may-ignore=hooks,pids'], ['hook', 'hook', 'ignore=hooks'], ['a b', 'a b']) {
	my ($words, $word, @lines) = @$case;
	conf(@known, @lines);
	bundle('true', annotations => { 'org.multikernel.ignore' => $words });
	refuses(qr/^mkrun: annotation org.multikernel.ignore: "$word" is not among may-ignore= of mkrun.conf$/, 'create', '-b', "$scratch/bundle", 'a');
}
for my $line ('may-ignore=pids,hooks', 'ignore=hooks') {
	conf(@known, $line);
	bundle('true', hooks => { prestart => [{ path => '/bin/true' }] }, annotations => { 'org.multikernel.ignore' => 'hooks' });
	create('a');
	runs('one that is to do without, as the operator allows, is deleted', 'delete', '-f', 'a');
}
conf(@known, 'may-ignore=hooks');
bundle('true', hooks => { prestart => [{ path => '/bin/true' }] });
refuses(qr/has no hooks;/, 'create', '-b', "$scratch/bundle", 'a');
conf(@known);
unlink "$scratch/calls";
for my $kernel ('/var/lib/x/vmlinuz-1', '/boot/../tmp/vmlinuz-1', 'vmlinuz-1') {
	bundle('true', annotations => { 'org.multikernel.kernel' => $kernel });
	refuses(qr{annotation org.multikernel.kernel: "\Q$kernel\E" is no file of /boot}, 'create', '-b', "$scratch/bundle", 'a');
}
bundle('true');
refuses(qr/is no id/, 'create', '-b', "$scratch/bundle", '../a');
refuses(qr/does not exist/, 'state', 'a');
runs('what is not there is deleted by force', 'delete', '--force', 'a');
nothing_is_left();
is(slurp("$scratch/calls"), '', 'and no instance was asked for');

# A life.
spew("$scratch/input", "from the input\n");
bundle('cat; echo said; echo trouble >&2; exit 7');
is(system("$mkrun --root $scratch/root create -b $scratch/bundle --pid-file $scratch/pid one <$scratch/input >$scratch/its-out 2>$scratch/its-err"),
	0, 'one is created');
my $state = decode_json(runs('it has a state', 'state', 'one'));
is_deeply($state, { ociVersion => '1.1.0', id => 'one', status => 'created', pid => 0 + slurp("$scratch/pid"),
	bundle => abs_path("$scratch/bundle"), annotations => {} }, 'as the specification has it') or diag explain $state;
ok(kill(0, $state->{pid}), 'its process is there');
refuses(qr/exists already/, 'create', '-b', "$scratch/bundle", 'one');
refuses(qr/is created: kill it first/, 'delete', 'one');
runs('it is started', 'start', 'one');
becomes('one', 'stopped');
is(slurp("$scratch/its-out"), "from the input\nsaid\n", 'what it said');
is(slurp("$scratch/its-err"), "trouble\n", 'and on standard error');
is(decode_json(slurp("$scratch/root/one/state.json"))->{exit}, 7, 'its exit code');
refuses(qr/is stopped, and not created/, 'start', 'one');
refuses(qr/is not running/, 'kill', 'one', '9');
runs('it is deleted', 'delete', 'one');
nothing_is_left();
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-one-\w+ --cpus 2 --memory 314572800$/m, 'its instance was made');
like(slurp("$scratch/calls"), qr/^mkctl boot mkrun-one-\w+ --kernel \/boot\/vmlinuz-test --initrd \/none --inject --append quiet +$/m,
	'and booted, with no memory to spare for an unpacked kernel');

# CPUs, memory, a second process, signals.
bundle('sleep 100', linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)],
	resources => { cpu => { quota => 150000, period => 100000 }, memory => { limit => 200 << 20 } } });
create('two');
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-two-\w+ --cpus 2-3 --memory 314572800$/m, 'a quota and a limit are rounded up');
refuses(qr/"?is created?.*not running|is not running/, 'exec', 'two', 'true');
runs('it is started', 'start', 'two');
is(runs('a second process', \"$scratch/input", 'exec', 'two', 'cat'), "from the input\n", 'has input and output');
is((run('exec', 'two', '--', 'sh', '-c', 'exit 9'))[0], 9, 'and an exit code');
SKIP: {
	skip 'no python3', 1 if system('python3 -c "" 2>/dev/null');
	# As podman has one more process at a terminal: the call returns, its child stands for the process, and we have the other end.
	spew("$scratch/console.py", <<'PYTHON');
import os, socket, subprocess, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
subprocess.run(sys.argv[2:], check=True)
terminal = socket.recv_fds(listener.accept()[0], 16, 1)[1][0]
try:
    while said := os.read(terminal, 4096):
        os.write(1, said)
except OSError:
    pass
PYTHON
	my $exec = "$mkrun --root $scratch/root exec --detach --tty --console-socket $scratch/console two";
	is(`timeout 60 python3 $scratch/console.py $scratch/console $exec -- sh -c 'sleep 1; echo on' 2>&1`, "on\r\n",
		'at a terminal it goes on when the call has returned');
}
is((run('exec', 'two', '--', 'sh', '-c', 'kill -9 $$'))[0], 137, 'or a signal');
refuses(qr/"none": executable file not found/, 'exec', 'two', 'none');
spew("$scratch/process.json", encode_json({ args => ['true'], cwd => '/', rlimits => [{ type => 'RLIMIT_NONE', soft => 1, hard => 1 }] }));
refuses(qr/process.rlimits: there is no "RLIMIT_NONE"$/m, 'exec', '--process', "$scratch/process.json", 'two');
refuses(qr/out of CPUs: the container wants 2, and of 2-3 there are 0 free/, '--log', "$scratch/log", '--log-format', 'json',
	'create', '-b', "$scratch/bundle", 'three');
like(decode_json(slurp("$scratch/log"))->{msg}, qr/^out of CPUs/, 'the engine reads that as well');
refuses(qr/^mkrun: --log-format takes text or json, and not "xml"$/, '--log-format', 'xml', 'list');
is(runs('list', 'list'), "two\trunning\t" . abs_path("$scratch/bundle") . "\n", 'all are listed');
is(runs('in a table', 'list', '--format', 'table'), runs('or without a word', 'list'), 'which is a table');
unlink "$scratch/log";
is((run('--log', "$scratch/log", '--log-format', 'json', 'list', '--format', 'yaml'))[0], 2, 'a format that there is not is refused');
is(decode_json(slurp("$scratch/log"))->{msg}, 'list: --format takes table or json', 'and the engine reads why');
spew("$scratch/log", '');
is((run('--log', "$scratch/log", 'checkpoint', 'two'))[0], 2, 'as is a command that there is not');
is(slurp("$scratch/log"), "there is no command \"checkpoint\"\n", 'of which it reads as well');
refuses(qr/no signal "NONE"/, 'kill', 'two', 'NONE');
for my $ended (1 .. 5) {
	is(exits_at_once('two', 9), 9, 'an exit code that comes before the agent has heard all');
}
never_ends('two');
speaks_wildly('two');
runs('it is killed', 'kill', '--all', 'two', 'KILL');
becomes('two', 'stopped');
is(decode_json(slurp("$scratch/root/two/state.json"))->{exit}, 137, '128 and the signal');
runs('and deleted', 'delete', 'two');
nothing_is_left();

# A filter of system calls, for each process of the container; with and without rights that can be gained later.
my $filter = { defaultAction => 'SCMP_ACT_ALLOW', architectures => ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'], syscalls => [
	{ names => ['mkdir', 'mkdirat', 'of_a_later_kernel'], action => 'SCMP_ACT_ERRNO', errnoRet => 38 },
	{ names => ['umask'], action => 'SCMP_ACT_ERRNO', errnoRet => 39, args => [map {
		{ index => 0, value => $_, op => 'SCMP_CMP_EQ' } } 0, 1] } ] };
my @apart = (namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)]);
my %plain = (cwd => '/', env => ['PATH=/bin'], user => { uid => 0, gid => 0 });
for my $later (0, 1) {
	bundle('true', linux => { @apart, seccomp => $filter }, mounts => [
		{ destination => '/proc', type => 'proc', source => 'proc' }], process => { %plain, args => ['sleep', '100'],
		noNewPrivileges => $later ? JSON::PP::true : JSON::PP::false });
	create("filter$later");
	runs('and started', 'start', "filter$later");
	like(runs('has a filter', 'exec', "filter$later", '--', 'busybox', 'grep', '^Seccomp:', '/proc/self/status'),
		qr/^Seccomp:\s*2$/, 'as the kernel says');
	like((run('exec', "filter$later", '--', 'busybox', 'mkdir', '/new'))[2], qr/Function not implemented/, 'which refuses a call');
	runs('and is deleted', 'delete', '-f', "filter$later");
}
my %kinds = ('action SCMP_ACT_NOTIFY' => { defaultAction => 'SCMP_ACT_NOTIFY' }, 'action of that kind' => { defaultAction => 5 },
	'flag NONE' => { %$filter, flags => ['NONE'] }, 'architecture SCMP_ARCH_ARM' => { %$filter, architectures => ['SCMP_ARCH_ARM'] },
	'comparison NONE' => { %$filter, syscalls => [{ names => ['read'], action => 'SCMP_ACT_TRAP', args => [{ op => 'NONE' }] }] });
for my $kind (sort keys %kinds) {
	bundle('true', linux => { @apart, seccomp => $kinds{$kind} });
	refuses(qr/seccomp: mkrun has no $kind$/m, 'create', '-b', "$scratch/bundle", 'four');
}
bundle('true', linux => { @apart, seccomp => { %$filter, syscalls => [{ names => ['read'], action => 'SCMP_ACT_TRAP',
	args => [{ index => 6, op => 'SCMP_CMP_EQ' }] }] } });
refuses(qr/seccomp: a system call has no argument 6/, 'create', '-b', "$scratch/bundle", 'four');
nothing_is_left();

# What goes wrong on the way: each step is undone.
bundle('true');
for my $step (qw(create boot vsock share)) {
	spew("$scratch/refuse-$step", "there is no $step today\n");
	refuses(qr/there is no $step today/, 'create', '-b', "$scratch/bundle", 'four');
	unlink "$scratch/refuse-$step";
	nothing_is_left();
}
bundle('true', process => { args => ['/bin/none'], cwd => '/', env => [], user => { uid => 0, gid => 0 } });
refuses(qr/"\/bin\/none": executable file not found/, 'create', '-b', "$scratch/bundle", 'four');
nothing_is_left();

# Its kernel ends; its process is ended by force.
bundle('sleep 100');
is(system("$mkrun --root $scratch/root create -b $scratch/bundle five </dev/null >/dev/null 2>$scratch/its-err"), 0, 'five is created');
runs('and started', 'start', 'five');
spew($_, "Kernel panic - not syncing: of old age\n") for glob "$instances/mkrun-five-*/failure";
kill 'KILL', slurp("$scratch/agent");
becomes('five', 'stopped');
is(decode_json(slurp("$scratch/root/five/state.json"))->{exit}, 250, 'a kernel that ends is a code of its own');
like(slurp("$scratch/its-err"), qr/the container's kernel has ended: Kernel panic - not syncing: of old age/, 'and a sentence');
runs('it is deleted', 'delete', 'five');
create('six', '--pid-file', "$scratch/pid");
kill 'KILL', slurp("$scratch/pid");
becomes('six', 'stopped');
ok(scalar(glob "$instances/mkrun-six-*"), 'without its process its instance stays');
runs('until it is deleted', 'delete', 'six');
nothing_is_left();
create('seven');
runs('a container that waits is deleted by force', 'delete', '-f', 'seven');
nothing_is_left();
unlink "$scratch/mkio";
spew("$scratch/deaf", '');
{
	local $ENV{MKRUN_END_MS} = 1000;
	create('eight');
}
runs('one whose devices do not end is deleted', 'delete', '-f', 'eight');
nothing_is_left();
my @deaf = split /\n/, slurp("$scratch/mkio");
my $end = time + 60;
sleep 0.1 while time < $end && kill 0, @deaf;
ok(@deaf == 2 && !kill(0, @deaf), 'and they are ended by force');
unlink "$scratch/deaf";
# A pause, processes, and what can change; the agent's kernel is this one.
SKIP: {
	skip 'no control groups of version 2', 1 unless $groups;
	bundle('sleep 1000', linux => { @apart, resources => { cpu => { quota => 150000, period => 100000 }, memory => { limit => 200 << 20 } } });
	create('nine');
	refuses(qr/"nine" is created, and not running/, 'pause', 'nine');
	runs('it is started', 'start', 'nine');
	my $pids = decode_json(runs('its processes', 'ps', '--format', 'json', 'nine'));
	ok(@$pids > 0, 'are told');
	is(join(' ', grep { slurp("/proc/$_/comm") !~ /^(sh|sleep)$/ } @$pids), '', 'and no others');
	like(runs('also with names', 'ps', 'nine'), qr/^PID\tCOMMAND\n(\d+\t(sh|sleep)\n)+$/, 'in a table');
	# Who asks may be stopped and go on while the kernel takes its time.
	kill 'STOP', slurp("$scratch/agent");
	my $asking = fork // die;
	exec { $mkrun } 'mkrun', '--root', "$scratch/root", 'pause', 'nine' unless $asking;
	$end = time + 60;
	sleep 0.05 until slurp("/proc/$asking/stat") =~ /^\d+ \(mkrun\) S / || time > $end;
	kill 'STOP', $asking;
	waitpid $asking, POSIX::WUNTRACED;
	kill 'CONT', $asking, slurp("$scratch/agent");
	waitpid $asking, 0;
	is($?, 0, 'it is paused');
	is(status('nine'), 'paused', 'and says so');
	is(runs('list', 'list'), "nine\tpaused\t" . abs_path("$scratch/bundle") . "\n", 'says so as well');
	refuses(qr/"nine" is paused, and not running/, 'pause', 'nine');
	refuses(qr/is not running/, 'exec', 'nine', 'true');
	refuses(qr/is paused: kill it first/, 'delete', 'nine');
	is(scalar @{decode_json(runs('its processes are there', 'ps', '-f', 'json', 'nine'))} > 0, 1, 'still');
	runs('it is resumed', 'resume', 'nine');
	is(status('nine'), 'running', 'and runs');
	refuses(qr/"nine" is running, and not paused/, 'resume', 'nine');
	is((run('exec', 'nine', '--', 'sh', '-c', 'exit 4'))[0], 4, 'as a second process says');
	if (has_limits()) {
		runs('its tasks are limited', 'update', '--pids-limit', '77', 'nine');
		is(slurp((glob "$groups/container-" . slurp("$scratch/agent") . '-*/pids.max')[0]), "77\n", 'by its group');
	} else {
		refuses(qr/kernel cannot limit its tasks \(pids\): No such file/, 'update', '--pids-limit', '77', 'nine');
	}
	my $wanted = "$scratch/resources";
	spew($wanted, encode_json({ cpu => { quota => 190000, shares => 5 }, memory => { limit => 200 << 20 }, pids => { limit => -1 } }));
	runs('what changes nothing is taken', 'update', "--resources=$wanted", 'nine');
	runs('from standard input', \$wanted, 'update', '--resources', '-', 'nine');
	for my $change ([{ cpu => { quota => 90000 } }, 'its CPUs cannot change.*no cpus-max='], [{ cpu => { cpus => '3' } }, 'its CPUs cannot change'],
			[{ cpu => { quota => 210000 } }, 'out of CPUs: the container wants 1, and of 2-3 there are 0 free'],
			[{ cpu => { cpus => 'two' } }, 'linux.resources.cpu.cpus takes a list such as 2-3,5, and not "two"'],
			[{ memory => { limit => 100 << 20 } }, 'memory.limit cannot change while its kernel runs: mkrun.conf has no memory-max=']) {
		spew($wanted, encode_json({ %{$change->[0]}, pids => { limit => 5 } }));
		refuses(qr/"nine": $change->[1]/, 'update', '-r', $wanted, 'nine');
	}
	spew($wanted, '[]');
	refuses(qr/no resources/, 'update', '-r', $wanted, 'nine');
	spew($wanted, '{');
	refuses(qr/resources:1: /, 'update', '-r', $wanted, 'nine');
	# While its kernel does not answer, who has waited long enough is in nobody's way.
	kill 'STOP', slurp("$scratch/agent");
	is(system("timeout 1 $mkrun --root $scratch/root pause nine 2>$scratch/err") >> 8, 124, "a kernel that hangs: $_")
		for 'a first one waits', 'and a second one';
	kill 'CONT', slurp("$scratch/agent");
	becomes('nine', 'paused');
	runs('one that is paused can be killed', 'kill', 'nine', 'KILL');
	becomes('nine', 'stopped');
	refuses(qr/is not running/, 'ps', 'nine');
	runs('and deleted', 'delete', 'nine');
	nothing_is_left();
}
conf('cpus=2-4', 'cpus-max=2-3,5', 'kernel=/boot/vmlinuz-test', 'initrd=/none');
bundle('sleep 1000', linux => { @apart, resources => { cpu => { quota => 150000 } } });
create('eleven');
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-eleven-\w+ --cpus 2-3 --memory 536870912 --cpus-max 2-3,5$/m, 'CPUs for later');
like(slurp("$scratch/calls"), qr/^mkctl boot mkrun-eleven-\w+ .* --unpack$/m, 'a kernel that is unpacked ahead');
for my $change ([{ quota => 250000 }, '2-4'], [{ quota => 90000 }, '2'], [{ cpus => '2,5' }, '2,5']) {
	spew("$scratch/resources", encode_json({ cpu => $change->[0] }));
	runs('other CPUs', 'update', '-r', "$scratch/resources", 'eleven');
	like(slurp("$scratch/calls"), qr/^mkctl set mkrun-eleven-\w+ --cpus $change->[1]\n\z/m, "they are $change->[1]");
}
my $calls = slurp("$scratch/calls");
runs('and the same', 'update', '-r', "$scratch/resources", 'eleven');
unlike(substr(slurp("$scratch/calls"), length $calls), qr/ set /, 'change nothing');
spew("$scratch/refuse-set", "there is no set today\n");
spew("$scratch/resources", encode_json({ cpu => { cpus => '3' } }));
refuses(qr/"eleven": .*there is no set today/, 'update', '-r', "$scratch/resources", 'eleven');
unlink "$scratch/refuse-set";
$calls = slurp("$scratch/calls");
spew("$scratch/resources", encode_json({ cpu => { cpus => '3' }, pids => { limit => 1 << 40 } }));
refuses(qr/cannot limit its tasks|no control groups/, 'update', '-r', "$scratch/resources", 'eleven');
unlike(substr(slurp("$scratch/calls"), length $calls), qr/ set /, 'where the kernel refuses, mkctl is not told');
runs('it is deleted', 'delete', '-f', 'eleven');
nothing_is_left();
spew("$scratch/refuse-unpack", '');
create('packed');
my $boot = qr/mkctl boot mkrun-packed-\w+ --kernel \S+ --initrd \S+ --inject --append quiet /;
like(slurp("$scratch/calls"), qr/^$boot --unpack\n$boot$/m, 'one that cannot be unpacked starts as it is');
unlink "$scratch/refuse-unpack";
runs('it is deleted', 'delete', '-f', 'packed');
nothing_is_left();

# What mkctl and engines warn of is no end, and no part of an answer.
spew("$scratch/chatty", '');
create('chatty');
unlink "$scratch/chatty";
runs('one whose engines have told something is deleted', 'delete', '-f', 'chatty');
nothing_is_left();

# 2^64 - 1 is "unlimited" to engines.
bundle('true', process => { args => ['/bin/sh', '-c', 'ulimit -t'], cwd => '/',
	rlimits => [{ type => 'RLIMIT_CPU', soft => 18446744073709551615, hard => 18446744073709551615 }] });
is(system("$mkrun --root $scratch/root create -b $scratch/bundle unlimited >$scratch/its-out 2>$scratch/its-err"), 0,
	'one without a limit is created') or diag slurp("$scratch/its-err");
runs('it is started', 'start', 'unlimited');
becomes('unlimited', 'stopped');
is(slurp("$scratch/its-out"), "unlimited\n", 'and has none');
runs('it is deleted', 'delete', 'unlimited');
bundle('sleep 100');

# An instance that cannot be taken away just then is not forgotten.
spew("$scratch/refuse-$_", "there is trouble\n") for qw(boot delete);
refuses(qr/there is trouble/, 'create', '-b', "$scratch/bundle", 'stuck');
ok(scalar glob("$instances/mkrun-stuck-*"), 'its instance is there still');
unlink "$scratch/refuse-$_" for qw(boot delete);
runs('a delete takes it away', 'delete', 'stuck');
nothing_is_left();

# An id may be what other runtimes take for one: nothing of mkrun's own is in its way, and no dot hides it.
my @ids = ('lock', 'initrd-test', '.hidden', '-x+1', 'state.json');
create('before');
for my $id (@ids) {
	is((run('create', '-b', "$scratch/bundle", '--', $id))[0], 0, "a container may be called $id");
	like(runs('which is listed', 'list', '-q'), qr/^\Q$id\E$/m, 'by its name');
	is((run('delete', '-f', '--', $id))[0], 0, 'and deleted');
}
runs('and the other one', 'delete', '-f', 'before');
nothing_is_left();
refuses(qr/"$_" is no id of a container/, 'state', $_) for '@lock', '@initrd-test', '.', '..', 'a/b';

# The initrd is made, and made anew when what it consists of has changed.
spew("$scratch/bin/mkrun-initrd", "#!/bin/sh\necho \"mkrun-initrd \$*\" >>$scratch/calls\n: >\$2\n");
chmod 0755, "$scratch/bin/mkrun-initrd";
$ENV{MKCTL_AGENT} = "$scratch/agent-file";
$ENV{MKCTL_MODULES} = "$scratch/modules";
spew("$scratch/agent-file", '');
conf('cpus=2-3', 'kernel=/srv/vmlinuz-x/vmlinuz-test', 'memory=300M', 'overhead=100M');
for my $case ([ 1, 'where there is none' ], [ 0, 'and kept' ], [ 1, 'anew for another agent' ], [ 1, 'and for other modules' ]) {
	my ($made, $what) = @$case;
	sleep 0.1;
	spew("$scratch/agent-file", '') if $what =~ /agent/;
	make_path("$scratch/modules/test"), spew("$scratch/modules/test/modules.dep", '') if $what =~ /modules/;
	my $before = slurp("$scratch/calls");
	create('fresh');
	my @calls = grep { /^mkrun-initrd/ } split /\n/, substr(slurp("$scratch/calls"), length $before);
	is_deeply(\@calls, [ ("mkrun-initrd test $scratch/root/\@initrd-test") x $made ], "an initrd is made, $what");
	runs('it is deleted', 'delete', '-f', 'fresh');
}
unlink "$scratch/root/\@initrd-test";
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');

# update CHANGE [CALL]: what an engine wants changed, and what mkctl is then asked for; nothing, where nothing is given.
sub update
{
	my ($change, $call) = @_;
	my $before = slurp("$scratch/calls");
	my $text = encode_json($change);
	spew("$scratch/resources", $text);
	runs("update $text", 'update', '-r', "$scratch/resources", 'twelve');
	my @set = grep { / set / } split /\n/, substr(slurp("$scratch/calls"), length $before);
	is("@set" =~ s/mkrun-twelve-\w+ //r, $call ? "mkctl set $call" : '', 'is that');
}

# Memory, in whole blocks of 128 MB from what it has; and what one update does not speak of is as the one before has left it.
my @lines = ('cpus=2-4', 'cpus-max=2-4', 'memory-max=800M', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
conf(@lines);
bundle('sleep 1000', linux => { @apart, resources => { cpu => { quota => 150000 }, memory => { limit => 200 << 20 } } });
create('twelve');
update({ memory => { limit => 328 << 20 } }, '--memory ' . (428 << 20));
update({ memory => { limit => 329 << 20 } }, '--memory ' . (556 << 20));
update({ memory => { limit => 400 << 20 } });
update({ memory => { limit => 0, swap => 5 } });
update({ memory => { limit => 328 << 20 }, cpu => { quota => 250000 } }, '--cpus 2-4 --memory ' . (428 << 20));
update({ memory => { limit => 200 << 20, swap => undef } }, '--memory ' . (300 << 20));
update({ cpu => { quota => 0, cpus => '', shares => 5 } });
update({ cpu => { period => 200000 } }, '--cpus 2-3');
update({ memory => { limit => 500 << 20 } }, '--memory ' . (684 << 20));
update({ memory => { limit => -1 } }, '--memory ' . (300 << 20));
update({ memory => { limit => -1 } });
spew("$scratch/resources", '{"memory":{"limit":18446744073709551615}}');
runs('no limit, as Go writes it in a number without a sign', 'update', '-r', "$scratch/resources", 'twelve');
spew("$scratch/resources", encode_json({ memory => { limit => 700 << 20 }, cpu => { quota => 50000 } }));
my $before = slurp("$scratch/calls");
refuses(qr/"twelve": out of memory: the container wants 812 MB, with its kernel's and in whole blocks of 128 MB, and memory-max= of mkrun.conf allows 800 MB$/m,
	'update', '-r', "$scratch/resources", 'twelve');
unlike(substr(slurp("$scratch/calls"), length $before), qr/ set /, 'and nothing has changed');
spew("$scratch/refuse-set", "there is no set today\n");
spew("$scratch/resources", encode_json({ memory => { limit => 500 << 20 }, pids => { limit => 88 } }));
refuses(has_limits() ? qr/"twelve": .*there is no set today/ : qr/cannot limit its tasks|no control groups/, 'update', '-r',
	"$scratch/resources", 'twelve');
unlink "$scratch/refuse-set";
is(slurp((glob "$groups/container-" . slurp("$scratch/agent") . '-*/pids.max')[0]), "max\n", 'nor has the limit of tasks') if has_limits();
update({ memory => { limit => 500 << 20 } }, '--memory ' . (684 << 20));
conf(grep { !/memory-max/ } @lines);
update({ memory => { limit => 500 << 20 }, cpu => { shares => 7 } });
runs('it is deleted', 'delete', '-f', 'twelve');
nothing_is_left();

# What it began with it may keep, whatever the configuration allows.
conf('memory-max=400M', grep { !/memory-max/ } @lines);
bundle('sleep 1000', linux => { @apart, resources => { memory => { limit => 600 << 20 } } });
create('twelve');
update({ memory => { limit => 500 << 20 } });
update({ memory => { limit => 600 << 20 } });
runs('it is deleted', 'delete', '-f', 'twelve');
nothing_is_left();
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
unless (has_limits()) {
	bundle('true', linux => { @apart, resources => { pids => { limit => 5 } } });
	refuses(qr/kernel (cannot limit its tasks \(pids\)|has no control group for it): /, 'create', '-b', "$scratch/bundle", 'ten');
	nothing_is_left();
	conf('may-ignore=pids', 'cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
	bundle('true', linux => { @apart, resources => { pids => { limit => 5 } } }, annotations => { 'org.multikernel.ignore' => 'pids' });
	create('ten');
	runs('without a limit it is made', 'delete', '-f', 'ten');
}
# What containers do without when they are made they do without in an update, too.
conf('ignore=pids', 'cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
bundle('sleep 1000', linux => { @apart, resources => { pids => { limit => 5 } } });
create('ten');
runs('a limit that is ignored is passed over', 'update', '--pids-limit', '6', 'ten');
is(join('', grep { $_ ne "max\n" } map { slurp($_) } glob(($groups // '/none') . '/container-' . slurp("$scratch/agent") . '-*/pids.max')), '',
	'and there is none');
runs('it is deleted', 'delete', '-f', 'ten');
for my $part (['domainname', domainname => 'a'], ['time', linux => { namespaces => [@{$apart[1]}, { type => 'time' }] }],
		['scheduler', process => { %plain, args => ['true'], scheduler => { policy => 'SCHED_BATCH' } }]) {
	my ($word, @changes) = @$part;
	bundle('true', @changes);
	refuses(qr/mkrun has no $word;/, 'create', '-b', "$scratch/bundle", 'ten');
}
my $features = decode_json(runs('features', 'features'))->{linux};
is_deeply($features->{namespaces}, [qw(cgroup ipc mount network pid uts)], 'tell namespaces');
is(join(' ', @{$features->{seccomp}{operators}}), 'SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT SCMP_CMP_MASKED_EQ',
	'and how arguments of system calls are compared');
my @commands = `$mkrun --help` =~ /^  (\w+)  +\w/mg;
cmp_ok(scalar @commands, '>', 9, '--help names commands');
for my $command ('', @commands) {
	my $help = `$mkrun $command --help`;
	like($help, qr/^usage: mkrun /m, "$command --help: tells");
	unlike($help, qr/^.{81}/m, "$command --help: in lines of 80 columns");
}
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
