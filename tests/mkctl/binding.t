#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The tree's binding as a schema, doc/multikernel-v1.yaml: dt-validate takes the examples by it, and what mkctl makes of
# them, and finds what "mkctl check" refuses.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

plan skip_all => 'there is no dt-validate (package dt-schema)' if system('command -v dt-validate >/dev/null');
mkdir 'schemas';
system("cp $FindBin::Bin/../../doc/multikernel-v1.yaml schemas/") == 0 or die 'no schema';
is `dt-doc-validate -u $scratch/schemas schemas/multikernel-v1.yaml 2>&1`, '', 'the schema is one';

# What it says of a DTB; nothing is good.
sub verdict
{
	my ($dtb) = @_;
	return `dt-validate -l multikernel-v1 -s $scratch/schemas $dtb 2>&1`;
}

sub compiled
{
	my ($source) = @_;
	spew('source.dts', $source);
	system('dtc -q -O dtb -o source.dtb source.dts') == 0 or die 'dtc';
	return 'source.dtb';
}

for my $example (glob "$examples/*.dts") {
	is verdict(compiled(slurp($example))), '', $example =~ s{.*/}{}r;
}

# With all that a tree can have, as a person writes it and as mkctl exports it.
machine();
instance('web', 1, 'active', '0x100000000', 1);
instance('db', 7, 'ready', 0x20000000, 3, 2);
is verdict(compiled(scalar `$mkctl export`)), '', 'mkctl export';

# In the place of @, what is wrong; and the first of what is said of it.
my $tree = '/dts-v1/; / { compatible = "multikernel-v1"; images { rootfs: rootfs { memory-bytes = <0x200000>; @image }; };
	instances { web { note = "mine"; @id resources { @cpus @memory @more }; }; }; };';
my %good = (
	image => '', id => 'id = <1>;', cpus => 'cpus = <2 3 4>;', memory => 'memory-bytes = <1 0>;',
	more => 'images = <&rootfs>;',
);

sub made
{
	my %parts = (%good, @_);
	return $tree =~ s/@(\w+)/$parts{$1}/gr;
}

is verdict(compiled(made())), '', 'all that a tree can have';
is verdict(compiled(made(id => 'status = "disabled"; id = <1>;'))), '', 'one that is disabled';
for my $wrong (
	[ id => '', qr/'id' is a required property/ ],
	[ id => 'id = <2048>;', qr/2048 is greater than the maximum of 2047/ ],
	[ id => 'id = <0>;', qr/0 is less than the minimum of 1/ ],
	[ id => 'id = <1>; status = "off";', qr/'off' is not one of/ ],
	[ id => 'id = <1>; images = <&rootfs>;', qr/web:images: False schema does not allow/ ],
	[ id => 'id = <1>; cpus-max = <1>;', qr/web:cpus-max: False schema does not allow/ ],
	[ cpus => '', qr/'cpus' is a required property/ ],
	[ memory => '', qr/'memory-bytes' is a required property/ ],
	[ memory => 'memory-bytes = <1 2 3>;', qr/memory-bytes: .*\n.*too (short|long)/ ],
	[ more => 'disk = <1>;', qr/'disk' does not match/ ],
	[ more => 'images = <&rootfs>; image-names = "rootfs";', qr/image-names/ ],
	[ image => 'disk = <1>;', qr/'disk' does not match/ ],
) {
	my ($part, $text, $said) = @$wrong;
	my $dtb = compiled(made($part => $text));
	like verdict($dtb), $said, "$part: " . ($text || 'none');
	is system("$mkctl check $dtb >/dev/null 2>&1"), 1 << 8, 'mkctl agrees';
}
done_testing;
