# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# The console of a spawn kernel, from the host's terminal line: a shell, doorbells and idleness, megabytes both ways,
# and readers that are two, slow, or none. How consoles end is in console_end.t.
. /lib.sh

cr=$(printf '\r')
bytes=$((1 << 20))	# many times the ring, which has 64 KB

# has_whole FILE LINE: its last line is that one, to the line's end
has_whole() {
	tail -n 1 "$1" | grep -qx "$2" && [ -z "$(tail -c 1 "$1")" ]
}

# collect FILE LINE: what there is to read, up to that line
collect() {
	cat $line >"$1" &
	reader=$!
	within 240 has_whole "$1" "$2"
	kill $reader
	wait $reader
} 2>/dev/null

# rings: how often the host was rung, on its first CPU
rings() {
	awk '$NF == "multikernel" { print $2 }' /proc/interrupts
}

# has_rung NUMBER: more than so often
has_rung() {
	[ "$(rings)" -gt "$1" ]
}

# What counts how often the console's work looks; the same in host and spawn.
looks='cd /sys/kernel/tracing; echo 1 >events/workqueue/workqueue_execute_start/enable; sleep 5; echo 0 >events/workqueue/workqueue_execute_start/enable; grep -c "function look \[multikernel\]" trace; echo >trace'
idle_looks=15	# in five seconds: one a second, and what is left of the last activity

# are_few LOOKS: but some, or they were not counted
are_few() {
	test "${1:-0}" -ge 1 -a "${1:-0}" -le $idle_looks
}

load_module 1536M
load_livepatch
mount -t tracefs tracefs /sys/kernel/tracing
mkctl apply /examples/two-instances.dts >/dev/null
ok "every instance has a line" test -c $line -a -c /dev/mktty2
ok "and no other id has" test ! -e /dev/mktty3
like "the driver is listed" "$(cat /proc/tty/drivers)" '^multikernel +/dev/mktty +[0-9]+ 0-2047 serial'
like "the line is raw" "$(stty -F $line -a 2>/dev/null)" '-echo '
is "console of no instance" "$(mkctl console nothing 2>&1)" 'mkctl: there is no instance "nothing"'
is "without a kernel there is nothing to read, and console ends" \
	"$(mkctl console web-server </dev/null 2>&1)" ''

#
# A shell.
#
stty -F $line rows 33 cols 101
boot_console web-server
ok "the spawn boots" has_booted web-server
listen
ok "its console has a shell" spawn_is_quiet
spawn 'echo $((6*7)); uname -r; cat /sys/fs/multikernel/instances/*/id'
is "which works, in the spawn" "$output" "42
${host_kernel##*vmlinuz-}
1"
spawn 'stty size; tty'
is "it has the host's window, and a name" "$output" "33 101
/dev/hvc0"

window_is() {
	spawn 'stty size' && [ "$output" = "$1" ]
}
stty -F $line rows 50 cols 132
ok "the window's new size arrives" within 60 window_is '50 132'

say "sh -c 'echo run''ning; exec sleep 1000'"
ok "something runs in front" hear '^running'
printf '\003' >$line
ok "Ctrl-C ends what runs in front" spawn true
say "sh -c 'echo run''ning; exec sleep 1001'"
ok "something else runs in front" hear '^running'
printf '\032' >$line
spawn 'jobs; kill %1'
like "Ctrl-Z stops it" "$output" 'Stopped'

#
# Doorbells, and idleness.
#
rung=$(rings)
spawn "grep multikernel /proc/interrupts"
before=$(echo "$output" | awk '{ print $2 }')
ok "the host is rung when the spawn writes" within 60 has_rung "$rung"
spawn "grep multikernel /proc/interrupts"
after=$(echo "$output" | awk '{ print $2 }')
ok "the spawn is rung when the host writes: ${before:-no} times, then ${after:-no}" test "${after:-0}" -gt "${before:-0}"
sleep 2
host_looks=$(eval "$looks" | tail -n 1)
spawn "mount -t tracefs tracefs /sys/kernel/tracing; ($looks)"
spawn_looks=$(echo "$output" | tail -n 1)
like "looks are counted" "$host_looks $spawn_looks" '^[0-9]+ [0-9]+$'
ok "an idle console has the host look $host_looks times in 5 seconds" are_few "$host_looks"
ok "and the spawn $spawn_looks times" are_few "$spawn_looks"

#
# Every byte there is, and many of them.
#
all='for b in 0 1 2 3; do for c in 0 1 2 3 4 5 6 7; do for d in 0 1 2 3 4 5 6 7; do printf "\\$b$c$d"; done; done; done'
spawn "stty raw; $all; stty cooked -echo; echo"
is "all 256 bytes come as they are" "$(answer | head -c 256 | sha256sum)" "$(eval "$all" | sha256sum)"
say "stty raw; echo go''; head -c 256 | sha256sum; stty cooked -echo"
hear '^go'
eval "$all" >$line
hear_line ' -$'
like "and arrive so" "$(answer)" "^$(eval "$all" | sha256sum)"
escapes='printf "\\033[1;31mred\\033[0m \\033[2J\\033[10;20H\\033]0;title\\007"'
spawn "$escapes; echo"
is "so do a terminal's control sequences" "$(answer | head -n 1)" "$(eval "$escapes")$cr"

wanted=$(copies $bytes | sha256sum)
say 'copies() { while cat /bin/busybox; do :; done 2>/dev/null | head -c $1; }'
begin=$(now)
say "stty raw; copies $bytes; stty cooked -echo; echo; echo do''ne"
hear '^done' 300
is "$bytes bytes from the spawn" "$(answer | head -c $bytes | sha256sum)" "$wanted"
diag "$bytes bytes from the spawn in $(($(now) - begin)) s"
hush
listen
say "stty raw; echo go''; head -c $bytes | sha256sum; stty cooked -echo"
hear '^go'
begin=$(now)
copies $bytes | timeout 300 cat >$line
hear_line ' -$' 300
like "$bytes bytes to the spawn" "$(answer)" "^$wanted"
diag "$bytes bytes to the spawn in $(($(now) - begin)) s"
ok "and the shell goes on" spawn true

#
# Readers: two, one that waits, one that leaves, none.
#
exec 4<>$line
echo "echo from the second" >&4
exec 4>&-
ok "a second one writes, leaves, and the first one hears" hear '^from the second'

# How long it takes with a reader tells for how long to look whether it waits for one. 939 KB are more than ring, backlog
# and the host's terminal hold between them, which are 64 KB, 128 KB and, at most, 640 KB (TTYB_DEFAULT_MEM_LIMIT of Linux).
seq 1 150000 >numbers
begin=$(now)
say 'stty raw; seq 1 150000; stty cooked -echo; echo; echo spawn: one has read >/dev/kmsg'
ok "the spawn writes" within 300 log_has web-server 'spawn: one has read'
took=$(($(now) - begin))
spawn true
kill -STOP $listener
say 'stty raw; seq 1 150000; stty cooked -echo; echo; echo spawn: one has waited >/dev/kmsg'
sleep $((2 * took + 3))
unlike "which takes $took seconds, and it waits for a slow reader" "$(mkctl logs web-server)" 'spawn: one has waited'
kill -CONT $listener
ok "until it reads" within 300 log_has web-server 'spawn: one has waited'
spawn true
is "and it gets everything" "$(grep -aE '^[0-9]+$' heard | tail -n 150000 | sha256sum)" "$(sha256sum <numbers)"

hush
exec 3<$line
printf '%s\n' 'stty raw; seq 1 20000; stty cooked -echo; echo spawn: another has left >/dev/kmsg' >$line
ok "a reader reads nothing" within 300 log_has web-server 'spawn: another has left'
exec 3<&-
collect late 20000
is "the next one gets it all" "$(sha256sum <late)" "$(head -n 20000 numbers | sha256sum)"

printf '%s\n' 'stty raw; seq 1 60000; stty cooked -echo; echo spawn: all is written >/dev/kmsg' >$line
ok "without a reader the spawn does not wait" within 300 log_has web-server 'spawn: all is written'
collect late 60000
head -n 60000 numbers >short
tail -n +3 late >kept
lost=$(head -n 2 late | tr -d '\r' | sed -n 's/^\[multikernel: \([0-9]*\) bytes lost\]$/\1/p')
ok "a late reader is told how many bytes went" test "${lost:-0}" -gt 0
ok "64 KB are there" test "$(stat -c %s kept)" -ge 65536
is "they are the last ones" "$(sha256sum <kept)" "$(tail -c "$(stat -c %s kept)" short | sha256sum)"
is "and the others have been counted" $((lost + $(stat -c %s kept))) "$(stat -c %s short)"

# An answer that takes longer is still there for the next try.
console_answers() {
	[ "$(echo 'echo $((41 + 1))' | mkctl console web-server --quit 3 | tr -d '\r')" = 42 ]
}
ok "mkctl console sends its input and shows the output" within 60 console_answers

mkctl kill web-server >/dev/null
ok "the livepatch goes" unload_livepatch
ok "and the module, with every line" within 20 rmmod multikernel
ok "there is none" test ! -e $line
done_testing
