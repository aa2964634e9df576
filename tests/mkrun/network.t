#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The network that an engine has made for a container. Three namespaces of this kernel are what is outside, the engine's, and
# the spawn's; between the last two frames go as mkio would have them go.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

plan skip_all => 'no veth, tap, tc or ip here' if system(<<'SHELL');
exec unshare -n sh -e -c 'ip link add one type veth peer name two
	ip tuntap add three mode tap
	tc qdisc add dev one ingress
	tc filter add dev one ingress protocol all u32 match u32 0 0 action mirred egress redirect dev three' >/dev/null 2>&1
SHELL

# Routes as text, without whose work they are.
sub routes
{
	my ($name) = @_;
	my $all = inside($name, 'ip -4 route; ip -6 route | grep -v ^fe80');
	$all =~ s/ (proto \w+|linkdown|pref medium)\b//g;
	return join "\n", sort map { s/ +$//r } split /\n/, $all;
}

sub addresses
{
	my ($name, $interface) = @_;
	my @all = inside($name, "ip address show $interface") =~ /inet6? (\S+).*scope global/g;
	return join ' ', sort @all;
}

sub bundle_of
{
	my ($command, $path) = @_;
	bundle($command, linux => { namespaces => [{ type => 'network', path => $path }, map { { type => $_ } } qw(pid ipc uts mount)] });
}

# Nothing of ours in the namespace that the engine has made. Who was ended by force may leave a process that has not heard of
# it yet.
sub nothing_is_there
{
	my ($end, $there) = time + 60;
	sleep 0.05 while ($there = inside('engine', 'ip link; tc qdisc')) =~ /mkrun|ingress/ && time < $end;
	unlike($there, qr/mkrun|ingress/, 'no tap and no qdisc is left');
}

namespace($_) for qw(outside engine spawn);
spew("$scratch/spawn-net", path('spawn'));
is(inside('outside', <<"SHELL"), '', 'an engine makes a network');
set -e
ip link set lo up
ip link add out type veth peer name eth0 netns $pid{engine}
ip address add 10.99.0.1/24 dev out
ip address add fd00:99::1/64 dev out nodad
ip link set out up
mkdir $scratch/www
echo outside >$scratch/www/file
SHELL
background('server', 'nsenter', '--net=' . path('outside'), 'busybox', 'httpd', '-f', '-p', '80', '-h', "$scratch/www");
within('and has a server outside', "outside\n", 'outside', 'busybox wget -qO- http://127.0.0.1/file');
is(inside('engine', <<'SHELL'), '', 'with addresses and routes');
set -e
ip link set eth0 address 52:54:00:99:00:02 mtu 1400
ip address add 10.99.0.2/24 dev eth0
ip address add 10.98.0.2/32 dev eth0
ip address add fd00:99::2/64 dev eth0 nodad
ip link set eth0 up
ip route add default via 10.99.0.1
ip route add 10.97.0.0/16 via 10.97.0.1 dev eth0 metric 7 onlink
ip route add 10.96.0.1 dev eth0 src 10.98.0.2
ip -6 route add default via fd00:99::1
SHELL
conf('cpus=2-3', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
symlink 'busybox', "$scratch/bundle/rootfs/bin/$_" for qw(httpd wget ping);
mkdir "$scratch/bundle/rootfs/www";
spew("$scratch/bundle/rootfs/www/file", "inside\n");

# A network whose other end sleeps for some seconds says that nobody is there.
bundle_of('httpd -p 8080 -h /www; until wget -qO- http://10.99.0.1/file; do sleep 1; done;
	wget -qO- http://127.0.0.1:8080/file; sleep 1000', path('engine'));
is(system("$mkrun --root $scratch/root create -b $scratch/bundle --pid-file $scratch/pid one </dev/null >$scratch/its-out 2>$scratch/its-err"),
	0, 'a container in it is created');
like(slurp("$scratch/calls"), qr/^mkio net mkrun-one-\w+ --tap mkrun0 --mac 52:54:00:99:00:02 --mtu 1400 --name net0$/m,
	'with a device as the interface is');
is(addresses('spawn', 'eth0'), '10.98.0.2/32 10.99.0.2/24 fd00:99::2/64', 'it has the name and the addresses');
is(routes('spawn'), routes('engine'), 'and the routes') or diag inside('spawn', 'ip address; ip route');
like(inside('spawn', 'ip link show lo'), qr/[<,]UP/, 'and loopback');
is(system("$mkrun --root $scratch/root start one"), 0, 'it runs');
within('who is outside fetches from it', "inside\n", 'outside', 'busybox wget -qO- http://10.99.0.2:8080/file');
within('by IPv6 as well', "inside\n", 'outside', 'busybox wget -qO- http://[fd00:99::2]:8080/file');
my $end = time + 60;
sleep 0.1 while time < $end && slurp("$scratch/its-out") ne "outside\ninside\n";
is(slurp("$scratch/its-out"), "outside\ninside\n", 'it fetches from outside, and from itself') or diag slurp("$scratch/its-err");
refuses(qr{the network namespace /proc/\d+/ns/net is another container's: mkrun0 is there}, 'create', '-b', "$scratch/bundle", 'two');
runs('it is killed', 'kill', 'one', 'KILL');
becomes('one', 'stopped');
nothing_is_there();
create('three');
runs('the one before is deleted, in whose namespace there is a new one', 'delete', 'one');
like(inside('engine', 'tc filter show dev eth0 ingress'), qr/mirred .*Redirect to device mkrun0/, 'which keeps its network');
runs('it goes', 'delete', '-f', 'three');
nothing_is_left();
nothing_is_there();

# What goes wrong later, and who is ended by force.
spew("$scratch/refuse-boot", "there is no boot today\n");
refuses(qr/there is no boot today/, 'create', '-b', "$scratch/bundle", 'four');
unlink "$scratch/refuse-boot";
nothing_is_left();
nothing_is_there();
spew("$scratch/refuse-net", "there is no net today\n");
refuses(qr/there is no net today/, 'create', '-b', "$scratch/bundle", 'four');
unlink "$scratch/refuse-net";
nothing_is_there();
create('five', '--pid-file', "$scratch/pid");
kill 'KILL', slurp("$scratch/pid");
becomes('five', 'stopped');
runs('one whose process was ended by force is deleted', 'delete', 'five');
nothing_is_left();
nothing_is_there();

# More than one interface; what the spawn's kernel has named otherwise gives its name up.
is(inside('engine', <<'SHELL'), '', 'a second interface');
set -e
ip link add eth1 type veth peer name out1
ip link set eth1 address 52:54:00:99:00:03
ip address add 10.95.0.2/24 dev eth1
ip link set eth1 up
SHELL
is(inside('spawn', 'ip link add eth1 type veth peer name eth2'), '', 'whose name is taken');
create('six');
is(addresses('spawn', $_->[0]), $_->[1], "$_->[0] is right") for ['eth0', '10.98.0.2/32 10.99.0.2/24 fd00:99::2/64'], ['eth1', '10.95.0.2/24'];
runs('it goes', 'delete', '-f', 'six');
nothing_is_there();

# What cannot be.
is(inside('engine', 'ip route add blackhole 10.94.0.0/16'), '', 'a route to nowhere');
refuses(qr{mkrun has no route like that to 10.94.0.0/16 in}, 'create', '-b', "$scratch/bundle", 'seven');
is(inside('engine', 'ip route del blackhole 10.94.0.0/16; ip tuntap add plain mode tun; ip link set plain up'), '', 'and a tunnel');
refuses(qr{plain in the network namespace /proc/\d+/ns/net has no Ethernet, but none}, 'create', '-b', "$scratch/bundle", 'seven');
bundle_of('true', '/proc/self/ns/net');
refuses(qr/the host's network namespace cannot be shared/, 'create', '-b', "$scratch/bundle", 'seven');
bundle_of('true', '/proc/self/ns/uts');
refuses(qr{/proc/self/ns/uts is no network namespace}, 'create', '-b', "$scratch/bundle", 'seven');
bundle_of('true', "$scratch/pid");
refuses(qr{/pid is no network namespace}, 'create', '-b', "$scratch/bundle", 'seven');
bundle_of('true', '/none');
refuses(qr{the network namespace /none: No such file}, 'create', '-b', "$scratch/bundle", 'seven');
nothing_is_left();

# Nothing but loopback.
namespace('empty');
namespace('spawn');
spew("$scratch/spawn-net", path('spawn'));
bundle_of('true', path('empty'));
create('eight');
like(inside('spawn', 'ip -o link'), qr/^1: lo: <LOOPBACK,UP.*\n$/, 'a namespace without a network: loopback alone');
runs('it goes', 'delete', '-f', 'eight');
nothing_is_left();
ok(-e "$scratch/agent.log", 'the agent was there');
unlike(slurp("$scratch/agent.log"), qr/Sanitizer|runtime error/, 'no sanitizer has complained of it');
done_testing;
