#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# mkctl top on a real terminal, which tmux is.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

plan skip_all => 'there is no tmux' if system('command -v tmux >/dev/null');
machine();
instance('web', 1, 'active', 0x10000000, 1);
$ENV{TERM} = 'xterm';
new_tmux();
# The shell may be slower than what it starts: also before it waits for that, Ctrl-C is not to end it.
my $command = "'trap : INT; $mkctl top -d 1; echo left with \$?; stty -a; exec cat'";
is system("$tmux new-session -d -s top -x 90 -y 20 $command"), 0, 'tmux';
screen_shows(qr/\ANAME +ID .*\nweb +1 +active .*\n\s*\z/, 'the table is all that is there');
spew("$mk/instances/web/status", "failed\n");
instance('db', 7, 'ready', 0x20000000, 3, 2);
screen_shows(qr/\ANAME .*\nweb +1 +failed .*\ndb +7 +ready .*\n\s*\z/, 'it follows what happens, in the same place');
system("$tmux send-keys -t top x");
sleep 2;	# it is drawn anew each second
my $shown = screen();
like $shown, qr/\ANAME .*\nweb +1 +failed .*\ndb +7 +ready .*\n\s*\z/, 'another key leaves the table';
unlike $shown, qr/x\s*$/m, 'and is not shown';
system("$tmux send-keys -t top q");
screen_shows(qr/left with 0\n/, 'q leaves');
screen_shows(qr/[^-]icanon.*[^-]echo /s, 'and the terminal is as it was');
system("$tmux kill-server");

new_tmux();
system("$tmux new-session -d -s top -x 90 -y 20 $command");
screen_shows(qr/\ANAME /, 'once more');
system("$tmux send-keys -t top C-c");
screen_shows(qr/left with 130\n/, 'Ctrl-C leaves, too');
screen_shows(qr/[^-]icanon.*[^-]echo /s, 'and the terminal is as it was');
system("$tmux kill-server");

new_tmux();
system("$tmux new-session -d -s top -x 90 -y 20 " . ($command =~ s/-d 1/-d 0/r));
screen_shows(qr/NAME /, 'without a rest');
system("$tmux send-keys -t top q");
screen_shows(qr/left with 0\n/, 'q leaves as well');
system("$tmux kill-server");
done_testing;
