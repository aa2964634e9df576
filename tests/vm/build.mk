# SPDX-License-Identifier: GPL-2.0-only
# How whole machines are put together and run.
