# SPDX-License-Identifier: GPL-2.0-only
# How the first process of a container's kernel is built: static, for there is nothing else. Its tests are in tests/agent.

AGENT_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard agent/*.c)))

$(BUILD)/mk-agent: $(AGENT_OBJECTS)
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -static -s -o $@ $^

-include $(AGENT_OBJECTS:.o=.d)
