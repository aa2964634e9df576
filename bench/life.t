# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/steps.sh:/steps.sh bench/first:/first build/bench/measure:/bin/measure build/bench/work:/bin/work /usr/bin/xz:/bin/xz /usr/bin/zstd:/bin/zstd
# The machine's part of bench/life: what the pool takes and gives, beside the same by hand, and the steps of an instance's life.
. /lib.sh
. /spawn.sh
. /steps.sh

rounds=$(word bench.rounds 5)
pool=512M

# blocks: the host's memory blocks, one a line
blocks() {
	(cd $memory_blocks && ls -d memory[0-9]*)
}

# states STATE BLOCK...: words for "measure write", to bring these blocks there
states() {
	state=$1
	shift
	for block; do
		echo "$memory_blocks/$block/state=$state"
	done
}

# Taking is offlining, and removing what is offline. Others' pages in these blocks are moved by the kernel all the same: they
# have gone before, so that none of the figures has that work in it, which may take seconds.
pool_turn() {
	measure write $pool_parameter=$pool $pool_parameter=0 >/dev/null
	blocks >all
	figure "pool: take" "$(measure write $pool_parameter=$pool)"
	blocks >left
	taken=$(grep -vxFf left all)
	figure "pool: give back" "$(measure write $pool_parameter=0)"
	# shellcheck disable=SC2046,SC2086 # lists of words
	figure "pool: the same blocks offline by hand" "$(measure write $(states offline $taken))"
	# shellcheck disable=SC2046,SC2086
	figure "pool: the same blocks online by hand" "$(measure write $(states online_movable $taken))"
}

load_module
load_livepatch
prepare_steps
for round in $(seq "$rounds"); do
	pool_turn
done
measure write $pool_parameter=$pool >/dev/null
take_steps "$rounds"
done_testing
