# SPDX-License-Identifier: GPL-2.0-only
# How the operator's command is built; needs libjansson-dev. Its tests are in tests/mkctl.

MK_INIT := $(BUILD)/mk-init
MKCTL_OBJECTS := $(patsubst mkctl/%.c,$(BUILD)/mkctl.d/%.o,$(sort $(wildcard mkctl/*.c))) \
	$(patsubst %,$(BUILD)/mkctl.d/core/%.o,command_line command_words elf_core fdt_read image logring plan ranges reason state tree) \
	$(BUILD)/mkctl.d/mk_init.o

$(BUILD)/mkctl: $(MKCTL_OBJECTS)
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

$(BUILD)/mkctl.d/%.o: mkctl/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -D_GNU_SOURCE -MMD -MP -c -o $@ $<

$(BUILD)/mkctl.d/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

# What mkctl boot --inject puts into initrds: static, for there nothing else can be relied on.
$(MK_INIT): mkctl/init/init.c mkctl/inject.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -g,$(USER_CFLAGS)) -s -static -o $@ $<

$(BUILD)/mkctl.d/mk_init.o: mkctl/mk_init.S $(MK_INIT)
	@mkdir -p $(@D)
	$(CC) -DMK_INIT='"$(MK_INIT)"' -c -o $@ $<

-include $(MKCTL_OBJECTS:.o=.d)
