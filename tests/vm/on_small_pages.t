# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# cpu: max,la57=off,pdpe1gb=off
# append: nokaslr
# files: tests/vm/round_trip.sh:/round_trip.sh
# CPUs without pages of 1 GB, and kernels that stay where they were linked to, the host and the spawns.
. /lib.sh
. /round_trip.sh

spawn_words=nokaslr

ok "the host has no pages of 1 GB" sh -c '! grep -qw pdpe1gb /proc/cpuinfo'
is "and is where it was linked to" "$(sed -n 's/^\([0-9a-f]*\) T _text$/\1/p' /proc/kallsyms)" ffffffff81000000
round_trip '1' '2 3'
done_testing
