#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The commands of mkctl that show, plan, wait and edit. What tables and JSON look like is in golden/; with GOLDEN=new in
# the environment it is written anew, to be looked at.
use strict;
use warnings;
use Fcntl qw(LOCK_EX O_NONBLOCK O_RDWR);
use File::Path qw(make_path remove_tree);
use FindBin;
use JSON::PP;
use POSIX qw(:sys_wait_h mkfifo);
use Test::More;
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin;
use Helpers;

my $golden = "$FindBin::Bin/golden";

# shows NAME, CODE, ARGUMENTS...: standard output as it is in golden/NAME, nothing on standard error
sub shows
{
	my ($name, $code, @arguments) = @_;
	my ($got, $out, $err) = run(@arguments);
	spew("$golden/$name", $out) if ($ENV{GOLDEN} // '') eq 'new';
	subtest "mkctl @arguments" => sub {
		is $got, $code, 'exit code';
		is $out, slurp("$golden/$name"), "as in $name";
		is $err, '', 'no complaint';
	};
}

sub ends
{
	my ($pid) = @_;
	my $end = time + 60;
	sleep 0.02 while waitpid($pid, WNOHANG) == 0 && time < $end;
	kill 'KILL', $pid if time >= $end;
	return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}

sub has_open
{
	my ($pid, $path) = @_;
	return grep { (readlink($_) // '') eq $path } glob "/proc/$pid/fd/*";
}

sub sleeps
{
	my ($pid) = @_;
	return (slurp("/proc/$pid/stat") // '') =~ /\) S /;
}

# Until it waits on the file: it sleeps nowhere else, and has the file open at times before.
sub waits_on
{
	my ($pid, $path) = @_;
	my $end = time + 60;
	sleep 0.02 until (sleeps($pid) && has_open($pid, $path)) || time > $end;
}

machine();
spew("$mk/pool/memory_bytes", 0x90000000 . "\n");
spew("$mk/pool/cpus", "1-3\n");
make_path("$sys/module/multikernel/parameters", "$scratch/proc");
spew("$sys/module/multikernel/parameters/pool", "2G\n");
$ENV{MKCTL_PROC} = "$scratch/proc";
instance('web', 1, 'active', 0x10000000, 1);
instance('db', 7, 'ready', 0x20000000, 3, 2);
spew("$sys/devices/system/cpu/present", "0,4\n");
spew("$sys/devices/system/cpu/online", "0,4\n");
spew("$mk/instances/web/liveness", "alive\n");

# show
shows('show.txt', 0, qw(show web));
shows('show.json', 0, qw(show --json web));
runs('show by id', 0, qr/^Name +db\n/, '', qw(show 7));
refuses('show of an id that is not there', 'there is no instance "8"', qw(show 8));
refuses('show of nearly a name', 'there is no instance "wbe"; did you mean "web"?', qw(show wbe));
refuses('show of another', 'there is no instance "customers"', qw(show customers));
instance('1', 9, 'ready', 0x1000, 8);
runs('a name goes before an id', 0, qr/^Name +1\nId +9\n/, '', qw(show 1));
remove_tree("$mk/instances/1");
shows('list.txt', 0, 'list');
shows('list.json', 0, qw(list --json));

# Ids where names are taken: the call is for the instance that has it.
spew("$dev/multikernel", '');
runs('kill by id', 0, "web: active\n", '', qw(kill 1));
like slurp("$dev/calls"), qr/^0x80010001 serial 101 /, 'names the instance';
unlink "$dev/calls";

# apply --dry-run
my @web = (web => [ 1, 1, 0x10000000 ]);
spew("$mk/device_tree", '');
my $tree = tree('t.dts', @web, new => [ 2, 4, 0x1000000 ], db => [ 7, '2 3', 0x20000000 ]);
shows('plan.txt', 0, qw(apply --dry-run), $tree);
shows('plan.json', 0, qw(apply -n --json), $tree);
shows('plan_destroy.txt', 0, qw(apply -n), tree('t.dts', @web));
wrong('--json alone', 'apply --json goes with --dry-run', 'apply FILE [-n] [--json]', qw(apply --json t.dts));
sub is_refused
{
	my ($name, $sentence, $advice, @instances) = @_;
	my $file = tree('t.dts', @instances);
	refuses("$_->[0] of $name", qr/^mkctl: t\.dts: $sentence.*\n$advice\z/, @{$_}, $file)
		for [ 'check' ], [ qw(apply -n) ];
}
is_refused('a CPU that is not there', 'instance "new": .*cpu 5', "mkctl: CPUs that an instance can have: 4\n",
	@web, new => [ 2, 5, 0x1000 ]);
is_refused('too much memory', 'instance "new": memory-bytes',
	"mkctl: a pool of 3072 MB would do: mkctl pool 3072M\n", @web, new => [ 2, 4, 0xb0000000 ]);
is_refused('a running instance that goes', 'instance "web": cannot be removed while it is active', '',
	new => [ 2, 4, 0x1000 ]);
is slurp("$mk/device_tree"), '', 'nothing has been uploaded';

# export, create, set, delete
shows('export.dts', 0, 'export');
is system("$mkctl export | $mkctl check - >/dev/null"), 0, 'what is exported is taken';
like `$mkctl export | $mkctl apply -n -`, qr/^keep +web .*\nkeep +db /m, 'and changes nothing';
is `$mkctl export --dtb | $mkctl check -`, `$mkctl export | $mkctl check -`, 'compiled as well';
sub uploads
{
	my ($name, $wanted, @arguments) = @_;
	spew("$mk/device_tree", '');
	runs($name, 0, qr/^NAME /, '', @arguments);
	system("cp $mk/device_tree uploaded.dtb");
	my $plan = `$mkctl apply -n uploaded.dtb 2>&1`;
	is $plan =~ s/ +/ /gr, "ACTION NAME ID CPUS MEMORY\n$wanted", 'asks for that';
}
my $keep = "keep web 1 1 256 MB\nkeep db 7 3,2 512 MB\n";
uploads('create', "${keep}create new 2 4 16 MB\n", qw(create new --cpus 4 --memory 16M));
uploads('create with an id', "${keep}create new 40 4 1024 MB\n", qw(create new --cpus 4 --memory=1G --id 40));
uploads('create with what may come', "${keep}create new 2 4 16 MB\n",
	qw(create new --cpus 4 --cpus-max 2-4 --memory 16M));
is scalar(`fdtget uploaded.dtb /instances/new/resources cpus-max`), "2 3 4\n", 'and says what may come';
uploads('set', "keep web 1 1 256 MB\nre-make db 7 3-4 512 MB\n", qw(set db --cpus 3-4));
uploads('set by id', "keep web 1 1 256 MB\nre-make db 7 4 512 MB\n", qw(set 7 --cpus 4));
uploads('set of memory', "keep web 1 1 256 MB\nre-make db 7 3,2 1024 MB\n", qw(set db --memory 1G));
wrong('set of nothing', 'set: --cpus or --memory is missing', 'set NAME [--cpus LIST] [--memory SIZE]', qw(set db));
refuses('set of what is not there', 'there is no instance "wbe"; did you mean "web"?', qw(set wbe --cpus 4));
wrong('set --cpus', 'set: --cpus takes a list such as 2-3,5, and not "x"', 'set NAME [--cpus LIST] [--memory SIZE]', qw(set db --cpus x));
uploads('delete', "destroy db 7 3,2 512 MB\nkeep web 1 1 256 MB\n", qw(delete db));
uploads('delete by id', "destroy db 7 3,2 512 MB\nkeep web 1 1 256 MB\n", qw(delete 7));
spew("$mk/device_tree", '');
refuses("$_->[0] of an id that is larger than any", 'there is no instance "4294967303"', @$_) for [qw(delete 4294967303)], [qw(set 4294967303 --cpus 4)];
# Someone else is quicker: what he has made is kept, and what he has left is not waited for in vain.
sub overtakes
{
	my ($times, $command) = @_;
	spew("$mk/last_error", "device tree: written at offset 4, where 0 bytes of an upload are there\n");
	spew("$dev/times", "$times\n");
	spew("$dev/at-upload", "#!/bin/sh\nread times <$dev/times\n[ \$times -gt 0 ] || exit 0\n" .
		"echo \$((times - 1)) >$dev/times\n$command\nexit 1\n");
	chmod 0755, "$dev/at-upload";
}
overtakes(1, "mkdir -p $mk/instances/other && $fake instance $mk/instances/other other 3 ready 0x1000000 8");
uploads('create beside someone else', "${keep}create new 2 4 16 MB\n" =~ s/keep db/keep other 3 8 16 MB\nkeep db/r,
	qw(create new --cpus 4 --memory 16M));
remove_tree("$mk/instances/other");
overtakes(1, "rm -r $mk/instances/db");
spew("$mk/device_tree", '');
refuses('delete of what someone else deletes', 'there is no instance "db"', qw(delete db));
instance('db', 7, 'ready', 0x20000000, 3, 2);
overtakes(3, ':');
uploads('apply beside someone else', "destroy db 7 3,2 512 MB\nkeep web 1 1 256 MB\n", 'apply', tree('t.dts', @web));
# His tree is taken between the refusal and the look for its sentence.
overtakes(1, "echo ok >$mk/last_error");
uploads('apply beside someone else who is taken at once', "destroy db 7 3,2 512 MB\nkeep web 1 1 256 MB\n",
	'apply', tree('t.dts', @web));
unlink "$dev/at-upload";
spew("$mk/last_error", "ok\n");
# Another mkctl is at it: its turn is waited for.
spew("$mk/device_tree", '');
open(my $turn, '<', "$mk/device_tree") or die "device_tree: $!";
flock $turn, LOCK_EX or die "flock: $!";
my $waiting = start('delete', 'db');
sleep 0.5;
is slurp("$mk/device_tree"), '', 'nothing is uploaded meanwhile';
is waitpid($waiting, WNOHANG), 0, 'it waits';
close $turn;
waitpid $waiting, 0;
is $? >> 8, 0, 'and is done then';
isnt slurp("$mk/device_tree"), '', 'with an upload of its own';

my $create = 'create NEW-NAME --cpus LIST --memory SIZE [--cpus-max LIST] [--id ID]';
wrong("create --cpus '$_'", "create: --cpus takes a list such as 2-3,5, and not \"$_\"", $create,
	qw(create new --memory 1G --cpus), $_) for ('', ',', '3-', '3-2', '1,,2', '1,', 'x', '1 2', '8192', '-1');
wrong('create with a CPU twice', 'create: --cpus has CPU 3 twice', $create,
	qw(create new --memory 1G --cpus), '2-4,3');
wrong("create --memory '$_'", "create: --memory takes a size, such as 512M or 2G, and not \"$_\"", $create,
	qw(create new --cpus 4 --memory), $_) for '', 'x', '1GB', '1.5G', '-1', '1 G', '99999999T';
wrong('create --id', 'create: --id takes ID, a whole number up to 2047', $create,
	qw(create new --cpus 4 --memory 1G --id 2048));
wrong('create twice an option', 'create: --id is given twice', $create,
	qw(create new --cpus 4 --memory 1G --id 3 --id 4));
refuses('create of what is there', 'there is an instance "db" already', qw(create db --cpus 4 --memory 1G));
refuses('create with a CPU that another has', qr/^mkctl: instance "\w+": property "cpus" has CPU 3, .*\nmkctl: CPUs that an instance can have: [\d,-]+\n\z/,
	qw(create new --cpus 3 --memory 1G));
refuses('create with an id that is taken', qr/^mkctl: instance "new": property "id" is 7, which/, qw(create new --cpus 4 --memory 1G --id 7));
refuses('create with a CPU that is taken', qr/^mkctl: instance "new": property "cpus" has CPU 3, which/, qw(create new --cpus 3 --memory 1G));
refuses('create with the id of the host', 'instance "new": property "id" is 0, which is the host; use 1 to 2047', qw(create new --cpus 4 --memory 1G --id 0));
refuses("$_->[0] with no memory", qr/^mkctl: instance "(new|db)": property "memory-bytes" is 0; a kernel needs memory\n\z/, @$_)
	for [qw(create new --cpus 4 --memory 0)], [qw(set db --memory 0)], [qw(set db --cpus 4 --memory 0)];
refuses('create with an odd size', qr/^mkctl: instance "new": property "memory-bytes" is 0x1,/, qw(create new --cpus 4 --memory 1));
refuses("create of '$_'", qr/^mkctl: .*/, 'create', $_, qw(--cpus 4 --memory 1G)) for 'a b', 'a/b', '..', 'x' x 32;
refuses('delete of another', 'there is no instance "bd"; did you mean "db"?', qw(delete bd));
refuses('delete of one and another', 'there is no instance "none"', qw(delete db none));
is length slurp("$mk/device_tree"), 4, 'of all these no tree is uploaded';

# pool
spew("$scratch/proc/iomem", <<'IOMEM');
00100000-7fffffff : System RAM
100000000-15fffffff : Multikernel pool
  100000000-10fffffff : Multikernel instance web
180000000-18fffffff : Multikernel pool
IOMEM
shows('pool.txt', 0, 'pool');
shows('pool.json', 0, qw(pool --json));
my $parameter = "$sys/module/multikernel/parameters/pool";
runs('pool SIZE', 0, qr/^Memory: /, '', qw(pool 3G));
is slurp($parameter), "3G\n", 'writes the parameter';
spew($parameter, "2G\n");
refuses("pool $_", qr/^mkctl: pool: "\Q$_\E"/, 'pool', $_) for '1.5G', 'much', '1M', '1G@';
is slurp($parameter), "2G\n", 'writes nothing then';
unlink $parameter;
symlink '/dev/full', $parameter;
spew("$mk/last_error", "pool: there is not so much\n");
refuses('a pool that the kernel refuses', 'pool: No space left on device: pool: there is not so much', qw(pool 9G));
unlink $parameter;
refuses('a pool without its file', qr{^mkctl: /sys/module/multikernel/parameters/pool: No such file}, qw(pool 1G));
spew("$mk/last_error", "ok\n");
spew($parameter, "2G\n");

# wait
runs('wait for what is', 0, "web: active\n", '', qw(wait web --for active));
runs('wait for what does not come', 3, '', "mkctl: web: it is active, and not ready, after 0 seconds\n",
	qw(wait web --for ready --timeout 0));
wrong('wait for nothing', 'wait wants --for STATE', 'wait NAME --for STATE [--timeout SECONDS]', qw(wait web));
wrong('wait for no state', 'wait: there is no state "redy"; did you mean "ready"?',
	'wait NAME --for STATE [--timeout SECONDS]', qw(wait web --for redy));
wrong('wait for what no instance is', 'wait: there is no state "empty"', 'wait NAME --for STATE [--timeout SECONDS]',
	qw(wait web --for empty --timeout 1));
my $status = "$mk/instances/web/status";
sub waits
{
	my ($for, $change) = @_;
	my $pid = start('wait', 'web', '--for', $for);
	waits_on($pid, $status);
	is waitpid($pid, WNOHANG), 0, "it waits for $for";
	$change->($pid);
	return ends($pid) . ': ' . slurp("$scratch/out") . slurp("$scratch/err");
}
is waits('ready', sub { put($status, "ready\n") }), "0: web: ready\n", 'and it comes';
spew("$mk/instances/web/failure", "it broke\n");
is waits('active', sub { put($status, "failed\n") }), "1: mkctl: web: it failed meanwhile: it broke\n", 'or it fails';
is waits('active', sub { put($status, "active\n") }), "0: web: active\n", 'one that had failed may come, too';
spew("$mk/instances/web/failure", "\n");
is waits('ready', sub { kill 'INT', $_[0] }), '130: ', 'Ctrl-C ends it';
is waits('ready', sub { goes('web') }), "1: mkctl: web: it has gone\n", 'and so does its end';
instance('web', 1, 'active', 0x10000000, 1);
is waits('gone', sub { goes('web') }), "0: web: gone\n", 'for which one can wait, too';
instance('web', 1, 'active', 0x10000000, 1);

# events
sub hears
{
	my ($name, $change, $line) = @_;
	$change->();
	becomes("$scratch/out", qr/$line/m, $name);
}
my $stamp = '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z';
my $pid = start('events');
becomes("$scratch/out", qr/$stamp  web  there: active\n$stamp  db  there: ready\n/m, 'events begins with what is there');
hears('a status', sub { put($status, "ready\n") }, "$stamp  web  status: ready\$");
hears('a load', sub { spew("$mk/instances/web/generation", "6\n") }, "$stamp  web  load\$");
hears('liveness', sub { spew("$mk/instances/web/liveness", "hung: no sign of life for 12 s\n") }, "$stamp  web  liveness: hung: no sign");
hears('a failure', sub { spew("$mk/instances/web/failure", "it hangs\n") }, "$stamp  web  failure: it hangs\$");
spew("$mk/instances/web/liveness", "hung: no sign of life for 13 s\n");
hears('one more', sub { instance('zoo', 12, 'ready', 0x1000, 9) }, "$stamp  zoo  there: ready\$");
hears('one less', sub { goes('zoo') }, "$stamp  zoo  gone\$");
# Its files come and go one by one, and each look may see a part of them.
make_path("$mk/instances/cat");
spew("$mk/instances/cat/id", "13\n");
spew("$mk/instances/cat/serial", "113\n");
hears('a look', sub { put($status, "active\n") }, "$stamp  web  status: active\$");
hears('one that comes bit by bit', sub { instance('cat', 13, 'ready', 0x1000, 10) }, "$stamp  cat  there: ready\$");
unlink "$mk/instances/cat/status";
hears('another look', sub { put($status, "ready\n") }, "  web  status: active\n(?:.*\n)*$stamp  web  status: ready\$");
unlike slurp("$scratch/out"), qr/cat  gone/, 'half of it is not gone';
hears('one that goes bit by bit', sub { goes('cat') }, "$stamp  cat  gone\$");
is scalar(() = slurp("$scratch/out") =~ /  cat  /g), 2, 'and nothing else is told of it';
unlike slurp("$scratch/out"), qr/13 s/, 'seconds are no news';
hears('another of the same name', sub { spew("$mk/instances/db/serial", "200\n") }, "$stamp  db  gone\n$stamp  db  there: ready\$");
kill 'TERM', $pid;
is ends($pid), 130, 'it ends by a signal';
instance('web', 1, 'active', 0x10000000, 1);
instance('db', 7, 'ready', 0x20000000, 3, 2);
$pid = start(qw(events --json db));
becomes("$scratch/out", qr/\}\n\z/, 'as JSON');
spew("$mk/instances/db/status", "active\n");
becomes("$scratch/out", qr/\n.*\}\n\z/, 'a line each');
kill 'TERM', $pid;
is ends($pid), 130, 'it ends by a signal';
my @events = map { decode_json($_) } split /\n/, slurp("$scratch/out");
is_deeply [ map { "$_->{name} $_->{event} $_->{status} $_->{serial}" } @events ],
	[ 'db there ready 107', 'db status active 107' ], 'of one instance alone';
spew("$mk/instances/db/status", "ready\n");
refuses('events of no instance', 'there is no instance "none"', qw(events none));

# What a file beside the image says of the kernel
spew('vmlinuz-own', 'not looked at');
spew('config-own', "CONFIG_ACPI=y\n# CONFIG_PCI is not set\n");
my $beside = 'says that it has no CONFIG_PCI: its reboot would reset the machine, and it may take the host\'s interrupts; ' .
	'--unsafe takes it all the same';
refuses('a kernel without PCI', "vmlinuz-own: config-own $beside", qw(boot web --kernel vmlinuz-own));
refuses('of a directory', "./vmlinuz-own: ./config-own $beside", qw(boot web --kernel ./vmlinuz-own));
runs('but for --unsafe', 0, "web: active\n", '', qw(boot web --unsafe --kernel vmlinuz-own));
symlink 'vmlinuz-own', 'newest';
refuses('of a link', qr{^mkctl: newest: /.*/config-own \Q$beside\E$}, qw(boot web --kernel newest));
unlink 'newest';
mkdir 'own-modules';
spew('own-modules/vmlinuz', 'not looked at');
spew('own-modules/config', "# CONFIG_ACPI is not set\n");
refuses('a kernel without ACPI', qr{^mkctl: own-modules/vmlinuz: own-modules/config says that it has no CONFIG_ACPI: },
	qw(boot web --kernel own-modules/vmlinuz));
remove_tree('own-modules');
rename 'vmlinuz-own', 'own';
runs('one of another name', 0, "web: active\n", '', qw(boot web --kernel own));
unlink qw(own config-own);

# metrics
shows('metrics.txt', 0, 'metrics');
system($fake, 'boot', "$mk/instances/web");
system($fake, 'say', "$mk/instances/web", 'one', 'two');
runs('metrics --logs', 0, qr/^multikernel_instance_log_errors\{name="web"\} \d+\n(?!.*name="db")/m, '', qw(metrics --logs));
unlink "$mk/instances/db/serial";
runs('metrics of one that cannot be read', 1, qr/^multikernel_instance_cpus\{name="web"\} 1$/m,
	qq{mkctl: instance "db": cannot read its files: serial: No such file or directory\n}, 'metrics');
instance('db', 7, 'ready', 0x20000000, 3, 2);

# top
runs('top', 0, qr/^NAME +ID +STATUS +LIFE .*\nweb +1 +active .* -\ndb .*\nNAME .*\nweb +1 .* 0\.0\n/s, '', qw(top -n 2 -d 1));

# What its kernel tells of its CPUs: nothing at the first look, then the use since that; nothing of another kernel, nor of
# one whose word makes no sense.
# Pipes stand for its files, so that each look reads what is meant for it, however long it takes.
sub cpu_of
{
	my ($name, $wanted, @looks) = @_;
	my $db = "$mk/instances/db";
	unlink "$db/$_" for qw(generation cpu_time);
	mkfifo("$db/$_", 0600) or die for qw(generation cpu_time);
	my $pid = start(qw(top --json -n 2 -d 1));
	for my $look (0, 1) {
		spew_into("$db/generation", $looks[$look][0]);
		spew_into("$db/cpu_time", $looks[$look][1]);
		becomes("$scratch/out", qr/\A(.*\n){@{[$look + 1]}}\z/, "$name: a look");
	}
	waitpid $pid, 0;
	my @used = map { decode_json($_)->[1]{cpu_percent} } split /\n/, slurp("$scratch/out");
	is_deeply \@used, [ undef, $wanted ], $name;
	unlink "$db/$_" for qw(generation cpu_time);
}
sub spew_into
{
	my ($path, $text) = @_;
	open(my $pipe, '>', $path) or die "$path: $!";
	print $pipe $text;
}
spew("$mk/instances/web/uptime", "93784\n");
spew("$mk/instances/web/cpu_time", "10000 60000\n");
spew("$mk/instances/web/memory_used", 37 * (1 << 20) + 1 . "\n");
runs('top has the time', 0, qr/^web +1 +active +hung +1d02h +1 +- +256 MB +38 MB /m, '', qw(top -n 1));
runs('show as well', 0, qr/^Uptime +1d02h\nBusy +10\.0 s of CPU time in 60\.0 s\n.*\nMemory +256 MB, 38 MB in use\n/m, '', qw(show web));
runs('metrics of the memory in use, where that is told', 0, qr/^multikernel_instance_memory_used_bytes\{name="web"} 38797313\n(?!.*used_bytes)/ms, '', 'metrics');
cpu_of('one and a half CPUs', 150, [ "5\n", "10000 60000\n" ], [ "5\n", "11500 61000\n" ]);
cpu_of('no new word', undef, [ "5\n", "10000 60000\n" ], [ "5\n", "10000 60000\n" ]);
cpu_of('another kernel', undef, [ "5\n", "10000 60000\n" ], [ "6\n", "11500 61000\n" ]);
cpu_of('one that goes back', undef, [ "5\n", "10000 60000\n" ], [ "5\n", "9000 61000\n" ]);
cpu_of('one that says no more', undef, [ "5\n", "10000 60000\n" ], [ "5\n", '' ]);
unlink map "$mk/instances/web/$_", qw(cpu_time memory_used uptime);
spew("$mk/instances/db/generation", "5\n");

# Colour is for terminals.
SKIP: {
	skip 'there is no script(1)', 4 if system('command -v script >/dev/null');
	local $ENV{TERM} = 'xterm';
	my $on = `script -qec '$mkctl list' /dev/null </dev/null`;
	like $on, qr/\e\[32mactive\e\[0m/, 'colour on a terminal';
	unlike `NO_COLOR=1 script -qec '$mkctl list' /dev/null </dev/null`, qr/\e/, 'none with NO_COLOR';
	unlike `TERM=dumb script -qec '$mkctl list' /dev/null </dev/null`, qr/\e/, 'none on a dumb one';
	is $on =~ s/\e\[\d*m|\r//gr, slurp("$golden/list.txt") =~ s/\balive//r, 'and the same table';
}

# The manual page has each command and each of its options.
my $manual = slurp("$FindBin::Bin/../../doc/mkctl.8");
for my $command (commands()) {
	my $section = join '', $manual =~ /^(\.It (?:Xo\n\.)?(?:.*, )?Cm $command\b.*?)(?=^\.(?:It|El))/msg;
	ok $section, "the manual page has $command";
	like $section, qr/Fl (?:\w \| )?-\Q$_\E\b/, "and its --$_" for `$mkctl help $command` =~ /^ +(?:-\w, )?--([\w-]+)/mg;
}

# complete, as shells ask
sub completes
{
	my ($words, $wanted) = @_;
	my ($code, $out) = run('complete', @$words);
	is join(' ', map { s/\t.*//r } split /\n/, $out), $wanted, "completes @$words";
}
completes([ 'l' ], 'list logs');
completes([ 'help', 'ch' ], 'check');
completes([ 'boot', '' ], 'web db');
completes([ 'create', '' ], '');
completes([ 'create', '--cpus', '2', 'w' ], '');
completes([ 'boot', 'web', '--k' ], '--kernel');
completes([ 'boot', 'web', '--kernel', '' ], ':file');
completes([ 'boot', '--kernel', 'x', '' ], 'web db');
completes([ 'boot', 'web', '' ], '');
completes([ 'delete', 'web', '' ], 'web db');
completes([ 'check', '' ], ':file');
completes([ 'wait', 'web', '--for', '' ], 'ready loading active failed');
completes([ 'dump', 'web', '-o', '' ], ':file');
completes([ 'i' ], 'image');
completes([ 'se' ], 'set service');
completes([ 'image', 'l' ], 'load list');
completes([ 'set', 'web', '--c' ], '--cpus');
completes([ 'boot', 'web', '--share', '' ], ':file');
is +(run('complete', 'boot', 'web', '--share', 'root=/s'))[1], ":file\troot=\n", 'a directory behind its tag';
completes([ 'boot', 'web', '--kernel', 'a=b' ], ':file');
make_path("$sys/class/net/br0/bridge", "$sys/class/net/eth0");
completes([ 'boot', 'web', '--net', '' ], 'br0');
spew("$mk/instances/web/devices", "0 disk0 2 running served 118 97\n1 data 2 reset unserved 0 0\n");
completes([ 'resize', 'web', '' ], 'disk0 data');
completes([ 'resize', 'web', 'disk0', '' ], '');
unlink "$mk/instances/web/devices";
completes([ 'list', '--' ], '--json --help');
completes([ 'nothing', '' ], '');

# Words in any order, and names that look like options.
instance('-web', 11, 'ready', 0x1000, 12);
runs('-- ends the options', 0, qr/^Name +-web\n/, '', qw(show -- -web));
{
	local $ENV{POSIXLY_CORRECT} = 1;
	runs('the order does not depend on the environment', 0, qr/"name": "web"/, '', qw(show web --json));
}
wrong('half a name is none', 'show does not know --jso; did you mean "--json"?', 'show NAME [--json]', qw(show web --jso));
wrong('a flag takes no value', 'show: --json takes no value', 'show NAME [--json]', qw(show web --json=x));
runs('--help anywhere', 0, qr/^usage: mkctl boot /, '', qw(boot web --kernel --help --help));
remove_tree("$mk/instances/-web");

# dump: nothing is there under its name before it is whole, and links lead nowhere.
spew('secret', 'mine');
symlink 'secret', 'link.core';
runs('dump over a link', 0, '', '', qw(dump web -o link.core));
ok !-l 'link.core' && -s 'link.core' > 4096, 'takes the place of the link';
is slurp('secret'), 'mine', 'and leaves alone where it led';
spew('open.core', '');
chmod 0644, 'open.core';
runs('dump over a file that all may read', 0, '', '', qw(dump web -o open.core));
is +(stat 'open.core')[2] & 0777, 0600, 'makes one for its owner only';
system("{ echo before; $mkctl dump web -o -; } >both.core");
like slurp('both.core'), qr/\Abefore\n\x7fELF/, 'dump to where standard output is';
system("echo before >both.core; $mkctl dump web -o /dev/stdout >>both.core");
is -s 'both.core', 7 + -s 'open.core', 'or is appended to';
refuses('dump over a directory', 'empty: cannot open: Is a directory', qw(dump web -o empty));
is join(' ', glob '*.core.* empty.*'), '', 'no temporary file is left';

# What is long has a bar on a terminal, which is gone in the end, and none elsewhere.
SKIP: {
	skip 'there is no script(1)', 7 if system('command -v script >/dev/null');
	system("truncate -s 40M half; mkdir -p $mk/images/rootfs");
	spew("$mk/images/rootfs/$$_[0]", $$_[1]) for [ size => 0x6000000 . "\n" ], [ status => "empty\n" ],
		[ loaded_bytes => "0\n" ], [ instances => '' ], [ image => '' ];
	system('truncate -s 70M whole');
	{
		local $ENV{FAKE_BYTES} = 96 << 20;
		instance('large', 13, 'active', 96 << 20, 14);
	}
	system($fake, 'boot', "$mk/instances/large");
	truncate "$mk/instances/large/memory", 0x40000000 + (96 << 20);
	for my $long ([ rootfs => 'image load rootfs whole' ],
		      [ initrd => 'boot web --kernel half --initrd half --initrd half' ],
		      [ large => 'dump large -o bar.core' ]) {
		my ($what, $command) = @$long;
		like `script -qec '$mkctl $command' /dev/null </dev/null`,
			qr/^\r$what \[ {40}\] 0 of \d\d+ MB\r.*\[#+ *\] \d+ of \d\d+ MB\r\e\[K/s, "a bar: $command";
	}
	my ($code, $out, $err) = run(qw(boot web --kernel half --initrd half --initrd half));
	unlike $err, qr/\[/, 'none where nobody sees it';
	remove_tree("$mk/images", "$mk/instances/large");
	unlink qw(half whole bar.core);

	# That of the pool follows what the kernel says while it works: here a pipe takes nothing until it is read.
	my ($proc, $parameter) = ("$scratch/proc", "$sys/module/multikernel/parameters/pool");
	local $ENV{MKCTL_PROC} = $proc;
	mkdir $proc;
	spew("$proc/iomem", "100000000-10fffffff : Multikernel pool\n");
	unlink $parameter;
	mkfifo($parameter, 0600) or die "$parameter: $!";
	sysopen(my $pipe, $parameter, O_RDWR | O_NONBLOCK) or die "$parameter: $!";
	1 while syswrite $pipe, 'x' x 4096;
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		exec qw(script -qfec), "echo \$\$ >pid; exec $mkctl pool 1G", "$scratch/typescript" if open STDIN, '<', '/dev/null';
		exit 1;
	}
	becomes("$scratch/typescript", qr/\rpool \[ {40}\] 0 of 768 MB/, 'a bar: pool');
	spew("$proc/iomem", "100000000-11fffffff : Multikernel pool\n 100000000-1000fffff : Multikernel instance web\n");
	becomes("$scratch/typescript", qr/\rpool \[#{13} {27}\] 256 of 768 MB/, 'which grows with it');
	my ($writer, $end) = (slurp('pid') + 0, time + 60);
	sleep 0.02 until sleeps($writer) || time > $end;	# in write(2), which the signal is to end
	kill INT => $writer;
	waitpid $pid, 0;
	is $? >> 8, 130, 'Ctrl-C leaves';
	like slurp("$scratch/typescript"), qr/256 of 768 MB\r\e\[Kmkctl: pool: Interrupted system call/, 'and the bar has gone';
}

# An error that others than the module give, as a filter of system calls does, is not explained by an older sentence:
# there is nothing at the beginning of our own memory that could be written.
spew("$mk/last_error", "an old story\n");
unlink "$mk/device_tree";
symlink '/proc/self/mem', "$mk/device_tree";
refuses("an error that is not the module's", qr/\Amkctl: t\.dts: Input\/output error\n\z/, 'apply', tree('t.dts', @web));
unlink "$mk/device_tree";
symlink '/dev/full', "$mk/device_tree";
refuses('and one that may be', qr/\Amkctl: t\.dts: No space left on device: an old story\n/, qw(apply t.dts));
done_testing;
