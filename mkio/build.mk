# SPDX-License-Identifier: GPL-2.0-only
# How the program that serves devices is built. Its tests are in tests/mkio.

# What mkctl has, too: the instances as sysfs shows them.
MKIO_SHARED := mkctl/instances.c mkctl/sysfs.c
MKIO_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard mkio/*.c)) $(MKIO_SHARED))

$(USER)/mkio/%.o: USER_CFLAGS += -iquote mkctl

$(BUILD)/mkio: $(MKIO_OBJECTS) $(USER)/cli.a $(USER)/core.a
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

-include $(MKIO_OBJECTS:.o=.d)
