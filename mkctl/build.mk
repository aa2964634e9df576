# SPDX-License-Identifier: GPL-2.0-only
# How the operator's command is built.
