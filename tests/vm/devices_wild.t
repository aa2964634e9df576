# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# Spawns that write anything to their half of the device table, on and on, and ring: their own devices break, and nothing
# else does. What is judged there is fuzzed as well (tests/fuzz/fuzz_device_setup.c).
. /lib.sh

load_module 256M
tree tree.dtb "$(instance wild 1 1 0x2000000)" "$(instance outside 2 2 0x2000000)" "$(instance calm 3 3 0x2000000)"
upload tree.dtb >/dev/null
tiny_kernel tiny

# serve INSTANCE NAME STEP...: a front end, in the background
serve() {
	serial=$(cat "$mk/instances/$1/serial") output=$2.out
	name=$2
	shift 2
	front_end set serial="$serial" name "$name" attach touch "$name.there" "$@" >"$output" 2>&1 &
	within 10 test -e "$name.there"
}

began=$(now)
serve wild d0 serve 20
serve wild d1 serve 20
serve wild d2 event 60 queue 0 serve 10	# never answers a reset in time
serve outside d3 '!' event 5
serve calm d4 serve 20
mkctl boot calm --kernel tiny --append tiny.device=run >/dev/null
mkctl boot outside --kernel tiny --append tiny.device=outside >/dev/null
mkctl boot wild --kernel tiny --append tiny.device=wild >/dev/null
round=0
while [ $round -lt 20 ]; do
	sleep 1
	cat $mk/instances/*/devices >/dev/null
	round=$((round + 1))
done
wait
for output in d*.out; do
	diag "$output: $(paste -s -d ' ' "$output")"
done
cat $mk/instances/*/devices | while read -r line; do diag "$line"; done
is "a driver whose queue is not in its memory does not get to run" "$(sed 's/served .*/served/' $mk/instances/outside/devices) $(cat d3.out)" \
	'0 d3 19 broken unserved event: ETIME'
like "and the log says why" "$(dmesg)" 'instance "outside": device "d3": queue 0: 0x[0-9a-f]*, 0x[0-9a-f]*, 0x[0-9a-f]* are not aligned, or do not lie in its kernel.s memory'
like "the wild one's requests are told" "$(dmesg)" 'instance "wild": device "d[012]": status 0x[0-9a-f]* is wanted, which does not follow 0x'
# Ten in five seconds is all that the kernel lets through (DEFAULT_RATELIMIT_BURST).
told=$(dmesg | grep -c 'instance "wild": device ".*": .* is wanted')
ok "not all of them: $told" test "$told" -le $((10 * (($(now) - began) / 5 + 2)))
like "its devices came to run now and then" "$(cat d0.out)" 'ready [1-9][0-9]* reset [1-9]'
like "the calm one's was served all the while" "$(cat d4.out)" 'ready 1 reset 0 kicks [1-9][0-9]'
is "all kernels run" "$(cat $mk/instances/*/status | sort -u)" active
ok "the wild one is stopped" mkctl kill wild
ok "and boots again, with its devices" mkctl boot wild --kernel tiny --append tiny.device=run
ok "whose first a driver sets up" within 20 grep -q '^0 d0 19 running unserved' $mk/instances/wild/devices
done_testing
