#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mk-agent over a Unix socket, with a container of busybox in a directory: what goes in and out, how it ends, and what the
# agent refuses. It needs root for namespaces and mounts. AGENT names the program (make test-agent sets it).
use strict;
use warnings;
use Cwd 'abs_path';
use File::Path qw(make_path);
use File::Temp 'tempdir';
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(sleep time);

my $agent = abs_path($ENV{AGENT} // '');
my $busybox = '/bin/busybox';
plan skip_all => 'AGENT is not set; use make test-agent' unless -f $agent;
plan skip_all => 'not root' if $>;
plan skip_all => "no static $busybox" unless -x $busybox && `file -L $busybox 2>/dev/null; ldd $busybox 2>&1` =~ /static|not a dynamic/;
plan skip_all => 'no namespaces here' if system('unshare -m -p -u -i -C -f true 2>/dev/null');
$SIG{PIPE} = 'IGNORE';

# As agent/protocol.h has them; the fields as pack(3perl) takes them.
my @names = qw(HELLO CONTAINER HOSTNAME INTERFACE ADDRESS ROUTE ROOT MOUNT SYSCTL MASK READONLY FILTER RESOURCES ARGUMENT ENVIRONMENT DIRECTORY USER GROUP CAPABILITIES LIMIT
	NO_NEW_PRIVILEGES TERMINAL SANDBOX CREATE START EXEC INPUT INPUT_END RESIZE SIGNAL PAUSE RESUME LIST WELCOME CREATED STARTED REFUSED OUTPUT
	ERRORS TAKEN DONE FAILED PROCESS LISTED EXITED);
my %type = map { $names[$_] => $_ + 1 } 0 .. $#names;
my %fields = (HELLO => 'Q<', INTERFACE => 'Z*Z*', ADDRESS => 'Z*Z*Q<', ROUTE => 'Z*Z*Z*Z*Q<3', FILTER => 'Q<a*', ROOT => 'Z*Q<', MOUNT => 'Z*Z*Z*Z*Q<', SYSCTL => 'Z*Z*', USER => 'Q<3', GROUP => 'Q<',
	CAPABILITIES => 'Q<5', LIMIT => 'Q<3', NO_NEW_PRIVILEGES => '', TERMINAL => 'Q<2', CREATE => '', START => '',
	EXEC => '', INPUT => 'a*', INPUT_END => '', RESIZE => 'Q<2', SIGNAL => 'Q<', WELCOME => 'Q<', CREATED => '',
	STARTED => '', OUTPUT => 'a*', ERRORS => 'a*', TAKEN => 'Q<', RESOURCES => 'Q<4', SANDBOX => '', PAUSE => '', RESUME => '', LIST => '', DONE => '',
	PROCESS => 'Q<Z*', LISTED => '', EXITED => 'Q<');

my ($share, $socket_path, $pid);
my $scratch = tempdir(CLEANUP => 1);

sub begin
{
	my $number = $pid // 0;
	$share = "$scratch/share-$number";
	$socket_path = "$scratch/socket-$number";
	make_path("$share/rootfs/bin", "$share/rootfs/tmp", "$share/data");
	system('cp', $busybox, "$share/rootfs/bin/busybox") == 0 or die;
	symlink 'busybox', "$share/rootfs/bin/$_" for qw(sh cat echo id sleep hostname mount stty touch kill ps pwd wc head ls grep yes);
	open(my $file, '>', "$share/data/file") or die;
	print $file "of the host\n";
	close $file;
	$pid = fork;
	if (!$pid) {
		open STDERR, '>>', "$scratch/agent.log";
		exec { $agent } 'mk-agent', $socket_path, $share;
	}
}

sub slurp
{
	my ($path) = @_;
	open(my $file, '<', $path) or return '';
	local $/;
	return <$file> // '';
}

# Its socket's name may be there before anyone listens.
sub reach
{
	my ($end, $socket) = time + 60;
	sleep 0.05 until ($socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $socket_path)) || time > $end;
	return $socket // die "$socket_path: $!";
}

sub say_to
{
	my ($socket, $name, @values) = @_;
	my $bytes = pack $fields{$name} // 'Z*', @values;
	syswrite $socket, pack('L<S<S<', length $bytes, $type{$name}, 0) . $bytes;
}

# The next message: its name and its fields; 'END' when the connection has ended, 'NOTHING' after so many seconds.
sub hear
{
	my ($socket, $seconds) = @_;
	my $bytes = '';
	my $need = 8;
	while (length $bytes < $need) {
		vec(my $ready = '', fileno $socket, 1) = 1;
		select($ready, undef, undef, $seconds // 60) or return 'NOTHING';
		sysread($socket, $bytes, $need - length $bytes, length $bytes) or return 'END';
		$need = 8 + unpack 'L<', $bytes if length $bytes >= 8;
	}
	my $name = $names[unpack('x4S<', $bytes) - 1];
	return ($name, unpack($fields{$name} // 'Z*', substr $bytes, 8));
}

# One for a container, which is "one" where there is one only.
sub connection
{
	my ($name) = @_;
	my $socket = reach();
	say_to($socket, 'HELLO', 5);
	is((hear($socket))[0], 'WELCOME', 'it answers');
	say_to($socket, 'CONTAINER', $name // 'one');
	return $socket;
}

# What a process of a shell command is; @more are messages, each an array.
sub describe
{
	my ($socket, $command, @more) = @_;
	say_to($socket, 'ENVIRONMENT', 'PATH=/bin');
	say_to($socket, 'ARGUMENT', $_) for ref $command ? @$command : ('sh', '-c', $command);
	say_to($socket, @$_) for @more;
}

sub container
{
	return member('one', @_);
}

# A container of that name; where there is a pod, there can be others.
sub member
{
	my ($name, $command, @more) = @_;
	my $socket = connection($name);
	say_to($socket, 'ROOT', 'rootfs', 0);
	say_to($socket, 'MOUNT', 'proc', '/proc', 'proc', '', 0);
	say_to($socket, 'MOUNT', 'tmpfs', '/dev', 'tmpfs', 'mode=755', 0);
	describe($socket, $command, @more);
	say_to($socket, 'CREATE');
	return $socket;
}

# All until the end: output, errors, exit code or what ended it.
sub rest
{
	my ($socket) = @_;
	my %said = (OUTPUT => '', ERRORS => '', TAKEN => 0);
	while (my ($name, $value) = hear($socket)) {
		return (@said{qw(OUTPUT ERRORS)}, "$name" . (defined $value ? " $value" : '')) if $name =~ /EXITED|REFUSED|END|NOTHING/;
		$said{$name} .= $value if $name =~ /OUTPUT|ERRORS/;
	}
}

# So many lines of output, in however many pieces they come.
sub lines
{
	my ($socket, $count) = @_;
	my $text = '';
	while ($text =~ tr/\n// < $count) {
		my ($name, $value) = hear($socket);
		last if $name =~ /EXITED|REFUSED|END|NOTHING/;
		$text .= $value if $name eq 'OUTPUT';
	}
	return $text;
}

sub runs
{
	my ($what, $socket, @wanted) = @_;
	my @got = rest($socket);
	is_deeply(\@got, \@wanted, $what) or diag explain \@got;
}

sub is_created
{
	my ($socket) = @_;
	is((hear($socket))[0], 'CREATED', 'it is created');
}

sub created
{
	my $socket = container(@_);
	is_created($socket);
	return $socket;
}

sub started
{
	my ($socket) = @_;
	say_to($socket, 'START');
	is((hear($socket))[0], 'STARTED', 'it is started');
	return $socket;
}

# The agent has ended by itself.
sub ends
{
	my ($what) = @_;
	my ($end, $has_ended) = time + 60;
	sleep 0.05 until ($has_ended = waitpid($pid, 1) == $pid) || time > $end;
	ok($has_ended, $what);
}

begin();
my $socket = created('echo hello; echo trouble >&2; exit 7');
is((hear($socket, 0.3))[0], 'NOTHING', 'nothing runs before it is started');
runs('output, errors, exit code', started($socket), "hello\n", "trouble\n", 'EXITED 7');
close $socket;
ends('with its container the agent ends');

begin();
$socket = started(created('kill -TERM 1; cat; exit 3'));
say_to($socket, 'INPUT', "one\n");
say_to($socket, 'INPUT', "two\n");
say_to($socket, 'INPUT_END');
runs('input, and its end; a first process is not ended by a signal from within', $socket, "one\ntwo\n", '', 'EXITED 3');

begin();
$socket = started(created('hostname; id -u; id -G; pwd; echo $A; grep CapEff /proc/self/status; cat /data/file; touch /data/new /ro/new; ls /secret',
	['HOSTNAME', 'of-its-own'], ['ENVIRONMENT', 'A=b c'], ['USER', 1000, 1001, 022], ['GROUP', 1002], ['DIRECTORY', '/tmp'],
	['CAPABILITIES', 0x400, 0, 0, 0, 0], ['MOUNT', 'data', '/data', 'bind', '', 0x1001], ['MOUNT', 'data', '/secret', 'bind', '', 0x1000],
	['MASK', '/secret'], ['MASK', '/none'], ['MOUNT', 'data', '/ro', 'bind', '', 0x1000], ['READONLY', '/ro']));
my @got = rest($socket);
is($got[0], "of-its-own\n1000\n1001 1002\n/tmp\nb c\nCapEff:\t0000000000000000\nof the host\n", 'name, user, directory, rights, files');
like($got[1], qr{/data/new: Read-only.*\n.*/ro/new: Read-only}, 'what cannot be written to');
ok(!-e "$share/data/new", 'and is not');

# To be read only takes nothing else away, and gives nothing back.
begin();
$socket = started(created('cat /data/file; touch /bin/new; grep -o " /v r[a-z,]*" /proc/self/mountinfo', ['MOUNT', 'data', '/data', 'bind', '', 0x1000],
	['READONLY', '/bin'], ['MOUNT', 'tmpfs', '/v', 'tmpfs', '', 0xe], ['READONLY', '/v']));
@got = rest($socket);
is($got[0], "of the host\n /v rw,nosuid,nodev,noexec,relatime\n /v ro,nosuid,nodev,noexec,relatime\n", 'what can be run where nothing may be written to');
like($got[1], qr{\A.*/bin/new: Read-only.*\n\z}, 'and nothing is');

begin();
mkdir "$share/rootfs/etc";
symlink '/../../../../etc', "$share/rootfs/out";
$socket = started(created('ls /etc; cat /etc/within/file', ['MOUNT', 'data', '/out/within', 'bind', '', 0x1000]));
runs('a link in the image leads nowhere else', $socket, "within\nof the host\n", '', 'EXITED 0');
ok(!-e '/etc/within', 'and nothing is made there');

begin();
$socket = started(created('sleep 100'));
my $exec = connection();
describe($exec, 'echo here; cat >/dev/null; ls /proc | grep -c "^[0-9]"; kill -9 $$');
say_to($exec, 'EXEC');
is((hear($exec))[0], 'STARTED', 'a second process');
for my $piece (1 .. 4) {
	say_to($exec, 'INPUT', 'x' x 0x4000);
}
say_to($exec, 'INPUT_END');
@got = rest($exec);
like($got[0], qr/^here\n[2-9]\n$/, 'it is among the container\'s processes, and no others');
is($got[2], 'EXITED 137', 'a signal is 128 and its number');
$exec = connection();
describe($exec, ['nothing-of-this-name']);
say_to($exec, 'EXEC');
runs('what is not there is refused', $exec, '', '', 'REFUSED "nothing-of-this-name": executable file not found in $PATH');
$exec = connection();
describe($exec, 'sleep 100', ['TERMINAL', 25, 90]);
say_to($exec, 'EXEC');
close $exec;
$exec = connection();
describe($exec, 'stty size; while read x; do stty size; done', ['TERMINAL', 25, 90]);
say_to($exec, 'EXEC');
is((hear($exec))[0], 'STARTED', 'one with a terminal');
is(lines($exec, 1), "25 90\r\n", 'has a window');
say_to($exec, 'RESIZE', 50, 132);
say_to($exec, 'INPUT', "\n\x04");
@got = rest($exec);
like($got[0], qr/50 132/, 'which changes');

# A host that hears late, while what is said fills the connection's buffers more or less, and that has never been listened to.
my @late;
for my $size (map { $_ << 14 } 1 .. 30) {
	$exec = connection();
	describe($exec, "head -c $size /dev/zero; exit 3");
	say_to($exec, 'EXEC');
	say_to($exec, 'RESIZE', 25, 80) for 1 .. 3;
	push @late, [$size, $exec];
}
my $writing = connection();
describe($writing, 'while ps | grep -q "[h]ead -c"; do sleep 0.1; n=$((n+1)); [ $n -lt 20 ] || break; done');
say_to($writing, 'EXEC');
rest($writing);
for (@late) {
	my ($size, $late) = @$_;
	@got = rest($late);
	is(length($got[0]) . " $got[2]", "$size EXITED 3", "a host that hears late: $size bytes and the exit code");
}

# What is left in the background may write for ever: with the process that was asked for it is over. What is in the pipe by
# then comes; it is larger than all buffers behind it, and its reader slower than its writers, so that it is never empty. At a terminal the end is as
# little waited for; what the process itself has written all comes.
sub writers
{
	my $program = join ' ', (stat "$share/rootfs/bin/busybox")[0, 1];
	return grep { slurp("/proc/$_/comm") eq "yes\n" && $program eq join ' ', (stat "/proc/$_/exe")[0, 1] } map { m{(\d+)} } glob '/proc/[0-9]*';
}

sub enlarge
{
	my ($of) = @_;
	for my $fd (1, 2) {
		sysopen(my $pipe, "/proc/$of/fd/$fd", 1 | 04000) or next;	# O_WRONLY, O_NONBLOCK
		fcntl $pipe, 1031, 1 << 20;	# F_SETPIPE_SZ
	}
}

for my $case (['', 'head -c 40000 /dev/zero; yes & yes >&2 & read x; exit 3'],
		[' at a terminal', 'trap "" HUP; head -c 9000 /dev/zero; yes & read x; exit 3', ['TERMINAL', 25, 90]],
		[' at a terminal, in full', 'stty -opost; head -c 9000 /dev/zero; exit 3', ['TERMINAL', 25, 90]]) {
	my ($where, $command, @terminal) = @$case;
	$exec = connection();
	describe($exec, $command, @terminal);
	say_to($exec, 'EXEC');
	if ($command =~ /yes/) {
		my $end = time + 60;
		sleep 0.05 until writers() == ($where ? 1 : 2) || time > $end;
		enlarge($_) for writers();
		sleep 0.2;
		say_to($exec, 'INPUT', "\n");
	}
	my ($zeros, $name, $value, $end) = (0, '', '', time + 30);
	while (time < $end && $name !~ /EXITED|REFUSED|END|NOTHING/) {
		($name, $value) = hear($exec);
		sleep 0.005;
		$zeros += $value =~ tr/\0// if $name eq 'OUTPUT';
	}
	is($name eq 'OUTPUT' ? 'goes on' : "$name " . ($value // ''), 'EXITED 3', "one that leaves somebody writing ends$where") if $command =~ /yes/;
	is($zeros, $where ? 9000 : 40000, 'and all that it wrote before has come');
	close $exec;
}
my $end = time + 60;
sleep 0.05 until !writers() || time > $end;
is(scalar(writers()), 0, 'who wrote there finds nobody that reads any more');
say_to($socket, 'SIGNAL', 9);
runs('the container is killed', $socket, '', '', 'EXITED 137');

# Control groups of version 2, as this kernel has them; those of agents that were killed are taken away here. The flags are
# those that systemd sets: a mount without them would change them for all.
my $groups = "$scratch/groups";
mkdir $groups;
my $has_groups = !system("mount -t cgroup2 -o nsdelegate,memory_recursiveprot none $groups 2>/dev/null");
END {
	local $?;
	if ($has_groups) {
		kill 'KILL', $pid if $pid;
		system("umount $groups");
	}
}

sub answer
{
	my ($socket) = @_;
	my @got = ('TAKEN');
	@got = hear($socket) while $got[0] eq 'TAKEN';
	return join ' ', @got;
}

# What is told of the container's processes: names, and what came last.
sub processes
{
	my $list = connection();
	say_to($list, 'LIST');
	my (@names, @got);
	push @names, $got[2] while (@got = hear($list))[0] eq 'PROCESS';
	return join ' ', (sort @names), $got[0];
}

sub has_limits
{
	open(my $file, '<', "$groups/cgroup.subtree_control") or return 0;
	return (<$file> // '') =~ /\bpids\b/;
}

SKIP: {
	skip 'no control groups of version 2', 1 unless $has_groups && -e (glob "$groups/*/cgroup.freeze")[0] // '/none';
	begin();
	$socket = started(created(['cat'], ['RESOURCES', ~0, ~0, ~0, ~0]));
	my ($group) = glob "$groups/container-$pid-*";
	ok(-d $group, 'it has a control group');
	say_to($socket, 'INPUT', 'before');
	is(answer($socket), 'OUTPUT before', 'it goes on');
	is(processes(), 'cat LISTED', 'its processes are told');
	$exec = connection();
	describe($exec, 'cat /proc/self/cgroup; sleep 1000');
	say_to($exec, 'EXEC');
	is((hear($exec))[0], 'STARTED', 'a second process');
	like(lines($exec, 1), qr{^(\d+:.*\n)*0::/\n}, 'is in the same group, which it sees as the first of all');
	my $end = time + 60;
	sleep 0.05 until processes() =~ /^cat (sh )?sleep LISTED$/ || time > $end;
	like(processes(), qr/^cat (sh )?sleep LISTED$/, 'and is told as well');
	say_to($socket, 'PAUSE');
	is(answer($socket), 'DONE', 'it is paused');
	say_to($socket, 'INPUT', 'after');
	like(processes(), qr/^cat (sh )?sleep LISTED$/, 'all of it is there');
	my $late = connection();
	describe($late, 'true');
	say_to($late, 'EXEC');
	runs('nothing can begin in it', $late, '', '', 'REFUSED the container is paused');
	my @said;
	while ((my @got = hear($socket, 0.3))[0] ne 'NOTHING') {
		push @said, $got[0];
	}
	is("@said", 'TAKEN', 'and nothing runs');
	say_to($socket, 'RESUME');
	is(answer($socket), 'DONE', 'it is resumed');
	is(answer($socket), 'OUTPUT after', 'and goes on');
	say_to($exec, 'PAUSE');
	is((rest($exec))[2], 'END', 'a second process cannot pause it');
	say_to($socket, 'PAUSE');
	is(answer($socket), 'DONE', 'one that is paused');
	say_to($socket, 'SIGNAL', 9);
	runs('can be killed', $socket, '', '', 'EXITED 137');
	close $socket;
	ends('and all ends');
	$end = time + 60;
	sleep 0.05 until !-e $group || rmdir $group || time > $end;	# a kernel may count its tasks a little longer
	ok(!-e $group, 'and nothing is in its group any more');

	begin();
	$socket = container('sleep 1000 & sleep 1000 & sleep 1000 & echo all', ['RESOURCES', 3, ~0, ~0, ~0]);
	if (has_limits()) {
		is_created($socket);
		@got = rest(started($socket));
		unlike($got[0], qr/all/, 'no more tasks than it may have');
		close $socket;
		ends('and all ends');
	} else {
		runs('what this kernel cannot limit is refused', $socket, '', '',
			'REFUSED the container\'s kernel cannot limit its tasks (pids): No such file or directory');
		close $socket;
		$socket = started(created('echo here'));
		runs('one that asks for nothing goes on', $socket, "here\n", '', 'EXITED 0');
		close $socket;
		ends('and all ends');
	}
}

# Places of mounts that are not there yet, also where a link of the image leads.
begin();
mkdir "$share/rootfs/etc";
mkdir "$share/rootfs/var";
symlink '../run/stub/resolv.conf', "$share/rootfs/etc/resolv.conf";
symlink '/run', "$share/rootfs/var/run";
symlink '/loop', "$share/rootfs/loop";
symlink '../../../../../of-the-host', "$share/rootfs/out";
open(my $volume, '>', "$share/resolv") or die;
print $volume "names\n";
close $volume;
$socket = started(created('cat /etc/resolv.conf /var/run/secrets/file /out/file /relative/file; ls /run /of-the-host', ['MOUNT', 'resolv', '/etc/resolv.conf', 'bind', '', 0x1000],
	map { ['MOUNT', 'data', $_, 'bind', '', 0x1000] } '/var/run/secrets', '/out', 'relative'));
runs('what is mounted onto links to nothing is where they lead', $socket, "names\n" . "of the host\n" x 3 . "/of-the-host:\nfile\n\n/run:\nsecrets\nstub\n", '', 'EXITED 0');
close $socket;
ok(!-e '/of-the-host' && !-e "$scratch/of-the-host", 'and nowhere else');
ends('and the agent ends');
begin();
symlink '/loop', "$share/rootfs/loop";
$socket = container('true', ['MOUNT', 'data', '/loop/within', 'bind', '', 0x1000]);
runs('a link to itself leads nowhere', $socket, '', '', 'REFUSED cannot make /loop/within: Too many levels of symbolic links');
close $socket;
ends('and the agent ends');

# A tmpfs has the mode of what it covers, if the host says no other.
begin();
mkdir "$share/rootfs/$_->[0]" and chmod $_->[1], "$share/rootfs/$_->[0]" for ['own', 0700], ['all', 01777], ['said', 0700];
$socket = started(created('stat -c "%a %n" /own /all /said /new', (map { ['MOUNT', 'tmpfs', $_, 'tmpfs', '', 0] } '/own', '/all', '/new'),
	['MOUNT', 'tmpfs', '/said', 'tmpfs', 'size=64k,mode=751', 0]));
runs('file systems in memory', $socket, "700 /own\n1777 /all\n751 /said\n1777 /new\n", '', 'EXITED 0');
close $socket;
ends('and the agent ends');

# One that is to have what it covers has a copy of that, and the image is as it was.
begin();
make_path("$share/rootfs/run/app/deep");
symlink '../nowhere', "$share/rootfs/run/link";
open(my $kept, '>', "$share/rootfs/run/app/deep/file") or die;
print $kept 'x' x 40000;
close $kept;
chown 7, 8, "$share/rootfs/run/app/deep/file", "$share/rootfs/run/app";
chmod 04750, "$share/rootfs/run/app/deep/file";
$socket = started(created('stat -c "%a %u %g %s" /run/app/deep/file; stat -c %u /run/app; ls -l /run/link | grep -o "[.].*"; echo x >/run/app/deep/file; echo new >/run/new; touch /ro/new; ls /ro /new',
	(map { ['MOUNT', 'tmpfs', $_, 'tmpfs', 'size=1m,tmpcopyup', 0] } '/run', '/new'), ['MOUNT', 'tmpfs', '/ro', 'tmpfs', 'tmpcopyup,size=1m', 1]));
@got = rest($socket);
is($got[0], "4750 7 8 40000\n7\n../nowhere\n/new:\n\n/ro:\n", 'a copy of what it covers');
like($got[1], qr{\A.*/ro/new: Read-only.*\n\z}, 'also where nothing may be written to');
ok(-s "$share/rootfs/run/app/deep/file" == 40000 && !-e "$share/rootfs/run/new", 'and the image is as it was');
close $socket;
ends('and the agent ends');
begin();
make_path("$share/rootfs/run");
open($kept, '>', "$share/rootfs/run/file") or die;
print $kept 'x' x 400000;
close $kept;
$socket = container('true', ['MOUNT', 'tmpfs', '/run', 'tmpfs', 'tmpcopyup,size=64k', 0]);
runs('for which there must be room', $socket, '', '', 'REFUSED cannot mount /run: No space left on device');
close $socket;
ends('and the agent ends');

# A working directory that is not there is made, also in a root that nothing may be written to later, and not for what comes later.
begin();
$socket = connection();
say_to($socket, 'ROOT', 'rootfs', 1);
describe($socket, 'pwd; read x', ['DIRECTORY', '/srv/new/work']);
say_to($socket, 'CREATE');
is_created($socket);
started($socket);
is(lines($socket, 1), "/srv/new/work\n", 'a working directory that was not there');
ok(-d "$share/rootfs/srv/new/work", 'was made');
$exec = connection();
describe($exec, 'true', ['DIRECTORY', '/srv/other']);
say_to($exec, 'EXEC');
runs('another process has none made', $exec, '', '', 'REFUSED cannot go to /srv/other: No such file or directory');
close $exec;
close $socket;
ends('and the agent ends');

# A terminal of the container, whose name is there: for the first process and for others.
begin();
my @terminals = (['MOUNT', 'devpts', '/dev/pts', 'devpts', 'newinstance,ptmxmode=0666', 0], ['TERMINAL', 25, 90]);
$socket = created('tty; stty size; read x; echo $x', @terminals);
say_to($socket, 'RESIZE', 50, 132);
started($socket);
is(lines($socket, 2), "/dev/pts/0\r\n50 132\r\n", 'its terminal has a name, and the size of its window');
$exec = connection();
describe($exec, 'tty; cat /proc/self/stat | cut -d " " -f 7', ['TERMINAL', 25, 90]);
say_to($exec, 'EXEC');
is((hear($exec))[0], 'STARTED', 'another process');
@got = rest($exec);
is($got[0], "/dev/pts/1\r\n34817\r\n", 'has one of its own, which controls it');
say_to($socket, 'INPUT', "said\n");
@got = rest($socket);
like($got[0], qr/said\r\nsaid\r\n/, 'the first one is heard');
begin();
$socket = created('echo of the program; echo of the system >/dev/console; [ -c /dev/console ] && echo device', @terminals);
started($socket);
@got = rest($socket);
is($got[0], "of the program\r\nof the system\r\ndevice\r\n", 'the first process has its terminal as the console as well');
close $socket;
ends('and the agent ends');
# What is mounted there later is not looked at: who serves it may never answer.
begin();
$socket = started(created('stat -c %d /dev/pts; mount -t tmpfs later /dev/pts; stat -c %d /dev/pts; read x', $terminals[0],
	['CAPABILITIES', (0x200000) x 5]));
my ($own, $later) = split ' ', lines($socket, 2);
isnt($own, $later, 'something else is mounted in its place');
$exec = connection();
describe($exec, 'stat -L -c %d /proc/self/fd/0', ['TERMINAL', 25, 90]);
say_to($exec, 'EXEC');
is((hear($exec))[0], 'STARTED', 'another process');
@got = rest($exec);
is($got[0], "$own\r\n", 'has a terminal of those that were there before');
close $socket;
ends('and the agent ends');
# What the container has in its place does no harm.
begin();
$socket = created('tty; echo here', ['MOUNT', 'data', '/dev/pts', 'bind', '', 0x1000], ['TERMINAL', 25, 90]);
started($socket);
@got = rest($socket);
is($got[0], "not a tty\r\nhere\r\n", 'one without a place for terminals has one without a name');

begin();
$socket = container(['/bin/none']);
runs('a container without its program is refused', $socket, '', '', 'REFUSED "/bin/none": executable file not found in $PATH');
close $socket;	# the agent waits for that, as long as this test does
ends('and the agent ends');

# A pod: several containers, with what they share and what they do not; and what a hostile host says.
sub said_by
{
	my ($name, $command) = @_;
	my $exec = connection($name);
	describe($exec, $command);
	say_to($exec, 'EXEC');
	is((hear($exec))[0], 'STARTED', "a process in $name");
	return (rest($exec))[0];
}

sub joins
{
	my $socket = member(@_);
	is_created($socket);
	return started($socket);
}

begin();
my $pod = connection();
say_to($pod, 'HOSTNAME', 'of-the-pod');
say_to($pod, 'SYSCTL', 'kernel/msgmax', '4321');
say_to($pod, 'SANDBOX');
is_created($pod);
my %member = map { $_ => joins($_, "hostname; cat /proc/sys/kernel/msgmax; touch /tmp/$_; exec sleep 100") } 'one', 'two';
is(lines($member{$_}, 2), "of-the-pod\n4321\n", "$_ has the pod's name and sysctls") for 'one', 'two';
my %namespaces = map { $_ => [split /\n/, said_by($_, 'for n in uts ipc net pid mnt; do ls -l /proc/self/ns/$n; done')] } 'one', 'two';
is(join(' ', map { ($namespaces{one}[$_] =~ /(\w+:\S+)$/)[0] eq ($namespaces{two}[$_] =~ /(\w+:\S+)$/)[0] ? 1 : 0 } 0 .. 4),
	'1 1 1 0 0', 'names, IPC and network are theirs together, processes and mounts are not');
is(said_by('two', 'ls /proc | grep -c "^[0-9]*$"; kill -9 -1') =~ /^[2-5]$/m, 1, 'it sees its own');
is((hear($member{one}, 0.3))[0], 'NOTHING', 'nobody kills those of the other');
my $again = member('two', 'true');
runs('no name is given twice', $again, '', '', 'REFUSED there is a container already');
$again = connection('');
say_to($again, 'ROOT', 'rootfs', 0);
describe($again, 'true');
say_to($again, 'CREATE');
runs('nor is there one without a name', $again, '', '', 'REFUSED the container has no name');
$again = connection('x');
say_to($again, 'SANDBOX');
runs('there is one pod', $again, '', '', 'REFUSED there is a container or a pod already');
for my $name ('', '.', '..', '../data', 'rootfs/bin', '/', 'x' x 5000) {
	$again = member('hostile', 'true', ['ROOT', $name, 0]);
	@got = rest($again);
	like($got[2], qr/^REFUSED the share has no .*: Invalid argument|^REFUSED the share has no x+$/, 'a root has a name, and no way');
	$again = member('hostile', 'true', ['MOUNT', $name, '/data', 'bind', '', 0x1000]);
	@got = rest($again);
	like($got[2], qr/^REFUSED the share has no .*: Invalid argument|^REFUSED the share has no x+$/, 'and a volume as well');
}
for my $name ("../../etc/passwd", '/proc/self/comm', "\n", '../', 'x' x 9000) {
	$again = member("../$name", 'true', ['SYSCTL', $name, '1']);
	@got = rest($again);
	like($got[2], qr/^REFUSED cannot set /, 'a sysctl is one of those that there are');
}
$exec = connection('..');
describe($exec, 'true');
say_to($exec, 'EXEC');
runs('nothing runs in no container', $exec, '', '', 'REFUSED there is no such container');
say_to($member{two}, 'SIGNAL', 9);
runs('one is killed', $member{two}, '', '', 'EXITED 137');
close $member{two};
$exec = connection('two');
describe($exec, 'true');
say_to($exec, 'EXEC');
runs('and is there no more', $exec, '', '', 'REFUSED there is no such container');
$member{two} = joins('two', 'echo again; exec sleep 100');
is(lines($member{two}, 1), "again\n", 'it may come again');
is((hear($member{one}, 0.3))[0], 'NOTHING', 'and the first one has not heard of it');
my $long = connection('two');
describe($long, 'sleep 100');
say_to($long, 'EXEC');
is((hear($long))[0], 'STARTED', 'where another process is in a container');
close $member{two};
runs('that ends with it, when its host is gone', $long, '', '', 'EXITED 137');
is(said_by('one', 'echo here'), "here\n", 'and the pod goes on');
close $pod;
ends('with the pod the agent ends');
begin();
$pod = connection();
say_to($pod, 'SANDBOX');
is_created($pod);
say_to($pod, 'START');
ends('as it does when one speaks on who has nothing to say');

# Of the agent's files a process has its own and no others: none of its directories leads out of the root, and who waits for
# its start keeps no other from the end of its input.
begin();
$pod = connection();
say_to($pod, 'SANDBOX');
is_created($pod);
my $reader = joins('reader', 'cat; exit 4');
my $waiting = member('waiting', 'sleep 100');
is_created($waiting);
say_to($reader, 'INPUT', "all\n");
say_to($reader, 'INPUT_END');
runs('input ends also while another container waits', $reader, "all\n", '', 'EXITED 4');
started($waiting);
my @ways;
for my $file (3 .. 40) {
	$exec = connection('waiting');
	describe($exec, 'ls', ['DIRECTORY', "/proc/self/fd/$file"]);
	say_to($exec, 'EXEC');
	@got = rest($exec);
	push @ways, "$file: @got" if $got[2] !~ /^REFUSED cannot go to /;
	close $exec;
}
is("@ways", '', 'no file of the agent is a way out of the root');

# Who is in the way of its container's end: nobody reads what it has written.
sub ends_with
{
	my ($what, $socket, $wanted) = @_;
	my ($end, @got) = (time + 30, 'NOTHING');
	@got = hear($socket) while $got[0] =~ /^(NOTHING|OUTPUT|STARTED|TAKEN)$/ && time < $end;
	is("@got" =~ s/^OUTPUT.*/OUTPUT/sr, $wanted, $what);
}
my $unread = connection('waiting');
describe($unread, 'cat /dev/zero');
say_to($unread, 'EXEC');
is((hear($unread))[0], 'STARTED', 'where one is not listened to');
sleep 1;
say_to($waiting, 'SIGNAL', 9);
ends_with('its container can be killed', $waiting, 'EXITED 137');
close $unread;
close $waiting;
$waiting = member('waiting', 'true');
is_created($waiting);
say_to($waiting, 'SIGNAL', 9);
is(join(' ', hear($waiting)), 'EXITED 137', 'who is killed before its start was never started');
close $waiting;
my $closed = joins('closed', 'exec <&-; echo closed; sleep 100');
is(lines($closed, 1), "closed\n", 'one that closes its input');
for (1 .. 3) {
	say_to($closed, 'INPUT', 'x' x 1000);
	is(join(' ', hear($closed, 10)), 'TAKEN 1000', 'has it taken from the host');
}
close $pod;
ends('and all ends');

# User, groups, home: what there is no user of, more groups than most have, and files that are the user's.
for my $ids ([0xffffffff, 0], [0, 0xffffffff], [1 << 32, 0], [0, 1 << 32]) {
	begin();
	$socket = created('id -u; id -g', ['USER', @$ids, 022]);
	say_to($socket, 'START');
	runs("no user has the numbers @$ids", $socket, '', '',
		'REFUSED cannot set its user, rights and filter of system calls: Invalid argument');
	close $socket;
	ends('and all ends');
}
for my $group (0xffffffff, 1 << 32) {
	begin();
	$socket = created('id -G', ['GROUP', $group]);
	say_to($socket, 'START');
	runs("nor has a group $group", $socket, '', '', 'REFUSED cannot set its user, rights and filter of system calls: Invalid argument');
	close $socket;
	ends('and all ends');
}
sub write_passwd
{
	mkdir "$share/rootfs/etc";
	open(my $file, '>', "$share/rootfs/etc/passwd") or die;
	print $file "root:x:0:0::/root:/bin/sh\n", 'x' x 5000, ":x:1000:1:::\nno line\nuser:x:1000:1000::/home/user:/bin/sh\n",
		'last:x:7:7::/seven';
}
begin();
write_passwd();
$socket = started(created('id -G | wc -w; echo $HOME', ['USER', 0, 0, 022], map { ['GROUP', $_] } 1000 .. 1299));
runs('all its groups, and the home that its root names', $socket, "301\n/root\n", '', 'EXITED 0');
close $socket;
ends('and all ends');
for my $home ([1000, '/home/user'], [7, '/seven'], [8, '/'], [1000, '/said', ['ENVIRONMENT', 'HOME=/said']]) {
	begin();
	write_passwd();
	$socket = started(created('echo $HOME >/dev/stdout; echo trouble >/dev/stderr', ['USER', $home->[0], 5, 022], @$home[2 .. $#$home]));
	runs("user $home->[0] has a home, and may open its files", $socket, "$home->[1]\n", "trouble\n", 'EXITED 0');
	close $socket;
	ends('and all ends');
}
begin();
mkdir "$share/rootfs/etc";
system('mkfifo', "$share/rootfs/etc/passwd");
$socket = started(created('echo $HOME >/dev/stdout', ['USER', 1000, 5, 022], @terminals));
runs('a pipe in the place of that file is not waited for; a terminal is the user\'s as well', $socket, "/\r\n", '', 'EXITED 0');
close $socket;
ends('and all ends');

# What is no address, no prefix, no interface, or of two protocols.
for my $broken (['ADDRESS', 'lo', '10.0.0', 24], ['ADDRESS', 'lo', '10.0.0.1', 33], ['ADDRESS', 'lo', 'fd00::1', 129],
		['ADDRESS', 'none', '10.0.0.1', 24], ['ADDRESS', 'x' x 100, '10.0.0.1', 24], ['ADDRESS', 'lo', '', 0],
		['ROUTE', 'lo', '10.0.0.0', '', '', 33, 0, 0], ['ROUTE', 'lo', 'all', '', '', 0, 0, 0],
		['ROUTE', 'none', '10.0.0.0', '', '', 8, 0, 0], ['ROUTE', 'lo', '10.0.0.0', 'fd00::1', '', 8, 0, 0],
		['ROUTE', 'lo', 'fd00::', '', '10.0.0.1', 8, 0, 0]) {
	begin();
	$socket = container('true', $broken);
	my ($said, $why) = hear($socket);
	like("$said $why", qr/^REFUSED cannot have the (address|route to) .*: (Invalid argument|No such device)$/, 'refused: ' . join ' ', @$broken);
	close $socket;
	ends('and all ends');
}

# Filters that are none: not whole instructions, none at all, one that does not end, flags that nobody knows.
my $allow = pack('S<CCL<', 6, 0, 0, 0x7fff0000);	# return SECCOMP_RET_ALLOW (linux/filter.h)
for my $broken ([0, 'x' x 7], [0, ''], [0, pack('S<CCL<', 0, 0, 0, 0)], [1 << 40, $allow]) {
	begin();
	$socket = created('echo here', ['FILTER', @$broken]);
	say_to($socket, 'START');
	runs('a filter that is none', $socket, '', '',
		'REFUSED cannot set its user, rights and filter of system calls: Invalid argument');
	close $socket;
}
begin();
runs('and one that allows all', started(created('echo here', ['FILTER', 0, $allow])), "here\n", '', 'EXITED 0');

begin();
for my $bytes ("\0" x 8, "\xff" x 64, pack('L<S<S<Q<', 8, 1, 0, 1), pack('L<S<S<', 0, $type{CREATE}, 0)) {
	my $wild = reach();
	syswrite $wild, $bytes;
	like((hear($wild))[0], qr/END|REFUSED/, 'who does not speak its language is left');
}
$exec = connection();
describe($exec, 'true');
say_to($exec, 'EXEC');
runs('nothing runs in no container', $exec, '', '', 'REFUSED there is no such container');
$socket = started(created('sleep 100'));
close $socket;
ends('when the host is gone, all ends');

# In namespaces of its own, should it do there what it does for its kernel.
my $by_hand = `unshare -m -p -f sh -c '"\$0" --help; echo \$?' $agent 2>&1`;
is($by_hand, "mk-agent: only for the first process of a container's kernel\n2\n", 'by hand it does nothing');

open(my $log, '<', "$scratch/agent.log");
is(join('', <$log>), '', 'no sanitizer has complained');
done_testing;
