#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What --json prints is what doc/mkctl.schema.json says.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Path 'make_path';
use FindBin;
use Test::More;
use lib $FindBin::Bin;
use Helpers;

plan skip_all => 'there is no python3-jsonschema' if system('python3 -c "import jsonschema" 2>/dev/null');
my $schema = abs_path("$FindBin::Bin/../../doc/mkctl.schema.json");
spew('validate.py', <<'PYTHON');
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
schema["$ref"] = "#/$defs/" + sys.argv[2]
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin.read().split("\0"):
    for error in validator.iter_errors(json.loads(line)):
        print(error.message)
PYTHON

sub says
{
	my ($definition, $text) = @_;
	spew('text.json', $text);
	return `python3 validate.py $schema $definition <text.json 2>&1`;
}

machine();
spew("$mk/pool/memory_bytes", 0x90000000 . "\n");
spew("$mk/pool/cpus", "1-3\n");
instance('web', 1, 'active', 0x10000000, 1);
instance('db', 7, 'failed', 0x20000000, 3, 2);
instance('odd', 8, 'ready', 0x20000000, 4);
make_path("$mk/images/rootfs");
spew("$mk/images/rootfs/$$_[0]", $$_[1]) for [ size => "2097152\n" ], [ status => "ready\n" ], [ loaded_bytes => "5\n" ],
	[ instances => "web\ndb\n" ];
my $pid = start(qw(events --json));
becomes("$scratch/out", qr/(\}\n.*){3}\z/s, 'three events');
kill 'TERM', $pid;
waitpid $pid, 0;
is says('events', slurp("$scratch/out") =~ s/\n(?=.)/\0/gr), '', 'events';
my $tree = tree('t.dts', web => [ 1, 1, 0x10000000 ], new => [ 2, 3, 0x1000000 ]);
spew("$mk/instances/web/devices", "0 net0 1 running served 595 1196\n1 x 99 reset unserved 0 0\n");
for my $command ([ 'show', 'show', 'web' ], [ 'devices', 'devices', 'web' ], [ 'apply', 'apply', '-n', $tree ], [ 'pool', 'pool' ],
		 [ 'image_list', 'image', 'list' ],
		 [ 'doctor', 'doctor' ], [ 'bundle', 'doctor', '--bundle' ]) {
	my ($definition, @words) = @$command;
	is says($definition, (run(@words, $words[-1] eq '--bundle' ? () : '--json'))[1]), '', "@words";
}
my $plan = (run(qw(apply -n --json), $tree))[1];
like $plan, qr/"image": "rootfs"/, 'a plan has the images';
isnt says('apply', $plan =~ s/"image": /"images": /r), '', 'each by its name';
unlink "$mk/instances/odd/serial";
spew("$mk/instances/web/$$_[0]", $$_[1]) for [ uptime => "80\n" ], [ cpu_time => "1500 80000\n" ], [ memory_used => "38797312\n" ];
is says('show', (run(qw(show web --json)))[1]), '', 'show of one that tells its times';
my $looks = (run(qw(top --json -n 2 -d 1)))[1];
is says('top', $looks =~ s/\n(?=.)/\0/gr), '', 'top';
isnt says('top', $looks =~ s/\n.*//sr =~ s/"cpu_percent"/"cpu"/r), '', 'which must say what is not known';
my ($code, $list) = run(qw(list --json));
is says('list', $list), '', 'list, with one that cannot be read';
isnt says('list', $list =~ s/"id": 1/"id": 0/r), '', 'the schema can say no';
isnt says('show', $list), '', 'and knows one from the other';
done_testing;
