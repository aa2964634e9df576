#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What mkctl shows of devices, and starts for a kernel: with an mkio that writes down its words, tells that it is ready as
# the real one does, and stays until it is told to go; or fails.
use strict;
use warnings;
use File::Path qw(make_path);
use FindBin;
use JSON::PP;
use POSIX ();
use Socket;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

machine();
instance('web', 7, 'ready', 0x10000000, 1);
spew("$dev/multikernel", '');
$ENV{MKCTL_RUN} = "$scratch/run";
make_path("$scratch/run/mkio");	# where who serves a device is asked
my $devices = "$mk/instances/web/devices";
my ($net, $disk, $x) = qw(net disk x);

runs('without devices', 0, qr/^DEVICE +KIND +DRIVER +STATE +ENGINE +KICKS +CALLS +SENT +RECEIVED +FROM *\n$/, '', 'devices', 'web') if spew($devices, '') || 1;
spew($devices, "0 $net 1 running served 595 1196\n3 $disk 2 reset unserved 0 0\n4 $x 99 failed served 1 2\n");

# hears DEVICE QUESTION ANSWER: a process that serves it, and knows an answer to one question; until it is killed
# And what it does with another one is for the last to say.
my $instance = 'web';
sub hears
{
	my ($device, $question, $answer, $other) = @_;
	socket my $socket, AF_UNIX, SOCK_SEQPACKET, 0 or die;
	unlink "$scratch/run/mkio/$instance:$device";
	bind $socket, sockaddr_un("$scratch/run/mkio/$instance:$device") or die "bind: $!";
	listen $socket, 1 or die;
	my $child = fork // die;
	return $child if $child;
	while (accept my $connection, $socket) {
		sysread $connection, my $text, 256;
		syswrite $connection, $text eq $question ? $answer : $other ? $other->($text) : "not \"$text\"";
	}
	exit 0;
}

# serves_from DEVICE MODE KEY [WHY-NOT]: one that tells from what it serves a device of the instance $web. Told to leave it notes
# that and ends, or says why not.
sub serves_from
{
	my ($device, $mode, $key, $why_not) = @_;
	return hears($device, 'origin', "$mode\t$key\twords", sub {
		my ($text) = @_;
		die "$device: $text" if $text ne 'leave';
		return $why_not if $why_not;
		spew("$scratch/left", '');
		POSIX::_exit(0);
	});
}

sub end
{
	kill KILL => @_;
	waitpid $_, 0 for @_;
}

# answered WORD...: what mkctl says when all have answered in time, as they may not on a machine that has much to do
sub answered
{
	my ($code, $out);
	for (1 .. 20) {
		($code, $out) = run(@_);
		last if $out =~ /vhost_net/ && $out =~ /some/;
	}
	return $out;
}

# Of one that serves a network it is known what has moved; what one says is made plain.
my @serving = (hears($net, 'describe', "vhost_net\t12345678901\t99"), hears($x, 'describe', "some\e[thing", sub { "kept\tsome key\tsome image (raw)" }));
like(answered('devices', 'web'), qr/^.*\n$net +net +running +served +vhost_net +595 +1196 +12345678901 +99 +-\n$disk +disk +reset +unserved +- +0 +0 +- +- +-\n$x +virtio-99 +failed +served +some\?\[thing +1 +2 +- +- +some image \(raw\)\n$/,
	'with some');
is_deeply(decode_json(answered('devices', 'web', '--json')), [
	{ name => $net, kind => 'net', slot => 0, driver => 'running', served => JSON::PP::true, engine => 'vhost_net', from => undef, kicks => 595, calls => 1196,
		sent_bytes => 12345678901, received_bytes => 99 },
	{ name => $disk, kind => 'disk', slot => 3, driver => 'reset', served => JSON::PP::false, engine => undef, from => undef, kicks => 0, calls => 0,
		sent_bytes => undef, received_bytes => undef },
	{ name => $x, kind => 'virtio-99', slot => 4, driver => 'failed', served => JSON::PP::true, engine => 'some?[thing', from => 'some image (raw)', kicks => 1, calls => 2,
		sent_bytes => undef, received_bytes => undef },
], 'as JSON');
end(@serving);

# engine READ, WRITTEN: a process whose child has read and written so many bytes, beside the one by which it tells so
sub engine
{
	my ($read, $written) = @_;
	pipe(my $here, my $there) or die;
	my $child = fork // die;
	if (!$child) {
		if (!(fork // die)) {
			open my $zero, '<', '/dev/zero' or die;
			open my $null, '>', '/dev/null' or die;
			sysread($zero, my $bytes, $read);
			syswrite $null, 'x' x $written;
			syswrite $there, 'x';
		}
		sleep 600;
		exit 0;
	}
	sysread($here, my $done, 1);
	return $child;
}

# Where a process serves a device, mkctl looks what that has moved since it was asked for anything.
my $engine = engine(300_000, 1_000_000);
my ($grandchild) = slurp("/proc/$engine/task/$engine/children") =~ /(\d+)/;
@serving = (hears($net, 'describe', "vhost_net\t1\t2"), hears($x, 'describe', "some-engine\tprocess\t$engine\t100\t1"));
like(answered('devices', 'web'), qr/^$x +virtio-99 +failed +served +some-engine +1 +2 +1000000 +299900 +-$/m,
	'what an engine and its child have moved');
end($serving[1]);
$serving[1] = hears($x, 'describe', "some-engine\tprocess\t$engine\t300001\t1");
like(answered('devices', 'web'), qr/^$x +virtio-99 +failed +served +some-engine +1 +2 +- +- +-$/m, 'one that has moved less than it had');
kill KILL => $grandchild;
end($engine, $serving[1]);
$serving[1] = hears($x, 'describe', "some-engine\tprocess\t$engine\t0\t0");
like(answered('devices', 'web'), qr/^$x +virtio-99 +failed +served +some-engine +1 +2 +- +- +-$/m, 'one that has ended');
end(@serving);
runs('when nobody answers', 0, qr/^.*\n$net +net +running +served +- +595 +1196 +- +- +-\n/, '', 'devices', 'web');
spew("$mk/pool/memory_bytes", 0x90000000 . "\n");
runs('figures of each', 0, qr/^multikernel_device_served\{name="web",device="$net",kind="net"} 1\n.*device="$disk",kind="disk"} 0\n/m, '', 'metrics');
runs('and its counters', 0, qr/^multikernel_device_calls\{name="web",device="$net",kind="net"} 1196\n/m, '', 'metrics');

# A disk that grows: a process that serves it hears of that, and says yes or why not.
sub serves
{
	return hears($disk, 'resize 21474836480', @_);
}

my $served = serves('ok');
runs('a disk grows', 0, '', '', 'resize', 'web', $disk, '20G');
end($served);
$served = serves('it can only grow');
refuses('a disk that does not', "web: $disk: it can only grow", 'resize', 'web', $disk, '20G');
end($served);
$served = serves("\e]0;x\a it \x9bcannot");
refuses('whatever is said there', "web: $disk: ?]0;x? it ?cannot", 'resize', 'web', $disk, '20G');
end($served);
refuses('a disk that nobody serves', "web: $disk: it is no disk, or nobody serves it", 'resize', 'web', $disk, '20G');

# One that is stopped takes nobody who connects, and has room for two.
$served = serves('ok');
kill STOP => $served;
my @callers = map {
	socket my $socket, AF_UNIX, SOCK_SEQPACKET, 0 or die;
	connect $socket, sockaddr_un("$scratch/run/mkio/web:$disk") or die "connect: $!";
	$socket
} 1 .. 2;
refuses('a disk whose process is stopped', "web: $disk: its mkio does not answer: Connection timed out", 'resize', 'web', $disk, '20G');
end($served);
@callers = ();
refuses('a device that is not there', 'web: it has no device "other"', qw(resize web other 20G));
refuses('a disk of an instance that is not there', qr/^mkctl: there is no instance "db"/, 'resize', 'db', $disk, '20G');
wrong("a size '$_'", "resize: SIZE is a size, such as 512M or 20G, and not \"$_\"", 'resize NAME DEVICE SIZE',
	'resize', 'web', $disk, $_) for '', '0', 'x', '1.5G';

spew($devices, "0 $net 1 running\n");
refuses('a file that makes no sense', 'instance "web": its file "devices" makes no sense', 'devices', 'web');
refuses('an instance that is not there', qr/^mkctl: there is no instance "db"/, 'devices', 'db');

# One that is booted, with its devices.
my $web = 'site';
instance($web, 8, 'ready', 0x10000000, 1);
$instance = $web;
$devices = "$mk/instances/$web/devices";
spew($devices, '');

my $bin = "$scratch/bin";
make_path($bin, "$scratch/www", "$scratch/root", "$scratch/a=b");
spew("$bin/mkio", <<'MKIO');
#!/usr/bin/perl
use Socket;
open my $said, '>>', "$ENV{SAID}" or die;
syswrite $said, "@ARGV\n";
$ENV{NOTIFY_SOCKET} =~ /^\@(.*)$/s or die "no socket: $ENV{NOTIFY_SOCKET}";
my $to = sockaddr_un("\0$1");
socket my $socket, AF_UNIX, SOCK_DGRAM, 0 or die;
if ("@ARGV" =~ /broken/) {
	# Another user says that it is ready.
	if (!$> && !fork) { $< = $> = 65534; send $socket, 'READY=1', 0, $to; exit }
	wait;
	sleep 1;
	print STDERR "mkio: it is broken\n";
	exit 1;
}
print STDERR "mkio: served\n";
send $socket, 'READY=1', 0, $to or die "send: $!";
MKIO
chmod 0755, "$bin/mkio";
spew("$scratch/vmlinuz", 'a kernel');
spew("$scratch/$_", 'an image') for 'root.qcow2', 'data.img', 'broken.img';
$ENV{PATH} = "$bin:$ENV{PATH}";
$ENV{SAID} = "$scratch/said";
my @boot = ('boot', $web, '--kernel', "$scratch/vmlinuz");

spew($devices, "0 net1 1 running served 0 0\n");
@serving = serves_from('net1', 'kept', 'net bridge br1');
my ($code) = run(@boot, '--disk', 'root.qcow2', '--disk', 'data.img', '--net', 'br0', '--net', 'br1', '--net', 'macvtap=eth0', '--vsock',
	'--share', 'www', '--share', "data=$scratch/www");
is($code, 0, 'boots');
is(slurp("$scratch/said"), <<"SAID", 'an mkio for each that is not served yet');
disk $web --name disk0 --replaceable --file $scratch/root.qcow2 --format qcow2
disk $web --name disk1 --replaceable --file $scratch/data.img --format raw
net $web --name net0 --replaceable --tap mk8-0 --bridge br0
net $web --name net2 --replaceable --tap mk8-2 --macvtap eth0
share $web --name share0 --replaceable --tag www --dir $scratch/www
share $web --name share1 --replaceable --tag data --dir $scratch/www
vsock $web --name vsock --replaceable
SAID
end(@serving);
spew($devices, '');
is(slurp("$scratch/run/mkio-$web-disk1.log"), "mkio: served\n", 'what it says stays in a file');
like(slurp("$dev/calls"), qr/serial 108/, 'and then the kernel is loaded');
like(slurp("$dev/calls"), qr/command line \n/, 'of two disks neither is taken for its root');

# What is served already is held against what is asked for: by the file, whatever its name.
sub about
{
	my ($path) = @_;
	my ($device, $inode) = (stat $path)[0, 1];
	return sprintf '%x:%x:%x', $device >> 8 & 0xfff, $device & 0xff | $device >> 12 & 0xfff00, $inode;
}

sub present { spew($devices, join('', map { "$_ $_[$_] 2 reset served 0 0\n" } 0 .. $#_)) }

# with DEVICE MODE ORIGIN WORD...: boots while that device is served so; what it says, and what was started
sub with
{
	my ($device, $mode, $origin, @words) = @_;
	unlink "$scratch/said", "$scratch/left", "$dev/calls";
	present($device);
	my @serving = serves_from($device, $mode, $origin);
	my ($code, $out, $err) = run(@boot, @words);
	end(@serving);
	return { code => $code, err => $err, said => slurp("$scratch/said") // '', left => -e "$scratch/left" ? 1 : 0, booted => -e "$dev/calls" ? 1 : 0 };
}

my $disk0 = "disk $web --name disk0 --replaceable --file $scratch/data.img --format raw\n";
my $kept = 'end that first, or leave it out here';
symlink 'data.img', "$scratch/link.img";
spew("$scratch/other.img", 'another image');
my ($data, $other) = map { about("$scratch/$_.img") } qw(data other);
is_deeply with('disk0', 'replaceable', "disk $data raw", '--disk', 'link.img'),
	{ code => 0, err => '', said => '', left => 0, booted => 1 }, 'the same image by another name stays';
is_deeply with('disk0', 'kept', "disk $data raw", '--disk', 'data.img'),
	{ code => 0, err => '', said => '', left => 0, booted => 1 }, 'also where an operator serves it';
for my $was ("disk $other raw", "disk $data raw, read-only", "disk $data qcow2", 'net bridge br0') {
	is_deeply with('disk0', 'replaceable', $was, '--disk', 'data.img'),
		{ code => 0, err => "mkctl: $web: its device disk0 was words, and is $scratch/data.img (raw) from now on\n", said => $disk0, left => 1, booted => 1 },
		"$was is replaced";
	is_deeply with('disk0', 'kept', $was, '--disk', 'data.img'),
		{ code => 1, err => "mkctl: $web: its device disk0 is words and not $scratch/data.img (raw), by an mkio that was not started by mkctl boot: $kept\n",
			said => '', left => 0, booted => 0 },
		'but not where an operator serves it';
}
for my $answer ('its mkio does not know how', "else\tdisk $data raw\twords", "kept\tdisk $data raw") {
	present('disk0');
	my $serving = hears('disk0', 'origin', $answer);
	refuses("one that says \"$answer\"",
		"$web: its device disk0 is served by a program that does not say whether it is $scratch/data.img (raw): $kept", @boot, '--disk', 'data.img');
	end($serving);
}
is_deeply with('net0', 'replaceable', 'net bridge br0', '--net', 'br0'), { code => 0, err => '', said => '', left => 0, booted => 1 }, 'the same bridge';
is with('net0', 'replaceable', 'net macvtap of br0', '--net', 'br0')->{left}, 1, 'not beside it';
is with('net0', 'replaceable', 'net macvtap of eth0', '--net', 'macvtap=eth0')->{left}, 0, 'the same interface';
my $www = about("$scratch/www");
is with('share0', 'replaceable', "share $www tag www", '--share', 'www')->{left}, 0, 'the same directory';
is with('share0', 'replaceable', "share $www tag www", '--share', "root=$scratch/www")->{left}, 1, 'not by another tag';
is with('vsock', 'kept', 'vsock sockets ', '--vsock')->{code}, 0, 'sockets are sockets';

# What is not asked for any more goes, but for what an operator serves.
is_deeply with('net0', 'replaceable', 'net bridge br0', '--disk', 'data.img'),
	{ code => 0, err => "mkctl: $web: its device net0, words, is taken away: it is not asked for any more\n", said => $disk0, left => 1, booted => 1 },
	'one less than before';
is_deeply with('net0', 'kept', 'net bridge br0', '--disk', 'data.img'),
	{ code => 0, err => '', said => $disk0, left => 0, booted => 1 }, 'an operator\'s stays';
present('net0');
runs('as does one that does not say', 0, "$web: ready\n", '', @boot);
spew($devices, "0 net0 1 reset unserved 0 0\n");
runs('one that nobody serves', 0, "$web: ready\n", "mkctl: $web: nobody serves its device net0: a driver of the spawn that uses it waits for ever\n", @boot);

# Nothing changes where all of it cannot be had, or where it is not to be changed.
present('disk0', 'net0');
@serving = (serves_from('disk0', 'replaceable', "disk $other raw"), serves_from('net0', 'kept', 'net bridge br1'));
unlink "$scratch/left";
refuses('one of two that cannot be had', qr/^mkctl: $web: its device net0 is words and not bridge br0,/, @boot, '--disk', 'data.img', '--net', 'br0');
ok !-e "$scratch/left", 'leaves the other one as it is';
spew("$mk/instances/$web/status", "active\n");
refuses('while a kernel runs', "$web: a kernel runs there, and has its devices: stop it first", @boot, @$_) for [], ['--disk', 'data.img'];
spew("$mk/instances/$web/status", "ready\n");
ok !-e "$scratch/left", 'they stay as they are';
end(@serving);
present('disk0');
@serving = serves_from('disk0', 'replaceable', "disk $other raw", 'a kernel uses it');
refuses('one that is used after all', "$web: its device disk0 cannot be taken away: a kernel uses it", @boot, '--disk', 'data.img');
end(@serving);
spew($devices, '');
unlink "$scratch/said";

# The root file system follows from what is asked for, if the command line does not say it.
for my $case (
	[ 'root=/dev/vda quiet', 'quiet', '--disk', 'data.img' ],
	[ 'root=/dev/vda ', undef, '--disk', 'data.img', '--share', 'www' ],
	[ 'root=LABEL=x', 'root=LABEL=x', '--disk', 'data.img' ],
	[ 'root=/dev/vda -- root=x', '-- root=x', '--disk', 'data.img' ],
	[ 'root=root rootfstype=virtiofs rw ', undef, '--disk', 'data.img', '--share', "root=$scratch/www" ],
	[ '', undef, '--share', "data=$scratch/www" ],
	[ '', undef, '--share', "$scratch/a=b" ],
	[ '', undef, '--share', "$scratch/root" ],	# not by a tag that nobody has said
) {
	my ($line, $append, @devices) = @$case;
	unlink "$dev/calls";
	run(@boot, @devices, defined $append ? ('--append', $append) : ());
	like(slurp("$dev/calls"), qr/command line \Q$line\E\n/, "with @devices" . ($append ? " and $append" : ''));
}
like(slurp("$scratch/said"), qr{^share $web --name share0 --replaceable --tag a=b --dir \Q$scratch\E/a=b$}m, 'a sign in the name of a directory is no tag\'s');
unlink "$dev/calls";
runs('a device that cannot be had', 1, '',
	"mkio: it is broken\nmkctl: $web: device \"disk0\" is not served, and nothing is booted\n", @boot, '--disk', 'broken.img');
refuses('an image that is not there', "none.img: No such file or directory", @boot, '--disk', 'none.img');
spew("$scratch/odd.img", "QFI\xfb\0\0\0\3" . "\0" x 504);	# a loop device's sector
refuses('a qcow2 image by another name', "odd.img looks like a qcow2 image, and its name does not end in .qcow2: rename it, " .
	"or serve it by mkio disk --format raw if its bytes are the disk's", @boot, '--disk', 'odd.img');
chomp(my $loop = `losetup --find --show $scratch/odd.img 2>/dev/null`);
SKIP: {
	skip 'there is no loop device to be had', 1 unless $loop;
	refuses('a block device with one', qr/^mkctl: $loop looks like a qcow2 image/, @boot, '--disk', $loop);
	system('losetup', '--detach', $loop);
}
refuses('a directory that is not there', "none: No such file or directory", @boot, '--share', 'a=none');
ok(!-e "$dev/calls", 'no kernel is loaded then');

# Where systemd runs, each is a unit; what would be a variable to it is written so that it is none.
make_path("$scratch/run/systemd/system");
spew("$bin/systemd-run", <<'RUN');
#!/usr/bin/perl
open my $said, '>', "$ENV{SAID}" or die;
print $said join("\n", @ARGV), "\n";
RUN
# The name of one that fails is free again before, and behind one that could not be started.
spew("$bin/systemctl", "#!/bin/sh\necho \"\$*\" >>$scratch/asked\n");
chmod 0755, "$bin/systemd-run", "$bin/systemctl";
spew("$scratch/\$a \${HOME}.img", 'an image');
runs('a unit', 0, qr/^/, qr/^/, @boot, '--disk', '$a ${HOME}.img');
is(slurp("$scratch/asked"), "--quiet stop mkio-$web-disk0\n", 'behind what had its name');
like(slurp("$scratch/said"), qr{^--property=Before=multikernel\@$web\.service$}m, 'that ends after the kernel');
like(slurp("$scratch/said"), qr{^--unit=mkio-$web-disk0\n(--property=.*\n)+--\nmkio\ndisk\n$web\n--name\ndisk0\n--replaceable\n--file\n\Q$scratch\E/\$\$a \$\$\{HOME\}\.img\n--format\nraw\n$}m,
	'with the words as they are meant');
unlink "$scratch/asked";
spew("$bin/systemd-run", "#!/bin/sh\nexit 1\n");
chmod 0755, "$bin/systemd-run";
runs('a unit that fails', 1, '', "mkctl: $web: device \"disk0\" is not served, and nothing is booted\n" .
	"mkctl: journalctl -u mkio-$web-disk0 says why\n", @boot, '--disk', 'data.img');
is(slurp("$scratch/asked"), "--quiet stop mkio-$web-disk0\n" x 2, 'is begun no more');

done_testing();
