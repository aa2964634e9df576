#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkrun as podman calls it: what people do with containers, with podman's own defaults. Kernels are agents on this one, as in
# mkrun.t.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

plan skip_all => 'no podman; use make test-podman' if system('podman --version >/dev/null 2>&1');

my $rootfs = "$scratch/bundle/rootfs";
mkdir "$rootfs/$_" for qw(etc run sys tmp);
symlink 'busybox', "$rootfs/bin/$_" for qw(grep hostname httpd ls mount pwd unshare);
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M',
	has_limits() ? () : 'ignore=pids');	# podman limits tasks where it is not told otherwise

# What podman is told of us; and limits, which it would raise above those of a test that runs in a container itself.
spew("$scratch/containers.conf", <<"CONF");
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[engine.runtimes]
mkrun = ["$scratch/runtime"]
[containers]
netns = "none"
default_ulimits = ["nofile=256:256", "nproc=256:256"]
CONF
$ENV{CONTAINERS_CONF} = "$scratch/containers.conf";

make_runtime('--root', "$scratch/root");

my @before;	# what podman is run by

# podman WORD...: exit code, output, errors
sub podman
{
	return captured(-e "$scratch/input" ? "$scratch/input" : '/dev/null', 'timeout', 'timeout', '60', @before, 'podman',
		'--root', "$scratch/store", '--runroot', "$scratch/run", '--storage-driver', 'vfs', '--runtime', 'mkrun', @_);
}

$engine = \&podman;

# run OPTION... : a container, and its command behind "--"
sub container
{
	my ($what, $code, $out, @words) = @_;
	my ($at) = grep { $words[$_] eq '--' } 0 .. $#words;
	return is_so($what, $code, $out, 'run', '--rm', @words[0 .. $at - 1], '--rootfs', $rootfs, @words[$at + 1 .. $#words]);
}

my ($works, undef, $why) = podman('info');
plan skip_all => "podman does not work here: $why" if $works;

container('hello', 0, "hello\n", qw(-- echo hello));
container('an exit code', 7, '', qw(-- sh -c), 'exit 7');
spew("$scratch/input", "piped\n");
container('standard input', 0, "piped\n", qw(-i -- cat));
unlink "$scratch/input";
container('user, environment, directory, name', 0, "1000\nblue\n/tmp\nbox\n",
	qw(-u 1000:1000 -e COLOUR=blue -w /tmp --hostname box -- sh -c), 'id -u; echo $COLOUR; pwd; hostname');
like(container('podman\'s own filter of system calls', 1, "Seccomp:\t2\n", qw(-- sh -c),
	'grep ^Seccomp: /proc/self/status; unshare -m true'), qr/not permitted/, 'refuses what it is to refuse');
mkdir "$scratch/volume";
spew("$scratch/volume/file", "of the host\n");
like(container('a volume', 1, "of the host\n", '-v', "$scratch/volume:/volume:ro", qw(-- sh -c),
	'cat /volume/file; echo >/volume/new'), qr/Read-only/, 'that cannot be written to');
like(container('a root', 1, '', qw(--read-only -- sh -c), 'echo >/new'), qr/Read-only/, 'that cannot either');
container('a tmpfs', 0, "here\n", qw(--tmpfs /run -- sh -c), 'echo here >/run/file; cat /run/file');
container('two CPUs and memory', 0, "two\n", qw(--cpus 2 --memory 256m -- echo two));
like(slurp("$scratch/calls"), qr/^mkctl create mkrun-\w+-\w+ --cpus 2-3 --memory 373293056$/m, 'are the instance\'s');
like(container('too many', 126, '', qw(--cpus 3 -- echo three)), qr/out of CPUs: the container wants 3/, 'are refused');
container('a terminal', 0, "/dev/pts/0\r\n", qw(-t -- busybox tty));
like(container('no such program', 127, '', qw(-- nonexistent)), qr/"nonexistent": executable file not found/, 'is an error of its own');
like(container('namespaces of the host', 126, '', qw(--pid host -- true)), qr/pid namespace cannot be shared/, 'are refused');
like(container('devices of the host', 126, '', qw(--device /dev/null -- true)), qr/has no devices/, 'as well');

is((podman(qw(pod create --infra=false --name pod)))[0], 0, 'a pod without a sandbox');
container('has a container', 0, "in a pod\n", qw(--pod pod -- echo), 'in a pod');
is((podman(qw(pod rm pod)))[0], 0, 'and is removed');
my ($code, $id) = podman(qw(run -d --name one -v), "$scratch/volume:/volume", '--rootfs', $rootfs, 'sh', '-c',
	'echo begun; trap "exit 3" TERM; while :; do sleep 0.1; done');
is($code, 0, 'one in the background');
my $end = time + 60;
sleep 0.1 while time < $end && (podman('logs', 'one'))[1] ne "begun\n";
is_so('logs', 0, "begun\n", qw(logs one));
is_so('ps', 0, "one\n", qw(ps --format {{.Names}}));
is_so('exec', 5, "inside\n", qw(exec one sh -c), 'echo inside; exit 5');
is_so('exec on a terminal', 0, "/dev/pts/0\r\n", qw(exec -t one sh -c), 'sleep 1; busybox tty');
is_so('a signal that does nothing', 0, "one\n", qw(kill -s WINCH one));
spew("$scratch/copied", "copied\n");
is_so('cp', 0, '', 'cp', "$scratch/copied", 'one:/tmp/here');
is_so('has written to the container', 0, "copied\n", qw(exec one cat /tmp/here));
ok(!-e '/tmp/here', 'and not to the host');
is_so('cp into a volume', 0, '', 'cp', "$scratch/copied", 'one:/volume/here');
is(slurp("$scratch/volume/here"), "copied\n", 'reaches that');
is_so('cp of a file of the container', 0, '', 'cp', 'one:/volume/file', "$scratch/back");
is(slurp("$scratch/back"), "of the host\n", 'reads it');
SKIP: {
	skip 'no control groups of version 2', 4 unless $groups;
	is_so('pause', 0, "one\n", qw(pause one));
	is_so('is seen', 0, "paused\n", qw(inspect --format {{.State.Status}} one));
	is_so('unpause', 0, "one\n", qw(unpause one));
	is_so('goes on', 0, "on\n", qw(exec one echo on));
}
like(is_so('update', 125, '', qw(update --cpus 2 one)), qr/its CPUs cannot change while its kernel runs/,
	'of CPUs is refused');
is_so('stop', 0, "one\n", qw(stop -t 30 one));
is_so('wait', 0, "3\n", qw(wait one));
is_so('it is started again', 0, "one\n", qw(start one));
is_so('and ended by force', 0, "one\n", qw(kill one));
is_so('wait', 0, "137\n", qw(wait one));
is_so('rm', 0, "one\n", qw(rm one));

# podman's own bridge and a published port, in a network namespace that stands for the host: of that nothing is left here.
namespace($_) for qw(host spawn);
inside('host', 'ip link set lo up');
@before = ('nsenter', '--net=' . path('host'));
spew("$scratch/spawn-net", path('spawn'));
spew("$rootfs/tmp/file", "published\n");
SKIP: {
	my @got = podman(qw(run -d --name two --network podman -p 8080:80 --rootfs), $rootfs, qw(httpd -f -p 80 -h /tmp));
	podman(qw(rm -f two)) if $got[0];
	skip "podman makes no networks here: $got[2]", 4 if $got[2] =~ /netavark|iptables|network backend/i;
	is($got[0], 0, 'one in a network') or diag $got[2];
	within('its port is published', "published\n", 'host', 'busybox wget -qO- http://127.0.0.1:8080/file');
	is_so('it is removed', 0, "two\n", qw(rm -f two));
	unlike(inside('host', 'ip link'), qr/veth|mkrun/, 'and its interfaces');
}
is(join(' ', glob("$instances/*"), grep { !/lock$/ } glob("$scratch/root/*")), '', 'nothing is left');
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
