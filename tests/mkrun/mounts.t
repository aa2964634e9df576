#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What becomes of the mounts of a bundle: options that engines say, and those that cannot be. Kernels are agents on this one, as
# in mkrun.t.
use strict;
use warnings;
use Test::More;

use Helpers;

my @conf = ('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
conf(@conf);

# A directory with another file system below it.
my $volume = "$scratch/volume";
mkdir $_ for $volume, "$volume/below", "$scratch/bundle/data";
is(system("mount -t tmpfs none $volume/below"), 0, 'something is mounted below a volume');
END {
	local $?;
	system("umount $volume/below 2>/dev/null") if $volume;
}
spew("$volume/below/file", "of below\n");
spew("$scratch/bundle/data/file", "of the bundle\n");

sub bind_mount
{
	my ($at, $source, @options) = @_;
	return { destination => $at, type => 'bind', source => $source, options => \@options };
}

# What a container with such mounts says, with errors.
sub said
{
	my ($command, @mounts) = @_;
	bundle("exec 2>&1; $command", mounts => \@mounts);
	is(system("$mkrun --root $scratch/root create -b $scratch/bundle one </dev/null >$scratch/said 2>$scratch/err"), 0, 'one is created')
		or diag slurp("$scratch/err");
	runs('and started', 'start', 'one');
	becomes('one', 'stopped');
	runs('and deleted', 'delete', 'one');
	return slurp("$scratch/said");
}

is(said('cat /data/file', bind_mount('/data', 'data', 'rbind')), "of the bundle\n", 'a source is looked for in the bundle');
my $writes = 'echo x >/v/new; echo x >/v/below/new; cat /v/below/file';
for my $option (qw(ro rro)) {
	like(said($writes, bind_mount('/v', $volume, 'rbind', $option)), qr/\A.*Read-only file system\n.*Read-only file system\nof below\n\z/,
		"$option: neither the volume nor what is below can be written to");
}
ok(!-e "$volume/$_", "and $_ is not") for 'new', 'below/new';
like(said('cat /v/below/file', bind_mount('/v', $volume, 'bind')), qr/No such file/, 'a bind mount is without what is below');
is(said('cat /v/below/file; cat /w/below/file 2>/dev/null; echo end', bind_mount('/v', $volume, 'rbind'), bind_mount('/w', $volume, 'bind')),
	"of below\nend\n", 'also beside one that is with it');

for my $case (['shared'], ['shared', 'rshared'], ['idmap'], ['idmap', 'ridmap']) {
	my ($word, $option) = (@$case, $case->[0]);
	conf(@conf);
	bundle('true', mounts => [bind_mount('/v', $volume, 'rbind', $option)]);
	refuses(qr/^mkrun: mkrun has no $word; ignore=$word in mkrun.conf/, 'create', '-b', "$scratch/bundle", 'one');
	conf(@conf, "ignore=$word");
	is(said('echo here', bind_mount('/v', $volume, 'rbind', $option)), "here\n", 'where the operator says so it is made without');
}
conf(@conf);
bundle('true', mounts => [{ %{bind_mount('/v', $volume, 'rbind')}, uidMappings => [{ containerID => 0, hostID => 1000, size => 1 }] }]);
refuses(qr/^mkrun: mkrun has no idmap;/, 'create', '-b', "$scratch/bundle", 'one');
is(said('echo here', { destination => '/dev/shm', type => 'tmpfs', source => 'shm', options => ['shared'] }), "here\n", 'what is made inside may be shared there');
mkdir "$scratch/bundle/rootfs/srv";
spew("$scratch/bundle/rootfs/srv/file", "of the image\n");
is(said('cat /srv/file; echo x >/srv/new', { destination => '/srv', type => 'tmpfs', source => 'tmpfs', options => ['rw', 'size=1m', 'tmpcopyup'] }),
	"of the image\n", 'a tmpfs may have a copy of what it covers');
ok(!-e "$scratch/bundle/rootfs/srv/new", 'and the image stays as it is');
nothing_is_left();
done_testing;
