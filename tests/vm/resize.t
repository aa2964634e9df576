# SPDX-License-Identifier: GPL-2.0-only
# files: tests/vm/grow.sh:/grow.sh tests/vm/resize.sh:/resize.sh
# timeout: 600
# A kernel that runs gets a CPU and memory, and gives them back, once: what grow.t and grow_memory.t do at length.
. /lib.sh
. /grow.sh
. /resize.sh

grows_and_shrinks "$host_kernel"
done_testing
