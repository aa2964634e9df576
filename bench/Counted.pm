# SPDX-License-Identifier: GPL-2.0-only
#
# Runs machines beside bench/count.c, and reads what that has written down.
package Counted;
use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(marks_of machine);

# marks_of(COMMAND, COUNTS, OPTIONS): what the CPUs have executed at each mark that comes while a shell has the command run, with
# the counts in that file and more options for QEMU: a reference to the mark's CPU and the count of CPU 0, 1 ... for each.
# And whether the command succeeded.
sub marks_of {
	my ($command, $file, $options) = @_;

	local $ENV{QEMU_OPTIONS} = join ' ', "-plugin build/bench/count.so,output=$file", $options // ();
	my $good = system($command) == 0;
	open(my $counts, '<', $file) or die "$file: $!\n";
	return ($good, map { [split] } <$counts>);
}

# machine(NAME, ROUNDS): has bench/NAME.t run, and its files in build/bench begin with NAME. References to its lines and to its
# marks; where it has a bad verdict all ends.
sub machine {
	my ($name, $rounds) = @_;
	my $said = "build/bench/$name.said";

	local $ENV{VM_WORDS} = "bench.rounds=$rounds";
	my ($good, @marks) = marks_of("tests/vm/run bench/$name.t >$said", "build/bench/$name.counts");
	open(my $file, '<', $said) or die "$said: $!\n";
	my @lines = <$file>;
	die @lines if !$good || grep { /^not ok/ } @lines;
	return (\@lines, \@marks);
}

1;
