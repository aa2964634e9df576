# SPDX-License-Identifier: GPL-2.0-only
# How the kernel modules are built.
