# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/steps.sh:/steps.sh bench/first:/first build/bench/measure:/bin/measure build/bench/work:/bin/work
# The machine's part of bench/steps: an upload and a load, each beside the same work done by stock means, as bench/life has them;
# with the marks of bench/count.c.
. /lib.sh
. /spawn.sh
. /steps.sh

load_module 512M || bail_out "no module"
load_livepatch
prepare_steps
take_first_steps "$(word bench.rounds 3)"
done_testing
