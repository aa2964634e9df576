# SPDX-License-Identifier: GPL-2.0-only
# How mkrun is tested without instances: under ASan and UBSan, with programs of our own in the place of mkctl and mkio, and
# an agent on this kernel.
#
# make test-mkrun    tests/mkrun/*.t; a part of make unit

MKRUN_TEST := $(BUILD)/mkrun-test
MKRUN_TEST_OBJECTS := $(patsubst %.c,$(UNIT)/%.o,$(sort $(wildcard mkrun/*.c cli/*.c)) agent/protocol.c agent/stream.c)

$(UNIT)/mkrun/%.o: TEST_CFLAGS += -iquote agent -iquote mkctl

.PHONY: test-mkrun
unit: test-mkrun

test-mkrun: $(MKRUN_TEST)/mkrun $(AGENT_TEST)/mk-agent
	MKRUN=$(MKRUN_TEST)/mkrun AGENT=$(AGENT_TEST)/mk-agent timeout 120 prove tests/mkrun

$(MKRUN_TEST)/mkrun: $(MKRUN_TEST_OBJECTS) $(UNIT)/core.a
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -ljansson

-include $(MKRUN_TEST_OBJECTS:.o=.d)
