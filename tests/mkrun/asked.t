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

# Ambient rights that are not inheritable, as buildah writes them: there are none then, by capabilities(7).
bundle('true', mounts => [{ destination => '/proc', type => 'proc', source => 'proc' }],
	process => { %plain, args => ['sh', '-c', 'busybox grep -q "^CapAmb:.*400$" /proc/self/status && exec sleep 1000'],
	capabilities => { (map { $_ => ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE'] } qw(bounding effective permitted ambient)),
		inheritable => ['CAP_NET_BIND_SERVICE'] } });
create('one');
runs('one with ambient rights that cannot be is started', 'start', 'one');
sleep 1;
is(status('one'), 'running', 'with those of them that can');
runs('and deleted', 'delete', '-f', 'one');

# A file that the engine has open, and does not close when it runs us: an end of a pipe, which is gone when all have let go of it.
sub lets_go
{
	my ($what, @words) = @_;
	pipe(my $reader, my $writer) or die;
	fcntl $writer, F_SETFD, 0;
	runs($what, @words);
	close $writer;
	vec(my $ready = '', fileno $reader, 1) = 1;
	ok(scalar(select $ready, undef, undef, 10), 'and keeps nothing of the engine\'s');
}
bundle('sleep 1000');
lets_go('one is created', 'create', '-b', "$scratch/bundle", 'one');
runs('it is started', 'start', 'one');
lets_go('a process more stays in the background', 'exec', '--detach', 'one', 'sleep', '1000');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# Files that a container is to have of the engine.
bundle('sleep 1000');
refuses(qr/^mkrun: --preserve-fds: no file goes to another kernel$/, 'create', '--preserve-fds', '1', '-b', "$scratch/bundle", 'one');
create('one', '--preserve-fds', '0');
runs('it is started', 'start', 'one');
refuses(qr/^mkrun: --preserve-fds: no file goes to another kernel$/, 'exec', '--preserve-fds=2', 'one', 'true');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# The largest number that there is, as engines write "no limit".
bundle('sleep 1000');
my $text = slurp("$scratch/bundle/config.json");
$text =~ s/"process":\{/"process":{"rlimits":[{"type":"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615}],/ or die;
spew("$scratch/bundle/config.json", $text);
create('one');
runs('it is started', 'start', 'one');
is(runs('one that has a limit of its', 'exec', 'one', '--', 'sh', '-c', 'ulimit -c'), "unlimited\n", 'can be joined by a command');
runs('it is deleted', 'delete', '-f', 'one');
nothing_is_left();

# A kernel that refuses a container with the very byte that tells the other process of mkrun that all is well.
spew("$scratch/liar", <<'PERL');
#!/usr/bin/perl
use IO::Socket::UNIX;
my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $ARGV[0], Listen => 5) or die;
while (my $host = $listener->accept) {
	my $bytes = '';
	sysread $host, $bytes, 4096;
	syswrite $host, pack('L<S<S<Q<', 8, 34, 0, 5);		# WELCOME, by agent/protocol.h
	while ($bytes !~ /\0{4}\x18\0\0\0$/) {			# CREATE
		sysread $host, $bytes, 65536, length $bytes or last;
	}
	syswrite $host, pack('L<S<S<Z*', 2, 37, 0, "\n");	# REFUSED
}
PERL
chmod 0755, "$scratch/liar";
{
	local $ENV{AGENT} = "$scratch/liar";
	bundle('sleep 1000');
	refuses(qr/^mkrun: the container's kernel does not say why it cannot be made$/, 'create', '-b', "$scratch/bundle", 'one');
}
nothing_is_left();

ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
