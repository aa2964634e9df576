# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/steps.sh:/steps.sh bench/pool.sh:/pool.sh bench/first:/first build/bench/measure:/bin/measure build/bench/work:/bin/work
# The machine's part of bench/steps: the pool, an upload and a load, each beside the same work done by stock means, as bench/life has them;
# with the marks of bench/count.c.
. /lib.sh
. /spawn.sh
. /steps.sh
. /pool.sh

rounds=$(word bench.rounds 3)

load_module || bail_out "no module"
load_livepatch
prepare_steps
take_pool_steps "$rounds"
take_first_steps "$rounds"
done_testing
