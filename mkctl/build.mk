# SPDX-License-Identifier: GPL-2.0-only
# How the operator's command is built; needs libjansson-dev. Its tests are in tests/mkctl.

MK_INIT := $(BUILD)/mk-init
MK_INIT_OBJECT := $(USER)/mkctl/mk_init.o
MKCTL_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard mkctl/*.c)))

$(BUILD)/mkctl: $(MKCTL_OBJECTS) $(MK_INIT_OBJECT) $(USER)/cli.a $(USER)/core.a
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

# What mkctl boot --inject puts into initrds: static, for there nothing else can be relied on.
$(MK_INIT): mkctl/init/init.c mkctl/inject.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -g,$(USER_CFLAGS)) -s -static -o $@ $<

$(MK_INIT_OBJECT): mkctl/mk_init.S $(MK_INIT)
	@mkdir -p $(@D)
	$(CC) -DMK_INIT='"$(MK_INIT)"' -c -o $@ $<

-include $(MKCTL_OBJECTS:.o=.d)
