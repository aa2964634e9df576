#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl console against a pseudo-terminal in the place of the module's line, and on another one in the place of the
# operator's.
use strict;
use warnings;
use Fcntl;
use FindBin;
use POSIX qw(:sys_wait_h :termios_h setsid);
use Test::More;
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin;
use Helpers;

# asm-generic/ioctls.h of Linux
use constant {
	TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431, TIOCGWINSZ => 0x5413, TIOCSWINSZ => 0x5414,
};
use constant BOUND => 60;	# seconds for anything to happen

my $web = "$mk/instances/web";
machine();
instance('web', 1, 'active', '0x8000000', 1);

# Both ends of a new pseudo-terminal, and its name.
sub make_terminal
{
	my ($unlock, $number) = (pack('i', 0), pack('i', 0));
	sysopen(my $master, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK) or die "/dev/ptmx: $!";
	ioctl($master, TIOCSPTLCK, $unlock) && ioctl($master, TIOCGPTN, $number) or die "/dev/ptmx: $!";
	my $name = '/dev/pts/' . unpack('i', $number);
	sysopen(my $slave, $name, O_RDWR | O_NOCTTY) or die "$name: $!";
	return ($master, $slave, $name);
}

sub set_status
{
	spew("$web/status", "$_[0]\n");
}

sub window
{
	my ($terminal) = @_;
	my $size = pack('S4', 0, 0, 0, 0);
	ioctl($terminal, TIOCGWINSZ, $size) or die "TIOCGWINSZ: $!";
	return join ' ', (unpack 'S4', $size)[0, 1];
}

sub set_window
{
	my ($terminal, @size) = @_;
	ioctl($terminal, TIOCSWINSZ, pack('S4', @size, 0, 0)) or die "TIOCSWINSZ: $!";
}

# All settings, to be compared.
sub settings
{
	my $termios = POSIX::Termios->new;
	$termios->getattr(fileno $_[0]);
	return join ' ', $termios->getiflag, $termios->getoflag, $termios->getcflag, $termios->getlflag;
}

sub is_raw
{
	my $termios = POSIX::Termios->new;
	$termios->getattr(fileno $_[0]);
	return !($termios->getlflag & (ECHO | ICANON | ISIG));
}

sub comes_true(&$)
{
	my ($condition, $name) = @_;
	my ($end, $seen) = time + BOUND;
	sleep 0.02 until ($seen = $condition->()) || time > $end;
	ok $seen, $name;
}

# It has the file open itself: until it is mkctl it is a copy of us, and has open what we have.
sub has_open
{
	my ($pid, $path) = @_;
	return 0 unless (readlink("/proc/$pid/exe") // '') eq $mkctl;
	return grep { (readlink($_) // '') eq $path } glob "/proc/$pid/fd/*";
}

sub bytes_read
{
	my ($pid) = @_;
	return (slurp("/proc/$pid/io") // '') =~ /^rchar: (\d+)/ ? $1 : 0;
}

# It has looked at the instance's status twice since we came here.
sub looks_twice
{
	my ($pid) = @_;
	for (1 .. 2) {
		my ($before, $end) = (bytes_read($pid), time + BOUND);
		sleep 0.02 until bytes_read($pid) > $before || time > $end;
	}
}

# All that comes from a master, until it is as wanted.
sub shows
{
	my ($master, $wanted, $name) = @_;
	my ($got, $end) = ('', time + BOUND);
	sysread($master, $got, 4096, length $got) or sleep 0.02 while $got !~ $wanted && time < $end;
	like $got, $wanted, $name;
	return $got;
}

# What comes from a master, until it ends as wanted.
sub receives
{
	my ($master, $wanted, $name) = @_;
	my ($got, $end) = ('', time + BOUND);
	do {
		sysread($master, $got, 4096, length $got) or sleep 0.02;
	} while (length $got < length $wanted && time < $end);
	is unpack('H*', $got), unpack('H*', $wanted), $name;
}

our $errors;	# where standard error goes, if not where standard output does
sub console
{
	my ($in, $out, @arguments) = @_;
	my $pid = fork // die;
	if (!$pid) {
		setsid;
		open STDIN, '<&', $in;
		open STDOUT, '>&', $out;
		open STDERR, '>&', $errors // $out;
		exec { $mkctl } 'mkctl', 'console', @arguments;
	}
	return $pid;
}

# Its exit code, or "runs" when it has not ended in time.
sub ends
{
	my ($pid) = @_;
	my $end = time + BOUND;
	while (waitpid($pid, WNOHANG) == 0) {
		if (time > $end) {
			kill 'KILL', $pid;
			return 'runs';
		}
		sleep 0.02;
	}
	return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}

my ($line, $slave, $name) = make_terminal;
symlink $name, "$dev/mktty1" or die;
my $bytes = join '', map { chr } 0 .. 255;

# A filter.
pipe(my $read, my $write) or die;
open(my $out, '>', "$scratch/out") or die;
my $pid = console($read, $out, 'web', '--quit', '1');
syswrite $write, "$bytes\x1d$bytes";
close $read;
receives $line, "$bytes\x1d$bytes", 'every byte of a pipe is sent, also Ctrl-]';
syswrite $line, $bytes;
close $write;	# from here on it waits a second
is ends($pid), 0, '--quit ends it';
is unpack('H*', slurp("$scratch/out")), unpack('H*', $bytes), 'and every byte of output was written';

# Without input, as long as a kernel runs.
open(my $null, '<', '/dev/null') or die;
open($out, '>', "$scratch/out") or die;
$pid = console($null, $out, 'web');
comes_true { has_open($pid, $name) } 'it opens the line';
looks_twice($pid);
is waitpid($pid, WNOHANG), 0, 'it stays while a kernel runs';
set_status('loading');
looks_twice($pid);
is waitpid($pid, WNOHANG), 0, 'and while one is loaded';
syswrite $line, "last words\n";
set_status('ready');
is ends($pid), 0, 'it ends when the kernel has stopped';
is slurp("$scratch/out"), "last words\n", 'with all output';
open($out, '>', "$scratch/out") or die;
syswrite $line, 'more';
is ends(console($null, $out, 'web')), 0, 'when none runs it ends';
is slurp("$scratch/out"), 'more', 'after what is left to read';
set_status('active');

# A terminal.
my ($screen, $terminal) = make_terminal;
my $before = settings($terminal);
set_window($terminal, 30, 90);
$pid = console($terminal, $terminal, 'web');
comes_true { is_raw($terminal) } 'the terminal is raw';
comes_true { window($slave) eq '30 90' } 'the size of its window is passed on';
set_window($terminal, 40, 120);
kill 'WINCH', $pid;
comes_true { window($slave) eq '40 120' } 'and a change of it';
syswrite $screen, "\x03\x1a\x11\x13x";
receives $line, "\x03\x1a\x11\x13x", 'Ctrl-C, Ctrl-Z, Ctrl-Q and Ctrl-S are sent';
set_status('ready');
looks_twice($pid);
is waitpid($pid, WNOHANG), 0, 'it stays when the kernel has stopped';
set_status('active');
syswrite $screen, "y\x1dz";
is ends($pid), 0, 'Ctrl-] leaves';
receives $line, 'y', 'what was typed before it is sent, and no more';
is settings($terminal), $before, 'the terminal is as it was';
my $shown = shows($screen, qr/\[mkctl: web: ready\]/, 'it said that the kernel stopped');
like $shown, qr/^Connected to web, which is active\. Ctrl-\] leaves\.\r\n/, 'and before how to leave';

$pid = console($terminal, $terminal, 'web');
comes_true { is_raw($terminal) } 'again';
kill 'TERM', $pid;
is ends($pid), 0, 'it ends when told to';
is settings($terminal), $before, 'and the terminal is as it was';

# Other ways to leave: a key of one's own, and as ssh has it.
sub leaves
{
	my ($name, $typed, $sent, @options) = @_;
	$pid = console($terminal, $terminal, 'web', @options);
	comes_true { is_raw($terminal) } "$name: connected";
	syswrite $screen, $typed;
	is ends($pid), 0, "$name leaves";
	receives $line, $sent, 'and what was typed before is sent';
}
leaves('--escape ^A', "a\x1db\x01c", "a\x1db", '--escape', '^A');
leaves('--escape=^a', "\x01", '', '--escape=^a');
leaves('~.', "~.x", '');
leaves('~. after a newline', "a~.\r~.", "a~.\r");
leaves('~. with no key', "\x1d\r~~x\r~y\r~.", "\x1d\r~x\r~y\r", '-e', 'none');
for my $key ('', 'x', '^', '^AB', '^M', '^J', 'ctrl-a') {
	open($out, '>', "$scratch/out") or die;
	is ends(console($null, $out, 'web', '--escape', $key)), 2, "--escape '$key'";
	like slurp("$scratch/out"), qr/^mkctl: console: --escape takes a key such as \^A/, 'is no key';
}

# Leaving must be possible when the line takes nothing.
$pid = console($terminal, $terminal, 'web');
comes_true { is_raw($terminal) } 'and again';
my $typed = 0;
while ($typed < 100_000) {
	my $done = syswrite $screen, 'x' x 1000;
	$done ? ($typed += $done) : sleep 0.02;
	last if !$done && waitpid($pid, WNOHANG);
}
sleep 0.02 until syswrite $screen, "\x1d";
is ends($pid), 0, 'Ctrl-] leaves also when nothing is read at the other end';

# So must it be when the output takes nothing: a pipe that nobody reads.
sub floods
{
	my ($line, $pid) = @_;
	my $end = time + 3;
	while (time < $end) {
		syswrite($line, 'x' x 1000) or sleep 0.02;
	}
	return waitpid($pid, WNOHANG) == 0;
}
for my $way ([ 'Ctrl-]', sub { syswrite $screen, "\x1d" } ], [ 'SIGTERM', sub { kill 'TERM', $_[0] } ]) {
	pipe(my $unread, my $blocked) or die;
	local $errors = $terminal;
	$pid = console($terminal, $blocked, 'web');
	close $blocked;
	comes_true { is_raw($terminal) } 'once more';
	ok floods($line, $pid), 'the output is blocked';
	$$way[1]->($pid);
	is ends($pid), 0, "$$way[0] leaves also then";
	is settings($terminal), $before, 'and the terminal is as it was';
	tcflush(fileno $slave, TCIFLUSH);
	tcflush(fileno $slave, TCOFLUSH);
}

# Whoever reads the output has had enough.
pipe(my $read_end, my $output) or die;
$pid = console($terminal, $output, 'web');
close $output;
comes_true { is_raw($terminal) } 'and with a reader';
close $read_end;
syswrite $line, 'x';
is ends($pid), 0, 'it ends when its output is closed';
is settings($terminal), $before, 'and the terminal is as it was';

# Input that the line does not take is told of.
pipe($read, $write) or die;
my $size = 0;
$write->blocking(0);
while (my $done = syswrite $write, 'y' x 4096) {
	$size += $done;
}
open($out, '>', "$scratch/out") or die;
$pid = console($read, $out, 'web', '--quit', '1');
close $_ for $read, $write;
is ends($pid), 1, '--quit with input left over';
like slurp("$scratch/out"), qr/^mkctl: console of "web": the last \d+ bytes of the input were not taken$/m, 'is told';
open(my $zero, '<', '/dev/zero') or die;
open($out, '>', "$scratch/out") or die;
is ends(console($zero, $out, 'web', '--quit', '1')), 1, '--quit ends it when the line takes nothing of an input without end';
like slurp("$scratch/out"), qr/^mkctl: console of "web": the last [1-9]\d* bytes of the input were not taken$/m, 'and that is told';
tcflush(fileno $slave, TCIFLUSH);
tcflush(fileno $slave, TCOFLUSH);

# An instance of the same name that is another.
open(my $serial, '>', "$web/serial") or die;
close $serial;
open($out, '>', "$scratch/out") or die;
is ends(console($null, $out, 'web')), 1, 'an instance without a serial number';
open($serial, '>', "$web/serial") or die;
print $serial "101\n";
close $serial;

# The line goes, as with its instance.
open($out, '>', "$scratch/out") or die;
$pid = console($null, $out, 'web');
comes_true { has_open($pid, $name) } 'it opens the line once more';
looks_twice($pid);	# by then all that it does in the beginning is done
close $_ for $slave, $line;
is ends($pid), 0, 'it ends when the line is hung up';
unlink "$dev/mktty1";	# the terminal's number is another's at once
open($out, '>', "$scratch/out") or die;
is ends(console($null, $out, 'web')), 1, 'without a line it is refused';
like slurp("$scratch/out"), qr{^mkctl: \Q$dev\E/mktty1: No such file or directory\n\z}, 'and why';
for my $wrong ([], ['web', 'web'], ['web', '--quit'], ['web', '--quit', '-1'], ['web', '--quit', '1x'],
	       ['web', '--quit', '1000001'], ['web', '--other']) {
	open($out, '>', "$scratch/out") or die;
	is ends(console($null, $out, @$wrong)), 2, "wrong usage: console @$wrong";
	like slurp("$scratch/out"), qr/^mkctl: .*\nusage: mkctl console NAME \[-e KEY\] \[--quit SECONDS\]\n\z/, 'is explained';
}

done_testing;
