# SPDX-License-Identifier: GPL-2.0-only
# files: tests/vm/grow.sh:/grow.sh tests/vm/resize.sh:/resize.sh
# files-from: tests/vm/newest_with_module
# timeout: 1200
# Kernels of other versions than the host's that run get a CPU and memory, use both, and give them back.
. /lib.sh
. /grow.sh
. /resize.sh

if [ -n "$other_kernel" ]; then
	grows_and_shrinks "$other_kernel"
else
	skip "a newer stock kernel" "apt has none"
fi
for newest in /boot/newest/vmlinuz-*; do
	if [ -e "$newest" ]; then
		grows_and_shrinks "$newest" --initrd /boot/newest/module.cpio
	else
		skip "Debian's newest kernel" "it or its module is not to be had"
	fi
done
done_testing
