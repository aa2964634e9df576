# SPDX-License-Identifier: GPL-2.0-only
#
# What tests of mkctl share: a directory that looks like /sys, one for /dev, and verdicts on a run of it. MKCTL, FAKE and
# INJECTED name the programs (make test-mkctl sets them).
package Helpers;
use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Path qw(make_path remove_tree);
use File::Temp 'tempdir';
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw($mkctl $fake $injected $examples $scratch $sys $mk $dev
	spew put slurp start run runs refuses wrong broken commands tree instance goes machine becomes $tmux new_tmux screen screen_shows);

our ($mkctl, $fake, $injected) = map { abs_path($ENV{$_} // '') } qw(MKCTL FAKE INJECTED);
plan skip_all => 'MKCTL, FAKE and INJECTED are not set; use make test-mkctl'
	unless -f $mkctl && -f $fake && -f $injected;
our $examples = abs_path('examples');
our $scratch = tempdir(CLEANUP => 1);
our $sys = "$scratch/sys";
our $mk = "$sys/fs/multikernel";
our $dev = tempdir(CLEANUP => 1);
$ENV{MKCTL_SYSFS} = $sys;
$ENV{MKCTL_DEV} = $dev;
$ENV{LC_ALL} = 'C';
$ENV{MKCTL_EVENTS_MS} = 100;	# no file of ours wakes poll(2)
our $tmux;
mkdir "$scratch/empty";
chdir $scratch;

sub spew
{
	my ($path, $text) = @_;
	# In one step, as the kernel changes an attribute.
	open(my $file, '>', "$path.new") or die "$path: $!";
	print $file $text;
	close $file;
	rename "$path.new", $path or die "$path: $!";
}

# Write into a file that someone has open, in one step, as the kernel changes an attribute.
sub put
{
	my ($path, $text) = @_;
	open(my $file, '+<', $path) or die "$path: $!";
	syswrite $file, $text;
	truncate $file, length $text;
}

sub slurp
{
	my ($path) = @_;
	open(my $file, '<', $path) or return undef;
	local $/;
	return <$file> // '';
}

sub start
{
	my @command = @_;
	my $pid = fork;
	if (!$pid) {
		open STDOUT, '>', "$scratch/out";
		open STDERR, '>', "$scratch/err";
		exec { $mkctl } 'mkctl', @command;
	}
	return $pid;
}

# Run it; returns exit code, stdout, stderr.
sub run
{
	my $pid = start(@_);
	waitpid $pid, 0;
	my $code = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
	return ($code, slurp("$scratch/out"), slurp("$scratch/err"));
}

# runs NAME, CODE, STDOUT, STDERR, ARGUMENTS...: both texts whole as a string, or in part as a regex
sub runs
{
	my ($name, $code, $out, $err, @arguments) = @_;
	my ($got, $stdout, $stderr) = run(@arguments);
	subtest $name => sub {
		is $got, $code, 'exit code';
		ref $out ? like($stdout, $out, 'stdout') : is($stdout, $out, 'stdout');
		ref $err ? like($stderr, $err, 'stderr') : is($stderr, $err, 'stderr');
	};
}

# A refusal: exit 1, nothing on stdout, one sentence.
sub refuses
{
	my ($name, $sentence, @arguments) = @_;
	runs($name, 1, '', ref $sentence ? $sentence : "mkctl: $sentence\n", @arguments);
}

sub wrong
{
	my ($name, $sentence, $usage, @arguments) = @_;
	runs($name, 2, '', qr/\Amkctl: \Q$sentence\E\nusage: mkctl @{[ broken($usage) ]}\n\z/, @arguments);
}

# A text whose words may be on several lines.
sub broken
{
	return quotemeta($_[0]) =~ s/\\ /(?: |\\n +)/gr;
}

# The commands that "mkctl --help" names: with what they do, or by their names alone.
sub commands
{
	my $help = `$mkctl --help`;
	my ($also) = $help =~ /^  Also: (.*?)\n\n/ms;
	return ($help =~ /^  (\w+)  +\w/mg, split /,\s+/, $also);
}

sub tree
{
	my ($name, %instances) = @_;
	my $text = "/dts-v1/;\n/ { compatible = \"multikernel-v1\"; instances {\n";
	for (sort keys %instances) {
		my ($id, $cpus, $memory) = @{ $instances{$_} };
		$text .= "$_ { id = <$id>; resources { cpus = <$cpus>; ";
		$text .= "memory-bytes = <$memory>; }; };\n";
	}
	spew($name, "$text}; };\n");
	return $name;
}

# One that is new comes with all its files at once, so that nobody sees a part of them.
sub instance
{
	my ($name, @rest) = @_;
	my $place = "$mk/instances/$name";
	my $made = -d $place ? $place : "$scratch/sys/made";
	make_path($made);
	system($fake, 'instance', $made, $name, @rest) == 0 or die "fake instance $name";
	$made eq $place or rename $made, $place or die "$place: $!";
}

# And so it goes.
sub goes
{
	my ($name) = @_;
	rename "$mk/instances/$name", "$scratch/sys/gone" or die "$name: $!";
	remove_tree("$scratch/sys/gone");
}

sub machine
{
	remove_tree($sys);
	make_path("$mk/instances", "$mk/pool", "$sys/class/misc/multikernel", map { "$sys/devices/system/cpu/cpu$_" } 0 .. 4);
	spew("$sys/devices/system/cpu/possible", "0-7\n");
	spew("$sys/devices/system/cpu/present", "0-4\n");
	spew("$sys/devices/system/cpu/online", "0-1,2,3\n");
	spew("$sys/devices/system/cpu/cpu$_/online", "1\n") for 1 .. 3;
	spew("$sys/devices/system/cpu/cpu4/online", "0\n");
	spew("$mk/pool/memory_free_bytes", 0x60000000 . "\n");
	spew("$mk/last_error", "ok\n");
	spew("$mk/version", "0.1\n");
	spew("$mk/device_tree", '');
}

# Wait for a file to match; so long only on a machine that does much else.
sub becomes
{
	my ($path, $regex, $name) = @_;
	my ($end, $seen) = time + 60;
	sleep 0.02 while ($seen = slurp($path) // '') !~ $regex && time < $end;
	like $seen, $regex, $name;
}

# A tmux of its own for the next terminal: the one before may still be there for a moment when it has been told to go, and
# who comes then goes with it.
my $tmuxes = 0;
sub new_tmux
{
	$tmux = "tmux -S $scratch/tmux" . $tmuxes++ . ' -f /dev/null';
}

# What is on the screen of the only session of $tmux.
sub screen
{
	return scalar `$tmux capture-pane -p 2>/dev/null`;
}

sub screen_shows
{
	my ($wanted, $name) = @_;
	my ($end, $seen) = time + 60;
	sleep 0.05 while ($seen = screen()) !~ $wanted && time < $end;
	# Is it still there? What is drawn anew all the time has been looked at once.
	like $seen, $wanted, $name or diag `$tmux list-sessions 2>&1`, `uptime`;
}

1;
