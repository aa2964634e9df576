# SPDX-License-Identifier: GPL-2.0-only
#
# Reads QEMU's trace of device accesses and counts, for each round, what CPUs of spawns accessed
# outside their local APIC, and what interrupts all CPUs and devices sent to CPUs: lines "ROUND CPU
# COUNT ACCESS" and "ROUND SENDER COUNT ipi KIND to CPU". A line of the trace:
#
#	memory_region_ops_write cpu 0 mr 0x560be80e1a90 addr 0x70 value 0x8f size 1 name 'rtc-index'
#
# Where CPUs may be in x2APIC mode, two others: what tests/audit/x2apic.c tells, and how interrupt remapping passes a
# device's interrupt on.
#
#	x2apic_write cpu 1 register 0x30 value 0x4608 high 0x2
#	vtd_ir_remap index 16 trigger 0 vector 34 deliver 0 dest 0x1 mode 1
#
# What a data port reads and writes depends on what its index port was told before, by whichever
# CPU: clock and PCI configuration are named by that. "owners" is given: the instance of each CPU, 0
# for the host.

BEGIN {
	mark_port = "0x9a0"	# tests/audit/marks.sh
	no_round = 255
	local_apic = "'apic-msi'"
	round = no_round
	cpus = split(owners, owner_from_1, " ")
	for (i = 1; i <= cpus; i++)
		owner[i - 1] = owner_from_1[i]
	split("lowest SMI 3 NMI INIT startup ExtINT", delivery_mode, " ")
}

function hexadecimal(text,    i, value) {
	for (i = 3; i <= length(text); i++)
		value = value * 16 + index("123456789abcdef", substr(text, i, 1))
	return value + 0
}

# The number in some bits of another.
function bits(value, first, count) {
	return int(value / 2 ^ first) % 2 ^ count
}

function share_a_bit(a, b,    i) {
	for (i = 0; i < 16; i++)
		if (bits(a, i, 1) && bits(b, i, 1))
			return 1
	return 0
}

# The low half of a local APIC's interrupt command register and the data of a device's MSI have the
# same first fields (Intel SDM volume 3, "Interrupt Command Register" and "Message Data Register
# Format").
function interrupt(sender, command, target,    mode, kind) {
	if (round == no_round)
		return
	mode = bits(command, 8, 3)
	kind = mode ? delivery_mode[mode] : sprintf("0x%02x", bits(command, 0, 8))
	count[round " " sender " ipi " kind " to " target]++
}

# A logical destination has one bit a CPU (the flat model, the only one that Linux uses with an
# xAPIC). INIT clears a CPU's logical id; not to forget it here can only find more.
function send(sender, command, logical, destination,    cpu, found) {
	if (!logical) {
		interrupt(sender, command, destination == 255 ? "everyone" : destination)
		return
	}
	for (cpu in logical_id)
		if (share_a_bit(logical_id[cpu], destination)) {
			interrupt(sender, command, cpu)
			found = 1
		}
	if (!found)
		interrupt(sender, command, "nobody")
}

# In x2APIC mode everyone is all ones, also by logical id; and a CPU's logical id comes from its APIC id, which in these
# machines is its number: 16 to a cluster, whose number is in the upper half (Intel SDM volume 3, "Logical Destination
# Mode in x2APIC Mode").
function send_x2apic(sender, command, logical, destination,    cpu, found) {
	if (!logical || destination == 4294967295) {
		interrupt(sender, command, destination == 4294967295 ? "everyone" : destination)
		return
	}
	for (cpu = 0; cpu < cpus; cpu++)
		if (int(cpu / 16) == int(destination / 65536) && share_a_bit(2 ^ (cpu % 16), destination % 65536)) {
			interrupt(sender, command, cpu)
			found = 1
		}
	if (!found)
		interrupt(sender, command, "nobody")
}

function write_x2apic(cpu, register, value, high,    shorthand) {
	shorthand = bits(value, 18, 2)
	if (register == "0x3f")
		interrupt(cpu, bits(value, 0, 8), cpu)
	else if (register == "0x30" && shorthand)
		interrupt(cpu, value, shorthand == 1 ? cpu : "everyone")
	else if (register == "0x30")
		send_x2apic(cpu, value, bits(value, 11, 1), high)
}

# A CPU's local APIC is at 0xfee00000; register 0 is none of it. A device's MSI is a write there, or
# to one of the 255 pages behind: the page's number is the destination.
function write_apic(cpu, address, value,    register, shorthand) {
	register = substr(address, 8)
	value = hexadecimal(value)
	if (register ~ /^00/)
		send("device", value, bits(hexadecimal(address), 2, 1),
		     bits(hexadecimal(address), 12, 8))
	else if (register == "0d0")
		logical_id[cpu] = bits(value, 24, 8)
	else if (register == "310")
		destination[cpu] = bits(value, 24, 8)
	else if (register == "300") {
		shorthand = bits(value, 18, 2)
		if (shorthand)
			interrupt(cpu, value, shorthand == 1 ? cpu : "everyone")
		else
			send(cpu, value, bits(value, 11, 1), destination[cpu] + 0)
	}
}

# Accesses to physical addresses where there is nothing; QEMU does not say by which CPU.
/^Invalid (read|write) at addr/ {
	if (round != no_round)
		count[round " any " tolower($1) " " $2 " " substr($5, 1, length($5) - 1)]++
	next
}

$1 == "x2apic_write" {
	write_x2apic($3, $5, hexadecimal($7), hexadecimal($9))
	if (round != no_round && owner[$3])
		count[round " " $3 " local APIC"]++
	next
}

$1 == "vtd_ir_remap" {
	send_x2apic("device", $7 + 256 * $9, $13, hexadecimal($11))
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
device == local_apic && kind == "write" { write_apic($3, where, $9) }

{
	if (round == no_round || !owner[$3])
		next
	if (device == local_apic) {
		count[round " " $3 " local APIC"]++
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
	for (key in count) {
		split(key, part, " ")
		access = key
		sub(/^[^ ]+ [^ ]+ /, "", access)
		print part[1], part[2], count[key], access
	}
}
