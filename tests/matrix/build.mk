# SPDX-License-Identifier: GPL-2.0-only
# make matrix                  each host kernel with each spawn kernel, hours; MATRIX_HOSTS and MATRIX_SPAWNS narrow it, and it
#                              goes on where it was left
.PHONY: matrix

matrix:
	tests/setup
	+tests/matrix/run
