# SPDX-License-Identifier: GPL-2.0-only
# How mkio is tested: under ASan and UBSan, with an ioctl of our own in the kernel's place.
#
# make test-mkio    tests/mkio/test_*.c and *.t; a part of make unit

MKIO_TEST := $(BUILD)/mkio-test
MKIO_TESTS := $(patsubst tests/mkio/%.c,$(MKIO_TEST)/%,$(sort $(wildcard tests/mkio/test_*.c)))
MKIO_TEST_SOURCES := $(sort $(wildcard mkio/*.c cli/*.c)) mkctl/instances.c mkctl/sysfs.c
MKIO_TEST_OBJECTS := $(MKIO_TEST_SOURCES:%.c=$(UNIT)/%.o)

$(UNIT)/mkio/%.o $(UNIT)/tests/mkio/%.o: TEST_CFLAGS += -iquote mkctl -iquote mkio -iquote tests/unit

.PHONY: test-mkio
unit: test-mkio

test-mkio: $(MKIO_TESTS) $(MKIO_TEST)/mkio
	CMOCKA_MESSAGE_OUTPUT=TAP timeout $(TEST_SECONDS) tests/prove test-mkio-unit --exec tests/unit/run $(MKIO_TESTS)
	MKIO=$(MKIO_TEST)/mkio timeout $(TEST_SECONDS) tests/prove test-mkio --exec perl $(sort $(wildcard tests/mkio/*.t))

$(MKIO_TEST)/mkio: $(MKIO_TEST_OBJECTS) $(UNIT)/core.a
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -ljansson

# Each has the whole of mkio but its main().
$(MKIO_TESTS): $(MKIO_TEST)/%: $(UNIT)/tests/mkio/%.o $(UNIT)/tests/mkio/fake.o \
		$(filter-out $(UNIT)/mkio/mkio.o,$(MKIO_TEST_OBJECTS)) $(UNIT)/core.a
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -lcmocka -ljansson

# What an engine may say: beside core, this fuzzer takes the conversation.
$(BUILD)/fuzz/fuzz_vhost_user: TEST_CFLAGS += -D_GNU_SOURCE -iquote mkio -iquote mkctl
$(BUILD)/fuzz/fuzz_vhost_user: mkio/vhost_user.c mkio/process.c mkio/rights.c cli/traffic.c cli/parent.c

-include $(patsubst %.o,%.d,$(MKIO_TEST_OBJECTS) $(wildcard $(UNIT)/tests/mkio/*.o))
