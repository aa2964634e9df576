# SPDX-License-Identifier: GPL-2.0-only
#
# What tests of mkrun share: programs of our own in the place of mkctl and mkio, and an agent on this kernel. MKRUN and AGENT
# name the programs (make test-mkrun sets them).
package Helpers;
use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Path qw(make_path);
use File::Temp 'tempdir';
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw($mkrun $scratch $instances spew slurp conf make_runtime bundle ended_with captured run runs refuses create status becomes nothing_is_left
	$engine is_so %pid background namespace path inside within $groups has_limits);

our $mkrun = abs_path($ENV{MKRUN} // '');
$ENV{AGENT} = abs_path($ENV{AGENT} // '');
plan skip_all => 'MKRUN and AGENT are not set; use make test-mkrun' unless -f $mkrun && -f $ENV{AGENT};
plan skip_all => 'not root' if $>;
plan skip_all => 'no static /bin/busybox' unless -x '/bin/busybox' && `ldd /bin/busybox 2>&1` =~ /not a dynamic|static/;
plan skip_all => 'no namespaces here' if system('unshare -m -p -u -i -C -f true 2>/dev/null');

my $fake = abs_path('tests/mkrun/fake');
our $scratch = tempdir(CLEANUP => 1);
mkdir "$scratch/$_" for qw(bin etc root bundle bundle/rootfs bundle/rootfs/bin bundle/rootfs/proc bundle/rootfs/dev);
symlink $fake, "$scratch/bin/$_" for qw(mkctl mkio);
our $instances = "$scratch/sys/fs/multikernel/instances";
make_path($instances);
@ENV{qw(PATH FAKE MKCTL_SYSFS MKCTL_CONFIG MKRUN_AGENT LC_ALL)} = ("$scratch/bin:$ENV{PATH}", $scratch, "$scratch/sys",
	"$scratch/etc", "$scratch/agent-socket", 'C');
system('cp', '/bin/busybox', "$scratch/bundle/rootfs/bin/busybox");
symlink 'busybox', "$scratch/bundle/rootfs/bin/$_" for qw(sh cat echo sleep id);

# Control groups of version 2, with the flags that systemd sets: a mount without them would change them for all. Those of
# agents that were killed are taken away at the end.
our $groups = "$scratch/groups";
mkdir $groups;
$groups = '' if system("mount -t cgroup2 -o nsdelegate,memory_recursiveprot none $groups 2>/dev/null");

# Can a group's number of tasks be limited?
sub has_limits
{
	return $groups && slurp("$groups/cgroup.subtree_control") =~ /\bpids\b/;
}

sub remove_groups
{
	for my $group (map { glob "$groups/container-$_-*" } split /\n/, slurp("$scratch/agents")) {
		my $end = time + 10;
		spew("$group/cgroup.kill", '1');
		sleep 0.05 until rmdir $group or time > $end;
	}
	system("umount $groups");
}

sub spew
{
	my ($path, $text) = @_;
	open(my $file, '>', $path) or die "$path: $!";
	print $file $text;
}

sub slurp
{
	my ($path) = @_;
	open(my $file, '<', $path) or return '';
	local $/;
	return <$file> // '';
}

sub conf
{
	spew("$scratch/etc/mkrun.conf", join '', map { "$_\n" } @_);
}

# For engines that keep little of an environment: the file "runtime" is mkrun, with these words ahead of theirs.
sub make_runtime
{
	my @words = @_;
	spew("$scratch/runtime", join "\n", '#!/bin/sh', (map { "export $_='$ENV{$_}'" }
		qw(PATH FAKE MKCTL_SYSFS MKCTL_CONFIG MKRUN_AGENT AGENT)), "exec $mkrun @words \"\$@\"\n");
	chmod 0755, "$scratch/runtime";
}

# A bundle for a command of the shell; @changes are key => value below its top.
sub bundle
{
	my ($command, %changes) = @_;
	my %config = (ociVersion => '1.0.2', root => { path => 'rootfs' },
		process => { args => ['sh', '-c', $command], cwd => '/', env => ['PATH=/bin'], user => { uid => 0, gid => 0 } },
		linux => { namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)] }, %changes);
	spew("$scratch/bundle/config.json", encode_json(\%config));
}

# What a process that has ended has ended with, for which waitpid() has been called: its exit code, or the signal.
sub ended_with
{
	return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}

# A program with its words, of which the first is what it is called; returns exit code, output, errors.
sub captured
{
	my ($input, $program, @words) = @_;
	my $pid = fork;
	if (!$pid) {
		open STDIN, '<', $input;
		open STDOUT, '>', "$scratch/out";
		open STDERR, '>', "$scratch/err";
		exec { $program } @words;
	}
	waitpid $pid, 0;
	return (ended_with(), slurp("$scratch/out"), slurp("$scratch/err"));
}

# Run it, with standard input from a file or none.
sub run
{
	my $input = ref $_[0] ? ${shift()} : '/dev/null';
	return captured($input, $mkrun, 'mkrun', '--root', "$scratch/root", @_);
}

# What an engine that calls mkrun ends with and prints; it is a function of the test's own. Returns its errors.
our $engine;
sub is_so
{
	my ($what, $code, $out, @words) = @_;
	my @got = $engine->(@words);
	is("$got[0] $got[1]", "$code $out", $what) or diag $got[2];
	return $got[2];
}

sub runs
{
	my ($what, @words) = @_;
	my ($code, $out, $err) = run(@words);
	is("$code$err", '0', $what);
	return $out;
}

sub refuses
{
	my ($why, @words) = @_;
	my ($code, $out, $err) = run(@words);
	is($code, 1, "refused: @words");
	like($err, $why, 'why');
}

sub create
{
	return runs("$_[0] is created", 'create', '--bundle', "$scratch/bundle", @_);
}

sub status
{
	my ($code, $out) = run('state', shift);
	return $code ? 'none' : decode_json($out)->{status};
}

sub becomes
{
	my ($id, $status) = @_;
	my $end = time + 60;
	sleep 0.05 while time < $end && status($id) ne $status;
	is(status($id), $status, "$id becomes $status");
}

sub nothing_is_left
{
	is(join(' ', glob("$instances/*"), grep { !/lock$/ } glob("$scratch/root/*")), '', 'nothing is left of it');
}

our %pid;	# of commands in the background, by their names
my %output;

END {
	local $?;
	kill 'KILL', values %pid;
	remove_groups() if $groups;
}

# A command in the background, in the place of the one before, for as long as this test goes on.
sub background
{
	my ($name, @words) = @_;
	kill 'KILL', $pid{$name} if $pid{$name};
	$pid{$name} = open($output{$name}, '-|', @words);
}

# A network namespace of that name, kept by a process.
sub namespace
{
	my ($name) = @_;
	background($name, 'unshare', '-n', 'sh', '-c', 'echo; exec sleep 1000');
	readline $output{$name};
}

sub path
{
	return "/proc/$pid{$_[0]}/ns/net";
}

# inside NAMESPACE COMMAND: what it says, standard error as well
sub inside
{
	my ($name, $command) = @_;
	open(my $pipe, '-|', 'nsenter', '--net=' . path($name), 'sh', '-c', "exec 2>&1; $command");
	local $/;
	my $said = <$pipe> // '';
	close $pipe;
	return $said;
}

# What such a command says in the end.
sub within
{
	my ($what, $wanted, $name, $command) = @_;
	my ($end, $got) = (time + 60, '');
	while (time < $end && ($got = inside($name, $command)) ne $wanted) {
		sleep 0.1;
	}
	is($got, $wanted, $what);
}

1;
