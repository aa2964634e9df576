# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the tests inside the emulated machine: the Test Anything Protocol, and waiting. A test begins with
# ". /lib.sh" and ends with done_testing.

# shellcheck disable=SC2034 # used by the tests
modules=/lib/multikernel mk=/sys/fs/multikernel spawn_initrd=/boot/spawn.cpio
host_kernel=/boot/vmlinuz-$(uname -r)
other_kernel=	# empty where there is one only
for kernel in /boot/vmlinuz-*; do
	[ "$kernel" = "$host_kernel" ] || other_kernel=$kernel
done

tap_count=0

diag() {
	echo "$*" | sed 's/^/# /'
}

# result STATUS DESCRIPTION
result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		echo "not ok $tap_count - $2"
	fi
	return "$1"
}

# ok DESCRIPTION COMMAND...: the command succeeds
ok() {
	description=$1
	shift
	output=$("$@" 2>&1)
	status=$?
	[ "$status" = 0 ] || diag "status $status of: $*
$output"
	result "$status" "$description"
}

# fails DESCRIPTION COMMAND...: the command does not succeed
fails() {
	description=$1
	shift
	if output=$("$@" 2>&1); then
		diag "no failure of: $*
$output"
		result 1 "$description"
	else
		result 0 "$description"
	fi
}

# is DESCRIPTION GOT WANTED: two texts are the same
is() {
	[ "$2" = "$3" ] || diag "got:
$2
wanted:
$3"
	[ "$2" = "$3" ]
	result $? "$1"
}

# like DESCRIPTION TEXT REGEX: a line of the text matches the extended regular expression
like() {
	if echo "$2" | grep -qE -- "$3"; then
		result 0 "$1"
	else
		diag "got:
$2
wanted something like: $3"
		result 1 "$1"
	fi
}

# unlike DESCRIPTION TEXT REGEX: no line matches
unlike() {
	if echo "$2" | grep -qE -- "$3"; then
		diag "got:
$2
wanted nothing like: $3"
		result 1 "$1"
	else
		result 0 "$1"
	fi
}

# skip DESCRIPTION WHY: one verdict that cannot be had here
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tap_count"
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

# within SECONDS COMMAND...: try ten times a second until the command succeeds; fails after that time
within() {
	tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
