# SPDX-License-Identifier: GPL-2.0-only
#
# make                  modules and mkctl, for the newest installed kernel headers
# make KVER=6.1.0-56-amd64   the same for one kernel
# make test             what CI runs, half an hour (installs what it needs from Debian's packages)
# make release-test     all tests that there are, some hours: what is below as well
# make unit | vm | fuzz parts of it; fuzz runs long
# make audit            what spawn kernels touch of the machine's devices, whom kernels interrupt; 20 minutes or more
# make vm-long          whole-machine tests for which "make test" has no time
# make soak | faults    long ones: random operations on running instances; each call of the module made to fail
# make matrix           stock kernels of many kinds as host and as spawn, each with each: doc/matrix.md; some hours
# make test-crash       dumps opened with crash, gdb and drgn; fetches 2 GB of debug symbols
# make test-deb         the Debian packages installed, booted, upgraded and purged in a whole Debian; half an hour
# make test-containers  Debian's podman and containerd in such a Debian, each container on a kernel of its own; half an hour
# make test-clang       some whole-machine tests on a host that clang has built, with LTO and kCFI; half an hour
# make test-debug       the whole-machine tests beside a kernel that watches itself; two hours and more
# make install          modules, programs, manual pages, systemd units and initramfs-tools hook (DESTDIR is honoured)
# make uninstall        takes them away again
# make deb              Debian packages, in build/deb
# make bench           figures of an instance's life, doc/bench.md; bench-quick: in five minutes; bench-watch: what the
#                       watch costs an idle host; bench-scale: thousands of instances
# make demo             an emulated machine with two spawn kernels beside the host
# make check            what a machine can see of the sources: sparse, headers that compile alone, whole kernel-doc, asserted
#                       locks, licences, no arrow of the module that runs back
# make help             this list
# make clean

KVER ?= $(shell ls -d /lib/modules/*/build 2>/dev/null | cut -d/ -f4 | sort -V | tail -n 1)
KDIR ?= /lib/modules/$(KVER)/build
BUILD := build

# As Debian's packages are built, so that what they refuse is refused here.
CPPFLAGS ?= -D_FORTIFY_SOURCE=2
CFLAGS ?= -O2 -g -Wformat -Werror=format-security
USER_CFLAGS := -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -Werror -iquote core -iquote cli -Iinclude $(CPPFLAGS) $(CFLAGS)
# For plain bytes that run anywhere, before any kernel does: no start-up code, no registers that nobody has set up.
# A linker script of their own says how they lie.
BARE_CFLAGS := -O2 -ffreestanding -fpie -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	-mno-red-zone -mgeneral-regs-only -nostdlib -static -Wl,--build-id=none
SANITIZE := -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

CORE_SOURCES := $(sort $(wildcard core/*.c))
CORE_HEADERS := $(sort $(wildcard core/*.h include/*.h))

.PHONY: all modules check test unit vm fuzz demo help clean
.DELETE_ON_ERROR:

all: modules $(BUILD)/mkctl $(BUILD)/mkio $(BUILD)/mkrun $(BUILD)/mk-agent

include module/build.mk
include cli/build.mk
include mkctl/build.mk
include mkio/build.mk
include agent/build.mk
include mkrun/build.mk
include packaging/build.mk
include tests/build.mk
include bench/build.mk

demo:
	demo/run

help:
	@sed -n 's/^# \(make .*\)/\1/p' $(firstword $(MAKEFILE_LIST))

clean:
	rm -rf $(BUILD)
