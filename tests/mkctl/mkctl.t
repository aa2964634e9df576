#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl against a directory that looks like /sys: what it prints, what it returns, what it writes.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use FindBin;
use JSON::PP;
use POSIX ':sys_wait_h';
use Test::More;
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin;
use Helpers;

# Usage.
my %usage = (
	apply => 'FILE [-n] [--json]', check => 'FILE',
	boot => 'NAME --kernel FILE [--initrd FILE]... [--append TEXT] [--inject] [--module FILE] [--unpack] [--unsafe]'
		. ' [--disk FILE]... [--net BRIDGE|macvtap=INTERFACE]... [--share [TAG=]DIRECTORY]... [--vsock]',
	devices => 'NAME [--json]',
	console => 'NAME [-e KEY] [--quit SECONDS]', create => 'NEW-NAME --cpus LIST --memory SIZE [--cpus-max LIST] [--id ID]',
	delete => 'NAME...', doctor => '[--json] [--bundle]', dump => 'NAME -o FILE', events => '[NAME] [--json]',
	export => '[--dtb]', kill => 'NAME', list => '[--json]', logs => '[NAME] [-f] [--core FILE]',
	metrics => '[--logs]', pool => '[SIZE] [--json]', reboot => 'NAME [--timeout SECONDS]', resize => 'NAME DEVICE SIZE', set => 'NAME [--cpus LIST] [--memory SIZE]',
	show => 'NAME [--json]',
	stop => 'NAME [--timeout SECONDS]', top => '[-d SECONDS] [--json] [-n COUNT]',
	wait => 'NAME --for STATE [--timeout SECONDS]',
);
is join(' ', sort grep { !/ / } commands()), join(' ', sort keys %usage), 'these are the commands';
my $general = 'COMMAND [ARGUMENTS]; "mkctl --help" lists them';
wrong('no command', 'no command given', $general);
wrong('unknown command', 'there is no command "frob"', $general, 'frob');
wrong("half a command: @$_", 'image wants one more word: image load, image list', $general, @$_)
	for [ 'image' ], [ qw(image lod) ], [ qw(help image) ], [ qw(image --help) ];
wrong('help for an unknown command', 'there is no command "frob"', $general, qw(help frob));
wrong('help for two', 'help takes one COMMAND', $general, qw(help list boot));
runs('--version', 0, qr/^mkctl \d+\.\d+\n\z/, '', '--version');

# What a terminal of 24 lines of 80 columns shows whole.
my @help = split /\n/, `$mkctl --help`;
cmp_ok scalar(@help), '<=', 24, '--help fits a screen';
for my $command ('', commands()) {
	my $text = `$mkctl $command --help`;
	like $text, qr/^usage: mkctl /, "$command --help tells";
	is join("\n", grep { length > 80 } split /\n/, $text), '', "$command --help is not too wide";
}
for my $command (sort keys %usage) {
	my $line = broken("usage: mkctl $command $usage{$command}" =~ s/ \z//r);
	my ($code, $text) = run('help', $command);
	runs("$command --help", 0, $text, '', $command, '--help');
	like $text, qr/\A$line\n\n\w/, "help $command";
	wrong("$command --xyzzy", "$command does not know --xyzzy", "$command $usage{$command}" =~ s/ \z//r, $command, 'a',
		'--xyzzy');
}
wrong('list -x', 'list does not know -x', 'list [--json]', qw(list -x));
wrong("$_ without FILE", "$_ takes one FILE", "$_ $usage{$_}", $_) for qw(check apply);
wrong("$_ with two files", "$_ takes one FILE", "$_ $usage{$_}", $_, 'a', 'b') for qw(check apply);
wrong("$_ without NAME", "$_ takes one NAME", "$_ $usage{$_}", $_) for qw(stop kill reboot logs dump boot);
wrong('list with a name', 'list takes no "a"', 'list [--json]', qw(list a));
wrong('dump without FILE', 'dump wants --output FILE', "dump $usage{dump}", qw(dump a));
wrong('dump with a dangling option', 'dump: -o wants a value', "dump $usage{dump}", qw(dump a -o));
wrong('logs of an instance and a core file', 'logs takes either a NAME or a core file', "logs $usage{logs}",
	qw(logs a --core b));
wrong('following a core file', 'logs takes either a NAME or a core file', "logs $usage{logs}",
	qw(logs -f --core b));
wrong('boot without kernel', 'boot wants --kernel FILE', "boot $usage{boot}", qw(boot a));
wrong('boot with a dangling option', 'boot: --kernel wants a value', "boot $usage{boot}",
	qw(boot a --kernel));
wrong('boot --inject without initrd', 'boot --inject wants --initrd FILE', "boot $usage{boot}",
	qw(boot a --kernel k --inject));
wrong('boot --module without --inject', 'boot --module goes with --inject', "boot $usage{boot}",
	qw(boot a --kernel k --initrd i --module m));
for my $append ('rdinit=/bin/sh', 'quiet rdinit=/bin/sh', "quiet\trdinit=/x", '"rdinit=/x"',
	'quiet "rdinit=/x"', 'rdinit="/x y"') {
	wrong("boot --inject with $append", 'boot --inject sets rdinit= itself', "boot $usage{boot}",
		qw(boot a --kernel k --initrd i --inject --append), $append);
}
for my $option (qw(kernel append module)) {
	wrong("boot --$option twice", "boot: --$option is given twice", "boot $usage{boot}",
		qw(boot a --kernel k --initrd i --inject --append a --module m), "--$option", 'x');
}
wrong('boot --initrd too often', 'boot: --initrd is given more than 16 times', "boot $usage{boot}",
	qw(boot a --kernel k), map { ('--initrd', $_) } 1 .. 17);
for my $command (qw(stop reboot)) {
	wrong("$command --timeout $_", "$command: --timeout takes SECONDS, a whole number up to 86400",
		"$command $usage{$command}", $command, 'a', '--timeout', $_)
		for '', 'soon', '-1', '1.5', '86401', '99999999999999999999';
	wrong("$command --timeout", "$command: --timeout wants a value", "$command $usage{$command}",
		$command, 'a', '--timeout');
}
wrong('kill --timeout', 'kill does not know --timeout', "kill $usage{kill}", qw(kill a --timeout 1));

# check, without the module: the tree's own rules.
my $alone = ': ok by its own rules; this machine was not asked, the module is not loaded';
runs('check of source', 0, "$examples/two-instances.dts: 2 instances, 3 CPUs, 1536 MB$alone\n", '',
     'check', "$examples/two-instances.dts");
system("dtc -q -O dtb -o two.dtb $examples/two-instances.dts") == 0 or die 'dtc';
runs('sizes without an end', 0, qr/: 2 instances, 2 CPUs, \d{14,} [MK]B/, '', 'check',
	tree('huge.dts', a => [ 1, 1, '0xffffffff 0xfffff000' ], b => [ 2, 2, '0xffffffff 0xfffff000' ]));
runs('check of a compiled tree', 0, "two.dtb: 2 instances, 3 CPUs, 1536 MB$alone\n", '',
	qw(check two.dtb));
tree('-o rude; name.dts', a => [ 1, 1, 0x1000 ]);
runs('a name that a shell or dtc would stumble over', 0,
	"-o rude; name.dts: 1 instance, 1 CPU, 4 KB$alone\n", '',
     'check', '--', '-o rude; name.dts');
refuses('check of a broken rule', qr/^mkctl: bad\.dts: instance "b": .*CPU 1.*instance "a"/,
	'check',
	tree('bad.dts', a => [ 1, 1, 0x1000 ], b => [ 2, 1, 0x1000 ]));
spew('syntax.dts', "/dts-v1/;\n/ { oops\n");
refuses('check of bad source', qr/syntax error.*\nmkctl: syntax\.dts: dtc does not take it\n\z/s,
	qw(check syntax.dts));
spew('cut.dtb', substr(slurp('two.dtb'), 0, 100));
refuses('check of a cut tree', qr/^mkctl: cut\.dtb: device tree: /, qw(check cut.dtb));
spew('empty.dtb', '');
refuses('check of an empty file', qr/^mkctl: empty\.dtb: device tree: /, qw(check empty.dtb));
spew('large.dtb', slurp('two.dtb') . "\0" x (1 << 20));
refuses('check of a large file', qr/^mkctl: large\.dtb: device tree: .*1048576/,
	qw(check large.dtb));
refuses('check of no file', 'none.dts: No such file or directory', qw(check none.dts));
refuses('check of a directory', 'empty: Is a directory', qw(check empty));
{
	local $ENV{PATH} = "$scratch/empty";
	refuses('check of source without dtc',
		'bad.dts: it takes the program dtc (package device-tree-compiler)',
			qw(check bad.dts));
	runs('a compiled tree needs no dtc', 0, qr/ok/, '', qw(check two.dtb));
}

# A tree out of a pipe is read once, and is taken like any other.
sub shell
{
	my ($name, $wanted, $command) = @_;
	is `exec 2>&1; $command; echo "exit \$?"`, $wanted, $name;
}
my $in_all = "2 instances, 3 CPUs, 1536 MB$alone\nexit 0\n";
my $source = "$examples/two-instances.dts";
shell("check of $$_[0]", "$$_[1]: $in_all", $$_[2])
	for [ 'source from a pipe', '/dev/stdin', "cat $source | $mkctl check /dev/stdin" ],
		[ 'source as standard input', '-', "cat $source | $mkctl check -" ],
		[ 'source in a file as standard input', '-', "$mkctl check - <$source" ],
		[ 'a compiled tree from a pipe', '/dev/stdin', "cat two.dtb | $mkctl check /dev/stdin" ],
		[ 'a compiled tree as standard input', '-', "cat two.dtb | $mkctl check -" ];
like `bash -c '$mkctl check <(cat $source)'`, qr{^/dev/fd/\d+: 2 instances}, "check of a shell's pipe";
like `cat syntax.dts | $mkctl check - 2>&1`, qr/syntax error.*\nmkctl: -: dtc does not take it\n\z/s,
	'check of bad source from a pipe';
refuses('check of endless source', qr{^mkctl: /dev/zero: more than the 1048576 bytes that a tree may have\n},
	'check', '/dev/zero');
spew('part.dtb', 'x' x 700000);
spew('swells.dts', qq{/dts-v1/;\n/ { a = /incbin/("part.dtb"); b = /incbin/("part.dtb"); };\n});
refuses('check of source that compiles to too much', qr/swells\.dts: device tree: .*1048576/, qw(check swells.dts));
shell('check where nobody waits for children', "$source: $in_all", "trap '' CHLD; $mkctl check $source");

# Each standard descriptor may be closed, and is then nobody's.
shell('check with standard input closed', "$source: $in_all", "$mkctl check $source <&-");
shell('check with standard output closed', "exit 0\n", "$mkctl check $source >&-");
shell('check with standard error closed', "$source: $in_all", "$mkctl check $source 2>&-");
shell('check with all of them closed', "exit 0\n", "$mkctl check $source <&- >&- 2>&-");

# Without the module the others have nothing to do.
my $absent = 'the multikernel module is not loaded: there is no /sys/fs/multikernel';
refuses("$$_[0] without the module", $absent, @$_)
	for [ 'list' ], [ 'apply', 'two.dtb' ], [ qw(boot a --kernel two.dtb) ], [ qw(stop a) ],
		[ qw(kill a) ], [ qw(reboot a) ], [ qw(logs a) ], [ qw(console a) ], [ qw(dump a -o core) ];

# file_of_parameter NAME VALUE: one of the module
sub file_of_parameter
{
	my ($name, $value) = @_;
	make_path("$sys/module/multikernel/parameters");
	spew("$sys/module/multikernel/parameters/$name", "$value\n");
}

# check, against a machine with CPUs 0 to 3 online, 4 offline, and 1536 MB free.
machine();
runs('the machine takes it', 0, "two.dtb: 2 instances, 3 CPUs, 1536 MB: ok\n", '',
	qw(check two.dtb));
refuses('the boot CPU', qr/three-instances\.dts: instance "load-balancer": .*cpu 0.*boot CPU/i,
	'check',
	"$examples/three-instances.dts");
refuses('a CPU that is not there', qr/instance "a": .*cpu 5/i,
	'check', tree('t.dts', a => [ 1, 5, 0x1000 ]));
spew("$sys/devices/system/cpu/cpu0/online", "1\n");
refuses('the boot CPU where the kernel could switch it off', qr/load-balancer": .*cpu 0.*boot CPU/i,
	'check', "$examples/three-instances.dts");
file_of_parameter('cpu0', 'Y');
runs('the boot CPU with cpu0=1', 0, qr/1 CPU, .*: ok\n/, '', 'check', tree('t.dts', a => [ 1, 0, 0x1000 ]));
remove_tree("$sys/module");
rmdir "$sys/class/misc/multikernel";
refuses('any tree in a spawn', 't.dts: this is a spawn kernel, which makes no instances', qw(check t.dts));
refuses('also to be planned', qr/t\.dts: this is a spawn kernel, which makes no instances\n\z/, qw(apply --dry-run t.dts));
make_path("$sys/class/misc/multikernel");
refuses('a CPU beyond all', qr/instance "a": .*cpu 9999999/i,
	'check', tree('t.dts', a => [ 1, 9999999, 0x1000 ]));
refuses('an offline CPU', qr/instance "a": .*cpu 4.*offline/i,
	'check', tree('t.dts', a => [ 1, 4, 0x1000 ]));
refuses('more than the pool has', qr/instance "a": .*0x60001000.*pool/i, 'check',
	tree('t.dts', a => [ 1, 1, 0x60001000 ]));
instance('web', 1, 'active', 0x10000000, 1);
instance('db', 7, 'ready', 0x20000000, 3, 2);
spew("$sys/devices/system/cpu/present", "0,4\n");
spew("$sys/devices/system/cpu/online", "0\n");
my @web = (web => [ 1, 1, 0x10000000 ]);
runs('an active instance stays', 0, qr/1 instance, .*: ok\n/, '', 'check', tree('t.dts', @web));
refuses('an active instance cannot go', qr/instance "web": .*active/,
	'check', tree('t.dts', b => [ 2, 2, 0x1000 ]));
refuses('an active instance cannot change', qr/instance "web": .*the first of cpus|instance "web": cpus .*active/, 'check',
	tree('t.dts', web => [ 1, 2, 0x10000000 ]));
runs('but for its memory', 0, qr/1 instance, .*: ok\n/, '', 'check', tree('t.dts', web => [ 1, 1, 0x1000 ]));
runs('what goes leaves its CPUs and memory to others', 0, qr/: ok\n/, '', 'check',
     tree('t.dts', @web, c => [ 3, '2 3', 0x80000000 ]));
refuses('but no more than that', qr/instance "c": .*pool/, 'check',
	tree('t.dts', @web, c => [ 3, '2 3', 0x80001000 ]));
unlink "$mk/pool/memory_free_bytes";
refuses('a module that says nothing of its pool',
	'cannot read what is free in the pool: No such file or directory', qw(check t.dts));

# image: its files as the kernel would have them, of which plain ones can say nothing.
sub image
{
	my ($name, $bytes, $status, $loaded, $instances) = @_;
	make_path("$mk/images/$name");
	spew("$mk/images/$name/size", "$bytes\n");
	spew("$mk/images/$name/status", "$status\n");
	spew("$mk/images/$name/loaded_bytes", "$loaded\n");
	spew("$mk/images/$name/instances", $instances);
	spew("$mk/images/$name/image", '');
}

my %image_usage = ('image load' => 'IMAGE FILE', 'image list' => '[--json]');
for my $command (sort keys %image_usage) {
	my $line = "usage: mkctl $command $image_usage{$command}\n";
	runs("help $command", 0, qr/\A\Q$line\E\n\w/, '', 'help', split / /, $command);
}
wrong('image list of one', 'image list takes no "rootfs"', "image list $image_usage{'image list'}", qw(image list rootfs));
wrong('image load without FILE', 'image load takes IMAGE FILE', "image load $image_usage{'image load'}",
	qw(image load rootfs));
remove_tree($sys);
refuses('image list without the module', $absent, qw(image list));
machine();
runs('image list where the module knows of none', 0, "NAME  STATUS  MEMORY  INSTANCES\n", '', qw(image list));
refuses('image load of one that is not there', 'there is no image "rootfs"', qw(image load rootfs x));
refuses('image load of what is no name', 'there is no image "../pool"', qw(image load ../pool x));
image('rootfs', 2097152, 'empty', 0, '');
image('data', 1073741824, 'ready', 12345, "web\ndb\n");
runs('image list', 0, <<'TABLE', '', qw(image list));
NAME    STATUS  MEMORY   INSTANCES
data    ready   1024 MB  web db
rootfs  empty   2 MB     -
TABLE
{
	my ($code, $out) = run(qw(image list --json));
	is_deeply decode_json($out), [
		{ name => 'data', status => 'ready', memory_bytes => 1073741824, loaded_bytes => 12345,
			instances => ['web', 'db'] },
		{ name => 'rootfs', status => 'empty', memory_bytes => 2097152, loaded_bytes => 0, instances => [] },
	], 'image list --json';
}
spew('file', 'x' x 1500000);
runs('image load', 0, "rootfs: ready, 1464 KB\n", '', qw(image load rootfs file));
is slurp("$mk/images/rootfs/image"), 'x' x 1500000, 'what was loaded';
is slurp("$mk/images/rootfs/status"), "ready\n", 'and that it is whole';
image('rootfs', 2097152, 'empty', 0, '');
spew('large', 'x' x 2097153);
refuses('image load of almost one', 'there is no image "rootf"; did you mean "rootfs"?', qw(image load rootf large));
refuses('image load of what is too large', 'large: its 2097153 bytes do not fit image "rootfs", which has 2097152',
	qw(image load rootfs large));
is slurp("$mk/images/rootfs/image"), '', 'nothing was written';
spew('nothing', '');
refuses('image load of nothing', 'nothing: it is empty', qw(image load rootfs nothing));
refuses('image load of a directory', 'empty: Is a directory', qw(image load rootfs empty));
refuses('image load of a file that is not there', 'gone: No such file or directory', qw(image load rootfs gone));
spew("$mk/images/rootfs/status", "loading\n");
is system("cat large | MKCTL_SYSFS=$sys '$mkctl' image load rootfs - 2>err.pipe") >> 8, 1, 'a pipe that is too long';
like slurp('err.pipe'), qr/^mkctl: -: its 2097153 bytes and more do not fit image "rootfs"/, 'and why';
like slurp("$mk/images/rootfs/status"), qr/^empty/, 'what was begun is cleared';
is system("cat file | MKCTL_SYSFS=$sys '$mkctl' image load rootfs - >out.pipe") >> 8, 0, 'a pipe';
is slurp('out.pipe'), "rootfs: ready, 1464 KB\n", 'which fits';
unlink qw(file large nothing err.pipe out.pipe);

# check, where there are images.
sub tree_with_images
{
	my ($bytes) = @_;
	spew('images.dts', "/dts-v1/; / { compatible = \"multikernel-v1\"; images { r: rootfs { memory-bytes = <$bytes>; }; }; "
		. 'instances { web { id = <1>; resources { cpus = <1>; memory-bytes = <0x1000>; images = <&r>; }; }; }; };');
}
sub web_with_image
{
	instance('web', 1, $_[0], 4096, 1);
	spew("$mk/instances/web/device_tree_source",
		slurp("$mk/instances/web/device_tree_source") =~ s/(memory-bytes.*\n)/$1        image-names = "rootfs";\n/r);
}
machine();
image('rootfs', 2097152, 'ready', 5, "web\n");
web_with_image("active\n");
tree_with_images('0x200000');
runs('check of what is there', 0, "images.dts: 1 instance, 1 CPU, 4 KB; 1 image, 2 MB: ok\n", '', 'check', 'images.dts');
tree_with_images('0x400000');
refuses('check of an image in use that changes',
	qr/instance "web": its image "rootfs" cannot change from 0x200000 to 0x400000 bytes while it is active; stop its kernel first/,
	'check', 'images.dts');

# What an upload would do to images: one made anew, with who names it, one that goes, one that comes.
web_with_image("ready\n");
image('old', 4194304, 'ready', 5, '');
spew('images.dts', slurp('images.dts') =~ s/images \{/images { n: new { memory-bytes = <0x200000>; };/r);
runs('apply --dry-run with images', 0, <<'TABLE', '', qw(apply -n images.dts));
ACTION   NAME  ID  CPUS  MEMORY
re-make  web   1   1     4 KB

ACTION   IMAGE   MEMORY
destroy  old     4 MB
create   new     2 MB
re-make  rootfs  4 MB
TABLE
{
	my ($code, $out) = run(qw(apply -n --json images.dts));
	is_deeply decode_json($out), [
		{ action => 're-make', name => 'web', id => 1, cpus => [1], memory_bytes => 4096 },
		{ action => 'destroy', image => 'old', memory_bytes => 4194304 },
		{ action => 'create', image => 'new', memory_bytes => 2097152 },
		{ action => 're-make', image => 'rootfs', memory_bytes => 4194304 },
	], 'and as JSON';
}
remove_tree("$mk/images/old");
web_with_image("active\n");

# A tree that is written from what is there has the images as well.
tree_with_images('0x200000');
{
	my ($code, $out) = run('export');
	like $out, qr/images \{\n        rootfs \{\n            memory-bytes = <0x200000>; \/\/ 2 MB\n        \};\n    \};/, 'export';
	like $out, qr/image-names = "rootfs";/, 'export of who names one';
	spew('exported.dts', $out);
}
runs('check of an export', 0, qr/: ok\n/, '', 'check', 'exported.dts');
{
	my ($code, $out) = run(qw(export --dtb));
	spew('exported.dtb', $out);
}
runs('check of a compiled export', 0, qr/: ok\n/, '', 'check', 'exported.dtb');

# list
machine();
runs('list of nothing', 0, "NAME  ID  STATUS  CPUS  MEMORY\n", '', 'list');
runs('list of nothing, as JSON', 0, "[]\n", '', qw(list --json));
instance('load.balancer', 20, 'failed', 0x1000, 4, 6, 7, 8, 1);
instance('web', 3, 'active', 0x20000000, 1);
instance('db', 7, 'ready', 6 << 30, 3, 2);
runs('list', 0, <<'TABLE', '', 'list');
NAME           ID  STATUS  CPUS     MEMORY
web            3   active  1        512 MB
db             7   ready   3,2      6144 MB
load.balancer  20  failed  4,6-8,1  4 KB     it broke: "why"
TABLE
my ($code, $json) = run(qw(list --json));
is_deeply decode_json($json), [
	{ name => 'web', id => 3, status => 'active', cpus => [ 1 ], memory_bytes => 0x20000000,
		failure => '', liveness => '', serial => 103, generation => 5 },
	{ name => 'db', id => 7, status => 'ready', cpus => [ 3, 2 ], memory_bytes => 6 << 30,
		failure => '', liveness => '', serial => 107, generation => 5 },
	{ name => 'load.balancer', id => 20, status => 'failed', cpus => [ 4, 6, 7, 8, 1 ],
		memory_bytes => 0x1000, failure => 'it broke: "why"', liveness => '', serial => 120, generation => 5 },
], 'list --json';
instance('..web', 2, 'ready', 0x1000, 4);
runs('list of a name that begins with dots', 0, qr/^\.\.web +2 +ready +4 +4 KB$/m, '', 'list');
remove_tree("$mk/instances/..web");
spew("$mk/instances/db/status", "dancing\n");
runs('a status of a newer module', 0, qr/^db +7 +dancing +3,2 +6144 MB$/m, '', 'list');
spew("$mk/instances/db/status", "ready\n");
spew("$mk/instances/db/device_tree", 'nonsense');
runs('list needs nothing of the compiled tree, which is for root', 0, qr/^db +7 +ready +3,2 +6144 MB$/m, '',
	'list');
for my $nonsense ('', 'cpus = <', 'cpus = <1>; memory-bytes = <', 'cpus = <1 x>; memory-bytes = <0x1000>;',
		'cpus = <1>; memory-bytes = <0x1 0x2 0x3>;', 'cpus = <4294967296>; memory-bytes = <0x1000>;') {
	spew("$mk/instances/db/device_tree_source", $nonsense);
	runs("a source that is none: $nonsense", 1, qr/^web +3 .*\ndb +7 +ready +\? +\?\nload/m,
		qq{mkctl: instance "db": cannot read its files: device_tree_source: Invalid argument\n}, 'list');
}
SKIP: {
	skip 'there is no /dev/full', 1 unless -c '/dev/full';
	my $text = `MKCTL_SYSFS=$scratch/empty $mkctl --help 2>&1 >/dev/full`;
	is +($? >> 8) . $text, "1mkctl: cannot write the output: No space left on device\n",
		'a full disk';
}

# apply
machine();
runs('apply', 0, "NAME  ID  STATUS  CPUS  MEMORY\n", '', 'apply', "$examples/two-instances.dts");
is slurp("$mk/device_tree"), slurp('two.dtb'), 'uploads the compiled tree, byte for byte';
spew("$mk/device_tree", '');
spew('padded.dtb', slurp('two.dtb') . 'more');
runs('apply of a file with more behind the tree', 0, qr/NAME/, '', qw(apply padded.dtb));
is slurp("$mk/device_tree"), slurp('two.dtb'), 'uploads the tree alone';
spew("$mk/device_tree", '');
refuses('apply of a bad tree', qr/^mkctl: bad\.dts: instance "b"/, qw(apply bad.dts));
is slurp("$mk/device_tree"), '', 'uploads nothing';
SKIP: {
	skip 'there is no /dev/full', 2 unless -c '/dev/full';
	unlink "$mk/device_tree";
	symlink '/dev/full', "$mk/device_tree";
	refuses('refused without a sentence', 'two.dtb: No space left on device',
		qw(apply two.dtb));
	spew("$mk/last_error", "instance \"web-server\": the pool is dry\n");
	refuses('refused with a sentence',
		'two.dtb: No space left on device: instance "web-server": the pool is dry',
		qw(apply two.dtb));
}
unlink "$mk/device_tree";
refuses('no file to upload to',
	'cannot open /sys/fs/multikernel/device_tree: No such file or directory',
	qw(apply two.dtb));

# boot, stop, kill and reboot: what they ask of the module by its device, and what they say of the answer.
machine();
instance('web', 3, 'ready', 0x20000000, 1);
my @commands = ([ qw(boot web --kernel two.dtb --initrd two.dtb --append quiet) ], [ qw(stop web) ],
	[ qw(stop web --timeout 0) ], [ qw(kill web) ], [ qw(reboot web) ]);
sub calls
{
	my $calls = slurp("$dev/calls") // '';
	unlink "$dev/calls";
	return $calls;
}
my ($kill, $poweroff, $again) = map { sprintf '%#x', 0x80000000 | 3 << 16 | $_ } 0x1, 0x1001, 0x2001;
for my $command (@commands) {
	my $what = join ' ', @$command[0, 2 .. $#$command];
	refuses("$what without the device", "web: No such file or directory: $dev/multikernel cannot be opened",
		@$command);
	refuses("$what of no instance", 'there is no instance "db"',
		map { $_ eq 'web' ? 'db' : $_ } @$command);
	for my $path ('../instances/web', '.', '..') {
		refuses("$what of $path", "there is no instance \"$path\"",
			map { $_ eq 'web' ? $path : $_ } @$command);
	}
}
spew("$dev/multikernel", '');
spew("$mk/last_error", "instance \"db\": an old story\n");
my $no_right = 'the caller lacks CAP_SYS_BOOT, or a filter of system calls forbids it';
my $another = 'the module is not of this version, 0.1';
for my $command (@commands) {
	my $what = join ' ', @$command[0, 2 .. $#$command];
	for my $answer ([ 16, 'instance "web": a kernel is active there', 'Device or resource busy' ],
		[ 116, 'instance "db" has id 3', 'Stale file handle' ], [ 1, 'the kernel is locked down', 'Operation not permitted' ]) {
		spew("$dev/answers", "$$answer[0] $$answer[1]\n");
		refuses("$what, refused with $$answer[0]", "web: $$answer[2]: $$answer[1]", @$command);
	}
	for my $answer ([ 1, 'Operation not permitted', ": $no_right" ], [ 5, 'Input/output error', '' ],
		[ 25, 'Inappropriate ioctl for device', ": $another" ], [ 7, 'Argument list too long', ": $another" ]) {
		spew("$dev/answers", "$$answer[0]\n");
		refuses("$what, refused with $$answer[0] and no word", "web: $$answer[1]$$answer[2]", @$command);
	}
}
calls();
unlink "$dev/answers";
refuses('boot of no kernel', 'none: No such file or directory', qw(boot web --kernel none));
refuses('boot of no initrd', 'none: No such file or directory',
	qw(boot web --kernel two.dtb --initrd none));
refuses('boot of no second initrd', 'none: No such file or directory',
	qw(boot web --kernel two.dtb --initrd two.dtb --initrd none));
refuses("boot with rdinit= where it is not the kernel's", qr/^mkctl: two\.dtb: kernel image: not a/,
	qw(boot web --kernel two.dtb --initrd two.dtb --inject --append), $_)
	for '-- rdinit=/x', 'x="a rdinit=/x"', 'xrdinit=/x';
is calls(), '', 'nothing is called without the files';

# at_call TEXT: what happens while the module is asked
sub at_call
{
	spew("$dev/at-call", "#!/bin/sh\ncd $mk/instances/web || exit\n$_[0]\n");
	chmod 0755, "$dev/at-call";
}

# Each command, what it found there, what happened at the call, what it said. The instance is the one that was found, by
# its serial number; the kernel is the one that was found, where that matters.
sub state
{
	instance('web', 3, @_, 0x20000000, 1);
}
my $boot = sprintf '%#x', 0x80000000 | 3 << 16;
state('ready');
at_call('echo active >status');
runs('boot', 0, "web: active\n", '', qw(boot web --kernel two.dtb --initrd two.dtb --append), 'quiet x');
is calls(), "$boot serial 103 generation 0 command line quiet x\n", 'names the instance';
runs('boot without initrd', 0, "web: active\n", '', qw(boot web --kernel two.dtb));
is calls(), sprintf("%#x serial 103 generation 0 command line \n", 0x80000004 | 3 << 16), 'says so';
at_call('echo failed >status; echo it broke >failure');
refuses('boot of a kernel that fails right away', 'web: it failed right away: it broke', qw(boot web --kernel two.dtb));
at_call('rm -r ../web');
refuses('boot in an instance that goes away', 'web: done, but its status cannot be read: No such file or directory',
	qw(boot web --kernel two.dtb));
calls();
state('active');
at_call('echo ready >status');
runs('kill', 0, "web: ready\n", '', qw(kill web));
is calls(), "$kill serial 103 generation 0 command line none\n", 'whichever kernel runs there';
state('active');
runs('stop', 0, "web: ready\n", '', qw(stop web));
is calls(), "$poweroff serial 103 generation 5 command line none\n", 'asks the kernel that was there';
state('active');
at_call('echo failed >status; echo it broke >failure');
refuses('stop of one that fails', 'web: it failed while it shut down: it broke', qw(stop web));
state('active');
at_call('echo 6 >generation');
refuses('stop of one that is loaded anew',
	'web: the kernel that was asked has ended, but it or another one has been loaded there since', qw(stop web));
calls();
unlink "$dev/at-call";
state('active');
runs('stop of one that does not', 0, "web: active\n",
	"mkctl: web: it did not shut down within 0 seconds; stopped by force\n", qw(stop web --timeout 0));
is calls(), "$poweroff serial 103 generation 5 command line none\n$kill serial 103 generation 5 command line none\n",
	'asks first, then stops the same kernel';
spew("$dev/answers", "95\n");
runs('stop of one without the module', 0, "web: active\n",
	"mkctl: web: its kernel does not have the multikernel module and cannot be asked; stopped by force\n",
	qw(stop web));
is calls(), "$poweroff serial 103 generation 5 command line none\n$kill serial 103 generation 5 command line none\n",
	'asks first, then stops the same kernel';
state('failed');
spew("$dev/answers", "3\n");
at_call('echo ready >status');
runs('stop of a failed one', 0, "web: ready\n", '', qw(stop web));
calls();
state('active');
spew("$dev/answers", "3\n116 another kernel has come\n");
refuses('stop, when another kernel has come meanwhile', 'web: Stale file handle: another kernel has come', qw(stop web));
calls();
unlink "$dev/answers";
state('active');
at_call('echo 6 >generation');
runs('reboot', 0, "web: active\n", '', qw(reboot web));
is calls(), "$again serial 103 generation 5 command line none\n", 'asks the kernel that was there';
state('active');
at_call('echo ready >status');
refuses('reboot of one that powers off', 'web: it did not reboot, it is ready now', qw(reboot web));
state('active');
at_call('echo failed >status; echo it broke >failure');
refuses('reboot of one that fails', 'web: it failed while it rebooted: it broke', qw(reboot web));
unlink "$dev/at-call";
state('active');
runs('reboot of one that does not', 3, '', "mkctl: web: it did not reboot within 0 seconds\n", qw(reboot web --timeout 0));
calls();

# Another version of the module.
state('ready');
spew("$mk/version", "9.9\n");
my $versions = 'mkctl: this is mkctl 0.1, and the module is';
runs('a module of another version', 0, "web: ready\n",
	"$versions 9.9; they may not understand each other\n", qw(kill web));
unlink "$mk/version";
runs('a module that does not say its version', 0, qr/^web /m,
	"$versions older than 0.1; they may not understand each other\n", qw(list));
machine();
state('ready');

# logs
my $web = "$mk/instances/web";
refuses('logs of no instance', 'there is no instance "db"', qw(logs db));
refuses('logs before there are any', 'instance "web" has no log yet', qw(logs web));
system($fake, 'boot', $web);
runs('logs of a kernel that said nothing', 0, '', '', qw(logs web));
system($fake, 'say', $web, 'Linux version', "two\nlines",
	"bell \a, escape \e[2J, tab\t, \x{9b}, \xc3\xa9 and \\");
my $log = <<'LOG';
[    0.000000] Linux version
[    1.500000] two
[    1.500000] lines
[    3.000000] bell \x07, escape \x1b[2J, tab	, \x9b, \xc3\xa9 and \
LOG
runs('logs', 0, $log, '', qw(logs web));
system($fake, 'say', $web, map { "message $_ of many" } 3 .. 199);
runs('logs of a ring that went round', 0,
     qr/\A\[  204\.000000\] message 136 of many\n.*\[  298\.500000\] message 199 of many\n\z/s, '',
     	qw(logs web));

# dump, and the log out of it
my $memory = substr(slurp("$web/memory"), 0x40000000);
spew('core', 'x' x 0x100000);
runs('dump over a file', 0, '', '', qw(dump web -o core));
my $core = slurp('core');
is substr($core, -length $memory), $memory, 'the memory is in it to the byte';
cmp_ok +(stat 'core')[12] * 512, '<', length $core, 'and what is zero takes no place';
my @header = unpack('a4 CCC x9 vvV Q<Q<Q< V vvvvvv', $core);
is_deeply [ @header[0 .. 5], $header[8], $header[13] ], [ "\177ELF", 2, 1, 1, 4, 62, 64, 2 ],
	'an x86-64 core file with two segments';
my @note = unpack('VV Q<6', substr($core, 64));
my @load = unpack('VV Q<6', substr($core, 64 + 56));
is_deeply \@load, [ 1, 7, length($core) - length $memory, 0xffff8880 << 32 | 0x40000000, 0x40000000, (length $memory) x 2, 0 ],
	'one is the memory, where the direct map has it';
is $note[0], 4, 'the other a note';
like substr($core, $note[2], $note[5]),
	qr/\A\x0b\0\0\0....\0\0\0\0VMCOREINFO\0\0OSRELEASE=6\.1\.0-test\n.*\nKERNELOFFSET=0\n\0*\z/s,
	'with all that the kernel says of itself';
runs('the same log', 0, (run(qw(logs web)))[1], '', qw(logs --core core));
runs('dump to a new file', 0, '', '', qw(dump web -o new));
is slurp('new'), $core, 'with the same in it';
is +(stat 'new')[2] & 0777, 0600, 'for its owner only';
is system("$mkctl dump web -o /dev/stdout | cmp - new"), 0, 'dump to a pipe';
refuses('dump to a full disk', '/dev/full: cannot write: No space left on device', qw(dump web -o /dev/full));
ok -c '/dev/full', 'a device is not removed';
refuses('dump to nowhere', 'none/core: cannot open: No such file or directory', qw(dump web -o none/core));
refuses('dump of no instance', 'there is no instance "db"', qw(dump db -o db.core));
ok !-e 'db.core', 'leaves no file';
instance('silent', 4, 'ready', 0x20000000, 2);
runs('dump of one without a kernel', 0, '',
	qq{mkctl: instance "silent": no VMCOREINFO note in its memory; the dump says nothing of its kernel\n},
	qw(dump silent -o silent.core));
is -s 'silent.core', 0x1000 + length $memory, 'is its memory';
refuses('which has no log', 'silent.core: there is no log in it', qw(logs --core silent.core));
remove_tree("$mk/instances/silent");
refuses('logs of no core file', 'none: cannot open: No such file or directory', qw(logs --core none));
refuses('logs of another file', 't.dts: it is not an ELF file', qw(logs --core t.dts));
truncate 'new', (-s 'new') - 0x1000;
runs('logs of a core file that is cut short', 0, (run(qw(logs --core core)))[1],
	"mkctl: new: it is cut short, and lacks 1 MB of memory\n", qw(logs --core new));
truncate 'new', 0x1000;
refuses('logs of the headers of a core file', 'new: it holds no memory', qw(logs --core new));
system('mkfifo pipe.core; cat core >pipe.core 2>/dev/null &');
refuses('logs of a pipe', 'pipe.core: it must be a file, since all of it is looked through', qw(logs --core pipe.core));
unlink 'pipe.core';

unlink "$web/memory";
refuses('dump of memory that cannot be opened',
	'instance "web": cannot read its memory: No such file or directory', qw(dump web -o core));
refuses('memory that cannot be opened',
	'instance "web": cannot read its log: No such file or directory', qw(logs web));
instance('web', 3, 'ready', 0x20000000, 1);
truncate "$web/memory", 0x1000;
refuses('memory that goes away', 'instance "web": cannot read its log: No such device',
	qw(logs web));
refuses('dump of memory that goes away', 'instance "web": cannot read its memory: No such device',
	qw(dump web -o core));
is slurp('core'), $core, 'the dump from before is still there';
unlink qw(core new silent.core);

# logs -f: before the first kernel, message after message, over a restart, to the end of the instance.
instance('web', 3, 'ready', 0x20000000, 1);
my $pid = start(qw(logs -f web));
becomes("$scratch/err", qr/^mkctl: instance "web" has no log yet\n\z/,
	'logs -f says that it waits');
put("$web/status", "active\n");
system($fake, 'boot', $web);
system($fake, 'say', $web, 'first');
becomes("$scratch/out", qr/\A\[    0\.000000\] first\n\z/, 'and shows the first message');
system($fake, 'say', $web, 'second', 'third');
becomes("$scratch/out", qr/first\n\[    1\.500000\] second\n\[    3\.000000\] third\n\z/,
	'and what follows');
# It must not read in between: how many are lost would go by who is quicker.
kill 'STOP', $pid;
waitpid $pid, WUNTRACED;
system($fake, 'say', $web, map { "flood $_" } 3 .. 99);
kill 'CONT', $pid;
becomes("$scratch/err", qr/^mkctl: 33 messages lost\n\z/m, 'and that some were lost');
becomes("$scratch/out", qr/third\n\[   54\.000000\] flood 36\n.*flood 99\n\z/s,
	'and what comes after them');
put("$web/status", "loading\n");
# With the old kernel's memory mkctl is done when it has closed it: before, nobody can tell whose words they are.
my $end = time + 60;
sleep 0.02 while time < $end && grep { (readlink($_) // '') eq "$web/memory" } glob "/proc/$pid/fd/*";
system($fake, 'boot', $web);
system($fake, 'say', $web, 'another kernel');
sleep 0.5;
unlike slurp("$scratch/out"), qr/another kernel/, 'nothing while a kernel is loaded';
put("$web/status", "active\n");
becomes("$scratch/out", qr/flood 99\n\[    0\.000000\] another kernel\n\z/,
	'the next kernel from its beginning');
is waitpid($pid, WNOHANG), 0, 'goes on';
goes('web');
$end = time + 60;
sleep 0.05 while waitpid($pid, WNOHANG) == 0 && time < $end;
is $?, 0, 'and ends with the instance';
kill 'KILL', $pid if time >= $end;

# boot --inject: an archive ahead of the initrd, with the module for exactly that kernel.
my $header = "\0" x 0x1f1 . "\1" . "\0" x 0xc . "\x55\xaa" . "\xeb\x6a" . 'HdrS' . "\x0f\x02" .
	"\0" x 6 . pack('v', 0x100);
$header .= "\0" x (0x230 - length $header) . pack('V', 0x200000) . "\1\0" . pack('v', 3);
$header .= "\0" x (0x260 - length $header) . pack('V', 0x1000000);
$header .= "\0" x (0x300 - length $header) . '6.1.0-56-amd64 (someone) #1';
$header .= "\0" x (0x400 - length $header);
my $kernel_end = "\0" x 0x1000;
spew('kernel.dtb', "$header$kernel_end");
my $elf = "\177ELF" . "\0" x 100;
spew('initrd.dtb', 'whatever it is');
sub makes
{
	my ($release) = @_;
	return "${elf}license=GPL\0vermagic=$release SMP preempt mod_unload \0more";
}
# injects NAME, SENTENCE, ARGUMENTS...: what it refuses; without a sentence what it makes
sub injects
{
	my ($name, $sentence, @arguments) = @_;
	my $code = system("$injected @arguments >new.dtb 2>err") >> 8;
	return is slurp('err') . "exit $code", "mkctl: ${sentence}exit 1", $name if $sentence;
	is slurp('err') . "exit $code", 'exit 0', $name;
	return slurp('new.dtb');
}
$ENV{MKCTL_MODULES} = "$scratch/empty/modules";
my $modules = "$ENV{MKCTL_MODULES}/6.1.0-56-amd64";
injects('no module for that kernel',
	"there is no multikernel.ko for kernel 6.1.0-56-amd64 in $modules; install it or name it with " .
	"--module\n", qw(kernel.dtb initrd.dtb));
for my $place (qw(extra updates updates/dkms updates/multikernel)) {
	make_path("$modules/$place");
	spew("$modules/$place/multikernel.ko", makes('6.1.0-56-amd64') . $place);
	like injects("a module in $place", '', qw(kernel.dtb initrd.dtb)), qr/more\Q$place\E/,
		'is the one taken';
}
for my $tool ([ 'xz', 'xz' ], [ 'zstd', 'zst' ], [ 'gzip', 'gz' ]) {
	my ($program, $suffix) = @$tool;
	SKIP: {
		skip "there is no $program", 5 if system("command -v $program >/dev/null 2>&1");
		unlink map { "$modules/$_/multikernel.ko" } qw(extra updates updates/dkms updates/multikernel);
		spew('packed.dtb', makes('6.1.0-56-amd64') . "from $program");
		my $packed = "$modules/updates/dkms/multikernel.ko.$suffix";
		system("$program -c <packed.dtb >$packed") == 0 or die $program;
		like injects("a module that $program has compressed", '', qw(kernel.dtb initrd.dtb)),
			qr/vermagic=.*from $program/s, 'is unpacked';
		rename $packed, 'named.dtb' or die;
		like injects('the same by another name', '', qw(kernel.dtb initrd.dtb named.dtb)),
			qr/vermagic=.*from $program/s, 'is unpacked as well';
		truncate 'named.dtb', 30;
		like `$injected kernel.dtb initrd.dtb named.dtb 2>&1 >/dev/null`,
			qr/^mkctl: named\.dtb: $program does not take it$/m, 'one that is cut is refused';
		unlink 'named.dtb';
	}
}
spew('module.dtb', makes('6.1.0-56-amd64') . 'named');
my $made = injects('a module that is named', '', qw(kernel.dtb initrd.dtb module.dtb));
is substr($made, -14), 'whatever it is', 'the initrd comes last';
my $joined = injects('two initrds', '', qw(kernel.dtb initrd.dtb module.dtb initrd.dtb));
is substr($joined, -30), "whatever it is\0\0whatever it is", 'come in their order, each from a multiple of 4';
my $archive = substr($made, 0, -14);
is length($archive) % 512, 0, 'and begins at a multiple of 512 bytes';
spew('archive.dtb', $archive);
my $unpacked = "$scratch/empty/unpacked";
mkdir $unpacked;
is system("cd $unpacked && cpio --quiet -i -m <$scratch/archive.dtb") >> 8, 0, 'cpio reads the archive';
is join(' ', sort map { s|^\Q$unpacked\E/||r } glob "$unpacked/* $unpacked/*/*"),
	'multikernel multikernel/init multikernel/multikernel.ko', 'which holds what it should';
is slurp("$unpacked/multikernel/multikernel.ko"), slurp('module.dtb'), 'the module, byte for byte';
is substr(slurp("$unpacked/multikernel/init"), 0, 4), "\177ELF", 'and a program';
ok -x "$unpacked/multikernel/init", 'that can be run';
my $headers = `readelf -l $unpacked/multikernel/init`;
like $headers, qr/^ +LOAD /m, 'which has parts to be loaded';
unlike $headers, qr/INTERP/, 'and is without any library';

# With the transport beside it, which wants virtio where that is a module. A name in the archive ends with NUL.
sub names
{
	my ($archive) = @_;
	return join ' ', $archive =~ m{[0-9a-f]{8}multikernel/(\w+)\.ko\0}g;
}
unlink map { "$modules/$_/multikernel.ko" } qw(extra updates updates/dkms updates/multikernel);
spew("$modules/updates/multikernel.ko", makes('6.1.0-56-amd64'));
spew("$modules/updates/multikernel_virtio.ko", makes('6.1.0-56-amd64'));
is names(injects('the transport', '', qw(kernel.dtb initrd.dtb))), 'multikernel multikernel_virtio', 'comes along';
make_path("$modules/kernel/drivers/virtio");
spew("$modules/kernel/drivers/virtio/$_.ko", makes('6.1.0-56-amd64')) for qw(virtio virtio_ring);
is names(injects('virtio, too', '', qw(kernel.dtb initrd.dtb))),
	'multikernel virtio_ring virtio multikernel_virtio', 'ahead of it';
is names(injects('a module of another name', '', qw(kernel.dtb initrd.dtb module.dtb))), 'multikernel',
	'comes alone';
spew("$modules/kernel/drivers/virtio/virtio.ko", makes('6.2.0'));
injects('a virtio for another kernel', "$modules/kernel/drivers/virtio/virtio.ko: it is for kernel 6.2.0, " .
	"and the image is 6.1.0-56-amd64\n", qw(kernel.dtb initrd.dtb));
unlink "$modules/updates/multikernel_virtio.ko";
is names(injects('without the transport', '', qw(kernel.dtb initrd.dtb))), 'multikernel', 'virtio stays away';
for (qw(6.1.0-56 6.1.0-56-amd64x 7.1.0-56-amd64), 'x' x 200) {
	spew('module.dtb', makes($_));
	injects("a module for $_", 'module.dtb: it is for kernel ' . substr($_, 0, 65) .
		", and the image is 6.1.0-56-amd64\n", qw(kernel.dtb initrd.dtb module.dtb));
}
for ('', 'vermagic=6.1.0-56-amd64 ', $elf, "${elf}vermagic") {
	spew('module.dtb', $_);
	injects('what is no module', "module.dtb: not a kernel module\n",
		qw(kernel.dtb initrd.dtb module.dtb));
}
spew('module.dtb', "${elf}vermagic=6.1.0-56-amd64");
injects('a module that ends with its version', '', qw(kernel.dtb initrd.dtb module.dtb));
injects('a module that is not there', "none: No such file or directory\n",
	qw(kernel.dtb initrd.dtb none));
injects('an initrd that cannot be read', "empty: Is a directory\n", qw(kernel.dtb empty module.dtb));
injects('a kernel that is none', "initrd.dtb: kernel image: not a Linux bzImage\n",
	qw(initrd.dtb initrd.dtb module.dtb));
for my $release ('', '../etc', '6.1/../..', 'six', '6' x 65) {
	spew('odd.dtb', substr($header, 0, 0x300) . $release . "\0" x (0x100 - length $release) .
		$kernel_end);
	injects("a kernel of version \"$release\"",
		"odd.dtb: it does not say which version it is, so no module can be found for it\n",
		qw(odd.dtb initrd.dtb));
}
instance('web', 3, 'ready', 0x20000000, 1);
refuses('boot --inject refuses the same', qr/^mkctl: two\.dtb: kernel image: not a Linux bzImage\n\z/,
	qw(boot web --kernel two.dtb --initrd two.dtb --inject));

# Unified kernel images: MZ, where PE begins, its header without an optional part, the sections and what they hold.
sub unified
{
	my %sections = @_;
	my ($table, $content, $at) = ('', '', 0x200);
	for my $name (sort keys %sections) {
		$table .= pack 'a8 V4 x16', $name, length $sections{$name}, 0, length $sections{$name},
			$at + length $content;
		$content .= $sections{$name};
	}
	my $header = pack 'a60 V a4 v2 x12 v2', "MZ", 0x40, "PE", 0x8664, scalar keys %sections, 0, 0;
	return pack('a512', $header . $table) . $content;
}

my $linux = slurp('kernel.dtb');
spew('uki.efi.dtb', unified('.cmdline' => "quiet splash\n\0\0", '.initrd' => 'an initrd', '.linux' => $linux));
my $call = sprintf '%#x serial 103 generation 0 command line', 0x80000000 | 3 << 16;
calls();
state('ready');
at_call('echo active >status');
runs('boot of a unified image', 0, "web: active\n", '', qw(boot web --kernel uki.efi.dtb));
is calls(), "$call quiet splash\n", 'its command line is taken';
spew('uki.dtb', unified('.cmdline' => 'quiet', '.linux' => "\x7fELF"));
state('ready');
at_call('echo active >status');
runs('boot of another', 0, "web: active\n", '', qw(boot web --kernel uki.dtb --append mine));
is calls(), sprintf("%#x serial 103 generation 0 command line mine\n", 0x80000004 | 3 << 16), "the operator's is taken where he has one";
spew('cut.dtb', substr unified('.linux' => $linux), 0, -1);
refuses('one that is cut short', 'cut.dtb: a unified kernel image that is cut short', qw(boot web --kernel cut.dtb));
refuses('--unpack of one that has nothing packed', 'uki.efi.dtb: kernel image: it says of no packed kernel inside',
	qw(boot web --kernel uki.efi.dtb --unpack));
rename 'uki.dtb', 'bare.dtb.efi' or die;
refuses('--inject into one without initrd', 'bare.dtb.efi: it brings no initrd along, and --inject wants one',
	qw(boot web --kernel bare.dtb.efi --inject));
unlink 'bare.dtb.efi';

my @left = map { s|.*/||r } glob "$scratch/* $scratch/.[!.]*";
@left = grep { !/^(?:sys|empty|out|err|.*\.dt[sb])$/ } @left;
is "@left", '', 'no file is left behind';
done_testing;
