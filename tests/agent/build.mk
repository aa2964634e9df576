# SPDX-License-Identifier: GPL-2.0-only
# How mk-agent is tested without a kernel of its own: over a Unix socket, under ASan and UBSan.
#
# make test-agent    tests/agent/test_*.c and *.t; a part of make unit

AGENT_TEST := $(BUILD)/agent-test
AGENT_TEST_OBJECTS := $(patsubst %.c,$(UNIT)/%.o,$(sort $(wildcard agent/*.c)))

$(UNIT)/agent/%.o $(UNIT)/tests/agent/%.o: TEST_CFLAGS += -iquote agent

.PHONY: test-agent
unit: test-agent

test-agent: $(AGENT_TEST)/test_protocol $(AGENT_TEST)/mk-agent
	CMOCKA_MESSAGE_OUTPUT=TAP timeout $(TEST_SECONDS) tests/prove test-agent-unit --exec tests/unit/run $(AGENT_TEST)/test_protocol
	AGENT=$(AGENT_TEST)/mk-agent timeout $(TEST_SECONDS) tests/prove test-agent --exec perl $(sort $(wildcard tests/agent/*.t))

$(AGENT_TEST)/mk-agent: $(AGENT_TEST_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^

$(AGENT_TEST)/test_protocol: $(UNIT)/tests/agent/test_protocol.o $(UNIT)/agent/protocol.o
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -lcmocka

$(BUILD)/fuzz/fuzz_protocol: TEST_CFLAGS += -iquote agent
$(BUILD)/fuzz/fuzz_protocol: agent/protocol.c

-include $(AGENT_TEST_OBJECTS:.o=.d) $(UNIT)/tests/agent/test_protocol.d
