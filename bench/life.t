# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/steps.sh:/steps.sh bench/pool.sh:/pool.sh bench/first:/first build/bench/measure:/bin/measure build/bench/work:/bin/work /usr/bin/xz:/bin/xz /usr/bin/zstd:/bin/zstd
# The machine's part of bench/life: what the pool takes and gives, beside the same by hand, and the steps of an instance's life.
. /lib.sh
. /spawn.sh
. /steps.sh
. /pool.sh

load_module
load_livepatch
prepare_steps
rounds=$(word bench.rounds 5)
take_pool_steps "$rounds"
take_steps "$rounds"
done_testing
