# SPDX-License-Identifier: GPL-2.0-only
# How the container runtime is built; needs libjansson-dev and libseccomp-dev. Its tests are in tests/mkrun.

# What it says to the agent, it says by the agent's own files.
MKRUN_SHARED := agent/protocol.c agent/stream.c
MKRUN_OBJECTS := $(patsubst %.c,$(USER)/%.o,$(sort $(wildcard mkrun/*.c)) $(MKRUN_SHARED))

$(USER)/mkrun/%.o: USER_CFLAGS += -iquote agent -iquote mkctl

$(BUILD)/mkrun: $(MKRUN_OBJECTS) $(USER)/cli.a $(USER)/core.a
	$(CC) $(USER_CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lseccomp

-include $(MKRUN_OBJECTS:.o=.d)
