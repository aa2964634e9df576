# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Memory that the pool takes and gives back, beside the same memory blocks put offline and online by hand, in turns: sourced
# behind lib.sh and bench/steps.sh, in the emulated machine (bench/life.t, bench/steps.t). The pool is empty before.

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
	echo $pool >$pool_parameter && echo 0 >$pool_parameter
	blocks >all
	figure "pool: take" "$(measure write $pool_parameter=$pool)"
	blocks >left
	taken=$(grep -vxFf left all)
	# shellcheck disable=SC2086 # a list of words
	echo "# taken:" $taken
	figure "pool: give back" "$(measure write $pool_parameter=0)"
	# shellcheck disable=SC2046,SC2086 # lists of words
	figure "pool: the same blocks offline by hand" "$(measure write $(states offline $taken))"
	# shellcheck disable=SC2046,SC2086
	figure "pool: the same blocks online by hand" "$(measure write $(states online_movable $taken))"
}

# take_pool_steps ROUNDS: in the end the pool has that memory
take_pool_steps() {
	for _ in $(seq "$1"); do
		pool_turn
	done
	echo $pool >$pool_parameter
}
