# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# allow-log: multikernel: instance "web-server": Kernel panic
# What becomes of a console when its kernel stops while it writes, dies, has no module, reboots or goes with its instance;
# the last two without doorbells, and with a login.
. /lib.sh

# ended PROCESS: it runs no more, whether it has been waited for or not
ended() {
	! [ -d "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# runs PROCESS: it has not ended, which to kill -0 one has only when it has been waited for
runs() {
	! ended "$1"
}

# sleeps PROCESS: it waits for something
sleeps() {
	grep -q '^State:.*S' "/proc/$1/status"
}

load_module 1536M
load_livepatch
mkctl apply /examples/two-instances.dts >/dev/null
boot_console web-server
ok "a spawn boots" has_booted web-server

#
# It stops while it writes.
#
mkctl console web-server </dev/null >followed &
follower=$!
echo 'while :; do echo a line of many; done' >$line
ok "it follows" within 30 grep -q '^a line of many' followed
mkctl kill web-server >/dev/null
is "stopped in mid-stream" "$(status web-server)" ready
ok "mkctl console ends by itself" within 20 ended $follower
like "with whole lines to the end" "$(tail -n 3 followed | head -n 2 | tr -d '\r')" '^a line of many$'

#
# Last words of one that no one listened to.
#
boot_console web-server
ok "it boots again" has_booted web-server
printf '%s\n' 'stty raw; echo last words; echo c >/proc/sysrq-trigger' >$line
ok "it dies" within 60 grep -q failed $mk/instances/web-server/status
like "the dead one's last words can be read" "$(mkctl console web-server </dev/null | tr -d '\r')" '^last words$'
is "once" "$(mkctl console web-server </dev/null && echo "no more")" "no more"

#
# A spawn without the module has no console: its line takes 64 KB and then has writers wait, until it stops.
#
boot_console database --append spawn.module=no
dd if=/dev/zero of=/dev/mktty2 bs=1k count=200 2>/dev/null &
writer=$!
sleep 2
ok "who writes to a spawn without the module waits" within 20 sleeps $writer
mkctl kill database >/dev/null
ok "until it is stopped" within 20 ended $writer
wait $writer

#
# Without doorbells: a login, and a reboot while someone is connected.
#
exec 3<$line
ok "the livepatch goes" unload_livepatch
fails "rmmod while a line is open" EAGAIN rmmod multikernel
exec 3<&-
ok "and the module" within 20 rmmod multikernel
ok "with every line" test ! -e $line
ok "it comes again, without a doorbell" insmod $modules/multikernel.ko pool=512M doorbell=0
load_livepatch
unlike "there is none" "$(cat /proc/interrupts)" multikernel
tree one.dtb "$(instance web-server 1 1 0x10000000)"
is "an instance" "$(upload one.dtb)" ok
listen
boot_console web-server --append 'spawn.console=login spawn.doorbell=no'
mark=0	# of what is heard
ok "a getty asks who is there" hear 'login: $' $boot_bound
say root
hear 'Password: $'
say wrong
ok "a wrong password is refused" hear 'Login incorrect'
hear 'login: $'
say root
hear 'Password: $'
say spawn
ok "the right one lets us in" hear '# '
ok "to a shell" spawn_is_quiet
spawn 'tty; grep -c multikernel /proc/interrupts'
is "with the console as its terminal, and no doorbell" "$output" "/dev/hvc0
0"
say "stty raw; while cat /bin/busybox; do :; done 2>/dev/null | head -c 1000000; stty cooked -echo; echo; echo do''ne"
hear '^done'
is "a megabyte passes without doorbells" "$(answer | head -c 1000000 | sha256sum)" "$(copies 1000000 | sha256sum)"
say 'reboot -f'
ok "over a reboot the line stays open" hear 'login: $' $boot_bound
ok "and so does its reader" runs $listener

#
# The instance goes.
#
mkctl kill web-server >/dev/null
tree other.dtb "$(instance other 7 1 0x10000000)"
is "the tree changes" "$(upload other.dtb)" ok
ok "hangs up whoever reads" within 20 ended $listener
ok "and the line is gone" test ! -e $line
ok "the new one's is there" test -c /dev/mktty7
wait $listener
ok "the livepatch goes" unload_livepatch
ok "and the module" within 20 rmmod multikernel

done_testing
