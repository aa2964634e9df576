# SPDX-License-Identifier: GPL-2.0-only
# How the operator's command is built; needs libjansson-dev. Its tests are in tests/mkctl.

MK_INIT := $(BUILD)/mk-init
MK_INIT_OBJECT := $(USER)/mkctl/mk_init.o
MKCTL_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard mkctl/*.c)))

MK_ENTRY := $(BUILD)/mk-entry
MK_ENTRY_OBJECT := $(USER)/mkctl/mk_entry.o

$(BUILD)/mkctl: $(MKCTL_OBJECTS) $(MK_INIT_OBJECT) $(MK_ENTRY_OBJECT) $(USER)/cli.a $(USER)/core.a
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

# What mkctl boot --inject puts into initrds: static, for there nothing else can be relied on.
$(MK_INIT): mkctl/init/init.c mkctl/inject.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -g,$(USER_CFLAGS)) -s -static -o $@ $<

$(MK_INIT_OBJECT): mkctl/mk_init.S $(MK_INIT)
	@mkdir -p $(@D)
	$(CC) -DMK_INIT='"$(MK_INIT)"' -c -o $@ $<

# What mkctl boot --unpack puts at the entry of kernels.
$(MK_ENTRY): mkctl/entry/entry.c mkctl/entry/entry.lds include/unpacked_kernel.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -g -O%,$(USER_CFLAGS)) $(BARE_CFLAGS) -Wl,-T,mkctl/entry/entry.lds -o $@ $<

$(MK_ENTRY_OBJECT): mkctl/mk_entry.S $(MK_ENTRY)
	@mkdir -p $(@D)
	$(CC) -DMK_ENTRY='"$(MK_ENTRY)"' -c -o $@ $<

-include $(MKCTL_OBJECTS:.o=.d)
