# SPDX-License-Identifier: GPL-2.0-only
# How the kernel modules are built: in build/$KVER, which mirrors the sources with links, so that one checkout serves
# several kernels and stays clean.

MODULE_SOURCES := $(sort $(foreach place,module module/* core include,$(wildcard $(addprefix $(place)/,*.c *.S *.h))))
MODULES := $(BUILD)/$(KVER)$(if $(FAULTS),-faults)
KBUILD_FILE := $(if $(FAULTS),tests/fault,module)/Kbuild
KBUILD := -C $(KDIR) M=$(abspath $(MODULES)) W=1

$(MODULES)/.links: $(KBUILD_FILE) $(MODULE_SOURCES) $(if $(FAULTS),$(wildcard tests/fault/fail.*))
	$(if $(KVER),,$(error no kernel headers found; install them, or run: make test))
	mkdir -p $(MODULES)
	find $(MODULES) -xtype l -delete # of sources that have moved
	cp -rsfu $(abspath module core include $(if $(FAULTS),tests/fault)) $(MODULES)/
	ln -sf $(abspath $(KBUILD_FILE)) $(MODULES)/Kbuild
	touch $@

modules: $(MODULES)/.links
	$(MAKE) $(KBUILD) modules

# What a machine can see of the sources.
check: modules
	tests/check_comments $(KDIR)
	tests/check_rooms $(MODULES)
	tests/check_refusals
	tests/check_headers $(MODULES) $(KDIR)
	tests/check_sparse $(MAKE) $(KBUILD)
