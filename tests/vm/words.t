# SPDX-License-Identifier: GPL-2.0-only
# append: memmap=640M$0x140000000
# qemu: -machine i8042=on
# timeout: 600
# allow-log: multikernel: instance "(one|two)": Kernel panic
# What a spawn's command line may say, on a machine that README describes: a region kept from the host at boot, and a
# keyboard controller, through which a kernel with "reboot=k" would reset the machine. The spawns have our module, with
# which they wait for their end before they try.
. /lib.sh

unsafe=0x4000	# KEXEC_MK_UNSAFE
microvm='console=ttyS0 reboot=k panic=1 pci=off 8250.nr_uarts=0 i8042.noaux'
quiet_kernel quiet

# is_refused WORDS REGEX: EINVAL and a sentence, and the instance is what it was
is_refused() {
	is "$1: EINVAL" "$(mktest load -i 1 -c "quiet $1" quiet)" EINVAL
	like "$1: last_error tells" "$(last_error)" "^instance \"one\": command line: $2"
	is "$1: the instance is ready" "$(status one)" ready
}

# The spawns tell what became of the words, then end as they are asked to.
first_process words <<'INIT'
insmod "/lib/multikernel/$(uname -r)/multikernel.ko"
echo "words: reboot=$(cat /sys/kernel/reboot/type) panic=$(cat /proc/sys/kernel/panic)"
echo "words: PCI devices: $(ls /sys/bus/pci/devices 2>/dev/null | wc -l)"
echo "words: up"
sleep 5
case $end in
panic) echo c >/proc/sysrq-trigger ;;
reboot) reboot -f ;;
esac
INIT

# begin NAME WORDS: a kernel starts there; "said" has what mkctl says
begin() {
	said=$(mkctl boot "$1" --kernel "$host_kernel" --initrd initrd --append "$2" 2>&1)
	is "$1 starts" "$(echo "$said" | tail -n 1)" "$1: active"
}

# told NAME: its kernel has said all that it has to say; the file "log" has it, for that kernel may be gone soon
told() {
	mkctl logs "$1" >log 2>/dev/null && grep -q 'words: up' log
}

load_module '640M@0x140000000'
load_livepatch
is "two instances" "$(tree two.dtb "$(instance one 1 1 0x14000000)" "$(instance two 2 2 0x14000000)"
	upload two.dtb)" ok

#
# Refused by name.
#
is_refused acpi=off 'acpi=off: its ACPI tables'
is_refused acpi=noirq 'acpi=noirq: .*I/O APIC'
is_refused pci=noaer,noacpi 'pci=noaer,noacpi: .*I/O APIC'
is_refused noapic 'noapic: .*I/O APIC'
is_refused nolapic 'nolapic: '
is_refused maxcpus=0 'maxcpus=0: .*noapic'
is_refused acpi_rsdp=0x1000 'acpi_rsdp=0x1000: '
is_refused earlyprintk=serial,ttyS1,115200 'earlyprintk=serial,ttyS1,115200: the port is the host'
is_refused '-- earlyprintk=ttyS1' 'earlyprintk=ttyS1: the port is the host'
is_refused earlycon=uart8250,io,0x2f8 'earlycon=uart8250,io,0x2f8: the port is the host'
is_refused console=uart8250,io,0x3f8,115200n8 'console=uart8250,io,0x3f8,115200n8: the port is the host'
is_refused mem=1G 'mem=1G: it hides'
is_refused "$(cat /proc/cmdline)" 'memmap=640M\$0x140000000: it hides'

#
# The explicit way past it.
#
is "acpi=off with KEXEC_MK_UNSAFE is taken" "$(mktest load -i 1 -f $unsafe -c 'acpi=off pci=noaer' quiet)" ok
is "and stopped" "$(mkctl kill one 2>&1)" "one: ready"
is "by mkctl as well" "$(mkctl boot one --kernel quiet --append 'acpi=off' --unsafe 2>&1)" "mkctl: one: command line: \
acpi=off: its ACPI tables are all that keeps a spawn on its own CPUs and off the host's I/O APIC
one: active"
is "and stopped again" "$(mkctl kill one 2>&1)" "one: ready"
like "the kernel log says so" "$(dmesg)" 'instance "one": loaded with KEXEC_MK_UNSAFE'
like "and of what" "$(dmesg)" 'instance "one": command line: pci=noaer: taken in place of pci=off'

#
# Taken: the host's own line without the region; the line that microVMs are known for, and the user's own pci= and
# initcall_blacklist=.
#
begin one "$(sed 's/memmap=[^ ]*//' /proc/cmdline) random.trust_cpu=off"
like "mkctl tells of the console" "$said" '^mkctl: one: command line: console=ttyS0: a spawn has no serial port'
begin two "$microvm pci=noaer initcall_blacklist=sysfb_init words.end=reboot"
like "mkctl tells of the reset" "$said" '^mkctl: two: command line: reboot=k: without effect, a spawn has reboot=acpi'
ok "two is up" within $boot_bound told two
like "two resets and panics as ours say" "$(cat log)" 'words: reboot=acpi panic=-1$'
like "two has no PCI" "$(cat log)" 'words: PCI devices: 0$'
like "the user's words and ours are there" "$(grep 'Command line: ' log)" \
	'pci=off .*pci=noaer initcall_blacklist=sysfb_init .* pci=off .* initcall_blacklist=i8237A_init_ops'
ok "one is up" within $boot_bound told one
like "the host's line is there, and ours behind it" "$(grep 'Command line: ' log)" \
	'console=ttyS0 .*movablecore=2G .*8250.nr_uarts=0 .*reboot=acpi'
# Nothing but what the host gave it can have done that so early: no interrupt has come yet.
like "one had random numbers before it had memory" "$(grep -m 1 -E 'crng init done|Memory: ' log)" 'crng init done'
# It may have done so more than once by now.
has_rebooted() {
	[ "$(dmesg | grep -c 'instance "two": command line: reboot=k')" -ge 2 ]
}
ok "two reboots, and the machine does not" within $boot_bound has_rebooted
is "two is stopped" "$(mkctl kill two 2>&1)" "two: ready"
begin two "$microvm words.end=panic"
ok "two panics, and is failed" within $boot_bound grep -qx failed $mk/instances/two/status
like "with the panic" "$(cat $mk/instances/two/failure)" 'Kernel panic.*sysrq triggered crash'
is "one is still active" "$(status one)" active
is "one is killed" "$(mkctl kill one 2>&1)" "one: ready"
done_testing
