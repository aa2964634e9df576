# SPDX-License-Identifier: GPL-2.0-only
# Objects for user space, of whatever room; and what the operator's commands share (see doc/architecture.md).

USER := $(BUILD)/user
CLI_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard cli/*.c)))
CORE_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(CORE_SOURCES))

$(USER)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -D_GNU_SOURCE -MMD -MP -c -o $@ $<

$(USER)/core.a: $(CORE_OBJECTS)
$(USER)/cli.a: $(CLI_OBJECTS)
$(USER)/core.a $(USER)/cli.a:
	@rm -f $@
	$(AR) rcs $@ $^

-include $(CLI_OBJECTS:.o=.d) $(CORE_OBJECTS:.o=.d)
