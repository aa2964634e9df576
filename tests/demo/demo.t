#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo as a newcomer sees it, but without a terminal: each step does what it says, to the end. It boots a machine of its
# own. What it told stays in build/demo/told. TAP.
set -u

cd "$(dirname "$0")/../.." || exit
. tests/vm/lib.sh
told=build/demo/told

demo() {
	mkdir -p build/demo
	demo/run </dev/null >$told 2>&1 && return
	tail -n 40 $told
	return 1
}

ok "it comes to its end" demo
unlike "no step fails" "$(cat $told)" 'did not work'
for name in web-server database; do
	like "$name runs" "$(cat $told)" "^   $name: active"
done
like "the web server's page comes over its network" "$(cat $told)" '<h1>web-server, on Linux '
like "the database writes to its disk" "$(cat $told)" 'spawn: [0-9]+ records written'
like "its kernel crashes" "$(cat $told)" '^   database .* failed .*Kernel panic: sysrq triggered crash'
like "the next one finds what it wrote" "$(cat $told)" 'spawn: found [1-9][0-9]* records on its disk'
like "a shell answers on the console" "$(cat $told)" '^   spawn# nproc'

done_testing
