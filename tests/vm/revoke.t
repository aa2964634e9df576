# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# memory: 1G
# module: tests/vm/caching
# A front end that holds a spawn's memory and does not let go: it loses it before anything else happens to that memory,
# whatever the kernel's end, and from then on sees a page of nobody.
. /lib.sh

load_module 128M
tree one.dtb "$(instance web 1 1 0x2000000)"
tree none.dtb ''
upload one.dtb >/dev/null
tiny_kernel tiny
page_bytes=4096 mine=4660 theirs=22136	# 0x1234, 0x5678

boot_tiny() {
	mkctl boot web --kernel tiny >/dev/null
}

# hold NAME STEP...: in the background: attach, map the first range, and go on; what it prints is in NAME.out
hold() {
	holder=$1
	shift
	rm -f "$holder".*
	front_end set serial="$(cat $mk/instances/web/serial)" name "$holder" attach memory 0 map touch "$holder.mapped" "$@" >"$holder.out" 2>&1 &
	within 240 test -e "$holder.mapped"
}

# takes DESCRIPTION LEAST COMMAND...: the command succeeds, and takes so many tenths of a second at least; how many more is the
# machine's matter
takes() {
	description=$1 least=$2
	shift 2
	begin=$(sed 's/ .*//; s/\.\(.\).*/\1/' /proc/uptime)
	"$@" >/dev/null
	status=$?
	took=$(($(sed 's/ .*//; s/\.\(.\).*/\1/' /proc/uptime) - begin))
	ok "$description: after $took tenths of a second" test $status = 0 -a $took -ge "$least"
}

# look_where: in which file a kernel sees its memory, and where its last page is, for which a tiny kernel has no use
look_where() {
	boot_tiny
	hold size size sleep 0
	wait
	bytes=$(($(sed -n '1s/^[^ ]* \([^ ]*\) .*/\1/p' size.out)))
	start=$(($(sed -n '1s/ .*//p' size.out)))
	end=$((0x$(sed -n 's/^ *[0-9a-f]*-\([0-9a-f]*\) : Multikernel instance web$/\1/p' /proc/iomem | tail -n 1) + 1))
	last=$((end - start - page_bytes))
}

look_where
is "the file has all of the pool, to lseek and to fstat" "$bytes, $(sed -n 2p size.out)" "$((128 << 20)), $(printf '0x%x 0x%x' $bytes $bytes)"

# word_of: the last page's first word, as the host reads it
word_of() {
	mktest mmap $mk/instances/web/memory $((start + last)) 8 | od -An -tu8 | tr -d ' '
}

is "private mappings and those beyond the end are refused" "$(front_end set serial="$(cat $mk/instances/web/serial)" name size attach \
	memory 0 ! map private ! map more ! memory 7 | sed 1d)" "map: EINVAL
map: ENXIO
1 ranges
memory: ERANGE"
is "neither the spawn's memory nor what is shown elsewhere can be pinned" "$(front_end set serial="$(cat $mk/instances/web/serial)" name size \
	attach memory 0 map at $last write 0 ! splice $last ! splice 0 ! splice $((bytes - page_bytes)) | sed 1d)" "splice: EFAULT
splice: EFAULT
splice: EFAULT"
# VFIO takes page frames for its devices from areas that are "pf", and from no other where nothing can be pinned ("io").
like "nor can VFIO have it for a device" "$(front_end set serial="$(cat $mk/instances/web/serial)" name size attach memory 0 map flags | \
	sed 1d | tr ' ' '\n' | grep -x -e io -e mm -e pf | tr '\n' ' ')" '^io mm $'

#
# A stop, with a holder that neither answers nor lets go
#
hold silent at $last write $mine read $last where touch silent.wrote await silent.go read $last count 0 at 0 write $theirs count $theirs \
	event 1 event 5 '!' memory 0
within 240 test -e silent.wrote
is "what it writes is in the spawn's memory" "$(word_of)" $mine
where=$(sed -n 3p silent.out)
insmod $modules/caching.ko pid="${where% *}" address=$((${where#* } + last)) 2>/dev/null
is "it is mapped write-back, where the spawn has it" "$(dmesg | sed -n 's/.*caching: //p' | tail -n 1)" \
	"$(printf 'write-back, frame 0x%x' $(((start + last) / page_bytes)))"
takes "a stop gives it half a second" 4 mkctl kill web
like "and tells that it did not stop" "$(dmesg)" 'instance "web": device "silent": its front end does not stop within 500 ms'
is "the instance goes" "$(upload none.dtb)" ok
ok "its memory goes back to the host" sh -c "echo 0 >$pool_parameter"
is "the host counts no pool" "$(cat $mk/pool/memory_bytes)" 0
# Most of what is free gets a pattern, where the range was as well.
mkdir -p full
mount -t tmpfs -o size=100% tmpfs full
yes multikernel | head -c $((16 << 20)) >pattern
copies=0
while [ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -gt 150000 ] && [ $copies -lt 64 ]; do
	cp pattern full/$copies || break
	copies=$((copies + 1))
done
ok "most of what is free has a pattern: $copies copies of 16 MB" test $copies -gt 0
touch silent.go
wait
umount full
pages=$((bytes / page_bytes))
is "it sees one empty page everywhere, and what it writes itself; it hears of both ends" "$(sed -n '4,$p' silent.out)" \
	"0
$pages
$pages
gone 0x0
event: ENODEV"
diag "$(cat silent.out)"
ok "the module can be unloaded when the last file is closed" rmmod multikernel

#
# Reboots, with a holder that is stopped
#
load_module 128M
upload one.dtb >/dev/null
look_where
hold frozen at $last write $mine read $last touch frozen.wrote await frozen.go at $last write $theirs read $last event 5 answer 2 \
	memory 0 map read $last at $last write $theirs read $last
frozen=$!
within 240 test -e frozen.wrote
kill -STOP $frozen
generation=$(cat $mk/instances/web/generation)
mkctl reboot web >/dev/null
ok "the spawn reboots beside a holder that is stopped" within 240 has_rebooted web "$generation"
is "the new kernel's memory is clear" "$(word_of)" 0
touch frozen.go
kill -CONT $frozen
wait $frozen
ok "the holder goes on" test $? = 0
is "it writes to a page of nobody, and into the new kernel's memory when it has asked for that" "$(sed 1d frozen.out)" "$(printf '%x\n%x\n' $mine $theirs)
ended 0x0
$(sed -n 1p frozen.out)
0
$(printf '%x' $theirs)"
is "which has what it wrote then" "$(word_of)" $theirs

# A holder that has let go, or answers, is not waited for.
hold gone sleep 0
wait
ok "a stop beside a front end that has gone" mkctl kill web

# How often the host has waited in vain until now.
waits() {
	dmesg | grep -c 'does not stop within'
}
is "it was not waited for: only those two were that neither answered nor let go" "$(waits)" 2

# A slow machine may not let it answer within half a second each time.
answers_in_time() {
	waited=$(waits)
	boot_tiny
	hold polite event 30 answer 2
	mkctl kill web || return
	wait $!
	[ "$(waits)" = "$waited" ]
}
ok "nor is one that answers" within 120 answers_in_time

#
# Mappings that come and go while kernels end
#
round=0 bad=''
while [ $round -lt 8 ]; do
	boot_tiny
	hold churn churn 1
	churn=$!
	sleep 0.$((round + 1))
	mkctl kill web >/dev/null || bad="$bad kill"
	wait $churn || bad="$bad churn: $(cat churn.out)"
	upload none.dtb >/dev/null
	upload one.dtb >/dev/null
	round=$((round + 1))
done
is "eight ends beside a process that maps and unmaps all the time" "$bad" ''
done_testing
