#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What goes wrong around mkrun: it is killed at any moment, two of it work at once, nobody reads, nobody answers, names are
# taken, and the host has been started anew. Nothing may be left, nothing of another's may go, and nobody may wait for ever.
use strict;
use warnings;
use Cwd 'abs_path';
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Helpers;

conf('cpus=2-5', 'kernel=/boot/vmlinuz-test', 'initrd=/none', 'memory=300M', 'overhead=100M');
bundle('sleep 1000');

# mkrun with these words, while this goes on; its errors are in the file err-NAME.
sub at_once
{
	my ($name, @words) = @_;
	my $asking = fork // die;
	return $asking if $asking;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', "$scratch/err-$name";
	exec { $mkrun } 'mkrun', '--root', "$scratch/root", @words or POSIX::_exit(99);
}

sub exit_code
{
	waitpid shift, 0;
	return $? >> 8;
}

sub comes
{
	my ($what, $is_so) = @_;
	my $end = time + 60;
	my $so;
	sleep 0.05 until ($so = $is_so->()) || time > $end;
	ok($so, $what);
}

sub saved
{
	return decode_json(slurp("$scratch/root/$_[0]/state.json") || '{}');
}

# The process that stands for what the one of that pid creates.
sub child_of
{
	my ($asking) = @_;
	my $child;
	comes('who creates has a child', sub { ($child) = slurp("/proc/$asking/task/$asking/children") =~ /(\d+)/ });
	return $child;
}

sub is_gone
{
	my ($of) = @_;
	comes('and its process', sub { !-e "/proc/$of" || slurp("/proc/$of/stat") =~ /^\d+ \(.*\) Z / });
}

# A file that cannot be written.
refuses(qr{/none/pid: No such file or directory}, 'create', '-b', "$scratch/bundle", '--pid-file', "$scratch/none/pid", 'one');
nothing_is_left();
bundle('true', process => { args => ['/bin/none'], cwd => '/', env => [], user => { uid => 0, gid => 0 } });
refuses(qr/executable file not found/, 'create', '-b', "$scratch/bundle", '--pid-file', "$scratch/pid-none", 'one');
ok(!-e "$scratch/pid-none", 'and a pid of nobody is not left');
bundle('sleep 1000');

# Names. An instance that is there is another's; and another root has containers of the same names.
create('one');
my ($name) = slurp("$scratch/calls") =~ /.*^mkctl create (mkrun-one-\w+)/ms;
runs('it is deleted', 'delete', '-f', 'one');
mkdir "$instances/$name";
spew("$instances/$name/$_->[0]", $_->[1]) for ['cpus', '5'], ['memory', '1'];
refuses(qr/there is an instance $name/, 'create', '-b', "$scratch/bundle", 'one');
ok(-e "$instances/$name/cpus", 'an instance that was there stays there');
unlink glob "$instances/$name/*";
rmdir "$instances/$name";
nothing_is_left();
is(system("$mkrun --root $scratch/deep/er/root create -b $scratch/bundle one </dev/null >/dev/null 2>$scratch/err"), 0, 'a root is made where there is none')
	or diag slurp("$scratch/err");
my ($other) = slurp("$scratch/calls") =~ /.*^mkctl create (mkrun-one-\w+)/ms;
isnt($other, $name, 'containers of two roots have instances of two names');
system("$mkrun --root $scratch/deep/er/root delete -f one");
nothing_is_left();

unlike(slurp("$scratch/agent.log"), qr/Sanitizer/, 'no sanitizer has complained of the agent');
done_testing;
