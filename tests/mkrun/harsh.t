#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What goes wrong around mkrun: it is killed at any moment, two of it work at once, nobody reads, nobody answers, names are
# taken, and the host has been started anew. Nothing may be left, nothing of another's may go, and nobody may wait for ever.
use strict;
use warnings;
use Cwd 'abs_path';
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

conf('cpus=2-5', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
bundle('sleep 1000');

# mkrun with these words, while this goes on; its errors are in the file err-NAME.
sub at_once
{
	my ($name, @words) = @_;
	my $asking = fork // die;
	return $asking if $asking;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', "$scratch/err-$name";
	exec { $mkrun } 'mkrun', '--root', "$scratch/root", @words or POSIX::_exit(99);
}

sub exit_code
{
	waitpid shift, 0;
	return ended_with();
}

sub comes
{
	my ($what, $is_so) = @_;
	my $end = time + 60;
	my $so;
	sleep 0.05 until ($so = $is_so->()) || time > $end;
	ok($so, $what);
}

# Create it with this pipe for its output.
sub create_into
{
	my ($pipe, $id) = @_;
	my $creating = fork // die;
	if (!$creating) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $pipe;
		open STDERR, '>&', $pipe;
		exec { $mkrun } 'mkrun', '--root', "$scratch/root", 'create', '-b', "$scratch/bundle", $id;
	}
	is(exit_code($creating), 0, 'one whose output nobody reads');
	close $pipe;
	runs('is started', 'start', $id);
	sleep 2;
}

sub saved
{
	return decode_json(slurp("$scratch/root/$_[0]/state.json") || '{}');
}

# The process that stands for what the one of that pid creates.
sub child_of
{
	my ($asking) = @_;
	my $child;
	comes('who creates has a child', sub { ($child) = slurp("/proc/$asking/task/$asking/children") =~ /(\d+)/ });
	return $child;
}

sub is_gone
{
	my ($of) = @_;
	comes('and its process', sub { !-e "/proc/$of" || slurp("/proc/$of/stat") =~ /^\d+ \(.*\) Z / });
}

# While a container is made. Its kernel, or its instance, takes its time as long as the file slow-STEP is there.
sub slow
{
	my ($step, $id) = @_;
	spew("$scratch/slow-$step", '');
	my $asking = at_once($id, 'create', '-b', "$scratch/bundle", $id);
	my $child = child_of($asking);
	comes("mkctl $step of $id", sub { -e "$scratch/in-$step" });
	unlink "$scratch/in-$step";
	return ($asking, $child);
}

my ($asking, $child) = slow('boot', 'one');
is(status('one'), 'creating', 'one that is being made says so');
like(runs('list', 'list'), qr/^one\tcreating\t/, 'also where all are listed');
refuses(qr/"one" is creating, and not created/, 'start', 'one');
refuses(qr/"one" is being created/, @$_) for ['kill', 'one'], ['ps', 'one'], ['update', '--pids-limit', '5', 'one'];
refuses(qr/"one" is not running/, 'exec', 'one', 'true');
refuses(qr/"one" is creating: kill it first, or use --force/, 'delete', 'one');
unlink "$scratch/slow-boot";
is(exit_code($asking), 0, 'and is made, whatever was asked meanwhile');
is(status('one'), 'created', 'as it says');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# Whoever reads that it is created can ask for something: the place for that comes before the word.
($asking, $child) = slow('boot', 'one');
my $watch = syscall(294, 04000);	# inotify_init1(2) with IN_NONBLOCK, on x86-64
my $where = "$scratch/root/one";
cmp_ok(syscall(254, $watch, $where, 0x180), '>', 0, 'its directory is watched');	# inotify_add_watch(2): IN_CREATE, IN_MOVED_TO
unlink "$scratch/slow-boot";
is(exit_code($asking), 0, 'it is made');
open(my $events, '<&=', $watch) or die;
sysread $events, my $bytes, 65536;
my @changed = unpack '(x12 L/a)*', $bytes // '';
s/\0.*//s for @changed;
like("@changed", qr/^(?!.*state\.json.*control).*control.*state\.json/, 'and listens before it says so');
close $events;
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

($asking, $child) = slow('boot', 'one');
kill 'KILL', $child;
is(exit_code($asking), 1, 'where its process is killed meanwhile, create fails');
like(slurp("$scratch/err-one"), qr/the process for the container has ended/, 'and says so');
nothing_is_left();
unlink "$scratch/slow-boot";

($asking, $child) = slow('boot', 'one');
kill 'KILL', $asking, $child;
waitpid $asking, 0;
is_gone($child);
is(status('one'), 'stopped', 'where both are killed, it counts as stopped');
runs('and is deleted', 'delete', 'one');
nothing_is_left();
unlink "$scratch/slow-boot";

# mkctl makes the instance behind its back.
($asking, $child) = slow('create', 'one');
kill 'KILL', $asking, $child;
waitpid $asking, 0;
is_gone($child);
my $deleting = at_once('delete', 'delete', 'one');
sleep 0.5;
unlink "$scratch/slow-create";
is(exit_code($deleting), 0, 'one whose instance comes late is deleted') or diag slurp("$scratch/err-delete");
nothing_is_left();

($asking, $child) = slow('boot', 'one');
my $begin = time;
runs('one that is being made is deleted by force', 'delete', '-f', 'one');
ok(time - $begin < 30, 'without waiting for it');
is(exit_code($asking), 1, 'and create fails');
nothing_is_left();
unlink "$scratch/slow-boot";

# Two that delete it at once, while another one of that id is made: the later one leaves that alone.
sub is_at_it
{
	my ($deleting) = @_;
	comes('one who deletes has found it', sub {
		slurp("/proc/$deleting/task/$deleting/children") =~ /\d/ || grep { (readlink // '') =~ m{/root/one$} } glob "/proc/$deleting/fd/*"
	});
}
for my $way (['delete'], ['delete', '-f']) {
	create('one', '--pid-file', "$scratch/pid");
	kill 'KILL', slurp("$scratch/pid");
	becomes('one', 'stopped');
	spew("$scratch/slow-kill", '');
	my $first = at_once('first', 'delete', 'one');
	comes('a first one takes it away', sub { -e "$scratch/in-kill" });
	my $second = at_once('second', @$way, 'one');
	is_at_it($second);
	kill 'STOP', $second;
	unlink "$scratch/slow-kill", "$scratch/in-kill";
	is(exit_code($first), 0, 'which is done');
	create('one');
	kill 'CONT', $second;
	is(exit_code($second), $way->[1] ? 0 : 1, 'a second one');
	like(slurp("$scratch/err-second"), $way->[1] ? qr/^$/ : qr/"one" does not exist/, 'finds it gone');
	is(status('one'), 'created', 'and leaves alone the one that was made meanwhile');
	is(scalar(my @there = glob "$instances/mkrun-one-*"), 1, 'and its instance');
	runs('it is started', 'start', 'one');
	runs('and deleted', 'delete', '-f', 'one');
	nothing_is_left();
}

# So does who has failed to create one that was deleted meanwhile.
($asking, $child) = slow('boot', 'one');
kill 'STOP', $asking;
runs('one that is being made is deleted by force', 'delete', '-f', 'one');
unlink "$scratch/slow-boot";
create('one');
kill 'CONT', $asking;
is(exit_code($asking), 1, 'who made it fails');
is(status('one'), 'created', 'and leaves alone the one that was made meanwhile');
runs('that is started', 'start', 'one');
runs('and deleted', 'delete', '-f', 'one');
nothing_is_left();

# Nor is one updated that has come in the place of another.
create('one');
runs('it is started', 'start', 'one');
kill 'STOP', slurp("$scratch/agent");
my $holding = at_once('holding', 'update', '--pids-limit', '50', 'one');
is_at_it($holding);
my $late = at_once('late', 'update', '--pids-limit', '60', 'one');
is_at_it($late);
kill 'STOP', $late;
kill 'CONT', slurp("$scratch/agent");
exit_code($holding);
runs('it is deleted', 'delete', '-f', 'one');
create('one');
kill 'CONT', $late;
is(exit_code($late), 1, 'one that has gone before its update');
like(slurp("$scratch/err-late"), qr/"one" (does not exist|is not running)/, 'is not there');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# A file that cannot be written.
refuses(qr{/none/pid: No such file or directory}, 'create', '-b', "$scratch/bundle", '--pid-file', "$scratch/none/pid", 'one');
nothing_is_left();
bundle('true', process => { args => ['/bin/none'], cwd => '/', env => [], user => { uid => 0, gid => 0 } });
refuses(qr/executable file not found/, 'create', '-b', "$scratch/bundle", '--pid-file', "$scratch/pid-none", 'one');
ok(!-e "$scratch/pid-none", 'and a pid of nobody is not left');
bundle('sleep 1000');

# No space is left where the states are. What is there already goes on, and says what has become of it.
sub fill
{
	open(my $file, '>', "$scratch/root/fill") or die;
	1 while syswrite $file, 'x' x 4096;
	close $file;
	open($file, '>>', "$scratch/root/fill");
	1 while syswrite $file, 'x';
}
END {
	local $?;
	system("umount -l $scratch/root 2>/dev/null") if -e "$scratch/root/fill";
}
is(system("mount -t tmpfs -o size=256k,nr_inodes=40 none $scratch/root"), 0, 'a small file system for states');
create('one');
fill();
runs('one is started', 'start', 'one');
is(status('one'), 'running', 'and says so');
if ($groups) {
	runs('it is paused', 'pause', 'one');
	is(status('one'), 'paused', 'and says so');
	runs('it goes on', 'resume', 'one');
	is(status('one'), 'running', 'and says so');
}
is((run('exec', 'one', '--', 'sh', '-c', 'exit 4'))[0], 4, 'what runs can be joined');
refuses(qr{/one/resources.part: No space left on device}, 'update', '--pids-limit', '5', 'one');
refuses(qr/No space left on device|cannot keep the state/, 'create', '-b', "$scratch/bundle", 'two');
ok(!-e "$scratch/root/two", 'what cannot be written is not made');
runs('it is killed', 'kill', 'one', 'KILL');
becomes('one', 'stopped');
is(saved('one')->{exit}, 137, 'with its exit code');
runs('and deleted', 'delete', 'one');
unlink "$scratch/root/fill";
nothing_is_left();
is(system("umount $scratch/root"), 0, 'the small file system goes');

# Whoever looks while it changes sees one state or another, and never none.
create('one');
runs('it is started', 'start', 'one');
my $looking = fork // die;
if (!$looking) {
	my $end = time + 3;
	my %seen;
	while (time < $end) {
		my ($code, $out) = captured('/dev/null', $mkrun, 'mkrun', '--root', "$scratch/root", 'state', 'one');
		$seen{$code || decode_json($out)->{status}}++;
	}
	POSIX::_exit(scalar grep { !/^(running|paused)$/ } keys %seen);
}
if ($groups) {
	my $end = time + 2;
	while (time < $end) {
		system("$mkrun --root $scratch/root $_ one") for 'pause', 'resume';
	}
}
is(exit_code($looking), 0, 'whoever looks meanwhile sees no other');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# Names. An instance that is there is another's; and another root has containers of the same names.
create('one');
my ($name) = slurp("$scratch/calls") =~ /.*^mkctl create (mkrun-one-\w+)/ms;
runs('it is deleted', 'delete', '-f', 'one');
mkdir "$instances/$name";
spew("$instances/$name/$_->[0]", $_->[1]) for ['cpus', '5'], ['memory', '1'];
refuses(qr/there is an instance $name/, 'create', '-b', "$scratch/bundle", 'one');
ok(-e "$instances/$name/cpus", 'an instance that was there stays there');
unlink glob "$instances/$name/*";
rmdir "$instances/$name";
nothing_is_left();
is(system("$mkrun --root $scratch/deep/er/root create -b $scratch/bundle one </dev/null >/dev/null 2>$scratch/err"), 0, 'a root is made where there is none')
	or diag slurp("$scratch/err");
my ($other) = slurp("$scratch/calls") =~ /.*^mkctl create (mkrun-one-\w+)/ms;
isnt($other, $name, 'containers of two roots have instances of two names');
system("$mkrun --root $scratch/deep/er/root delete -f one");
nothing_is_left();

# Who looks makes nothing: a lock that comes back would keep a directory that goes.
create('one');
runs('it is killed', 'kill', 'one', 'KILL');
becomes('one', 'stopped');
unlink "$scratch/root/one/lock";
is(status('one'), 'stopped', 'one without a lock');
ok(!-e "$scratch/root/one/lock", 'has none by that');
like((run('kill', 'one'))[2], qr/"one" is not running: no such process/, 'containerd knows by these words that it has ended');
runs('it is deleted', 'delete', 'one');
nothing_is_left();

# Nobody reads what it says, and nobody answers.
bundle('while :; do echo much; done');
pipe(my $reader, my $writer) or die;
create_into($writer, 'full');
is(system("timeout 20 $mkrun --root $scratch/root kill full KILL") >> 8, 0, 'and can be killed');
close $reader;
becomes('full', 'stopped');
runs('and deleted', 'delete', 'full');
nothing_is_left();
# Its kernel dies meanwhile. Who reads late gets what is there, and who does not read is not waited for.
for my $reads (1, 0) {
	local $ENV{MKRUN_READER_MS} = $reads ? 60000 : 500;
	pipe($reader, $writer) or die;
	create_into($writer, 'full');
	kill 'KILL', slurp("$scratch/agent");
	sleep 1;
	if ($reads) {
		is(status('full'), 'running', 'it goes on when its kernel is gone, for its output');
		local $/;
		my $all = <$reader>;
		like($all, qr/\A(much\n){12000}.*ended/s, 'which comes, and why it has ended');
	}
	becomes('full', 'stopped');
	is(saved('full')->{exit}, 250, 'and ends as one whose kernel has');
	close $reader;
	runs('it is deleted', 'delete', 'full');
	nothing_is_left();
}
bundle('sleep 1000');
create('deaf', '--pid-file', "$scratch/pid");
kill 'STOP', slurp("$scratch/pid");
{
	local @ENV{'MKRUN_ASK_MS', 'MKRUN_DELETE_MS'} = (1000, 1000);
	is((run('delete', '-f', 'deaf'))[0], 0, 'one whose process does not go on is deleted');
}
is_gone(slurp("$scratch/pid"));
nothing_is_left();

# What has been asked is not asked twice, and its answer is no other's.
create('asked');
kill 'STOP', slurp("$scratch/agent");
is(system("timeout 1 $mkrun --root $scratch/root start asked 2>/dev/null") >> 8, 124, "a kernel that hangs: $_") for 'a start', 'and one more';
kill 'CONT', slurp("$scratch/agent");
becomes('asked', 'running');
sleep 0.5;
is(status('asked'), 'running', 'and goes on');
SKIP: {
	skip 'no control groups of version 2', 1 unless $groups;
	kill 'STOP', slurp("$scratch/agent");
	is(system("timeout 1 $mkrun --root $scratch/root pause asked 2>/dev/null") >> 8, 124, 'a pause that takes its time');
	refuses(qr/the container is being changed already/, 'update', '--pids-limit', '7', 'asked');
	kill 'CONT', slurp("$scratch/agent");
	becomes('asked', 'paused');
	runs('it is resumed', 'resume', 'asked');
}
runs('it is deleted', 'delete', '-f', 'asked');
nothing_is_left();

# An engine that says more than anyone hears.
spew("$scratch/loud", '');
create('loud');
comes('engines go on, however much they say', sub { -s "$scratch/has-said" });
unlink "$scratch/loud";
runs('it is deleted', 'delete', '-f', 'loud');
nothing_is_left();

# A terminal has its size from the beginning.
create('sized');
runs('it is started', 'start', 'sized');
{
	my ($unlock, $number) = (pack('i', 0), pack('i', 0));
	open(my $master, '+<', '/dev/ptmx') or die;
	ioctl($master, 0x40045431, $unlock) && ioctl($master, 0x80045430, $number) or die;	# TIOCSPTLCK, TIOCGPTN
	my $terminal = '/dev/pts/' . unpack 'i', $number;
	system("busybox stty -F $terminal rows 50 cols 132 2>/dev/null || stty -F $terminal rows 50 cols 132");
	is(join(' ', (run(\$terminal, 'exec', '-t', 'sized', '--', 'busybox', 'stty', 'size'))[0, 1]), "0 50 132\r\n", 'that of who asks');
}
runs('it is deleted', 'delete', '-f', 'sized');
nothing_is_left();

# The host was started anew, and only the directories are there still; in the place of a pid may be another's.
my @own = map { { type => $_ } } qw(pid ipc uts mount);
namespace('engine');
sub of_pod
{
	my ($kind, @linux) = @_;
	bundle('sleep 1000', annotations => { 'io.kubernetes.cri.container-type' => $kind, 'io.kubernetes.cri.sandbox-id' => 'pod' }, linux => { @linux });
}
sub starts_anew
{
	my @ids = @_;
	kill 'KILL', map { saved($_)->{pid} } @ids;
	kill 'KILL', slurp("$scratch/agent");
	becomes($_, 'stopped') for @ids;
	unlink glob "$instances/*/*";
	rmdir $_ for glob "$instances/*";
	for my $id (@ids) {
		my $state = saved($id);
		spew("$scratch/root/$id/state.json", encode_json({ %$state, pid => $$ }));
	}
}
my $volume = "$scratch/volume";
mkdir $volume;
for my $way (['delete'], ['delete', '-f']) {
	bundle('sleep 1000', mounts => [{ destination => '/volume', type => 'bind', source => $volume, options => ['rbind'] }]);
	create('alone');
	runs('and started', 'start', 'alone');
	starts_anew('alone');
	is_deeply(decode_json(runs('a container of before', 'state', 'alone')), { ociVersion => '1.1.0', id => 'alone', status => 'stopped', pid => 0,
		bundle => abs_path("$scratch/bundle"), annotations => {} }, 'has stopped');
	like(runs('list', 'list'), qr/^alone\tstopped\t/, 'is listed so');
	refuses(qr/"alone" is stopped, and not created/, 'start', 'alone');
	refuses(qr/"alone" is not running/, @$_) for ['kill', 'alone', 'KILL'], ['exec', 'alone', 'true'], ['ps', 'alone'],
		['update', '--pids-limit', '5', 'alone'];
	refuses(qr/"alone" is stopped, and not/, $_, 'alone') for 'pause', 'resume';
	refuses(qr/container "alone" exists already/, 'create', '-b', "$scratch/bundle", 'alone');
	runs('it is deleted', @$way, 'alone');
	nothing_is_left();
	create('alone');
	runs('and may come again', 'start', 'alone');
	is(status('alone'), 'running', 'and runs');
	runs('it is deleted', 'delete', '-f', 'alone');
	nothing_is_left();
}
of_pod('sandbox', namespaces => [@own, { type => 'network', path => path('engine') }]);
create('pod');
my %file = (network => 'net', ipc => 'ipc', uts => 'uts');
of_pod('container', namespaces => [{ type => 'pid' }, { type => 'mount' }, map { { type => $_, path => '/proc/' . saved('pod')->{pid} . "/ns/$file{$_}" } } keys %file]);
create('member');
starts_anew('pod', 'member');
refuses(qr{the network namespace /proc/\d+/ns/net: No such file or directory}, 'create', '-b', "$scratch/bundle", 'another');
runs('a sandbox of before is deleted', 'delete', 'pod');
runs('and what was in it', 'delete', 'member');
nothing_is_left();

# Another user finds the socket where engines say that they are ready, and says so first.
SKIP: {
	skip 'root alone can be another user', 2 if $>;
	bundle('sleep 1000');
	spew("$scratch/stranger", '');
	refuses(qr/nobody serves it/, 'create', '-b', "$scratch/bundle", 'believing');
	unlink "$scratch/stranger";
	nothing_is_left();
}
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
