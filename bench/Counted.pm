# SPDX-License-Identifier: GPL-2.0-only
#
# Runs machines beside bench/count.c, and reads what that has written down; and the median, by which benches tell of many runs.
package Counted;
use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max min sum);

our @EXPORT = qw(end_of figures machine mark_entry marks_of median print_beside_host so_far);

# marks_of(COMMAND, COUNTS, OPTIONS): what the CPUs have executed at each mark that comes while a shell has the command run, with
# the counts in that file and more options for QEMU: a reference to the mark's CPU and the count of CPU 0, 1 ... for each.
# And whether the command succeeded.
sub marks_of {
	my ($command, $file, $options) = @_;

	local $ENV{QEMU_OPTIONS} = join ' ', "-plugin build/bench/count.so,output=$file", $options // ();
	my $good = system($command) == 0;
	return ($good, grep { $_->[0] ne 'end' } counts_in($file));
}

# end_of(COUNTS): the same of the machine's end
sub end_of {
	my ($end) = grep { $_->[0] eq 'end' } counts_in(@_);
	return $end;
}

sub counts_in {
	my ($file) = @_;

	open(my $counts, '<', $file) or die "$file: $!\n";
	return map { [split] } <$counts>;
}

# machine(NAME, ROUNDS, WORD...): has bench/NAME.t run, with more words for its kernel, and its files in build/bench begin with NAME.
# References to its lines and to its marks; where it has a bad verdict all ends.
sub machine {
	my ($name, $rounds, @words) = @_;
	my $said = "build/bench/$name.said";

	local $ENV{VM_WORDS} = join ' ', "bench.rounds=$rounds", @words;
	my ($good, @marks) = marks_of("tests/vm/run bench/$name.t >$said", "build/bench/$name.counts");
	open(my $file, '<', $said) or die "$said: $!\n";
	my @lines = <$file>;
	die @lines if !$good || grep { /^not ok/ } @lines;
	return (\@lines, \@marks);
}

# figures(LINES, MARKS): what bench/measure has taken, from the lines and the marks of a machine in which nobody else makes marks:
# for each, references to its name, its nanoseconds, and for each CPU what it has executed meanwhile
sub figures {
	my ($lines, $marks) = @_;
	my @figures;

	for my $line (@$lines) {
		next unless $line =~ /^# figure: (.*) ns (\d+)$/;
		my (undef, @before) = @{shift @$marks // die "figure \"$1\": no mark\n"};
		my (undef, @after) = @{shift @$marks // die "figure \"$1\": no second mark\n"};
		push @figures, [$1, $2, map { $after[$_] - ($before[$_] // 0) } 0 .. $#after];
	}
	die "more marks than figures\n" if @$marks;
	return @figures;
}

# mark_entry(KERNEL, FILE): makes that file a copy of the kernel that, at its 64-bit entry, makes a mark and ends the machine, which
# needs a device for that: its options for QEMU
sub mark_entry {
	my ($kernel, $file) = @_;

	system(". tests/vm/lib.sh; host_kernel=$kernel; cp $kernel $file; " .
		"poke $file \$(entry_64) 0f1f806d61726be6f4f4ebfd") == 0 or die "$file: no entry\n";
	return '-device isa-debug-exit,iobase=0xf4,iosize=0x1';
}

# so_far(MARK, CPU...): what these CPUs had executed then
sub so_far {
	my ($mark, @cpus) = @_;
	return sum(map { $mark->[1 + $_] // 0 } @cpus);
}

# print_beside_host(WHAT, TAKEN, NAME...): a table in Markdown of what each has taken in some turns, references to the host's values
# and to the spawn's. The slower the emulator, the more of the clock's interrupts are in them; so the least of all counts.
sub print_beside_host {
	my ($what, $taken, @names) = @_;
	my $turns = @{$taken->{$names[0]}[0]};

	print "| $what, the least and the most of $turns turns | on the host | in a spawn | ratio of the least |\n|---|--:|--:|--:|\n";
	for my $name (@names) {
		my ($host, $spawn) = @{$taken->{$name}};
		printf "| %s | %.0f to %.0f | %.0f to %.0f | %.3f |\n", $name, min(@$host), max(@$host), min(@$spawn), max(@$spawn),
			min(@$spawn) / min(@$host);
	}
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return @sorted % 2 ? $sorted[$#sorted / 2] : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}

1;
