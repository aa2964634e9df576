# SPDX-License-Identifier: GPL-2.0-only
# append: acpi=off
# cpus: 2
# memory: 2G
# allow-log: multikernel: this kernel has no ACPI
# A kernel without ACPI, of which our module could not tell whether it is a host's or a spawn's.
. /lib.sh

: >/ends_by_reset
ok "the kernel has no ACPI" test ! -e /sys/firmware/acpi
fails "the module does not load" "No such device" insmod $modules/multikernel.ko pool=64M
like "the log says why" "$(dmesg)" 'multikernel: this kernel has no ACPI: nothing tells whether it is a host or a spawn$'
done_testing
