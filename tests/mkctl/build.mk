# SPDX-License-Identifier: GPL-2.0-only
# How mkctl is tested: under ASan and UBSan, against a directory that looks like /sys and with an ioctl of our own.
#
# make test-mkctl    tests/mkctl/*.t; a part of make unit

MKCTL_TEST := $(BUILD)/mkctl-test

.PHONY: test-mkctl
unit: test-mkctl

test-mkctl: $(MKCTL_TEST)/mkctl $(MKCTL_TEST)/fake $(MKCTL_TEST)/injected
	MKCTL=$(MKCTL_TEST)/mkctl FAKE=$(MKCTL_TEST)/fake INJECTED=$(MKCTL_TEST)/injected \
		timeout 300 prove tests/mkctl

$(MKCTL_TEST)/mkctl: tests/mkctl/device.c $(sort $(wildcard mkctl/*.[ch])) $(CORE_SOURCES) $(CORE_HEADERS) \
		$(BUILD)/mkctl.d/mk_init.o
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -D_GNU_SOURCE -o $@ $(filter %.c %.o,$^) -ljansson

$(MKCTL_TEST)/fake: tests/mkctl/fake.c tests/unit/logring_image.h $(CORE_SOURCES) $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $(filter %.c,$^)

$(MKCTL_TEST)/injected: tests/mkctl/injected.c mkctl/inject.c mkctl/child.c mkctl/initrd.c mkctl/sysfs.c \
		$(wildcard mkctl/*.h) $(CORE_SOURCES) $(CORE_HEADERS) $(BUILD)/mkctl.d/mk_init.o
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -D_GNU_SOURCE -o $@ $(filter %.c %.o,$^)
