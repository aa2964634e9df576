# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/first:/first build/bench/work:/bin/work /usr/bin/xz:/bin/xz
# The machine's part of bench/booting: a kernel is loaded into a spawn, and boots; marks for bench/count.c before and after.
. /lib.sh
. /spawn.sh

# boots OPTION...: until its first process has made its mark. The host sleeps meanwhile.
boots() {
	mktest idle 0 >/dev/null
	mkctl boot one --kernel "$host_kernel" --initrd initrd --append "bench.do=mark panic=" "$@" >/dev/null
	sleep 5
	ok "$*: it boots" within $boot_bound log_has one 'bench: marked'
	mkctl kill one >/dev/null
}

load_module 512M
load_livepatch
measured_initrd
is "an instance" "$(tree one.dtb "$(instance one 1 "2 3" 0x10000000)"; upload one.dtb)" ok
for round in $(seq "$(word bench.rounds 3)"); do
	boots
	boots --unpack
done
done_testing
