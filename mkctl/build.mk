# SPDX-License-Identifier: GPL-2.0-only
# How the operator's command is built; needs libjansson-dev. Its tests are in tests/mkctl.
include tests/mkctl/build.mk

MKCTL_OBJECTS := $(patsubst mkctl/%.c,$(BUILD)/mkctl.d/%.o,$(sort $(wildcard mkctl/*.c))) \
	$(patsubst %,$(BUILD)/mkctl.d/core/%.o,fdt_read logring plan ranges reason state tree)

$(BUILD)/mkctl: $(MKCTL_OBJECTS)
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

$(BUILD)/mkctl.d/%.o: mkctl/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -D_GNU_SOURCE -MMD -MP -c -o $@ $<

$(BUILD)/mkctl.d/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

-include $(MKCTL_OBJECTS:.o=.d)
