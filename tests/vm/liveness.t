# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# cpus: 6
# module: tests/vm/hang
# files-from: tests/vm/old_kernel
# What is said of kernels whose life shows in different ways, or in none: unknown is not hung. All are idle: one of
# Debian 11, whose clock is not to be found; two of now whose watchdog is off, or slow, so that their clock may stand; one
# that never shows a sign; and one with our module. Before them one whose heart stops while nothing counts as hung.
. /lib.sh

hung_after=$((5 * SLOW))
old_kernel=/boot/old/vmlinuz
parameter=/sys/module/multikernel/parameters/hung_after
quiet_kernel quiet
tiny_kernel tiny

mkdir -p spawn
cp "$spawn_modules/hang.ko" spawn/
first_process liveness <<'INIT'
[ "$module" = no ] || insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "spawn: up after"
[ "${halts:-no}" = no ] || { sleep "$halts"; halt -f; }
[ "${hangs:-no}" = no ] || { sleep "$hangs"; insmod /hang.ko; }
INIT

# begin NAME KERNEL WORDS
begin() {
	is "$1 starts" "$(mkctl boot "$1" --kernel "$2" --initrd initrd --append "quiet $3" 2>&1)" "$1: active"
}

failure() {
	cat "$mk/instances/$1/failure"
}

liveness() {
	cat "$mk/instances/$1/liveness"
}

is_alive() {
	[ "$(liveness "$1")" = alive ]
}

# watch SECONDS NAME...: what was said of them meanwhile, each word once, goes to the file NAME.said
watch() {
	until=$(($(now) + $1))
	shift
	while [ "$(now)" -lt $until ]; do
		for name in "$@"; do
			[ -z "$(failure "$name")" ] || echo "failure: $(failure "$name")" >>"$name.all"
			liveness "$name" | sed 's/:.*//' >>"$name.all"
		done
		sleep 1
	done
	for name in "$@"; do
		sort -u "$name.all" >"$name.said"
	done
}

insmod $modules/multikernel.ko pool=1280M hung_after=0 || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "five instances" "$(tree five.dtb "$(instance none 1 1 0x8000000)" "$(instance old 2 2 0x10000000)" \
	"$(instance off 3 3 0x10000000)" "$(instance slow 4 4 0x10000000)" "$(instance one 5 5 0x10000000)"
	upload five.dtb)" ok
is "nothing is said of an instance without a kernel" "$(liveness none)" ''

#
# hung_after=0, given as the module was loaded
#
begin none tiny "tiny.end=hang tiny.after=2000"
ok "none is alive, and then hangs" within 10 is_alive none
mktest poll $mk/instances/none/liveness $((SLOW * 60)) >woken
like "then nothing is known of it" "$(cat woken)" '^unknown: no sign of life for [0-9]+ s$'
is "hung_after=0 at load: it is not said to be hung" "$(failure none)" ''
is "none is killed" "$(mkctl kill none 2>&1)" "none: ready"
echo $hung_after >$parameter

is "a kernel that shows nothing starts" "$(mkctl boot none --kernel quiet --initrd $spawn_initrd 2>&1)" "none: active"
started=$(now)
like "of one without a sign nothing is known" "$(liveness none)" '^unknown: no sign of life for [0-9]+ s$'

begin off "$host_kernel" "liveness.module=no nowatchdog"
begin slow "$host_kernel" "liveness.module=no watchdog_thresh=60"
begin one "$host_kernel" ''
idle="off slow one"
if [ -e $old_kernel ]; then
	begin old $old_kernel "liveness.module=no"
	idle="old $idle"
fi
for name in $idle; do
	ok "$name boots" has_booted "$name"
done
ok "one is alive" within 20 is_alive one
# shellcheck disable=SC2086 # words
watch $((hung_after * 6)) none $idle
is "one with our module was alive all the time" "$(cat one.said)" alive
unlike "one without watchdog never hung" "$(cat off.said)" 'hung|failure'
unlike "one with a slow watchdog never hung" "$(cat slow.said)" 'hung|failure'
if [ -e $old_kernel ]; then
	unlike "Debian 11's never hung" "$(cat old.said)" 'hung|failure'
	like "and it is said that this is not known" "$(liveness old)" '^unknown: no sign of life for [0-9]+ s$'
	like "its log can be read all the same" "$(mkctl logs old)" 'Linux version 5\.10\.'
else
	skip "Debian 11's kernel" "its package is not to be had here"
fi
diag "said of slow: $(xargs <slow.said); of off: $(xargs <off.said)"
is "slow and off are active" "$(status slow) $(status off)" "active active"
is "off is killed" "$(mkctl kill off 2>&1)" "off: ready"

#
# Hung is said when a sign that must move stands still, and hung_after=0 is for never.
#
is "one is killed" "$(mkctl kill one 2>&1)" "one: ready"
echo 0 >$parameter
begin one "$host_kernel" "liveness.hangs=$((10 * SLOW))"
begin off "$host_kernel" "liveness.module=no liveness.halts=2"
ok "one boots" has_booted one
ok "one is alive, and then hangs" within 10 is_alive one
mktest poll $mk/instances/one/liveness $((SLOW * 60)) >woken
like "poll(2) wakes when it is no longer alive" "$(cat woken)" '^unknown'
is "hung_after=0: it is not said to be hung" "$(failure one)" ''
mktest poll $mk/instances/one/failure $((SLOW * 60)) >woken &
poller=$!
within 60 grep -q poll /proc/$poller/wchan
echo $hung_after >$parameter
wait $poller
like "else it is, and poll(2) wakes" "$(cat woken)" '^hung: no sign of life for [0-9]+ s$'
like "liveness says the same" "$(liveness one)" '^hung: no sign of life for [0-9]+ s$'
ok "a stock kernel that has halted counts as hung as well" within 120 grep -q '^hung: ' $mk/instances/off/failure
is "it stays active" "$(status off)" active
like "mkctl list shows it" "$(mkctl list)" '^one .* active .* hung: '

ok "more than a minute has passed" within 70 sh -c "[ \$(cut -d . -f 1 /proc/uptime) -gt $((started + 62)) ]"
is "one that never showed a sign is not hung" "$(failure none)" ''
like "it is unknown" "$(liveness none)" '^unknown: no sign of life for [0-9]+ s$'
is "none but these two have" "$(dmesg | grep -c 'no sign of life')" 2
for name in none off slow one; do
	is "$name is killed" "$(mkctl kill $name 2>&1)" "$name: ready"
done
done_testing
