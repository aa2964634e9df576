# SPDX-License-Identifier: GPL-2.0-only
# How mkio is tested: under ASan and UBSan, with an ioctl of our own in the kernel's place.
#
# make test-mkio    tests/mkio/test_*.c and *.t; a part of make unit

MKIO_TEST := $(BUILD)/mkio-test
MKIO_TESTS := $(patsubst tests/mkio/%.c,$(MKIO_TEST)/%,$(sort $(wildcard tests/mkio/test_*.c)))
MKIO_TEST_OBJECTS = $(patsubst %.c,$(MKIO_TEST)/o/%.o,$(MKIO_SOURCES))
MKIO_TEST_FLAGS = $(USER_CFLAGS) $(MKIO_FLAGS) -iquote mkio -DMKCTL_TEST $(SANITIZE) -MMD -MP

.PHONY: test-mkio
unit: test-mkio

test-mkio: $(MKIO_TESTS) $(MKIO_TEST)/mkio
	CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 prove --exec tests/unit/run $(MKIO_TESTS)
	MKIO=$(MKIO_TEST)/mkio timeout 60 prove tests/mkio

.SECONDEXPANSION:
$(MKIO_TEST)/mkio: $$(MKIO_TEST_OBJECTS)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^

$(MKIO_TEST)/o/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(MKIO_TEST_FLAGS) -c -o $@ $<

$(MKIO_TESTS): $(MKIO_TEST)/%: $(MKIO_TEST)/o/tests/mkio/%.o $(MKIO_TEST)/o/tests/mkio/fake.o \
		$$(filter-out $(MKIO_TEST)/o/mkio/mkio.o,$$(MKIO_TEST_OBJECTS))
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -lcmocka

-include $(wildcard $(MKIO_TEST)/o/*/*.d $(MKIO_TEST)/o/*/*/*.d)
