# SPDX-License-Identifier: GPL-2.0-only
# How the tests of core are built and run; whole machines are in tests/vm/build.mk.
include tests/vm/build.mk
