#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl service: what it reads below /etc/multikernel, what it tells systemd, how it goes with a kernel from its start to
# its end. The machine is a directory that looks like /sys, the console a terminal. MKCTL and FAKE name the programs.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use FindBin;
use IO::Socket::UNIX;
use POSIX ':sys_wait_h';
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin;
use Helpers qw($fake $scratch $sys $mk $dev spew slurp start run becomes tree instance goes);

my ($etc, $units) = map { "$scratch/$_" } qw(etc units);
$ENV{MKCTL_CONFIG} = $etc;
make_path("$etc/boot.d", $units, "$mk/instances", "$mk/pool", "$sys/module/multikernel/parameters", "$sys/class/misc/multikernel",
	map { "$sys/devices/system/cpu/cpu$_" } 0 .. 7);
spew("$sys/devices/system/cpu/$_", "0-7\n") for qw(present online);
spew("$sys/devices/system/cpu/cpu$_/online", "1\n") for 1 .. 7;

sub code
{
	my ($pid) = @_;
	waitpid $pid, 0;
	return $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
}

# conf NAME LINES: what the file of that spawn has
sub conf
{
	my ($name, @lines) = @_;
	spew("$etc/boot.d/$name.conf", join('', map { "$_\n" } @lines));
	return "$etc/boot.d/$name.conf";
}

sub clean { remove_tree($_, { keep_root => 1 }) for "$etc/boot.d", $units; unlink glob("$etc/*.dts") }

# refused NAME LINES SENTENCE...: such a file, and all that is said of it
sub refused
{
	my ($name, $lines, @sentences) = @_;
	clean();
	my $path = conf('web', @$lines);
	my ($code, $out, $err) = run(qw(service run web));
	subtest $name => sub {
		is $code, 1, 'exit code';
		is $err, join('', map { "mkctl: $path$_\n" } @sentences), 'stderr';
	};
}

refused('an unknown key', ['kernel=/k', '', 'krenel=/x'], ':3: there is no key "krenel"; did you mean "kernel"?');
refused('a key in capitals', ['KERNEL=/k'], ':1: there is no key "KERNEL"');
refused('a line that is none', ['kernel'], ':1: "kernel" is not KEY=VALUE');
refused('a section', ['[spawn]', 'kernel=/k'], ':1: "[spawn]" is not KEY=VALUE');
refused('a key twice', ['kernel=/k', ' kernel = /l'], ':2: kernel is there twice');
refused('no kernel', ['# nothing'], ': it names no kernel=');
refused('an empty kernel', ['kernel='], ':1: kernel=: wanted is the path of a kernel\'s image, from / on');
refused('a path from nowhere', ['kernel=/k', 'initrd=i'], ':2: initrd=i: wanted is a path from / on, at most 16 times');
refused('too many initrds', ['kernel=/k', ('initrd=/i') x 17], ':18: initrd=/i: wanted is a path from / on, at most 16 times');
refused('a policy that is none', ['kernel=/k', 'restart=on-abort'], ':2: restart=on-abort: wanted is no, on-failure or always');
refused('a truth that is none', ['kernel=/k', 'inject=true'], ':2: inject=true: wanted is yes or no');
refused('seconds that are none', ['kernel=/k', "restart-sec=$_"], ":2: restart-sec=$_: wanted is seconds, at most 86400")
	for '-1', '5s', '86401', '99999999999999999999', '1 2';
refused('a name that is none', ['kernel=/k', 'after=db cache/1'], ':2: after=db cache/1: wanted is names of instances');
refused('a disk from nowhere', ['kernel=/k', 'disk=root.img'], ":2: disk=root.img: wanted is an image's path from / on, at most 16 times");
refused('a network at nothing', ['kernel=/k', 'net='], ':2: net=: wanted is a bridge or macvtap=INTERFACE, at most 16 times');
refused('a directory from nowhere', ['kernel=/k', "share=$_"],
	":2: share=$_: wanted is a directory's path from / on, a tag and = ahead of it or not, at most 16 times")
	for 'www', 'root=www', 'a/b';
refused('sockets that are none', ['kernel=/k', 'vsock='], ':2: vsock=: wanted is yes or no');
refused('a module that goes nowhere', ['kernel=/k', 'module=/m'], ': module= goes with inject=yes');
refused('an injection into nothing', ['kernel=/k', 'inject=yes'], ': inject=yes wants an initrd=');
clean();
conf('web', 'kernel=/boot/linux.efi', 'inject=yes');
is_deeply [run('service', 'units', $units)], [0, '', ''], 'an injection into what a unified kernel image brings along';
refused('all that is wrong', ['a', 'b=', 'restart=x'], ':1: "a" is not KEY=VALUE', ':2: there is no key "b"',
	':3: restart=x: wanted is no, on-failure or always');
refused('no text', ["kernel=/k\0"], ': it is no text');
refused('a long one', ['#' x 65537], ': longer than 65536 bytes');
clean();
is_deeply [run(qw(service run web))], [1, '', "mkctl: $etc/boot.d/web.conf: No such file or directory\n"], 'a file that is not there';
mkdir "$etc/boot.d/dir.conf";
is_deeply [run(qw(service run dir))], [1, '', "mkctl: $etc/boot.d/dir.conf: Is a directory\n"], 'a directory';
like +(run('service', 'run', '../x'))[2], qr/\.\.\/x\.conf: an instance that the service runs has a name of 1 to 31/, 'a name that leads elsewhere';
is +(run('service', @$_))[0], 2, "wrong usage: @$_" for [], ['frob'], ['run'], ['start', 'x'], ['units'];

# What systemd is told.
clean();
conf('web', 'kernel=/k', "append = a=\"b c\" # d\r", 'after=db  cache', 'devices=web-disk', 'restart=always', 'restart-sec=3', 'stop-timeout=40');
conf('db', 'kernel=/k');
my $bad = conf('bad', 'kernel=k');
conf('a+b', 'kernel=/k');
my ($code, $out, $err) = run('service', 'units', $units);
is $code, 0, 'units are made, also where a file is wrong';
is $err, "mkctl: $etc/boot.d/a+b.conf: an instance that the service runs has a name of 1 to 31 of A-Z a-z 0-9 . _ -\n" .
	"mkctl: $bad:1: kernel=k: wanted is the path of a kernel's image, from / on\n", 'which is said';
is join(' ', map { s,.*/,,r } sort glob "$units/multikernel.service.wants/*"),
	'multikernel@bad.service multikernel@db.service multikernel@web.service', 'each that can be has its unit';
is readlink("$units/multikernel.service.wants/multikernel\@web.service"), '/usr/lib/systemd/system/multikernel@.service',
	'of the template';
is slurp("$units/multikernel\@web.service.d/50-conf.conf"), <<"END", 'settings of one';
# Made from $etc/boot.d/web.conf
[Unit]
After=multikernel\@db.service
After=multikernel\@cache.service
After=mkio\@web-disk.service
Wants=mkio\@web-disk.service
[Service]
Restart=always
RestartSec=3
TimeoutStopSec=70
END
is slurp("$units/multikernel\@db.service.d/50-conf.conf"), <<"END", 'defaults of another';
# Made from $etc/boot.d/db.conf
[Unit]
[Service]
Restart=no
RestartSec=10
TimeoutStopSec=60
END
ok !-e "$units/multikernel\@bad.service.d", 'and none of the wrong one';
clean();
is_deeply [run('service', 'units', $units)], [0, '', ''], 'nothing to run';
is_deeply [glob "$units/*"], [], 'makes nothing';

# The trees. The fake machine takes what is written, so what was written last is what was taken.
sub uploaded_source
{
	open(my $dtc, '-|', 'dtc', '-q', '-I', 'dtb', '-O', 'dts', "$mk/device_tree") or die;
	local $/;
	return scalar <$dtc>;
}

# Instances and their ids.
sub uploaded { return join ' ', uploaded_source() =~ /(\w+) \{\s+compatible = "multikernel-v1";\s+id = <(\w+)>/g }

sub machine
{
	spew("$mk/$_->[0]", "$_->[1]\n") for ['last_error', 'ok'], ['version', '0.1'], ['pool/memory_bytes', 0x40000000],
		['pool/memory_free_bytes', 0x50000000];
	spew("$mk/device_tree", '');
	spew("$sys/module/multikernel/parameters/pool", "1G\n");
}

machine();
tree("$etc/10-web.dts", web => [1, '1', '0x20000000']);
tree("$etc/20-db.dts", db => [2, '2 3', '0x20000000']);
($code, $out, $err) = run(qw(service start));
is_deeply [$code, $err], [0, ''], 'two trees are taken';
is uploaded(), 'web 0x01 db 0x02', 'as one';
is slurp("$sys/module/multikernel/parameters/pool"), "1G\n", 'the pool is large enough';

tree("$etc/30-more.dts", more => [3, '4', '0x1000000']);
is +(run(qw(service start)))[0], 0, 'one more is taken';
is slurp("$sys/module/multikernel/parameters/pool"), '1G,16384K', 'the pool grows by what is missing';

tree("$etc/15-twice.dts", web => [7, '5', '0x1000']);
spew("$etc/16-broken.dts", "/dts-v1/; / {\n");
spew("$sys/module/multikernel/parameters/pool", "0\n");
spew("$mk/pool/memory_bytes", "0\n");
($code, $out, $err) = run(qw(service start));
is $code, 1, 'trees that cannot be are refused';
like $err, qr/15-twice\.dts: with the trees before it: .*"web"/, 'one that has what is there already';
like $err, qr/16-broken\.dts: dtc does not take it/, 'and one that dtc does not take';
is uploaded(), 'web 0x01 db 0x02 more 0x03', 'all others are taken';
is slurp("$sys/module/multikernel/parameters/pool"), '0,1064960K', 'into a pool that there was not';

# What the machine cannot have is left out before anything changes, and is blamed by its own file.
clean();
machine();
tree("$etc/10-far.dts", far => [1, '9', '0x1000000']);
tree("$etc/20-web.dts", web => [2, '1', '0x1000000']);
tree("$etc/30-db.dts", db => [3, '2 3', '0x1000000']);
is_deeply [run(qw(service start))], [1, "NAME  ID  STATUS  CPUS  MEMORY\n",
	"mkctl: $etc/10-far.dts: instance \"far\": cpus asks for cpu 9, which this machine does not have\nmkctl: CPUs that an instance can have: 1-7\n"],
	'a tree that asks for what is not there is told';
is uploaded(), 'web 0x02 db 0x03', 'and all others are taken';

# An instance in which a kernel runs is a part of what is applied, whatever has become of its file.
instance('db', 3, 'active', 0x1000000, 2, 3);
spew("$mk/instances/db/device_tree_source", slurp("$mk/instances/db/device_tree_source") . "image-names = \"root\";\n");
make_path("$mk/images/root");
spew("$mk/images/root/$_->[0]", $_->[1]) for [ size => "2097152\n" ], [ status => "ready\n" ], [ loaded_bytes => "8\n" ],
	[ instances => "db\n" ];
instance('old', 4, 'ready', 0x1000000, 4);
unlink "$etc/10-far.dts", "$etc/20-web.dts";
tree("$etc/20-web.dts", web => [2, '1', '0x1000000']);
spew("$etc/30-db.dts", "/dts-v1/; / {\n");
tree("$etc/40-new.dts", new => [5, '5', '0x1000000']);
tree("$etc/50-late.dts", late => [6, '3', '0x1000000']);
spew("$mk/pool/memory_bytes", 0x3000000);
($code, $out, $err) = run(qw(service start));
is $code, 1, 'a broken file of an instance that runs is an error';
is uploaded(), 'db 0x03 web 0x02 new 0x05', 'but it keeps nothing new from being made, nor what has stopped from going';
like uploaded_source(), qr/root \{\s+memory-bytes = <0x200000>.*db \{.*image-names = "root"/s, 'what runs keeps its images';
like $err, qr{^mkctl: $etc/50-late.dts: with the trees before it: .* CPU 3, which instance "db" has too$}m, 'what wants its CPUs is told';
like $err, qr/^mkctl: instance "db": a kernel runs there, so it stays as it is, though no tree that was taken has it$/m, 'and so is what stays';
is slurp("$sys/module/multikernel/parameters/pool"), '1G,18432K', 'the pool grows for it, too';
goes($_) for qw(db old);
remove_tree("$mk/images");

# What the machine alone knows shows when it is tried, and then again with what was there before first: that does not go.
clean();
machine();
tree("$etc/10-new.dts", new => [1, '1', '0x1000000']);
tree("$etc/20-web.dts", web => [2, '2', '0x1000000']);
tree("$etc/30-db.dts", db => [3, '3', '0x1000000']);
instance('web', 2, 'ready', 0x1000000, 2);
instance('db', 3, 'ready', 0x1000000, 3);
spew("$mk/last_error", "cpu 1 does not stop\n");
spew("$dev/at-upload", "#!/bin/sh\necho tried >>$dev/tries\n[ \$(wc -l <$dev/tries) = 2 ]\n");
chmod 0755, "$dev/at-upload";
($code, $out, $err) = run(qw(service start));
is $code, 1, 'what the machine does not do is an error';
is slurp("$dev/tries"), "tried\n" x 3, 'all are tried, those that were there, and these with each new one';
like $err, qr{10-new\.dts: Invalid argument: cpu 1 does not stop\n\z}, 'of which it is told';
unlink "$dev/at-upload", "$dev/tries";
goes($_) for qw(web db);

# Images. Each tree numbers its own from 1, so the first reference of one is the second of the other.
sub images
{
	my ($file, $images, %instances) = @_;
	my $text = '/dts-v1/; / { compatible = "multikernel-v1"; model = "a machine"; images { ';
	$text .= "$_->[0]: $_->[0] { memory-bytes = <$_->[1]>; }; " for @$images;
	$text .= '}; instances { ';
	$text .= "$_ { id = <$instances{$_}[0]>; color = \"red\"; $instances{$_}[2] resources { cpus = <$instances{$_}[1]>; " .
		"memory-bytes = <0x400000>; $instances{$_}[3] }; }; " for sort keys %instances;
	spew("$etc/$file", "$text}; };");
}

# uploaded_images: each with its size; and each instance with its own
sub uploaded_images
{
	my $source = uploaded_source();
	return join(' ', $source =~ /(\w+) \{\s+memory-bytes = <(\w+)>/g) . '; ' .
		join(' ', $source =~ /(\w+) \{\s+compatible = "multikernel-v1";\s+id[^}]*image-names = "([\w"\\, ]+)"/g);
}

# As the kernel would have it.
sub image
{
	my ($name, $bytes, $status, $loaded, $content) = @_;
	make_path("$mk/images/$name");
	spew("$mk/images/$name/$_->[0]", $_->[1]) for [ size => "$bytes\n" ], [ status => "$status\n" ],
		[ loaded_bytes => "$loaded\n" ], [ instances => "web\n" ], [ image => $content ];
}

sub image_is
{
	my ($name, $status, $content, $verdict) = @_;
	subtest $verdict => sub {
		is slurp("$mk/images/$name/status"), "$status\n", 'its status';
		is slurp("$mk/images/$name/image"), $content, 'its content';
	};
}

$ENV{MKCTL_RUN} = "$scratch/run";
mkdir "$scratch/run";
clean();
machine();
images('10-a.dts', [ [ root => '0x200000' ], [ data => '0x400000' ] ], web => [ 1, 1, '', 'images = <&root &data>;' ]);
images('20-b.dts', [ [ more => '0x200000' ], [ root => '0x200000' ] ], db => [ 2, 2, '', 'images = <&more &root>;' ],
	gone => [ 2, 2, 'status = "disabled";', 'images = <&root>;' ]);
images('30-c.dts', [ [ own => '0x600000' ] ], by_name => [ 3, 3, '', 'image-names = "own";' ]);
spew("$mk/pool/memory_bytes", "0\n");
spew("$sys/module/multikernel/parameters/pool", "0\n");
($code, $out, $err) = run(qw(service start));
is_deeply [ $code, $err ], [ 0, '' ], 'trees with images are taken';
is uploaded_images(), 'root 0x200000 data 0x400000 more 0x200000 own 0x600000; ' .
	'web root\0data db more\0root by_name own', 'all images are there, and each instance names its own';
unlike uploaded_source(), qr/phandle|model|color|gone/, 'and what means nothing is not';
is slurp("$sys/module/multikernel/parameters/pool"), '0,' . (14 + 12) * 1024 . 'K', 'the pool grows for images, too';

images('40-d.dts', [ [ root => '0x400000' ], [ other => '0x200000' ] ], large => [ 4, 4, '', 'images = <&root>;' ]);
images('50-e.dts', [ [ other => '0x200000' ] ], late => [ 5, 5, '', 'images = <&other>;' ]);
($code, $out, $err) = run(qw(service start));
is_deeply [ $code, $err ], [ 1, "mkctl: $etc/40-d.dts: image \"root\" has 4 MB here and 2 MB in $etc/10-a.dts, " .
	"and can have one size only\n" ], 'an image of two sizes is refused';
is uploaded(), 'web 0x01 db 0x02 by_name 0x03 late 0x05', 'and the tree that says so alone';
like uploaded_images(), qr/^root 0x200000 .*other 0x200000; /, 'without its size';

clean();
images('10-a.dts', [ map { [ "i$_", '0x200000' ] } 1 .. 40 ]);
images('20-b.dts', [ map { [ "i$_", '0x200000' ] } 21 .. 64 ]);
images('30-c.dts', [ [ i65 => '0x200000' ] ]);
($code, $out, $err) = run(qw(service start));
is $err, "mkctl: $etc/30-c.dts: with the trees before it: more images than a tree can hold\n", 'of images, 64 are taken';

# Their content.
clean();
machine();
make_path("$etc/images", "$scratch/files");
images('10-a.dts', [ [ root => '0x200000' ], [ data => '0x200000' ], [ bare => '0x200000' ] ]);
image(root => 2097152, 'empty', 0, '');
image(data => 2097152, 'empty', 0, '');
image(bare => 2097152, 'empty', 0, '');
spew("$etc/images/root", 'the root');
spew("$scratch/files/data.img", 'x' x 1500000);
symlink "$scratch/files/data.img", "$etc/images/data";
($code, $out, $err) = run(qw(service start));
is_deeply [ $code, $err ], [ 0, '' ], 'images are loaded';
like $out, qr{\Abare: empty, there is no file $etc/images/bare\ndata: ready, 1464 KB\nroot: ready, 0 KB\nNAME}, 'as is told';
image_is('root', 'ready', 'the root', 'from a file');
image_is('data', 'ready', 'x' x 1500000, 'from what a link leads to');
image_is('bare', 'empty', '', 'and not without a file');

# started NAME, SAID...: what a start says of images
sub started
{
	my ($name, $code, $out, $err) = @_;
	my @got = run(qw(service start));
	$got[1] =~ s/^NAME.*//ms;
	is_deeply \@got, [ $code, $out, $err ], $name;
}

image(root => 2097152, 'ready', 8, 'written by a kernel');
unlink "$etc/images/data";
image(data => 2097152, 'ready', 8, 'by hand!');
unlink "$mk/images/bare/$_" for qw(size status loaded_bytes instances image);
rmdir "$mk/images/bare";
started('what has its content is left alone', 0, '', '');
image_is('root', 'ready', 'written by a kernel', 'with what was written there');
spew("$etc/images/root", 'another root');
started('what has another file by now is loaded', 0, "root: ready, 0 KB\n", '');
like slurp("$mk/images/root/image"), qr/^another root/, 'from that';
image(root => 2097152, 'empty', 0, '');
started('what has lost its content is loaded again', 0, "root: ready, 0 KB\n", '');
image(root => 2097152, 'loading', 3, 'oth');
started('and what was loaded in part', 0, "root: ready, 0 KB\n", '');
image(root => 2097152, 'ready', 12, 'another root');	# a plain file keeps the end of the longer word

spew("$etc/images/data", 'by hand!');
started('what was loaded by hand is not loaded twice', 0, '', '');
image(data => 2097152, 'ready', 8, 'changed!');
started('and from then on left alone', 0, '', '');
spew("$etc/images/data", 'by hand?');
image(data => 2097152, 'ready', 8, 'BY HAND?');
started('other content of the same size is loaded', 0, "data: ready, 0 KB\n", '');
image_is('data', 'ready', 'by hand?', 'over what was there');

# One that cannot be loaded leaves the others alone.
image($_ => 2097152, 'empty', 0, '') for qw(data root);
for my $case (
	[ 'one that is too large', sub { spew($_[0], 'x' x 2097153) },
		"$etc/images/data: its 2097153 bytes do not fit image \"data\", which has 2097152" ],
	[ 'one that is empty', sub { spew($_[0], '') }, "$etc/images/data: it is empty" ],
	[ 'a link that leads nowhere', sub { symlink '/none/at/all', $_[0] }, "$etc/images/data: No such file or directory" ],
	[ 'a link in a circle', sub { symlink 'data', $_[0] }, "$etc/images/data: Too many levels of symbolic links" ],
	[ 'a directory', sub { mkdir $_[0] }, "$etc/images/data: it is no regular file" ],
	[ 'a pipe', sub { POSIX::mkfifo($_[0], 0600) }, "$etc/images/data: it is no regular file" ],
) {
	my ($name, $make, $sentence) = @$case;
	image(root => 2097152, 'empty', 0, '');
	rmdir "$etc/images/data" or unlink "$etc/images/data";
	$make->("$etc/images/data");
	started("$name is told", 1, "root: ready, 0 KB\n", "mkctl: $sentence\n");
	image_is('data', 'empty', '', 'nothing is written');
}

# A kernel uses it: here a file that refuses each write.
rmdir "$etc/images/data" or unlink "$etc/images/data";
spew("$etc/images/data", 'newer');
image(data => 2097152, 'ready', 8, '');
unlink "$mk/images/data/image";
symlink '/dev/full', "$mk/images/data/image";
spew("$mk/last_error", "image \"data\": the kernel of instance \"web\" uses it; stop that kernel first\n");
started('a new file for one that a kernel uses is told', 1, '',
	"mkctl: data: No space left on device: image \"data\": the kernel of instance \"web\" uses it; stop that kernel first\n");
is slurp("$mk/images/data/status"), "ready\n", 'and the image left alone';
remove_tree("$etc/images", "$mk/images");
delete $ENV{MKCTL_RUN};

clean();
machine();
conf('web', 'kernel=/k');
$bad = conf('bad', 'kernel');
is_deeply [run(qw(service start))], [1, '', "mkctl: $bad:1: \"kernel\" is not KEY=VALUE\n"], 'a wrong .conf is told';
is slurp("$mk/device_tree"), '', 'and without a tree none is taken';

# Where systemd runs, what is new is told to it and started: its systemctl here runs the generator, as the real one does.
clean();
$ENV{MKCTL_RUN} = "$scratch/run";
make_path("$scratch/run/systemd/system", "$scratch/bin");
spew("$scratch/bin/systemctl", <<"END");
#!/bin/sh
echo "\$*" >>$scratch/asked
if [ "\$2" = daemon-reload ]; then
	rm -rf $scratch/run/systemd/generator
	mkdir $scratch/run/systemd/generator
	exec $Helpers::mkctl service units $scratch/run/systemd/generator
fi
END
chmod 0755, "$scratch/bin/systemctl";

# asks NAME, ERR, WORDS...: what a start, or a reload, has systemctl do, and what it says
sub asks
{
	my ($name, $wanted_err, @wanted) = @_;
	local $ENV{PATH} = "$scratch/bin:$ENV{PATH}";
	unlink "$scratch/asked";
	my ($code, $out, $err) = run(qw(service start));
	subtest $name => sub {
		is $code, 0, 'exit code';
		is $err, $wanted_err, 'stderr';
		is slurp("$scratch/asked") // '', join('', map { "--quiet $_\n" } @wanted), 'what is asked';
		is $out, join('', map { /start ((.*)@(.*)\.service) / ? "$3: $1 is started\n" : () } @wanted), 'what is said';
	};
}

sub fresh { instance(@_); spew("$mk/instances/$_[0]/generation", "0\n") }

my $web_starts = 'start multikernel@web.service --no-block';
asks('nothing to start', '');
fresh('web', 1, 'ready', 0x20000000, 1);
conf('web', 'kernel=/k');
asks('a new one', '', 'daemon-reload', $web_starts);
asks('one that has not been started yet', '', $web_starts);
spew("$mk/instances/web/status", "active\n");
asks('one that runs', '');
spew("$mk/instances/web/status", "ready\n");
spew("$mk/instances/web/generation", "1\n");
asks('one that was stopped', '');
conf('web', 'kernel=/k', 'restart=always');
asks('one that says something else now', '', 'daemon-reload');
asks('which is known then', '');
fresh('db', 2, 'ready', 0x20000000, 2);
conf('db', 'kernel=/k');
asks('one more', '', 'daemon-reload', 'start multikernel@db.service --no-block');
spew("$mk/instances/web/generation", "0\n");
asks('two', '', 'start multikernel@db.service --no-block', $web_starts);
unlink "$etc/boot.d/db.conf";
spew("$mk/instances/web/generation", "1\n");
asks('one less', '', 'daemon-reload');
my $cache = conf('cache', 'kernel=/k');
asks('one without an instance', "mkctl: $cache: there is no instance \"cache\", so its service is not started\n", 'daemon-reload');
clean();
asks('none any more', '', 'daemon-reload');
goes($_) for 'web', 'db';
remove_tree("$scratch/run");
delete $ENV{MKCTL_RUN};

# A life. What "mkctl boot" and "mkctl stop" ask of the module ends at once here, and sets the status.
instance('web', 1, 'ready', 0x20000000, 1);
my $status = "$mk/instances/web/status";
my $kernel = "$scratch/vmlinuz";
spew($kernel, 'kernel');
open(my $spawn, '+<', '/dev/ptmx') or die;
my $number = pack 'i', 0;
ioctl($spawn, 0x40045431, $number) && ioctl($spawn, 0x80045430, $number) or die;	# TIOCSPTLCK, TIOCGPTN
symlink '/dev/pts/' . unpack('i', $number), "$dev/mktty1" or die;
system("stty -F $dev/mktty1 raw -echo") == 0 or die;
spew("$dev/multikernel", '');

# at_call SHELL: what happens in the machine when the module is called
sub at_call
{
	spew("$dev/at-call", "#!/bin/sh\n$_[0]\n");
	chmod 0755, "$dev/at-call";
}
sub sets { return "echo $_[0] >$status.new; mv $status.new $status" }

my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$scratch/notify") or die;
$socket->blocking(0);
my $heard = '';
sub told
{
	my ($regex, $name) = @_;
	my $end = time + 60;
	while (time < $end && $heard !~ $regex) {
		$heard .= "$_\n" if defined $socket->recv($_, 4096) && length;
		sleep 0.02;
	}
	like $heard, $regex, $name;
}
$ENV{NOTIFY_SOCKET} = "$scratch/notify";

sub begin
{
	$heard = '';
	unlink "$dev/calls";
	spew($status, "ready\n");
	spew("$mk/instances/web/liveness", "\n");
	system($fake, 'boot', "$mk/instances/web");
	conf('web', "kernel=$kernel", 'append=quiet a=b', 'stop-timeout=5');
	at_call(sets('active'));
	my $pid = start(qw(service run web));
	becomes("$dev/calls", qr/command line quiet a=b/, 'the kernel is loaded');
	told(qr/READY=1/, 'systemd is told that it runs');
	return $pid;
}

my $pid = begin();
system($fake, 'say', "$mk/instances/web", 'hello log') == 0 or die;
becomes("$scratch/out", qr/^kernel: \[ *\d+\.\d+\] hello log$/m, 'its log is shown');
syswrite $spawn, "\e[1mbold\e[0m \e]0;title\a\x01text\r\nrest";
becomes("$scratch/out", qr/^console: bold text$/m, 'what its console says is shown, without what is for terminals');
open(my $operator, '+<', "$dev/mktty1") or die;
becomes("$scratch/err", qr/^mkctl: someone else has the console open/m, 'who opens the console has it');
like slurp("$scratch/out"), qr/^console: rest$/m, 'after all that was said before';
close $operator;
my $end = time + 60;
syswrite($spawn, "back\n"), sleep 0.1 while time < $end && slurp("$scratch/out") !~ /^console: back$/m;
like slurp("$scratch/out"), qr/^console: back$/m, 'until they leave it';
spew("$mk/instances/web/liveness", "hung: no sign of life for 12 s\n");
becomes("$scratch/err", qr/^mkctl: web: its kernel hangs$/m, 'that it hangs is told');
told(qr/STATUS=active, hung$/m, 'systemd as well');
at_call(sets('ready'));
kill 'TERM', $pid;
is code($pid), 0, 'SIGTERM stops it';
like slurp("$dev/calls"), qr/\n.*serial 101/, 'by asking the module';
told(qr/STOPPING=1/, 'which systemd is told');
like slurp("$scratch/out"), qr/^web: ready$/m, 'and it is told that it has stopped';

# Ctrl-C reaches all of a group of processes, and here the command that stops the kernel just before it leaves the group.
$pid = begin();
spew("$dev/interrupt", '');
at_call(sets('ready'));
kill 'INT', $pid;
is code($pid), 0, 'Ctrl-C stops it as well, also when it comes twice';
like slurp("$dev/calls"), qr/\n.*serial 101/, 'by asking the module';
unlink "$dev/interrupt";

# A file is named after its instance, and not after the id of another.
spew($status, "ready\n");
unlink "$dev/calls";
conf('1', "kernel=$kernel");
is_deeply [run(qw(service run 1))], [1, '', "mkctl: there is no instance \"1\"; the one with this id is \"web\"\n"],
	'a file that is named after an id is refused';
ok !-e "$dev/calls", 'and boots nothing there';
unlink "$etc/boot.d/1.conf";

# Devices are what "mkctl boot" makes of the same words, with an mkio that only writes down its own.
make_path("$scratch/bin", "$scratch/www");
spew("$scratch/bin/$_", "#!/bin/sh\necho \"\$*\" >>$scratch/said\nexit 1\n") for 'mkio';
chmod 0755, "$scratch/bin/mkio";
spew("$scratch/root.qcow2", '');
$ENV{MKCTL_RUN} = $scratch;
{
	local $ENV{PATH} = "$scratch/bin:$ENV{PATH}";
	for my $case (
		[ 'disk', "$scratch/root.qcow2", "disk web --name disk0 --replaceable --file $scratch/root.qcow2 --format qcow2" ],
		[ 'net', 'macvtap=eth0', 'net web --name net0 --replaceable --tap mk1-0 --macvtap eth0' ],
		[ 'share', "root=$scratch/www", "share web --name share0 --replaceable --tag root --dir $scratch/www" ],
		[ 'vsock', 'yes', 'vsock web --name vsock --replaceable' ],
	) {
		my ($key, $value, $said) = @$case;
		unlink "$scratch/said";
		spew($status, "ready\n");
		conf('web', "kernel=$kernel", "$key=$value");
		my ($code, $out, $err) = run(qw(service run web));
		is slurp("$scratch/said"), "$said\n", "$key=$value: a device";
		is $code, 1, 'without which the service fails';
		like $out . $err, qr/is not served, and nothing is booted/, 'as it says';
	}
}

# A service of mkio's that is named and is not there.
unlink "$etc/boot.d/bad.conf";
make_path("$scratch/systemd/system", "$etc/devices");
conf('web', "kernel=$kernel", 'devices=web-disk web-net');
spew("$etc/devices/web-disk", '');
($code, $out, $err) = run(qw(service start));
is $err, "mkctl: $etc/boot.d/web.conf: devices=web-net: there is no file $etc/devices/web-net\n", 'a device without its file is told';
spew("$scratch/bin/systemctl", "#!/bin/sh\n[ \"\$*\" = '--quiet is-active mkio\@web-disk.service' ]\n");
chmod 0755, "$scratch/bin/systemctl";
unlink "$dev/calls";
{
	local $ENV{PATH} = "$scratch/bin:$ENV{PATH}";
	($code, $out, $err) = run(qw(service run web));
}
is $code, 1, 'one that is not served fails the service';
like $err, qr/^mkctl: web: mkio\@web-net\.service is not active, and nothing is booted; journalctl -u mkio\@web-net\.service says why$/m,
	'as it says';
ok !-e "$dev/calls", 'and nothing is booted';
remove_tree("$scratch/systemd");
delete $ENV{MKCTL_RUN};

$pid = begin();
spew($status, "ready\n");
is code($pid), 0, 'a kernel that ends by itself ends the service';
like slurp("$scratch/err"), qr/^mkctl: web: its kernel has ended$/m, 'as it says';

$pid = begin();
spew("$mk/instances/web/failure", "Kernel panic - not syncing: ouch\n");
spew($status, "failed\n");
is code($pid), 1, 'one that panics fails it';
like slurp("$scratch/err"), qr/^mkctl: web: it failed while it ran: Kernel panic - not syncing: ouch$/m, 'as it says';

$pid = begin();
spew("$mk/instances/web/serial", "102\n");
is code($pid), 1, 'an instance that is another one fails it';
like slurp("$scratch/err"), qr/^mkctl: web: the instance has gone$/m, 'as it says';
spew("$mk/instances/web/serial", "101\n");

spew($status, "active\n");
unlink "$dev/calls", "$dev/at-call";
$pid = start(qw(service run web));
becomes("$scratch/err", qr/a kernel runs there already, and is left to run/, 'a kernel that runs is left to run');
spew($status, "ready\n");
is code($pid), 0, 'and looked after';
ok !-e "$dev/calls", 'without a call';

spew($status, "ready\n");
spew("$dev/answers", "16 it is busy\n");
($code, $out, $err) = run(qw(service run web));
is $code, 1, 'a load that is refused fails it';
like $out . $err, qr/Device or resource busy: it is busy/, 'with the reason';

done_testing;
