# SPDX-License-Identifier: GPL-2.0-only
#
# The audit's verdict, as TAP. Reads, one after another, the allowed accesses (tests/audit/allowed), what the machine
# said of its rounds, and what tests/audit/count.awk counted in them. CPU 1 is the instance on one CPU; 2 and 3 are the
# other.

function result(failed, description) {
	print (failed ? "not ok " : "ok ") ++tests " - " description
}

FILENAME ~ /allowed$/ {
	if (/^#/ || !NF)
		next
	entries++
	bound[entries] = $1
	per[entries] = $2
	pattern[entries] = $0
	sub(/^[^ ]+ +[^ ]+ +/, "", pattern[entries])
	next
}

FILENAME ~ /rounds$/ {
	if (/^# round /) {
		boots[$3] = $4
		name[$3] = $0
		sub(/^# round [0-9]+ [0-9]+ /, "", name[$3])
		rounds++
	}
	broken += /^not ok/
	whole += /^1\.\./
	next
}

# Counts: which instance, which entry of the list.
{
	round = $1
	instance = $2 == 1 ? "one CPU" : $2 == "any" ? "any CPU" : "two CPUs"
	amount = $3
	access = $0
	sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", access)
	if (access == "local APIC") {
		alive[round, $2] = 1
		next
	}
	group = name[round] ", " instance
	device = $4
	sum[group, device] += amount
	devices[device] = 1
	for (entry = 1; entry <= entries; entry++)
		if (access ~ ("^" pattern[entry] "$"))
			break
	if (entry > entries) {
		outside[round, instance] = outside[round, instance] sprintf("# %6d %s\n", amount, access)
		next
	}
	used[round, instance, entry] += amount
}

function allowance(entry, round, instance) {
	return bound[entry] * boots[round] * (per[entry] == "cpu" && instance == "two CPUs" ? 2 : 1)
}

function check(round, instance,    entry, failed) {
	failed = (round, instance) in outside	# before it is read: awk makes what it reads
	printf "%s", outside[round, instance]
	for (entry = 1; entry <= entries; entry++)
		if (used[round, instance, entry] > allowance(entry, round, instance)) {
			printf "# %d times, %d allowed: %s\n", used[round, instance, entry],
			       allowance(entry, round, instance), pattern[entry]
			failed = 1
		}
	result(failed, "touches nothing outside the list: " name[round] ", " instance)
}

function figures(group,    device, line) {
	for (device in devices)
		if (sum[group, device])
			line = line " " device " " sum[group, device]
	print "# " group ":" (line ? line : " nothing")
}

END {
	result(!rounds || broken || !whole, "the rounds went as they should")
	for (round = 1; round <= rounds; round++) {
		result(!((round, 1) in alive && (round, 2) in alive && (round, 3) in alive),
		       "the trace shows every CPU of the spawns at work: " name[round])
		check(round, "one CPU")
		check(round, "two CPUs")
		check(round, "any CPU")
		figures(name[round] ", one CPU")
		figures(name[round] ", two CPUs")
	}
	print "1.." tests
}
