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
use Test::More;

our @EXPORT = qw($mkrun $scratch $instances spew slurp conf);

our $mkrun = abs_path($ENV{MKRUN} // '');
$ENV{AGENT} = abs_path($ENV{AGENT} // '');
plan skip_all => 'MKRUN and AGENT are not set; use make test-mkrun' unless -x $mkrun && -x $ENV{AGENT};
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

1;
