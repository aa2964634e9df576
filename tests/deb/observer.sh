#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What observes inside a machine begins with these lines, in the same file (observe_by in tests/deb/debian.sh).

# within SECONDS COMMAND...: until it succeeds
within() {
	end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 1
	done
}

# Once the machine is up; what is said from then on goes to its second serial port.
begin_to_tell() {
	exec </dev/null >/dev/ttyS1 2>&1
	stty -F /dev/ttyS1 -onlcr
	within 1800 sh -c 'systemctl is-system-running | grep -vqE "starting|initializing"'
}

power_off() {
	sleep 1
	systemctl poweroff
}
