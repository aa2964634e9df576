# SPDX-License-Identifier: GPL-2.0-only
# How all of it gets into a system.
#
# make install     modules for KVER and all that is listed here; below DESTDIR if that is set: whoever unpacks it elsewhere
#                  runs depmod there. Images that are there already get the module when they are made anew
#                  (update-initramfs -u)
# make uninstall   takes the same away again
# make deb         Debian packages, in build/deb: multikernel-dkms and multikernel-tools

MODULES_ROOT ?= /lib/modules
INSTALLED_MODULES = $(DESTDIR)$(MODULES_ROOT)/$(KVER)/updates/multikernel

# MODE:FILE:PLACE. Debian's tools have a place of their own for units.
FILES_TOOLS = 755:$(BUILD)/mkctl:/usr/sbin/mkctl 755:$(BUILD)/mkio:/usr/sbin/mkio \
	755:$(BUILD)/mkrun:/usr/sbin/mkrun 755:mkrun/mkrun-initrd:/usr/sbin/mkrun-initrd \
	755:$(BUILD)/mk-agent:/usr/libexec/multikernel/mk-agent \
	$(foreach page,$(sort $(wildcard doc/*.[1-8])),644:$(page):/usr/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))) \
	$(foreach example,debian-root $(notdir $(wildcard examples/*.dts)),\
		$(if $(filter %.dts,$(example)),644,755):examples/$(example):/usr/share/doc/multikernel-tools/examples/$(example)) \
	644:packaging/needrestart.conf:/etc/needrestart/conf.d/multikernel.conf \
	644:packaging/multikernel.rules:/usr/lib/udev/rules.d/60-multikernel.rules \
	644:packaging/completion/mkctl.bash:/usr/share/bash-completion/completions/mkctl \
	644:packaging/completion/mkctl.bash:/usr/share/bash-completion/completions/mkio \
	644:packaging/completion/_mkctl:/usr/share/zsh/vendor-completions/_mkctl \
	644:packaging/completion/mkctl.fish:/usr/share/fish/vendor_completions.d/mkctl.fish \
	644:packaging/completion/mkctl.fish:/usr/share/fish/vendor_completions.d/mkio.fish \
	755:packaging/systemd/multikernel-generator:/usr/lib/systemd/system-generators/multikernel-generator
FILES_UNITS = $(foreach unit,multikernel.service multikernel@.service mkio@.service, \
	644:packaging/systemd/$(unit):/usr/lib/systemd/system/$(unit))
FILES_INITRAMFS = 755:packaging/initramfs-hook:/usr/share/initramfs-tools/hooks/multikernel \
	755:packaging/initramfs-script:/usr/share/initramfs-tools/scripts/init-top/multikernel
FILES_ALL = $(FILES_TOOLS) $(FILES_UNITS) $(FILES_INITRAMFS)

# part NUMBER,ENTRY
part = $(word $(1),$(subst :, ,$(2)))

define put
install -D -m $(call part,1,$(1)) $(call part,2,$(1)) $(DESTDIR)$(call part,3,$(1))

endef

# What an operator writes is there.
CONFIGURATION := /boot.d /devices /images

.PHONY: install install-tools install-dkms uninstall deb
install: all
	install -d $(INSTALLED_MODULES)
	for module in $(MODULES)/*.ko; do \
		strip --strip-debug -o $(INSTALLED_MODULES)/$${module##*/} $$module || exit; \
	done
	chmod 644 $(INSTALLED_MODULES)/*.ko
	$(foreach file,$(FILES_ALL),$(call put,$(file)))
	install -d $(addprefix $(DESTDIR)/etc/multikernel,$(CONFIGURATION))
	$(if $(DESTDIR),,depmod $(KVER))

# What was written below /etc/multikernel stays; what mkctl keeps for itself goes.
uninstall:
	rm -rf $(INSTALLED_MODULES)
	rm -f $(foreach file,$(FILES_ALL),$(DESTDIR)$(call part,3,$(file)))
	rm -rf $(DESTDIR)/var/cache/multikernel
	-rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR)/etc/multikernel,$(CONFIGURATION) /)
	$(if $(DESTDIR),,depmod $(KVER))

# For packages: what is the same for all kernels, and the modules' sources as DKMS wants them.
DKMS_SOURCE = $(DESTDIR)/usr/src/multikernel-$(VERSION)
VERSION = $(shell sed -n 's/^.define MULTIKERNEL_VERSION "\(.*\)"/\1/p' include/multikernel.h)

install-tools: $(BUILD)/mkctl $(BUILD)/mkio $(BUILD)/mkrun $(BUILD)/mk-agent
	$(foreach file,$(FILES_TOOLS),$(call put,$(file)))
	install -d $(addprefix $(DESTDIR)/etc/multikernel,$(CONFIGURATION))

install-dkms:
	$(foreach file,$(FILES_INITRAMFS),$(call put,$(file)))
	install -d $(DKMS_SOURCE)
	cp -r module core include $(DKMS_SOURCE)/
	cp module/Kbuild $(DKMS_SOURCE)/

deb:
	machine/install build-essential debhelper dh-dkms lintian
	packaging/deb $(VERSION)

# A part of make unit.
.PHONY: test-packaging
unit: test-packaging
test-packaging:
	timeout $(TEST_SECONDS) tests/prove test-packaging $(sort $(wildcard tests/packaging/*.t))
