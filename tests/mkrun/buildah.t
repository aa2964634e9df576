#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkrun as buildah calls it, for the commands that make an image. Kernels are agents on this one, as in mkrun.t.
use strict;
use warnings;
use Test::More;

use Helpers;

plan skip_all => 'no buildah; use make test-buildah' if system('buildah --version >/dev/null 2>&1');

conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M', 'ignore=apparmor');
$ENV{BUILDAH_ISOLATION} = 'oci';

# buildah WORD...: exit code, output, errors
sub buildah
{
	return captured('/dev/null', 'timeout', 'timeout', '120', 'buildah', '--root', "$scratch/store", '--runroot', "$scratch/runroot",
		'--storage-driver', 'vfs', @_);
}

$engine = \&buildah;

my ($code, $container, $err) = buildah('from', 'scratch');
is($code, 0, 'a container from nothing') or diag $err;
chomp $container;
is((buildah('add', '--quiet', $container, "$scratch/bundle/rootfs", '/'))[0], 0, 'with a root');

my @run = ('run', '--runtime', $mkrun, '--network', 'none', $container, '--', '/bin/busybox', 'sh', '-c');
is_so('a command in it', 0, "hello\n", @run, 'echo hello');
isnt((buildah(@run, 'exit 5'))[0], 0, 'one that fails');
is_so('one makes a file', 0, '', @run, 'echo made >/made');
is_so('and another finds it', 0, "made\n", @run, '/bin/busybox cat /made');

# Each RUN is a container, and so an instance.
spew("$scratch/calls", '');
spew("$scratch/bundle/Containerfile", <<'FILE');
FROM scratch
COPY rootfs /
ENV PATH=/bin
RUN echo built >/file
RUN cat /file && id -u
FILE
my ($built, $said, $why) = buildah('build', '--runtime', $mkrun, '--network', 'none', '--layers=false', '-t', 'image',
	'-f', "$scratch/bundle/Containerfile", "$scratch/bundle");
is($built, 0, 'an image is built') or diag $why;
like($said, qr/^built\n0$/m, 'by commands of its own');
is(scalar(() = slurp("$scratch/calls") =~ /^mkctl create /mg), 2, 'each with a kernel');
is(join(' ', glob("$instances/*")), '', 'no instance is left');
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
