# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# allow-log: multikernel: instance "one": Kernel panic
# The command line that microVMs are known for, and a stock spawn, without our module: it reboots and panics, and the
# machine does not. With "reboot=k" in effect it would end in a triple fault here, which resets the machine.
. /lib.sh

microvm='console=ttyS0 reboot=k panic=1 pci=off nomodule 8250.nr_uarts=0 i8042.noaux'

# begin WORDS: a kernel starts there
begin() {
	is "it starts: $1" "$(mkctl boot one --kernel "$host_kernel" --initrd $spawn_initrd --append "$microvm $1" \
		2>warnings | tail -n 1)" "one: active"
}

load_module 512M
load_livepatch
is "an instance" "$(tree one.dtb "$(instance one 1 1 0x14000000)"; upload one.dtb)" ok
begin 'spawn.do=reboot spawn.after=5'
like "mkctl tells of the console" "$(cat warnings)" '^mkctl: one: command line: console=ttyS0: a spawn has no serial port'
like "of the module" "$(cat warnings)" '^mkctl: one: command line: nomodule: '
is "and of nothing that needs no word" "$(wc -l <warnings)" 4
ok "it boots" has_booted one
ok "it reboots: is loaded again" within 60 sh -c 'dmesg | grep -c "command line: reboot=k: without effect" | grep -qx 2'
is "it is stopped" "$(mkctl kill one 2>&1)" "one: ready"
begin spawn.do=panic
ok "it panics: is failed" within $boot_bound grep -qx failed $mk/instances/one/status
like "with the panic" "$(cat $mk/instances/one/failure)" 'Kernel panic.*sysrq triggered crash'
done_testing
