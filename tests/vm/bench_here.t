# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# files: bench/here:/src/bench/here bench/first:/src/bench/first bench/spawn.sh:/src/bench/spawn.sh bench/steps.sh:/src/bench/steps.sh
# files: bench/facts.sh:/src/bench/facts.sh
# files: tests/vm/lib.sh:/src/tests/vm/lib.sh build/bench/measure:/bin/measure build/bench/work:/bin/work
# files: /usr/bin/xz:/bin/xz /usr/bin/zstd:/bin/zstd
# The bench of a real machine, as an operator runs it there: refuses what would harm, asks, measures, and leaves nothing behind.
. /lib.sh

# here TEXT CPU...: what bench/here says, to a person who types that; figures go to the file "figures"
here() {
	typed=$1
	shift
	echo "$typed" | /src/bench/here "$@" 2>&1 >figures
}

like "without the module" "$(here y 2 3 1)" '^bench/here: the module is not loaded'
load_module 512M
like "without the livepatch" "$(here y 2 3 1)" '^bench/here: kernels cannot be loaded'
load_livepatch
like "without CPUs" "$(here y)" '^bench/here: usage:'
like "CPU 0" "$(here y 0 3 1)" '^bench/here: CPU 0 is not one that can be put offline'
is "an instance" "$(tree one.dtb "$(instance other 7 1 0x4000000)"; upload one.dtb)" ok
like "beside an instance" "$(here y 2 3 1)" '^bench/here: there are instances, .*: other$'
mkctl delete other >/dev/null
facts >before
like "it says what it will do" "$(here n 2 3 1)" 'CPUs 2 and 3 and 256 MB'
is "a no is a no" "$(wc -c <figures)" 0
is "nothing has changed" "$(facts)" "$(cat before)"
here y 2 3 1 >said
unlike "it runs" "$(cat said figures)" '^not ok|: not found|cannot'
for name in 'upload: two CPUs, 256 MB' 'load: kernel and initrd' 'load: the same by the stock call' \
	'boot: start to first process' \
	'boot, unpacked ahead: start to first process' 'end: panic until .*' 'work: a system call, in a spawn' 'work: a system call, on the host'; do
	like "it has measured $name" "$(cat figures)" "^# figure: $name ns [1-9][0-9]*\$"
done
# One that is unpacked may speak before the command that loads has ended: that is 0.
for name in boot 'boot, unpacked ahead'; do
	like "it has measured $name: start to first message" "$(cat figures)" "^# figure: $name: start to first message ns [0-9]+\$"
done
diag "$(grep 'boot' figures)"
is "all is as it was" "$(facts)" "$(cat before)"
is "its own files have gone" "$(ls -d /tmp/tmp.* 2>/dev/null)" ''
done_testing
