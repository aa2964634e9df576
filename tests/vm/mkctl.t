# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# mkctl and the real module, from a tree to logs of kernels that live, hang, die and are loaded again.
. /lib.sh

boot() {
	name=$1
	shift
	mkctl boot "$name" --kernel "$host_kernel" --initrd $spawn_initrd "$@"
}

load_module 1536M
# A spawn is alive as long as the host has not waited in vain for a sign; by the bound of ten seconds, a machine that was held
# up for as long makes it "hung" until the next look.
echo 600 >/sys/module/multikernel/parameters/hung_after
trees=/examples
is "doctor finds nothing that fails" "$(mkctl doctor | grep ^fail)" ''
like "it knows what memory blocks hold" "$(mkctl doctor)" '^(pass|warn)  holders +of [0-9]+ memory blocks, .*hold'
like "pool shows it" "$(mkctl pool)" '^Memory: +1536 MB$'
like "and where it is" "$(mkctl pool)" '^Regions: +0x'
mkctl events >heard 2>&1 &
listener=$!
is "apply --dry-run says what it would do" "$(mkctl apply --dry-run $trees/two-instances.dts)" \
	'ACTION  NAME        ID  CPUS  MEMORY
create  web-server  1   1     512 MB
create  database    2   2-3   1024 MB'
is "and does nothing" "$(mkctl list)" 'NAME  ID  STATUS  CPUS  MEMORY'
like "check takes the tree" "$(mkctl check $trees/two-instances.dts 2>&1)" ': 2 instances, 3 CPUs, 1536 MB: ok$'
for tree in two-instances three-instances; do
	mine=$(mkctl check $trees/$tree.dts >/dev/null 2>&1 && echo ok)
	theirs=$(mkctl apply $trees/$tree.dts >/dev/null 2>&1 && echo ok)
	is "check and the kernel agree on $tree" "$mine" "$theirs"
done
mine=$(mkctl check $trees/three-instances.dts 2>&1)
mktest write $mk/device_tree /dev/null >/dev/null
mkctl apply $trees/three-instances.dts >/dev/null 2>&1
like "in the kernel's words" "$mine" ": $(last_error | sed 's/[][().*]/./g')\$"
is "list" "$(mkctl list)" 'NAME        ID  STATUS  CPUS  MEMORY
web-server  1   ready   1     512 MB
database    2   ready   2-3   1024 MB'

mkctl export >present.dts
is "what is exported changes nothing" "$(mkctl apply -n present.dts | cut -d ' ' -f 1 | tr '\n' ' ')" 'ACTION keep keep '
is "wait for what is" "$(mkctl wait web-server --for ready)" 'web-server: ready'
mkctl wait web-server --for active --timeout 0 >/dev/null 2>&1
is "wait for what does not come" "$?" 3
mkctl wait 1 --for active --timeout 600 >waited_for 2>&1 &
waiter=$!

is "no log yet" "$(mkctl logs web-server 2>&1)" 'mkctl: instance "web-server" has no log yet'
mkctl logs -f web-server >followed 2>waited &
follower=$!
ok "logs -f waits for one" within 60 test -s waited
is "boot needs no livepatch, and says what the instance is then" "$(boot web-server 2>&1)" \
	'web-server: active'
wait $waiter
is "whoever waited for it hears so" "$? $(cat waited_for)" '0 web-server: active'
ok "the kernel boots, as its log says" has_booted web-server
like "show knows that it lives, and where" "$(mkctl show 1)" '^At +0x'
ok "liveness" within 60 eval 'mkctl show web-server | grep -q "^Liveness *alive"'
like "uptime" "$(cat $mk/instances/web-server/uptime)" '^[0-9]+$'
ok "it tells how busy its CPUs are" within 60 grep -qE '^[0-9]+ [1-9][0-9]*$' $mk/instances/web-server/cpu_time
read -r busy at <$mk/instances/web-server/cpu_time
ok "not more than one CPU can be: $busy ms of $at" test "$busy" -le $((at + 1000))
used=$(cat $mk/instances/web-server/memory_used)
ok "it tells how much memory it uses, and has that: $used" test "$used" -gt 0 -a "$used" -lt $((512 << 20))
is "none of one where no kernel runs" "$(cd $mk/instances/database && cat uptime cpu_time memory_used)" ''
mkctl logs web-server >log 2>errors
is "logs has nothing to complain of" "$(cat errors)" ''
like "logs begins with the first line" "$(head -n 1 log)" '^\[    0\.000000\] Linux version'
unlike "and has lines with a time only" "$(cat log)" '^([^[]|\[[^]]*$)'
has_followed() {
	[ "$(cat followed)" = "$(mkctl logs web-server)" ]
}
ok "logs -f has the same" within 60 has_followed
is "logs -f said that it waited" "$(cat waited)" 'mkctl: instance "web-server" has no log yet'
like "top counts what it logs" "$(mkctl top -n 2 -d 1)" \
	'^web-server +1 +active +alive +[0-9dhms]+ +1 +([0-9]+\.[0-9]|-) +512 MB +[0-9]+ MB +1 +[0-9]+\.[0-9]'
like "metrics count its errors" "$(mkctl metrics --logs)" '^multikernel_instance_log_errors\{name="web-server"} [0-9]+$'
is "boot of one that runs" "$(boot web-server 2>&1 | cut -d : -f 1-3)" \
	'mkctl: web-server: Device or resource busy'

# The other instance: another kernel, a log that was allocated, and a panic.
kernel=${other_kernel:-$host_kernel}
mkctl boot database --kernel "$kernel" --initrd $spawn_initrd --append 'log_buf_len=4M spawn.do=panic' >booted
ok "the log of one that died can be read" within $boot_bound log_has database 'Kernel panic - not syncing'
like "and was allocated" "$(mkctl logs database)" 'log_buf_len: 4194304 bytes'

is "stop" "$(mkctl stop web-server --timeout 300 2>&1)" 'web-server: ready'
is "the log stays readable" "$(mkctl logs web-server | head -n 3)" "$(head -n 3 log)"
boot web-server --append second.time >/dev/null
ok "the next kernel boots" has_booted web-server
is "the log is the new one's alone" "$(mkctl logs web-server | grep -c 'Linux version')" 1
like "with its command line" "$(mkctl logs web-server)" 'Command line:.*second\.time'
has_both() {
	[ "$(grep -c 'Linux version' followed)" = 2 ]
}
ok "logs -f has both" within 60 has_both
ok "logs -f goes on" kill -0 $follower

mkctl stop database >/dev/null
mkctl stop web-server >/dev/null
is "delete" "$(mkctl delete database)" 'NAME        ID  STATUS  CPUS  MEMORY
web-server  1   ready   1     512 MB'
is "create" "$(mkctl create new --cpus 3,2 --memory 1G)" 'NAME        ID  STATUS  CPUS  MEMORY
web-server  1   ready   1     512 MB
new         2   ready   3,2   1024 MB'
# What comes and goes between two looks is not told: they look each half second.
ok "events tell of it" within 60 grep -q '  new  there: ready' heard
like "create of too much says what would do" "$(mkctl create more --cpus 2 --memory 1G 2>&1)" 'CPU 2, which instance "new" has too'
like "set gives it other CPUs" "$(mkctl set new --cpus 2)" '^new +2 +ready +2 '
like "delete of nearly a name" "$(mkctl delete nwe 2>&1)" 'did you mean "new"'
is "delete by id" "$(mkctl delete 2 | tail -n 1 | cut -d ' ' -f 1)" web-server
like "create of too much says what would do" "$(mkctl create more --cpus 2 --memory 1025M 2>&1)" \
	'a pool of 1538 MB would do: mkctl pool 1538M$'
tree none.dtb
is "an empty tree takes the instances away" "$(mkctl apply none.dtb)" 'NAME  ID  STATUS  CPUS  MEMORY'

# at_once COMMAND...: for two instances at the same moment
at_once() {
	"$@" a >/dev/null 2>at_once.a &
	one=$!
	"$@" b >/dev/null 2>at_once.b || return
	wait $one
}
create_small() {
	cpu=1
	[ "$1" = a ] || cpu=2
	mkctl create "$1" --cpus $cpu --memory 64M
}
for round in 1 2; do
	ok "two are created at once, round $round" at_once create_small
	is "and both are there" "$(mkctl list | cut -d ' ' -f 1 | sort | tr '\n' ' ')" 'NAME a b '
	ok "two are deleted at once" at_once mkctl delete
	is "and both are gone" "$(mkctl list | wc -l)" 1
done
has_ended() {
	! kill -0 $follower
}
within 60 has_ended || kill $follower
wait $follower
is "logs -f ends with its instance" "$?" 0

is "pool 0 gives all back" "$(mkctl pool 0 2>/dev/null | head -n 1)" 'Memory:    0 MB'
ok "events tell that the others have gone" within 60 grep -q '  web-server  gone$' heard
kill $listener
wait $listener
for line in 'web-server  there: ready' 'web-server  load' 'web-server  status: active' 'database  status: failed' \
	'database  failure: .*panic' 'new  there: ready' 'new  gone'; do
	like "events told: $line" "$(cat heard)" "  $line"
done

done_testing
