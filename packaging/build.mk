# SPDX-License-Identifier: GPL-2.0-only
# make install   modules for KVER, mkctl and its manual page, udev rules, and what brings the module into initramfs images;
#                below DESTDIR if that is set: whoever unpacks it elsewhere runs depmod there
#
# Images that are there already get the module when they are made anew (update-initramfs -u).

MODULES_ROOT ?= /lib/modules
INSTALLED_MODULES = $(DESTDIR)$(MODULES_ROOT)/$(KVER)/updates/multikernel
INITRAMFS_TOOLS = $(DESTDIR)/usr/share/initramfs-tools

.PHONY: install
install: all
	install -d $(INSTALLED_MODULES)
	for module in multikernel multikernel_kexec multikernel_virtio; do \
		test ! -e $(MODULES)/$$module.ko || \
			strip --strip-debug -o $(INSTALLED_MODULES)/$$module.ko $(MODULES)/$$module.ko || exit 1; \
	done
	chmod 644 $(INSTALLED_MODULES)/*.ko
	install -D -m 755 $(BUILD)/mkctl $(DESTDIR)/usr/sbin/mkctl
	install -D -m 755 $(BUILD)/mkio $(DESTDIR)/usr/sbin/mkio
	install -D -m 644 -t $(DESTDIR)/usr/share/man/man8 doc/mkctl.8 doc/mkio.8
	install -D -m 644 packaging/mkio@.service $(DESTDIR)/usr/lib/systemd/system/mkio@.service
	install -D -m 755 packaging/initramfs-hook $(INITRAMFS_TOOLS)/hooks/multikernel
	install -D -m 755 packaging/initramfs-script $(INITRAMFS_TOOLS)/scripts/init-top/multikernel
	install -D -m 644 packaging/multikernel.rules $(DESTDIR)/usr/lib/udev/rules.d/60-multikernel.rules
	$(if $(DESTDIR),,depmod $(KVER))

# A part of make unit.
.PHONY: test-packaging
unit: test-packaging
test-packaging:
	timeout 60 prove tests/packaging
