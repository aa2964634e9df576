# SPDX-License-Identifier: GPL-2.0-only
# How mkctl is tested: under ASan and UBSan, against a directory that looks like /sys and with an ioctl of our own.
#
# make test-mkctl    tests/mkctl/*.t; a part of make unit

MKCTL_TEST := $(BUILD)/mkctl-test
MKCTL_TEST_OBJECTS := $(patsubst %.c,$(UNIT)/%.o,$(sort $(wildcard mkctl/*.c cli/*.c)) tests/mkctl/device.c)
FAKE_OBJECTS := $(UNIT)/tests/mkctl/fake.o
INJECTED_OBJECTS := $(patsubst %,$(UNIT)/%.o,tests/mkctl/injected mkctl/inject mkctl/kernel_header mkctl/child mkctl/initrd mkctl/sysfs cli/progress cli/say cli/whole)

.PHONY: test-mkctl
unit: test-mkctl

test-mkctl: $(MKCTL_TEST)/mkctl $(MKCTL_TEST)/fake $(MKCTL_TEST)/injected
	MKCTL=$(MKCTL_TEST)/mkctl FAKE=$(MKCTL_TEST)/fake INJECTED=$(MKCTL_TEST)/injected \
		timeout $(TEST_SECONDS) tests/prove test-mkctl --jobs 4 --exec perl $(sort $(wildcard tests/mkctl/*.t))

$(MKCTL_TEST)/mkctl: $(MKCTL_TEST_OBJECTS) $(MK_INIT_OBJECT) $(MK_ENTRY_OBJECT)
$(MKCTL_TEST)/fake: $(FAKE_OBJECTS)
$(MKCTL_TEST)/injected: $(INJECTED_OBJECTS) $(MK_INIT_OBJECT)

$(addprefix $(MKCTL_TEST)/,mkctl fake injected): $(UNIT)/core.a
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $(filter %.o,$^) $(UNIT)/core.a -ljansson

-include $(patsubst %.o,%.d,$(MKCTL_TEST_OBJECTS) $(FAKE_OBJECTS) $(INJECTED_OBJECTS))
