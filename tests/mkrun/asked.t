#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What engines ask for beside mounts and devices, what they leave open, and what a kernel that means harm answers. Kernels are
# agents on this one, as in mkrun.t.
use strict;
use warnings;
use Fcntl;
use Test::More;

use Helpers;

my @apart = (namespaces => [map { { type => $_ } } qw(pid network ipc uts mount)]);
my %plain = (cwd => '/', env => ['PATH=/bin'], user => { uid => 0, gid => 0 });
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');

# Profiles: none is what there is.
bundle('true', process => { %plain, args => ['sleep', '1000'], apparmorProfile => 'unconfined' });
create('one');
runs('one without a profile of AppArmor, which an engine says by a word, is deleted', 'delete', '-f', 'one');
bundle('true', process => { %plain, args => ['true'], apparmorProfile => 'unconfined-but-not-quite' });
refuses(qr/mkrun has no apparmor;/, 'create', '-b', "$scratch/bundle", 'one');
for my $case (['netDevices', linux => { @apart, netDevices => { eth1 => {} } }], ['memoryPolicy', linux => { @apart, memoryPolicy => { mode => 'MPOL_BIND' } }],
		['execCPUAffinity', process => { %plain, args => ['true'], execCPUAffinity => { initial => '0' } }]) {
	my ($word, @changes) = @$case;
	bundle('true', @changes);
	refuses(qr/mkrun has no $word;/, 'create', '-b', "$scratch/bundle", 'one');
}

ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
