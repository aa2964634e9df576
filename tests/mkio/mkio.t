#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkio's words, and what it says where something is missing. MKIO names the program (make test-mkio sets it).
use strict;
use warnings;
use Cwd 'abs_path';
use Fcntl;
use File::Path 'make_path';
use File::Temp 'tempdir';
use POSIX ();
use Test::More;

my $mkio = abs_path($ENV{MKIO} // '');
plan skip_all => 'MKIO is not set; use make test-mkio' unless -f $mkio;
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

sub truncate_to
{
	my ($path, $bytes) = @_;
	spew($path, '');
	truncate $path, $bytes or die "$path: $!";
}

sub slurp
{
	open(my $file, '<', $_[0]) or return '';
	local $/;
	return <$file> // '';
}

# Run it; returns exit code, and what it said on both.
sub mkio
{
	my $pid = fork;
	if (!$pid) {
		open STDIN, '<', $mkio;
		open STDOUT, '>', "$scratch/out";
		open STDERR, '>&', *STDOUT;
		exec { $mkio } 'mkio', @_;
	}
	waitpid $pid, 0;
	open(my $file, '<', "$scratch/out") or die;
	local $/;
	return ($? & 127 ? 'signal ' . ($? & 127) : $? >> 8, <$file> // '');
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
	like($said, qr/^usage: mkio $kind NAME (.+\n)+\n(.+\n)+\n(  .*--\w.*\n( {30}.*\n)*)+$/, "help $kind tells each option");
	unlike($said, qr/^.{81}/m, 'in lines of 80 columns');
	refuses(2, qr/^mkio: $kind takes one NAME\nusage: mkio $kind NAME/, $kind);
	refuses(2, qr/^mkio: $kind takes one NAME\n/, $kind, 'a', 'b');
	refuses(2, qr/^mkio: $kind: --name wants a value\n/, $kind, 'web', '--name');
}
refuses(2, qr/^mkio: there is no command "sound"/, 'sound');

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
for my $cid ('4294967295', '', 'x', '3x', '-3', '99999999999999999999', 0, 2) {
	refuses(2, qr/^mkio: vsock: --cid takes NUMBER, a whole number from 3 to 4294967294\n/, 'vsock', 'web', '--cid', $cid);
}
for my $name ('', 'a/b', 'x' x 32) {
	refuses(2, qr/^mkio: "\Q$name\E" is no name for a device/, 'vsock', 'web', '--name', $name);
}


refuses(2, qr/^mkio: disk wants either --file or --socket\n/, 'disk', 'web');
refuses(2, qr/^mkio: disk wants either --file or --socket\n/, 'disk', 'web', '--file', 'a', '--socket', 'b');
refuses(2, qr/^mkio: --format, --read-only and --engine go with --file\n/, 'disk', 'web', '--socket', 'a', '--read-only');
refuses(2, qr/^mkio: "vmdk" is no format: raw or qcow2\n/, 'disk', 'web', '--file', 'a', '--format', 'vmdk');
refuses(1, qr/^mkio: cannot open none: No such file or directory\n$/, 'disk', 'web', '--file', 'none');
refuses(1, qr/^mkio: \Q$scratch\E is neither a file nor a block device\n$/, 'disk', 'web', '--read-only', '--file', $scratch);
spew("$scratch/short", "x" x 511);
refuses(1, qr/^mkio: \S+short has no sector of 512 bytes\n$/, 'disk', 'web', '--file', "$scratch/short");
spew("$scratch/image", "QFI\xfb" . "\0" x 1000);
refuses(1, qr/^mkio: \S+image looks like a qcow2 image: say --format qcow2, or raw/, 'disk', 'web', '--file', "$scratch/image");
refuses(1, qr/^mkio: web: disk: it takes the program none \(package qemu-system-common on Debian 12, /,
	'disk', 'web', '--file', "$scratch/image", '--format', 'raw', '--engine', 'none');
refuses(1, qr/^mkio: web: disk: the engine cannot be used: it has ended\n$/,
	'disk', 'web', '--file', "$scratch/image", '--format', 'raw', '--engine', 'true');
# A block device that someone has for himself, as a mount has.
truncate_to("$scratch/blocks", 1 << 20);
chomp(my $loop = `losetup --find --show $scratch/blocks 2>/dev/null`);
SKIP: {
	skip 'there is no loop device to be had', 4 unless $loop;
	my @disk = ('disk', 'web', '--engine', 'true', '--file', $loop);
	sysopen(my $mount, $loop, O_RDWR | O_EXCL) or die "$loop: $!";
	refuses(1, qr{^mkio: $loop is in use by this kernel, as by a mount, or by another program\n$}, @disk);
	refuses(1, qr{^mkio: web: disk: the engine cannot be used}, @disk, '--read-only');
	close $mount;
	system('losetup', '--detach', $loop);
}

# The engine has none of the rights that mkio has before it is attached, and nothing of its caller's but where it speaks.
spew("$scratch/engine", <<"ENGINE");
#!/bin/sh
{
	grep -E '^(CapPrm|CapEff|NoNewPrivs):' /proc/self/status
	readlink /proc/\$\$/fd/0 /proc/\$\$/fd/3 /proc/\$\$/fd/4 /proc/\$\$/fd/42
} >$scratch/seen
ENGINE
chmod 0755, "$scratch/engine";
open(my $secret, '<', "$scratch/short") or die;
POSIX::dup2(fileno $secret, 42);
refuses(1, qr/^mkio: web: disk: the engine cannot be used: it has ended\n$/,
	'disk', 'web', '--file', "$scratch/image", '--format', 'raw', '--engine', "$scratch/engine");
POSIX::close(42);
like(slurp("$scratch/seen"), qr{^CapPrm:\t0*[02]\nCapEff:\t0*[02]\nNoNewPrivs:\t1\n/dev/null\nsocket:\[\d+\]\nsocket:\[\d+\]\n$},
	'what an engine has');
refuses(1, qr/^mkio: web: disk: no engine listens at none: No such file or directory\n$/, 'disk', 'web', '--socket', 'none');

refuses(2, qr/^mkio: net wants either --tap or --passt\n/, 'net', 'web');
refuses(2, qr/^mkio: net wants either --tap or --passt\n/, 'net', 'web', '--tap', 'a', '--passt');
refuses(2, qr/^mkio: --bridge, --macvtap and --mtu go with --tap\n/, 'net', 'web', '--passt', @$_)
	for [ '--bridge', 'br0' ], [ '--macvtap', 'eth0' ], [ '--mtu', 9000 ];
refuses(2, qr/^mkio: net wants either --bridge or --macvtap\n/, 'net', 'web', '--tap', 'a', '--bridge', 'br0', '--macvtap', 'eth0');
refuses(2, qr/^mkio: "\Q$_\E" is no name of an interface\n/, 'net', 'web', '--tap', 'a', '--macvtap', $_) for '', '../x', 'x/y', 'a' x 16;
refuses(2, qr/^mkio: "\Q$_\E" is no name of an interface\n/, 'net', 'web', '--tap', $_)
	for 'a' x 16, 'mk:web', 'mk web';
refuses(2, qr/^mkio: net: --mtu takes BYTES, a whole number from 68 to 65521\n/, 'net', 'web', '--tap', 'a', '--mtu', $_)
	for 0, 67, 65522;
for my $mac ('', '52:54:00:12:34', '52:54:00:12:34:56:78', '01:00:00:00:00:01', '5:54:00:12:34:56', 'x2:54:00:12:34:56',
		'52:54:0:12:34:567', '2:2:3:4:5:6::::::',
		'00:00:00:00:00:00', '52: 4:00:12:34:56', '52:0x:00:12:34:56') {
	refuses(2, qr/^mkio: "\Q$mac\E" is no address of an interface/, 'net', 'web', '--tap', 'a', '--mac', $mac);
}
refuses(1, qr{^mkio: cannot open \S+/net/tun: No such file or directory\n$}, 'net', 'web', '--tap', 'a');
my @macvtap = ('net', 'web', '--tap', 'mv0', '--macvtap', 'eth0');
refuses(1, qr/^mkio: there is no interface eth0\n$/, @macvtap);
make_path("$scratch/sys/class/net/eth0/wireless", "$scratch/sys/class/net/mv0");
spew("$scratch/sys/class/net/mv0/ifindex", "9\n");
refuses(1, qr/^mkio: mv0 is there, and is no macvtap\n$/, @macvtap);
make_path("$scratch/sys/class/net/mv0/tap9");
spew("$scratch/sys/class/net/mv0/tap9/dev", "0:0\n");
refuses(1, qr/^mkio: mv0 is there, and is no macvtap of eth0\n$/, @macvtap);
spew("$scratch/sys/class/net/mv0/address", "52:54:00:00:00:09\n");
refuses(1, qr/^mkio: mv0 has the address 52:54:00:00:00:09: leave out --mac, or give it another one first\n$/,
	'net', 'web', '--tap', 'mv0', '--mac', '52:54:00:12:34:56');
refuses(1, qr/^mkio: mv0 is a macvtap, and no port of a bridge\n$/, 'net', 'web', '--tap', 'mv0', '--bridge', 'br0');
refuses(1, qr{^mkio: cannot open \S+/tap9 of mv0: No such file or directory\n$}, 'net', 'web', '--tap', 'mv0');
spew("$scratch/sys/class/net/eth0/ifindex", "3\n");
refuses(1, qr/^mkio: eth0 is wireless: it carries frames of its own address only, so none of a macvtap\n$/,
	'net', 'web', '--tap', 'mv1', '--macvtap', 'eth0');

refuses(2, qr/^mkio: share wants --tag TAG\n/, 'share', 'web', '--dir', '/');
refuses(2, qr/^mkio: share wants either --dir or --socket\n/, 'share', 'web', '--tag', 'a');
refuses(2, qr/^mkio: "\w{37}" is no tag: 1 to 36 bytes\n/, 'share', 'web', '--dir', '/', '--tag', 'x' x 37);
refuses(2, qr/^mkio: "tmp" is no whole path of a directory\n/, 'share', 'web', '--dir', 'tmp', '--tag', 'a');
refuses(1, qr/^mkio: \S+none is no directory|cannot look at/, 'share', 'web', '--dir', "$scratch/none", '--tag', 'a');
refuses(1, qr/^mkio: \S+short is no directory\n/, 'share', 'web', '--dir', "$scratch/short", '--tag', 'a');

done_testing();
