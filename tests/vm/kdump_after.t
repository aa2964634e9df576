# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
# memory: 2G
# append: crashkernel=224M movablecore=1G kdump.order=after
# allow-log: Kernel panic - not syncing: sysrq triggered crash|Call Trace:
# has-log: Kernel panic - not syncing: sysrq triggered crash
# files: tests/vm/kdump.t:/kdump.t
#
# The same with a crash kernel that was armed when memory and CPUs were the spawn's already.
. /kdump.t
