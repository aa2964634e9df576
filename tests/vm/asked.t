# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: tests/vm/grow.sh:/grow.sh
# allow-log: multikernel: instance "one": a tiny kernel panics|multikernel: instance "one": its kernel |multikernel: instance "one": .* cannot change
# The host's side of CPUs and memory that come to a running kernel and leave it again. The kernel is a tiny one, which
# obeys, refuses, never answers, ends instead, or answers anything; what real ones do is seen by grow.t and grow_memory.t.
. /lib.sh
. /grow.sh

tiny_kernel tiny

# boots HOW [MB]: anew, with one CPU and 64 MB or so much, a kernel that does so when it is asked. What is no multiple of its
# blocks is refused with EINVAL when it is up, and with EBUSY before.
boots() {
	mkctl kill one >/dev/null 2>&1
	has "${2:-64}" >/dev/null
	mkctl boot one --kernel tiny --append "tiny.resize=$1" >/dev/null
	ok "a kernel boots: $1" within 240 is_up
}

is_up() {
	[ "$(has 65)" = EINVAL ]
}

cpus() {
	cat /sys/devices/system/cpu/online
}

# adds_up DESCRIPTION: what the pool has is free or the instance's, and so with CPUs
adds_up() {
	mine=$(memory_of_one) here=0-3
	[ "$(cpus_of_one)" = 1 ] && here=0,2-3
	[ "$(cpus_of_one)" = '1 2' ] && here=0,3
	is "$1: all has one owner" "$(($(cat $mk/pool/memory_free_bytes) / mb + mine)), $(named </proc/iomem), $(cpus)" "512, $mine, $here"
}

load_module 512M || bail_out "no module"
has 64 >/dev/null
ok "a kernel that cannot be asked for memory boots" mkctl boot one --kernel tiny
is "it is left alone" "$(has 128)" EBUSY
adds_up "left alone"

boots obey
is "it gets memory" "$(has 128)" ok
adds_up "memory"
is "it gets more, and a CPU" "$(has 256 '1 2')" ok
adds_up "both"
is "it gives back both" "$(has 64)" ok
adds_up "given back"
rounds=100
awk -v n=$rounds 'BEGIN { srand(15); for (; n; n--) print 64 + 2 * int(rand() * 97), rand() < 0.5 ? "1" : "1 2" }' >rounds
bad='' tried=0
while read -r size list; do
	verdict=$(has "$size" "$list")
	[ "$verdict $(memory_of_one) $(cpus_of_one)" = "ok $size $list" ] || bad="$bad$size, $list: $verdict, $(last_error)
"
	tried=$((tried + 1))
done <rounds
is "$rounds changes at random" "$tried $bad" "$rounds "
adds_up "at random"

boots refuse
is "it refuses memory" "$(has 128)" EBUSY
like "last_error tells" "$(last_error)" 'its kernel cannot take 0x4000000 bytes of memory at 0x[0-9a-f]* \(error -12\)'
is "it refuses a CPU" "$(has 64 '1 2')" EBUSY
like "last_error tells" "$(last_error)" 'its kernel cannot bring cpu 2 \(error -12\)'
is "nothing has changed" "$(memory_of_one) $(cpus_of_one)" '64 1'
adds_up "refused"

boots keep
is "it gets both" "$(has 128 '1 2')" ok
is "it gives back no memory" "$(has 64)" EBUSY
like "last_error tells" "$(last_error)" 'its kernel can give back 0x0 of the 0x4000000 bytes wanted'
is "it has both" "$(memory_of_one) $(cpus_of_one)" '128 1 2'
adds_up "kept"

boots deaf
is "it does not answer" "$(has 128)" ETIMEDOUT
like "last_error tells" "$(last_error)" 'did not answer within 30 s when asked to take'
is "it has not got it" "$(memory_of_one)" 64
adds_up "not answered"

boots claim
is "it begins, and never comes to an end" "$(has 128)" ETIMEDOUT
like "last_error tells" "$(last_error)" 'began to take .*, and has not come to an end within 30 s; it stays there'
is "it has it from now on" "$(memory_of_one)" 128
is "it is asked no more" "$(has 256)" EBUSY
like "last_error tells" "$(last_error)" 'has not answered the last request'
adds_up "not ended"

boots panic
is "a panic when it shall take memory: it is its instance's" "$(has 128)" ok
ok "and its kernel has failed" within 240 grep -qx failed $one/status
adds_up "panicked"
boots panic 128
diag "a panic when it shall give back memory: $(has 64)"
ok "its kernel has failed" within 240 grep -qx failed $one/status
adds_up "panicked again"

# reboots COMMAND...: the command, when the kernel is up, which reboots meanwhile
reboots() {
	within 240 is_up || return
	generation=$(cat $one/generation)
	diag "$*: $("$@")"
	within 240 has_rebooted one "$generation"
}

boots reboot
ok "a reboot when it shall take memory" reboots has 128
is "the next one has it" "$(memory_of_one)" 128
adds_up "rebooted"
ok "a reboot when it shall give back memory" reboots has 64
is "the next one has all of it" "$(memory_of_one)" 128
adds_up "rebooted again"
ok "a reboot when it shall bring a CPU" reboots has 128 '1 2'
adds_up "rebooted with a CPU"

boots wild
for size in 128 96 256 64 130 258; do
	diag "$size MB: $(has $size), now $(memory_of_one)"
	adds_up "answered wildly"
done
is "it can be stopped" "$(mkctl kill one >/dev/null && status one)" ready
is "and is made anew" "$(has 64)" ok
adds_up "in the end"
done_testing
