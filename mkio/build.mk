# SPDX-License-Identifier: GPL-2.0-only
# How the program that serves devices is built. Its tests are in tests/mkio.
include tests/mkio/build.mk

# What mkctl has, too: the instances as sysfs shows them.
MKIO_SOURCES := $(sort $(wildcard mkio/*.c)) mkctl/instances.c mkctl/sysfs.c cli/nearest.c cli/say.c \
	$(patsubst %,core/%.c,fdt_read reason state)
MKIO_OBJECTS := $(MKIO_SOURCES:%.c=$(BUILD)/mkio.d/%.o)
MKIO_FLAGS := -D_GNU_SOURCE -iquote mkctl

$(BUILD)/mkio: $(MKIO_OBJECTS)
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/mkio.d/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(MKIO_FLAGS) -MMD -MP -c -o $@ $<

-include $(MKIO_OBJECTS:.o=.d)
