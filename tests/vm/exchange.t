# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# Uploads, loads, stops and changes of the pool, all at once and for the same instance. An upload makes it anew, with other
# memory, again and again; a kernel is loaded there and stopped; the pool grows and shrinks. Each is done or refused as busy,
# and in the end all sums are right.
. /lib.sh

rounds=12	# of uploads, at least: more until each of the four has been carried out once
most_rounds=200
memory() {
	cat $mk/pool/memory_bytes
}

# verdicts FILE: which there are, and how often
verdicts() {
	echo $(sort "$1" | uniq -c)
}

ok "the module loads" load_module 512M
ok "the livepatch loads" load_livepatch
tiny_kernel tiny
tree small.dtb "$(instance one 1 1 0x4000000)" "$(instance other 2 2 0x4000000)"
tree large.dtb "$(instance one 1 1 0x8000000)" "$(instance other 2 2 0x4000000)"
is "two instances" "$(upload small.dtb)" ok
is "a kernel runs in the other" "$(mktest load -i 2 tiny)" ok

: >loads
: >stops
: >pools
while [ ! -e through ]; do
	mktest load -i 1 tiny >>loads
	mktest load -u -R -1 -i 1 >>stops
done &
loader=$!
echo 640M >more
echo 512M >less
while [ ! -e through ]; do
	mktest write $pool_parameter more >>pools
	mktest write $pool_parameter less >>pools
done &
changer=$!
all_done() {
	for file in loads stops pools uploads; do
		grep -qx ok $file || return
	done
}

: >uploads
round=0
until [ $round -ge $most_rounds ] || { [ $round -ge $rounds ] && all_done; }; do
	upload large.dtb
	upload small.dtb
	round=$((round + 1))
done >>uploads
: >through
wait $loader
wait $changer

diag "loads: $(verdicts loads); stops: $(verdicts stops); pool: $(verdicts pools); uploads: $(verdicts uploads)"
is "loads: done, or refused as busy" "$(grep -vxE 'ok|EBUSY' loads)" ''
ok "some of them done" grep -qx ok loads
is "stops: done, or refused as busy" "$(grep -vxE 'ok|EBUSY' stops)" ''
ok "some of them done" grep -qx ok stops
is "uploads: done, or refused as busy" "$(grep -vxE 'ok|EBUSY' uploads)" ''
ok "some of them done" grep -qx ok uploads
is "pools: done, or refused as busy" "$(grep -vxE 'ok|EBUSY' pools)" ''
ok "some of them done" grep -qx ok pools
is "the other kernel runs all the while" "$(status other)" active

is "nothing runs in the one" "$(mktest load -u -R -1 -i 1)" ok
is "it is made once more" "$(upload large.dtb >/dev/null; upload small.dtb)" ok
is "and ready" "$(status one)" ready
is "the sums are right" "$(cat $mk/pool/memory_free_bytes)" $(($(memory) - 2 * 0x4000000))
is "/proc/iomem names both" "$(sed -n 's/.* : Multikernel instance //p' /proc/iomem | sort)" 'one
other'
is "a kernel starts there" "$(mktest load -i 1 tiny)" ok
is "and stops" "$(mktest load -u -R -1 -i 1)" ok
is "so does the other" "$(mktest load -u -R -1 -i 2)" ok
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
done_testing
