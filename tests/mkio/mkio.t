#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkio's words, and what it says where something is missing. MKIO names the program (make test-mkio sets it).
use strict;
use warnings;
use Cwd 'abs_path';
use File::Path 'make_path';
use File::Temp 'tempdir';
use Test::More;

my $mkio = abs_path($ENV{MKIO} // '');
plan skip_all => 'MKIO is not set; use make test-mkio' unless -x $mkio;
my $scratch = tempdir(CLEANUP => 1);
$ENV{MKCTL_SYSFS} = "$scratch/sys";
$ENV{MKCTL_DEV} = "$scratch/dev";
$ENV{LC_ALL} = 'C';

sub spew
{
	my ($path, $text) = @_;
	open(my $file, '>', $path) or die "$path: $!";
	print $file $text;
	close $file;
}

# Run it; returns exit code, and what it said on both.
sub mkio
{
	my $pid = fork;
	if (!$pid) {
		open STDOUT, '>', "$scratch/out";
		open STDERR, '>&', *STDOUT;
		exec { $mkio } 'mkio', @_;
	}
	waitpid $pid, 0;
	open(my $file, '<', "$scratch/out") or die;
	local $/;
	return ($? >> 8, <$file> // '');
}

sub refuses
{
	my ($code, $like, @words) = @_;
	my ($got, $said) = mkio(@words);
	is($got, $code, "mkio @words: exit code");
	like($said, $like, "mkio @words: says why");
}

my ($code, $said) = mkio('--version');
is($code, 0, 'version');
like($said, qr/^mkio \d/, 'version is said');
($code, $said) = mkio('--help');
is($code, 0, 'help');
my @kinds = $said =~ /^  (\w+) /mg;
cmp_ok(scalar @kinds, '>=', 1, 'help lists kinds');
for my $kind (@kinds) {
	($code, $said) = mkio('help', $kind);
	is($code, 0, "help $kind");
	like($said, qr/^usage: mkio $kind NAME .*\n\n(.+\n)+\n(  --\w.*\n)+$/, "help $kind tells each option");
	refuses(2, qr/wants the NAME of an instance\nusage: mkio $kind NAME/, $kind);
	refuses(2, qr/^mkio: $kind takes one NAME\n/, $kind, 'a', 'b');
	refuses(2, qr/^mkio: $kind does not know --bad\n/, $kind, '--bad');
	refuses(2, qr/^mkio: $kind: --name wants a value\n/, $kind, 'web', '--name');
}
refuses(2, qr/^mkio: no kind of device given\nusage: mkio KIND/);
refuses(2, qr/^mkio: there is no kind "sound"\n/, 'sound');
refuses(2, qr/^mkio: there is no kind "sound"\n/, 'help', 'sound');
refuses(2, qr/^mkio: help takes one KIND\n/, 'help', 'a', 'b');

refuses(1, qr/^mkio: the multikernel module is not loaded/, 'vsock', 'web');
make_path("$scratch/sys/fs/multikernel/instances/web", "$scratch/dev");
my $version = (mkio('--version'))[1] =~ s/^mkio //r;
spew("$scratch/sys/fs/multikernel/version", $version);
refuses(1, qr/^mkio: there is no instance "db"\n$/, 'vsock', 'db');
refuses(1, qr/^mkio: there is no instance "\.\.\/web"\n$/, 'vsock', '../web');
my $web = "$scratch/sys/fs/multikernel/instances/web";
spew("$web/id", "7\n");
spew("$web/serial", "107\n");
spew("$web/generation", "5\n");
spew("$web/status", "ready\n");
spew("$web/failure", "\n");
spew("$web/device_tree_source", "cpus = <1>;\nmemory-bytes = <0x800000>;\n");
refuses(1, qr{^mkio: web: vsock: cannot open \S+/vhost-vsock: No such file or directory; it comes with the kernel module vhost_vsock\n$},
	'vsock', 'web');
for my $cid ('2', '4294967295', '', 'x', '3x', '-3', '99999999999999999999') {
	refuses(2, qr/^mkio: "\Q$cid\E" is no CID: a number from 3 to 4294967294\n/, 'vsock', 'web', '--cid', $cid);
}
for my $name ('', 'a/b', 'x' x 32) {
	refuses(2, qr/^mkio: "\Q$name\E" is no name for a device/, 'vsock', 'web', '--name', $name);
}

done_testing();
