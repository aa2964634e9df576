# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What a report says of where it was measured: sourced by bench/life and bench/here.

# machine_facts KERNEL WHAT: lines for bench/report
machine_facts() {
	echo "# machine: $2"
	echo "# machine: on: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs"
	echo "# machine: kernel, as host and as spawn: $1"
	echo "# machine: $(date -u '+%Y-%m-%d %H:%M UTC'), $(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
}
