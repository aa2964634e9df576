# SPDX-License-Identifier: GPL-2.0-only
#
# The audit's verdict, as TAP. Reads, one after another, the allowed accesses (tests/audit/allowed),
# what the machine said of its rounds, and what tests/audit/count.awk counted in them. "owners" is
# given: the instance of each CPU, 0 for the host.

BEGIN {
	split("one two three four", number, " ")
	cpus = split(owners, owner_from_1, " ")
	for (i = 1; i <= cpus; i++) {
		owner[i - 1] = instance = owner_from_1[i]
		if (!(instance in size))
			first[instance] = i - 1
		size[instance]++
		if (instance > instances)
			instances = instance
	}
	owner["device"] = 0	# all devices are the host's
	label[0] = "the host"
	for (instance = 1; instance <= instances; instance++)
		label[instance] = number[size[instance]] (size[instance] == 1 ? " CPU" : " CPUs")
	label["any"] = "any CPU"
}

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
	text = $0
	if (sub(/^# round [^ ]+ [^ ]+ [^ ]+ /, "", text)) {
		rounds[++round_count] = $3
		boots[$3] = $4
		modules[$3] = $5
		name[$3] = text
	}
	if (sub(/^# control [^ ]+ [^ ]+ /, "", text)) {
		controls[++control_count] = $3
		control[$3] = $4
		name[$3] = text
	}
	broken += /^not ok/
	whole += /^1\.\./
	next
}

# The counts, from here on.
!($1 in name) { next }

$4 == "ipi" {
	from = owner[$2]
	interrupts[$1, from, $7 in owner ? owner[$7] : $7] += $3
	if (!is_right($1, $2, $5, $7))
		wrong[$1, from] = wrong[$1, from] \
			sprintf("# %6d from %s to %s: %s\n", $3, who($2), who($7), $5)
	next
}

$1 in control { next }

# Accesses: which instance, which entry of the list.
{
	round = $1
	instance = $2 == "any" ? $2 : owner[$2]
	amount = $3
	access = $0
	sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", access)
	if (access == "local APIC") {
		alive[round, $2] = 1
		next
	}
	sum[round, instance, $4] += amount
	devices[$4] = 1
	for (entry = 1; entry <= entries; entry++)
		if (access ~ ("^" pattern[entry] "$"))
			break
	if (entry > entries) {
		outside[round, instance] = outside[round, instance] sprintf("# %6d %s\n", amount, access)
		next
	}
	used[round, instance, entry] += amount
}

function who(cpu) {
	return cpu ~ /^[0-9]/ ? "CPU " cpu : cpu
}

# May a CPU or a device send that to this CPU? Each kernel and its devices to its own CPUs what they
# like; the host's CPUs INIT and SIPI to those of spawns, to start and to stop them.
function is_right(round, sender, kind, cpu) {
	if (!(cpu in owner))
		return 0	# everyone, or nobody that we know
	if (owner[cpu] == owner[sender])
		return 1
	if (sender == "device")
		return 0
	if (!owner[sender] && kind ~ /^(INIT|startup)$/)
		return 1
	return is_bell(round, owner[sender], kind, cpu)
}

# A doorbell (module/cpu/doorbell.c) is between the host's first CPU and that of an instance with our
# module. Which vector it is, the machine does not say: one that devices can have, and only one.
function is_bell(round, from, kind, cpu,    bell) {
	if (from && owner[cpu] || cpu != first[owner[cpu]])
		return 0
	if (!index(modules[round], from + owner[cpu]))	# one of the two is the host, 0
		return 0
	if (kind !~ /^0x[2-9a-e][0-9a-f]$/)
		return 0
	bell = cpu == 0 ? "host" : round " " cpu
	if (!(bell in vector))
		vector[bell] = kind
	return vector[bell] == kind
}

# How many kernels began in that instance; who is none may be any of them.
function boots_in(round, instance,    each, count, i, most) {
	count = split(boots[round], each, ",")
	if (instance in each)
		return each[instance]
	for (i = 1; i <= count; i++)
		most = each[i] > most ? each[i] : most
	return most
}

function allowance(entry, round, instance) {
	if (per[entry] == "cpu" && instance != "any")
		return bound[entry] * boots_in(round, instance) * size[instance]
	return bound[entry] * boots_in(round, instance)
}

function check_devices(round, instance,    entry, failed) {
	failed = (round, instance) in outside	# before it is read: awk makes what it reads
	printf "%s", outside[round, instance]
	for (entry = 1; entry <= entries; entry++)
		if (used[round, instance, entry] > allowance(entry, round, instance)) {
			printf "# %d times, %d allowed: %s\n", used[round, instance, entry],
			       allowance(entry, round, instance), pattern[entry]
			failed = 1
		}
	result(failed, "touches nothing outside the list: " name[round] ", " label[instance])
}

function check_interrupts(round, from,    failed) {
	failed = (round, from) in wrong
	printf "%s", wrong[round, from]
	result(failed, "interrupts only whom it may: " name[round] ", " label[from])
}

# What the rules must find wrong: broadcasts, and from a host that has all CPUs also what goes to
# single ones.
function check_control(round, from) {
	result(wrong[round, from] !~ /to everyone/ || !from && wrong[round, from] !~ /to CPU [1-9]/,
	       "an interrupt that goes too far is seen: " name[round])
}

# Does the trace show what it must show: each CPU of spawns at work, the host starting each kernel,
# kernels calling their other CPUs?
function check_trace(round,    cpu, instance, failed) {
	for (cpu = 0; cpu < cpus; cpu++)
		failed = failed || owner[cpu] && !((round, cpu) in alive)
	for (instance = 1; instance <= instances; instance++)
		failed = failed || !interrupts[round, 0, instance] ||
			 size[instance] > 1 && !interrupts[round, instance, instance]
	result(failed, "the trace shows every CPU of the spawns at work: " name[round])
}

function figures(round, instance,    device, to, line) {
	for (device in devices)
		if (sum[round, instance, device])
			line = line " " device " " sum[round, instance, device]
	for (to = 0; to <= instances; to++)
		if (interrupts[round, instance, to])
			line = line " interrupts to " label[to] " " interrupts[round, instance, to]
	if (interrupts[round, instance, "everyone"])
		line = line " interrupts to everyone " interrupts[round, instance, "everyone"]
	print "# " name[round] ", " label[instance] ":" (line ? line : " nothing")
}

END {
	result(!round_count || broken || !whole, "the rounds went as they should")
	for (i = 1; i <= control_count; i++) {
		check_control(controls[i], control[controls[i]])
		for (instance = 0; instance <= instances; instance++)
			figures(controls[i], instance)
	}
	for (i = 1; i <= round_count; i++) {
		round = rounds[i]
		check_trace(round)
		check_interrupts(round, 0)
		figures(round, 0)
		for (instance = 1; instance <= instances; instance++) {
			check_devices(round, instance)
			check_interrupts(round, instance)
			figures(round, instance)
		}
		check_devices(round, "any")
	}
	print "1.." tests
}
