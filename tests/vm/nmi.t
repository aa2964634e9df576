# SPDX-License-Identifier: GPL-2.0-only
# qemu: -chardev socket,id=monitor,path=build/vm/nmi.monitor,server=on,wait=off -mon chardev=monitor,mode=control
# qemu: -chardev socket,id=line,path=build/vm/nmi.monitor -device isa-serial,chardev=line,index=2
# timeout: 400
# An NMI from outside, as from a button, goes to the LINT1 pin of every CPU. The host hears it, and the spawns beside it
# do not, as long as they have the word that is added to their command line. The third serial port of the machine leads
# to QEMU's monitor, which makes the NMI.
. /lib.sh

heard='NMI received for unknown reason'
second_kernel=${other_kernel:-$host_kernel}

unsafe=0x4000	# KEXEC_MK_UNSAFE

# begin NAME ID KERNEL WORDS [OPTION...]
begin() {
	name=$1 id=$2 kernel=$3 words=$4
	shift 4
	is "$name starts" "$(mktest load -i "$id" -r $spawn_initrd -c "spawn.do=work $words" "$@" "$kernel")" ok
}

# works_on NAME: it completes a round that it had not begun yet
works_on() {
	round=$(mkctl logs "$1" | sed -n 's/.*spawn: CPU 0 round //p' | tail -n 1)
	ok "$1 works on after round ${round:-0}" within 60 log_has "$1" "spawn: CPU 0 round $((${round:-0} + 2))\$"
}

load_module 768M
load_livepatch
is "three instances" "$(tree three.dtb "$(instance one 1 1 0x10000000)" "$(instance two 2 2 0x10000000)" \
	"$(instance three 3 3 0x10000000)"; upload three.dtb)" ok
begin one 1 "$host_kernel" ''
begin two 2 "$second_kernel" apic_extnmi=bsp	# without effect
begin three 3 "$host_kernel" apic_extnmi=bsp -f $unsafe
for name in one two three; do
	ok "$name boots" has_booted $name
done

open_monitor
monitor nmi
ok "the host hears it" within 60 sh -c "dmesg | grep -q '$heard'"
ok "so does a spawn whose user wants it to" within 60 log_has three "$heard"
for name in one two; do
	works_on $name
	unlike "$name, kernel $(mkctl logs $name | sed -n 's/.*spawn: kernel //p'), has heard nothing" "$(mkctl logs $name)" \
		'NMI received|Dazed'
done
works_on three
is "all are active" "$(status one) $(status two) $(status three)" "active active active"
done_testing
