#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The units: systemd takes them, and "mkctl boot" starts devices under the same conditions as mkio@.service.
use strict;
use warnings;
use Test::More;

sub slurp
{
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!";
	local $/;
	return <$file>;
}

# What a unit says of its service, less what names files and programs; how often it may be started again, and behind what.
# mkctl boot comes behind multikernel.service by itself.
my $unit = slurp('packaging/systemd/mkio@.service') =~ s/\\\n\s*//gr;
my ($service) = $unit =~ /^\[Service\]\n(.*?)^\[/ms;
my ($limit) = $unit =~ /^(StartLimit\w+=.*)$/m;
my ($after) = $unit =~ /^(After=.*)$/m;
$after =~ s/ multikernel\.service//;
my @said = sort $limit, $after, grep { !/^(#|$|EnvironmentFile=|ExecStart=)/ } split /\n/, $service;

# C's strings, which go on from one line to the next. Behind which kernel's unit it is to end, mkio@.service hears from the
# units that name it.
my $source = slurp('mkctl/device_server.c') =~ s/"\n\s*"//gr;
my @run = sort grep { !/^Before=/ } $source =~ /"--property=([^"]*)"/g;
is join("\n", @run), join("\n", @said), 'mkctl boot says of its units what mkio@.service says';

# Images, directories and what images/NAME leads to may be on other machines.
like slurp("packaging/systemd/$_"), qr/^After=(.* )?remote-fs\.target( .*)?$/m, "$_ comes behind the file systems of other machines"
	for qw(multikernel.service multikernel@.service mkio@.service);

SKIP: {
	skip 'there is no systemd-analyze', 2 if system('command -v systemd-analyze >/dev/null');
	# What systemd does not like of a unit. Programs and manual pages are not installed here.
	my $wrong = sub {
		open my $file, '>', "/tmp/mkio\@$$.service" or die;
		print $file @_;
		close $file;
		my @said = `systemd-analyze verify /tmp/mkio\@$$.service 2>&1`;
		unlink "/tmp/mkio\@$$.service";
		return join '', grep { /^\S+mkio@/ && !/is not executable|man-?page|Man pages|No such file/i } @said;
	};
	my $text = slurp('packaging/systemd/mkio@.service');
	like $wrong->($text =~ s/^\[Service\]$/$&\nNonsense=1/mr), qr/Nonsense/, 'systemd finds what is wrong with a unit';
	is $wrong->($text), '', 'and takes mkio@.service';
}
done_testing;
