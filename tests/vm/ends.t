# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# cpus: 3
# module: tests/vm/drowsy
# allow-log: multikernel: instance "(one|two)": it asked for a reset and had shown no sign of life
# What follows when kernels reset at once: one that never showed life has failed; others are loaded again, the more slowly
# the more often. Then the host's sleep: what it is refused for, what is refused on the way to it, and that it changes
# nothing.
. /lib.sh

tiny_kernel tiny

# load ID WORDS, unload ID
load() {
	mktest load -i "$1" -c "$2" tiny
}

unload() {
	mktest load -u -R -1 -i "$1"
}

# told COUNT NAME WHAT: the kernel log has so many such lines of an instance
told() {
	[ "$(dmesg | grep -c "multikernel: instance \"$2\": $3")" -ge "$1" ]
}

is_told() {
	ok "$2: \"$3\", $1 times" within 60 told "$1" "$2" "$3"
}

load_module 512M || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "two instances" "$(tree two.dtb "$(instance one 1 1 0x4000000)" "$(instance two 2 2 0x4000000)"; upload two.dtb)" ok

#
# A reset without any sign of life.
#
is "a kernel that resets before it lives" "$(load 1 "tiny.heart=no tiny.end=reset tiny.after=200")" ok
ok "it has failed" within 30 grep -qx failed $mk/instances/one/status
is "and says why" "$(cat $mk/instances/one/failure)" "it asked for a reset and had shown no sign of life"
sleep 2
is "it is not loaded again" "$(status one), $(cat $mk/instances/one/generation)" "failed, 1"

#
# Resets of a kernel that lives: at once, then after 1, 2, 4, 8 seconds.
#
is "a kernel that resets, and lives before" "$(load 2 "tiny.end=reset tiny.after=200")" ok
is_told 4 two reboots
is_told 1 two "ran for [0-9]* s only and is loaded again in 1 s"
is_told 1 two "ran for [0-9]* s only and is loaded again in 2 s"
is_told 1 two "ran for [0-9]* s only and is loaded again in 4 s"
is "the first time it was not kept waiting" \
	"$(dmesg | sed -n 's/.*multikernel: instance "two": \(reboots\|ran for\).*/\1/p' | head -n 3 | xargs)" "reboots reboots ran for"

# is_made_to_wait COUNT: it is told so for so many a time that it waits for eight seconds, which began after "before"
is_made_to_wait() {
	asked=$(now)
	told "$1" two "ran for [0-9]* s only and is loaded again in 8 s" && return
	before=$asked
	return 1
}

# stops_in_time: who stops it then does not wait as well. On a machine that is held up the eight seconds may be over before it
# is stopped: that shows nothing, and another kernel is made to wait.
stops_in_time() {
	for try in 1 2 3 4 5; do
		before=0
		within 120 is_made_to_wait $try || return
		stopped="$(status two), $(unload 2)"
		took=$(($(now) - before))
		[ "$stopped" != "loading, ok" ] || [ $took -ge 8 ] || return 0
		echo "try $try: $stopped after $took seconds"
		load 2 "tiny.end=reset tiny.after=200"
	done
	return 1
}
ok "it waits for its turn, and who stops it need not wait" stops_in_time
is "it is ready" "$(status two)" ready
told_before=$(dmesg | grep -c 'two": ran for [0-9]* s only and is loaded again in 1 s')
is "who loads it again begins anew" "$(load 2 "tiny.end=reboot tiny.after=200")" ok
is_told $((told_before + 1)) two "ran for [0-9]* s only and is loaded again in 1 s"
is "and stops it" "$(unload 2)" ok

#
# A kernel image that changes while it is read: the same byte again and again, between the header and the kernel.
#
changing() {
	while :; do
		for byte in 00 ff; do
			poke changing 4096 $byte
		done
	done
}

changes() {
	[ "$(mktest load -i 2 -c tiny.end=idle changing)" = EAGAIN ] || { unload 2; false; }
}

cp tiny changing
changing &
changer=$!
ok "an image that changes is refused: EAGAIN" within 60 changes
like "and it is said why" "$(last_error)" 'instance "two": kernel image: it changed while it was read'
is "the instance is what it was" "$(status two)" ready
kill $changer

#
# The host's sleep. It goes to sleep in a test of the kernel's own: processes are frozen for five seconds.
#
sleep_state() {
	echo "$1" >/sys/power/state
}

is "a kernel runs" "$(load 1 tiny.end=idle)" ok
for sleep in freeze disk; do
	# Nor is it what was said before.
	is "nothing is refused" "$(upload two.dtb; last_error)" "ok
ok"
	fails "no $sleep beside it" EBUSY sleep_state $sleep
	like "$sleep: and it is said why" "$(last_error)" '^instance "one": a kernel is active there, so the host cannot sleep$'
done
is "it is stopped" "$(unload 1)" ok
fails "no hibernation with a pool" EBUSY sleep_state disk
like "and it is said why" "$(last_error)" '^the pool and the instances would be lost'

# From the host's first step on, when no process is frozen yet. A driver keeps it there, and refuses in the end.
asleep='the host is about to sleep$'
waits=/sys/module/drowsy/parameters/waits
echo 576M >more
tree none.dtb
ok "a driver keeps the host from its sleep" insmod $modules/drowsy.ko
sleep_state freeze 2>refused &
sleeper=$!
ok "the host is on its way" within 60 grep -qx Y $waits
is "no kernel is loaded" "$(load 1 tiny.end=idle)" EBUSY
like "and it is said why" "$(last_error)" "^instance \"one\": $asleep"
is "no tree is uploaded" "$(upload none.dtb)" EBUSY
like "and it is said why" "$(last_error)" "^device tree: $asleep"
is "no memory is taken" "$(mktest write $pool_parameter more)" EBUSY
like "and it is said why" "$(last_error)" "^pool: $asleep"
is "the instances are what they were" "$(status one) $(status two)" "ready ready"
echo N >$waits
wait $sleeper
ok "the host does not sleep, as the driver wants it" grep -qi 'cancel' refused
ok "the driver goes" rmmod drowsy
is "a kernel is loaded again" "$(load 1 tiny.end=idle)" ok
is "and stopped" "$(unload 1)" ok
is "memory is taken" "$(mktest write $pool_parameter more)" ok

if echo freezer >/sys/power/pm_test 2>/dev/null; then
	ok "the host may sleep beside instances that are ready" sleep_state freeze
	ok "their CPUs still rest" sh -c "! dmesg | grep 'does not stop after'"
	is "a kernel starts afterwards" "$(load 1 tiny.end=idle)" ok
	is "and lives" "$(cat $mk/instances/one/status)" active
	is "and the host does not sleep then" "$(sleep_state freeze 2>&1 | grep -c busy)" 1
	is "it is stopped" "$(unload 1)" ok
	is "an upload is carried out" "$(upload none.dtb)" ok
	fails "no hibernation with a pool that is free" EBUSY sleep_state disk
else
	skip "the host's sleep" "its kernel cannot test that (CONFIG_PM_DEBUG)"
fi
done_testing
