# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The engine for shared directories, for tests of them: sets $engine, or ends the test where there is none.

# The emulated host lives in its initramfs, which is no place for pivot_root: virtiofsd shuts itself in by chroot. mkio
# knows the one of QEMU by its place.
mkdir -p /qemu /other
if [ -x /rust/virtiofsd ]; then
	engine=/other/virtiofsd
	printf '#!/bin/sh\nexec /rust/virtiofsd --sandbox chroot "$@"\n' >$engine
elif [ -x /bin/virtiofsd ]; then
	engine=/qemu/virtiofsd
	printf '#!/bin/sh\nexec /bin/virtiofsd -o sandbox=chroot "$@"\n' >$engine
else
	echo "1..0 # SKIP no virtiofsd where the tests are run"
	exit 0
fi
chmod 755 $engine

# install_engine: to where mkio looks for it by itself
install_engine() {
	case $engine in
	/qemu/*) place=/usr/lib/qemu/virtiofsd ;;
	*) place=/usr/libexec/virtiofsd ;;
	esac
	mkdir -p "${place%/*}" /run
	cp $engine $place
}
