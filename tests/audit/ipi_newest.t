# SPDX-License-Identifier: GPL-2.0-only
# emulator: new
# timeout: 1800
# cpus: 8
# cpu: max,la57=off,x2apic=on
# qemu: -device intel-iommu,intremap=on,eim=on
# owners: 0 0 0 1 1 1 2 2
# files: tests/audit/marks.sh:/marks.sh build/vm/shake:/bin/shake tests/audit/ipi.t:/ipi.t
# files-from: tests/vm/newest
# The backtraces that tests/audit/shake.c asks for.
# allow-log: Call Trace
#
# The same beside Debian's newest kernel, a stock one: a kernel that was built for neither of our modules.
second_module=no
for second_kernel in /boot/newest/vmlinuz-*; do
	if [ ! -e "$second_kernel" ]; then
		echo "1..0 # SKIP Debian's newest kernel is not to be had"
		exit 0
	fi
done
. /ipi.t
