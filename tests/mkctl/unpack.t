#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl boot --unpack: a kernel is unpacked once, by the program that it takes, and kept for the next start; only by who may,
# and only as long as it is what it was. What is unpacked here is a small ELF image in a small bzImage.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

machine();
instance('web', 1, 'ready', 0x10000000, 1);
spew("$dev/multikernel", '');
my $cache = "$scratch/cache";
$ENV{MKCTL_CACHE} = $cache;

# The program, which tells that it was called.
mkdir "$scratch/bin";
chomp(my $gzip = `sh -c "command -v gzip"`);
spew("$scratch/bin/gzip", "#!/bin/sh\necho called >>$scratch/called\nexec $gzip \"\$\@\"\n");
chmod 0755, "$scratch/bin/gzip";
$ENV{PATH} = "$scratch/bin:$ENV{PATH}";

# elf TEXT: one part, which is not moved, at its entry (core/unpacked.c)
sub elf
{
	my ($text) = @_;
	my ($at, $linked) = (64 + 56, 0x1000000);
	return pack('a4 C3 x9 S S L Q Q Q L S6', "\177ELF", 2, 1, 1, 2, 62, 1, $linked, 64, 0, 0, 64, 56, 1, 0, 0, 0)
		. pack('L L Q6', 1, 7, $at, $linked, $linked, length $text, length $text, 4096) . $text;
}

# image NAME, TEXT: a bzImage with that inside (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header")
sub image
{
	my ($name, $text) = @_;
	spew("$scratch/elf", elf($text));
	my $packed = `$gzip -9nc $scratch/elf`;
	my $setup = "\0" x 1536;
	my %fields = (0x1f1 => pack('C', 2), 0x1fe => pack('S', 0xaa55), 0x200 => pack('S', 0x6aeb), 0x202 => 'HdrS',
		0x206 => pack('S', 0x20f), 0x230 => pack('L', 0x200000), 0x234 => pack('C', 1), 0x236 => pack('S', 3),
		0x238 => pack('L', 2047), 0x248 => pack('L L', 1024, length $packed), 0x258 => pack('Q L', 0x1000000, 0x400000));
	substr($setup, $_, length $fields{$_}) = $fields{$_} for keys %fields;
	spew($name, $setup . "\0" x 1024 . $packed);
	return $name;
}

# boots IMAGE, TEXT, CALLS, NAME: the kernel that is started has that inside, and the program was called so many times
sub boots
{
	my ($image, $text, $calls, $name) = @_;
	unlink "$scratch/called";
	subtest $name => sub {
		runs('boot', 0, "web: ready\n", '', qw(boot web --unpack --kernel), $image);
		like slurp("$dev/kernel"), qr/\Q$text\E/, 'it is that kernel';
		is scalar(() = (slurp("$scratch/called") // '') =~ /called/g), $calls, 'the program was called so often';
	};
}

sub kept
{
	return map { s|.*/||r } sort grep { !/\.from$/ } glob "$cache/* $cache/.new-*";
}

my $one = image('one', 'the first kernel');
boots($one, 'the first kernel', 1, 'a kernel is unpacked');
is scalar(kept()), 1, 'and kept';
my ($file) = kept();
is sprintf('%o', (stat $cache)[2] & 07777), '700', 'where nobody else looks';
is sprintf('%o', (stat "$cache/$_")[2] & 07777), '600', 'in files of its own' for $file, "$file.from";
my $made = slurp("$dev/kernel");
is slurp("$cache/$file"), $made, 'as it was handed over';
boots($one, 'the first kernel', 0, 'the next start has it from there');
is slurp("$dev/kernel"), $made, 'the same';
boots(image('same', 'the first kernel'), 'the first kernel', 0, 'and that of the same kernel by another name');

# What does not fit what it was made of is made anew, and kept as it should be.
my $from = "$cache/$file.from";
for my $at (0, 8, 8 + length(slurp($one)) - 1, length(slurp($from)) - 1) {
	my $bytes = slurp($from);
	substr($bytes, $at, 1) ^= "\xff";
	spew($from, $bytes);
	boots($one, 'the first kernel', 1, "made of something that differs in byte $at it is not taken");
	boots($one, 'the first kernel', 0, 'and is right again');
}
for my $path ($from, "$cache/$file") {
	for my $size (0, 100) {
		truncate $path, $size;
		boots($one, 'the first kernel', 1, "cut to $size bytes it is not taken");
	}
	open my $more, '>>', $path or die;
	print $more 'more';
	close $more;
	boots($one, 'the first kernel', 1, 'nor with more behind it');
	chmod 0666, $path;
	boots($one, 'the first kernel', 1, 'nor a file that others may write');
	is sprintf('%o', (stat $path)[2] & 07777), '600', 'another takes its place';
	rename $path, "$scratch/moved";
	boots($one, 'the first kernel', 1, 'nor half of it');
	rename $path, "$scratch/moved";
	symlink "$scratch/moved", $path;
	boots($one, 'the first kernel', 1, 'nor a link');
	ok !-l $path, 'which a file takes the place of';
}
chmod 0777, $cache;
boots($one, 'the first kernel', 1, 'nor what is in a directory in which others may write');
chmod 0700, $cache;

# The last four that were used.
my $now = time;
utime $now - 100, $now - 100, "$cache/$file";
for my $number (2 .. 4) {
	my %before = map { $_ => 1 } kept();
	boots(image("kernel$number", "kernel number $number"), "kernel number $number", 1, "kernel $number");
	my ($new) = grep { !$before{$_} } kept();
	utime $now - 100 + $number, $now - 100 + $number, "$cache/$new";
}
is scalar(kept()), 4, 'four are kept';
boots($one, 'the first kernel', 0, 'the first one is used again');
spew("$cache/other", 'of somebody');
spew("$cache/.new-abcdef", 'never finished');
spew("$cache/.new-ghijkl", 'under way');
utime $now - 1000, $now - 1000, "$cache/.new-abcdef";
boots(image('five', 'the fifth kernel'), 'the fifth kernel', 1, 'a fifth one comes');
is scalar(grep { /^[0-9a-f]{16}$/ } kept()), 4, 'there are four of them';
is scalar(() = glob "$cache/*.from"), 4, 'each with what it was made of';
boots($one, 'the first kernel', 0, 'the one that was used last is there');
boots('kernel2', 'kernel number 2', 1, 'the one that was not used for longest is not');
ok -e "$cache/other", 'what is none stays';
ok !-e "$cache/.new-abcdef", 'what was never finished goes';
ok -e "$cache/.new-ghijkl", 'what may be under way stays';

# It is no must.
$ENV{MKCTL_CACHE} = "$scratch/one";
boots($one, 'the first kernel', 1, 'without such a directory each start unpacks');
boots($one, 'the first kernel', 1, 'and the next');
$ENV{MKCTL_CACHE} = $cache;
my $bytes = slurp($one);
substr($bytes, 2570, 1) ^= "\xff";
spew('broken', $bytes);
my $before = join ' ', kept();
my ($code, $out, $err) = run(qw(boot web --unpack --kernel broken));
is $code, 1, 'a kernel that cannot be unpacked is refused';
is join(' ', kept()), $before, 'and not kept';
done_testing;
