#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/once_more, with clocks and tests of its own. TAP.
set -u

cd "$(dirname "$0")/../.." || exit
directory=$(mktemp -d) || exit
trap 'rm -rf "$directory"' EXIT
count=0

# is NAME GOT WANTED
is() {
	count=$((count + 1))
	[ "$2" = "$3" ] && echo "ok $count - $1" && return
	echo "not ok $count - $1"
	printf '%s\n' "got: $2" "wanted: $3" | sed 's/^/# /'
}

# A counter of 2 GHz that is a minute further at each call; from the second call on it is ahead by the seconds in the file jump.
cat >"$directory/clock" <<'END'
#!/bin/sh
cd "$(dirname "$0")" || exit
n=$(($(cat n) + 1))
echo $n >n
[ $n = 1 ] || jump=$(cat jump)
echo $((1000000000000000 + n * 120000000000 + ${jump:-0} * 2000000000)) $((n * 60000000000))
END

# A test that fails as many times as the file fails says, by its exit status or by a verdict.
cat >"$directory/some.t" <<'END'
#!/bin/sh
cd "$(dirname "$0")" || exit
run=$(($(cat run) + 1))
echo $run >run
echo "1..1"
[ $run -gt "$(cat fails)" ] && echo "ok 1 - run $run" && exit
[ "$(cat by)" = verdict ] && echo "not ok 1 - run $run" && exit
echo "ok 1 - run $run"
exit 3
END
chmod +x "$directory/clock" "$directory/some.t"

# try FAILS BY JUMP: what is said, with the exit status
try() {
	echo "$1" >"$directory/fails"
	echo "$2" >"$directory/by"
	echo "$3" >"$directory/jump"
	echo 0 | tee "$directory/n" >"$directory/run"
	CLOCK="$directory/clock" tests/vm/once_more sh "$directory/some.t" 2>"$directory/told"
	echo "status $?"
}

# The same, without the directory's name, in one line.
said() {
	try "$@" | sed "s,$directory/,," | paste -s -d ' '
}

again="# once more: some.t failed while the time stamp counter of the machine below jumped by"
is "what passes runs once" "$(said 0 verdict 0)" "1..1 ok 1 - run 1 status 0"
is "also where the counter jumped" "$(said 0 verdict 465550)" "1..1 ok 1 - run 1 status 0"
is "a bad verdict stays" "$(said 1 verdict 0)" "1..1 not ok 1 - run 1 status 0"
is "so does a failure" "$(said 1 status 0)" "1..1 ok 1 - run 1 status 3"
is "nothing is told of either" "$(cat "$directory/told")" ''
is "where the counter jumped, a bad verdict is for once more" "$(said 1 verdict 465550)" "$again 465550 s 1..1 ok 1 - run 2 status 0"
is "so is a failure" "$(said 1 status 465550)" "$again 465550 s 1..1 ok 1 - run 2 status 0"
is "it is told at once" "$(sed "s,$directory/,," "$directory/told")" "$again 465550 s"
is "backwards as well" "$(said 1 status -30)" "$again -30 s 1..1 ok 1 - run 2 status 0"
is "what fails twice has failed" "$(said 2 status 465550)" "$again 465550 s 1..1 ok 1 - run 2 status 3"
is "by a verdict, too" "$(said 2 verdict 465550)" "$again 465550 s 1..1 not ok 1 - run 2 status 0"
is "a second in a minute is no jump" "$(said 1 status 1)" "1..1 ok 1 - run 1 status 3"
is "two are" "$(said 1 status 2)" "$again 2 s 1..1 ok 1 - run 2 status 0"
rm "$directory/clock"
is "without a clock nothing is" "$(said 1 status 465550)" "1..1 ok 1 - run 1 status 3"
echo "1..$count"
