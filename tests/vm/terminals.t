# SPDX-License-Identifier: GPL-2.0-only
# timeout: 420
# files: /usr/bin/screen:/usr/bin/screen /usr/bin/tmux:/usr/bin/tmux /lib/terminfo/l/linux:/lib/terminfo/l/linux /lib/terminfo/s/screen:/lib/terminfo/s/screen /lib/terminfo/v/vt100:/lib/terminfo/v/vt100
# files: /usr/bin/picocom:/usr/bin/picocom /usr/bin/tio:/usr/bin/tio /usr/bin/minicom:/usr/bin/minicom
# files: /usr/lib/locale/C.utf8/LC_CTYPE:/usr/lib/locale/C.utf8/LC_CTYPE
# A spawn's console in programs that people use: screen, picocom, tio and minicom on its line, mkctl console in a pane of
# tmux.
. /lib.sh

# shown COMMAND...: the command shows 42, as a line; what it showed is in the file "screen"
shown() {
	"$@" >screen && grep -q '^42 *$' screen
}

# Nothing that has been typed is 42, so only the answer can be.
question='echo $((6 * 7))'

load_module 512M
load_livepatch
tree one.dtb "$(instance web-server 1 1 0x10000000)"
is "an instance" "$(upload one.dtb)" ok
mkctl boot web-server --kernel "$host_kernel" --initrd $spawn_initrd >/dev/null
ok "its spawn boots" has_booted web-server
mkdir -p /dev/pts /etc
mount -t devpts devpts /dev/pts
echo 'root::0:0:root:/:/bin/sh' >/etc/passwd
export TERM=linux SHELL=/bin/sh LC_ALL=C.UTF-8 SCREENDIR=/tmp/screens

#
# screen opens the line itself.
#
hardcopy() {
	/usr/bin/screen -S mk -p 0 -X hardcopy /tmp/hardcopy && cat /tmp/hardcopy
}

if [ -x /usr/bin/screen ]; then
	mkdir -m 700 $SCREENDIR
	ok "screen opens the line" /usr/bin/screen -S mk -d -m /dev/mktty1 115200
	ok "and is there" within 20 /usr/bin/screen -S mk -p 0 -X stuff "$(printf '\r')"
	/usr/bin/screen -S mk -p 0 -X stuff "clear; $question$(printf '\r')"
	ok "it shows the spawn's answer" within 60 shown hardcopy
	diag "$(grep . screen)"
	ok "it quits" /usr/bin/screen -S mk -X quit
else
	skip "screen" "there is no screen here"
fi

#
# mkctl console in tmux: in a terminal that it resizes, and left by its key.
#
# A server of its own for each: one that has been told to end may still hold its socket.
server=console

mux() {
	/usr/bin/tmux -S "/tmp/tmux-$server" "$@"
}

pane() {
	mux capture-pane -p
}

pane_has() {
	pane >screen && grep -qE -- "$1" screen
}

is_left() {
	! pidof mkctl
}

if [ -x /usr/bin/tmux ]; then
	ok "tmux starts" mux -f /dev/null new-session -d -x 90 -y 30 sh
	mux send-keys 'mkctl console web-server' Enter
	ok "mkctl console connects" within 60 pane_has '^Connected to web-server, which is active\. Ctrl-\] leaves\.'
	mux send-keys "clear; $question" Enter
	ok "it shows the spawn's answer" within 60 shown pane
	mux send-keys 'stty size' Enter
	ok "the spawn has the pane's size, less the status line" within 60 pane_has '^(30|29) 90'
	mux send-keys "sh -c 'echo run\"\"ning; exec sleep 1000'" Enter
	ok "something runs in front" within 60 pane_has '^running'
	mux send-keys C-c
	mux send-keys "clear; echo interrup''ted" Enter
	ok "Ctrl-C reaches the spawn" within 60 pane_has '^interrupted'
	mux resize-window -x 70 -y 20
	mux send-keys 'clear; stty size' Enter
	ok "the spawn has the pane's new size" within 60 pane_has '^(20|19) 70'
	mux send-keys C-]
	ok "Ctrl-] leaves" within 60 is_left
	mux send-keys "clear; cat $mk/instances/web-server/id; echo ho''st" Enter
	ok "for the host's shell" within 60 pane_has '^host'
	mux kill-server
else
	skip "tmux" "there is no tmux here"
fi

#
# Those for serial lines, each in a terminal of its own, and left as its manual says.
#
export HOME=/tmp
mkdir -p /var/lock

# on_line COMMAND KEYS...: a program shows what the spawn answers, and goes by these keys
on_line() {
	program=${1%% *}
	if ! [ -x "/usr/bin/$program" ] || ! [ -x /usr/bin/tmux ]; then
		skip "$program" "there is no $program here, or no tmux"
		return
	fi
	server=$program
	mux -f /dev/null new-session -d -x 90 -y 30 "TERM=screen /usr/bin/$1; echo it ended with \$?; exec sleep 1000"
	shift
	ok "$program has the line" within 60 pane_has 'Terminal ready|Connected|Welcome to minicom'
	mux send-keys "" Enter
	mux send-keys "clear; $question" Enter
	ok "$program shows the spawn's answer" within 60 shown pane
	diag "$(grep . screen)"
	for key; do
		mux send-keys "$key"
		sleep 1
	done
	ok "$program is left" within 60 pane_has '^it ended with 0'
	mux kill-server
}

on_line "picocom --nolock -b 115200 /dev/mktty1" C-a C-x
on_line "tio /dev/mktty1" C-t q
on_line "minicom -o -c off -b 115200 -D /dev/mktty1" C-a x Enter

mkctl kill web-server >/dev/null
tree none.dtb
is "an empty tree" "$(upload none.dtb)" ok
ok "the livepatch goes" unload_livepatch
ok "and the module" within 20 rmmod multikernel
done_testing
