# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# allow-log: multikernel: instance "(one|three)": cpu [13] \(APIC id [13]\) does not stop
# has-log: multikernel: a CPU of a spawn kernel does not stop.*: the machine is reset
# files: build/KVER-faults/multikernel.ko:/lib/multikernel/multikernel.ko
# files: build/KVER-faults/multikernel_kexec.ko:/lib/multikernel/multikernel_kexec.ko
# A CPU that does not answer: the test build of the module (tests/fault) keeps INIT and SIPI from it. Its instance has
# failed for good, and nothing of it is handed on; all the rest goes on. In the end the host is to start another kernel by
# kexec, and the machine is reset instead: if that kernel began, its log would have a word that counts as trouble.
. /lib.sh

deaf=/sys/module/multikernel/parameters/deaf
one="$(instance one 1 1 0x10000000)" two="$(instance two 2 2 0x10000000)" three="$(instance three 3 3 0x10000000)"
quiet_kernel quiet

load() {
	mktest load -i "$1" quiet
}

unload() {
	mktest load -u -R -1 -i "$1"
}

# is_refused DESCRIPTION VERDICT ERRNO REGEX
is_refused() {
	is "$1: $3" "$2" "$3"
	like "$1: last_error tells" "$(last_error)" "$4"
}

load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "two instances" "$(tree two.dtb "$one" "$two"; upload two.dtb)" ok
is "a kernel in each" "$(load 1) $(load 2)" "ok ok"

echo 1 >$deaf
is_refused "one is stopped, in vain" "$(unload 1)" ETIMEDOUT 'instance "one".*cpu 1 \(APIC id 1\) does not stop'
is "one has failed" "$(status one)" failed
like "and says why" "$(cat $mk/instances/one/failure)" 'cpu 1 \(APIC id 1\) does not stop; the instance and its memory'
is "two has not noticed" "$(status two)" active

# Also once it would answer again: what it has done meanwhile, no one knows.
echo -1 >$deaf
does_not_stop='^instance "one": a CPU of it does not stop$'
silent='while a CPU of it does not answer; nothing it holds can be handed on$'
is_refused "one is not loaded" "$(load 1)" EBUSY "$does_not_stop"
is_refused "one is not stopped again" "$(unload 1)" EBUSY "$does_not_stop"
is_refused "one does not go" "$(tree only.dtb "$two"; upload only.dtb)" EBUSY "instance \"one\": cannot be removed $silent"
is_refused "one does not change" "$(tree change.dtb "$(instance one 1 1 0x8000000)" "$two"; upload change.dtb)" EBUSY \
	"instance \"one\": memory-bytes cannot change .* $silent"
is_refused "its CPU is no one else's" "$(tree cpu.dtb "$two" "$(instance new 4 1 0x8000000)"; upload cpu.dtb)" EBUSY \
	"instance \"one\": cannot be removed $silent"
fails "the host does not take its CPU either" EINVAL sh -c 'echo 1 >/sys/devices/system/cpu/cpu1/online'
fails "nor its memory" EBUSY sh -c "echo 0 >$pool_parameter"
is "the pool counts it as taken" "$(cat $mk/pool/memory_free_bytes)" $(($(cat $mk/pool/memory_bytes) - 2 * 0x10000000))
ok "the livepatch goes, which by itself would keep the module" unload_livepatch
fails "the module stays" EAGAIN rmmod multikernel
ok "the livepatch comes again" load_livepatch
is_refused "one is not asked" "$(mktest load -u -R -1 -i 1 -f 0x1000)" EBUSY "$does_not_stop"
is_refused "one is given no device" "$(front_end set serial="$(cat $mk/instances/one/serial)" ! attach | sed 's/^attach: //; s/:.*//')" \
	EBUSY "$does_not_stop"
fails "the host does not sleep" EBUSY sh -c 'echo freeze >/sys/power/state'
like "and it is said why" "$(last_error)" '^instance "one": a CPU of it does not stop, so the host cannot sleep$'
is "one is what it was" "$(status one)" failed

# A CPU that does not stop when it is taken from the host.
tree all.dtb "$one" "$two" "$three"
echo 3 >$deaf
is_refused "a third one's CPU is not to be had" "$(upload all.dtb)" ETIMEDOUT \
	'^instance "three": cpu 3 \(APIC id 3\) does not stop on INIT$'
echo -1 >$deaf
is "there is no third one" "$(ls $mk/instances)" "one
two"
is "the host has its CPU back" "$(cat /sys/devices/system/cpu/online)" 0,3
ok "and works on it" taskset 8 true

is "two is stopped" "$(unload 2)" ok
is "a third one is made" "$(tree all.dtb "$one" "$two" "$three"; upload all.dtb)" ok
is "and started, and two again" "$(load 3) $(load 2)" "ok ok"
is "both run" "$(status two) $(status three)" "active active"
is "both are stopped" "$(unload 3) $(unload 2)" "ok ok"

# A CPU that does not start, but is proved to stand still: its instance has failed and can be used again.
lame=/sys/module/multikernel/parameters/lame
echo 3 >$lame
is_refused "a CPU does not start" "$(load 3)" ETIMEDOUT 'instance "three": cpu 3 \(APIC id 3\) did not start'
is "three has failed" "$(status three)" failed
like "and says why" "$(cat $mk/instances/three/failure)" 'cpu 3 \(APIC id 3\) did not start'
echo -1 >$lame
is "three starts" "$(load 3)" ok
is "three is stopped" "$(unload 3)" ok

# A CPU that does not start, nor stop then.
echo 3 >$deaf
is_refused "a CPU does not start" "$(load 3)" ETIMEDOUT 'instance "three".*cpu 3 \(APIC id 3\)'
is "three has failed" "$(status three)" failed
is "two is ready" "$(status two)" ready
is "two starts" "$(load 2)" ok
is "two is stopped" "$(unload 2)" ok

is "the host's next kernel is loaded" "$(mktest load -c 'console=ttyS0 WARNING:=begins' "$host_kernel")" ok
done_testing stays
echo "# the machine ends in good order"
stty -echo	# waits until that has left the serial port
mktest kexec
