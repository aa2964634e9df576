# SPDX-License-Identifier: GPL-2.0-only
#
# Reads QEMU's trace of device accesses and counts those that CPUs of spawns made outside their local APIC: for each
# round and CPU and kind of access a line "ROUND CPU COUNT ACCESS". A line of the trace:
#
#	memory_region_ops_write cpu 0 mr 0x560be80e1a90 addr 0x70 value 0x8f size 1 name 'rtc-index'
#
# What a data port reads and writes depends on what its index port was told before, by whichever CPU: clock and PCI
# configuration are named by that.

BEGIN {
	mark_port = "0x9a0"	# tests/audit/audit.t
	no_round = 255
	local_apic = "'apic-msi'"
	round = no_round
}

# Of two digits at most, with 0x before.
function hexadecimal(text,    i, value) {
	for (i = 3; i <= length(text); i++)
		value = value * 16 + index("123456789abcdef", substr(text, i, 1))
	return value
}

# Accesses to physical addresses where there is nothing; QEMU does not say by which CPU.
/^Invalid (read|write) at addr/ {
	if (round != no_round)
		count[round " any " tolower($1) " " $2 " " substr($5, 1, length($5) - 1)]++
	next
}

$1 !~ /^memory_region_ops_(read|write)$/ { next }

{
	kind = $1 ~ /write$/ ? "write" : "read"
	device = $13
	where = $7
}

where == mark_port && kind == "write" && device == "'io'" {
	round = hexadecimal($9)
	next
}

device == "'rtc-index'" && kind == "write" { rtc_register = $9 }
device == "'pci-conf-idx'" && kind == "write" { pci_register = $9 }

{
	if (round == no_round || $3 < 1)
		next
	if (device == local_apic) {
		apic[round " " $3]++
		next
	}
	gsub("'", "", device)
	if (device == "rtc")
		where = "register " rtc_register
	if (device == "pci-conf-data")
		where = where " register " pci_register
	access = device " " kind " " where
	if (kind == "write")
		access = access " = " $9
	count[round " " $3 " " access]++
}

END {
	for (key in apic) {
		split(key, part, " ")
		print part[1], part[2], apic[key], "local APIC"
	}
	for (key in count) {
		split(key, part, " ")
		access = key
		sub(/^[^ ]+ [^ ]+ /, "", access)
		print part[1], part[2], count[key], access
	}
}
