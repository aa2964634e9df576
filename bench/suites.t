# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3600
# files: build/bench/suites.cpio:/boot/suites.cpio
# The machine's part of bench/suites: the host and a spawn, with two CPUs each, run the programs of bench/suite, in turns.
. /lib.sh

patience=1200	# seconds that one turn may take

# said FILE: what has been done, as bench/suites reads it
said() {
	sed -n 's/^suite: /# suite: /p' "$1"
}

in_spawn() {
	spawn suite $patience && echo "$output" >spawn.said
}

load_module 1G
load_livepatch
(cd / && cpio -i 2>/dev/null) </boot/suites.cpio
cat $spawn_initrd /boot/suites.cpio >initrd
tree one.dtb "$(instance one 1 "2 3" 0x40000000)"
is "an instance" "$(upload one.dtb)" ok
mkctl boot one --kernel "$host_kernel" --initrd initrd >/dev/null
ok "its kernel boots" has_booted one
listen
ok "its console serves a shell" spawn_is_quiet
for round in $(seq "$(word bench.rounds 3)"); do
	suite >host.said
	is "turn $round: nothing has failed on the host" "$(grep failed host.said)" ""
	said host.said
	ok "turn $round: the spawn does the same" in_spawn
	said spawn.said
	is "turn $round: has done it" "$(said spawn.said)" "$(said host.said)"
done
hush
mkctl kill one >/dev/null
done_testing
