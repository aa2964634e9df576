#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Dashboard and alerts in examples/ ask for what "mkctl metrics" prints, and promtool takes both where it is there.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

machine();
spew("$mk/pool/memory_bytes", 0x90000000 . "\n");
instance('web', 1, 'active', 0x10000000, 1);
system($fake, 'boot', "$mk/instances/web");
spew("$mk/instances/web/devices", "0 net0 1 running served 595 1196\n3 disk0 2 reset unserved 0 0\n");
my ($code, $metrics) = run(qw(metrics --logs));
is $code, 0, 'metrics';
my %known = map { $_ => 1 } $metrics =~ /^(multikernel_\w+)/mg;
my $dashboard = slurp("$examples/grafana-dashboard.json");
ok ref decode_json($dashboard)->{panels}, 'the dashboard is JSON';
for my $file ([ 'grafana-dashboard.json', $dashboard ], [ 'alerts.yml', slurp("$examples/alerts.yml") ]) {
	my %asked = map { $_ => 1 } $$file[1] =~ /(multikernel_\w+)/g;
	ok %asked, "$$file[0] asks for something";
	is join(' ', grep { !$known{$_} } sort keys %asked), '', "$$file[0] asks for what there is";
}
SKIP: {
	skip 'there is no promtool', 2 if system('command -v promtool >/dev/null');
	spew('metrics.txt', $metrics);
	is `promtool check metrics <metrics.txt 2>&1`, '', 'promtool takes the metrics';
	is system("promtool check rules $examples/alerts.yml >/dev/null"), 0, 'and the alerts';
}
done_testing;
