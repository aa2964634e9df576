# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# mkctl and the real module, from a tree to logs of kernels that live, hang, die and are loaded again.
. /lib.sh

boot() {
	name=$1
	shift
	mkctl boot "$name" --kernel "$host_kernel" --initrd $spawn_initrd "$@"
}

load_module 1536M
trees=/examples
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

is "no log yet" "$(mkctl logs web-server 2>&1)" 'mkctl: instance "web-server" has no log yet'
mkctl logs -f web-server >followed 2>waited &
follower=$!
is "boot needs no livepatch, and says what the instance is then" "$(boot web-server 2>&1)" \
	'web-server: active'
ok "the kernel boots, as its log says" has_booted web-server
mkctl logs web-server >log 2>errors
is "logs has nothing to complain of" "$(cat errors)" ''
like "logs begins with the first line" "$(head -n 1 log)" '^\[    0\.000000\] Linux version'
unlike "and has lines with a time only" "$(cat log)" '^([^[]|\[[^]]*$)'
has_followed() {
	[ "$(cat followed)" = "$(mkctl logs web-server)" ]
}
ok "logs -f has the same" within 20 has_followed
is "logs -f said that it waited" "$(cat waited)" 'mkctl: instance "web-server" has no log yet'
is "boot of one that runs" "$(boot web-server 2>&1 | cut -d : -f 1-3)" \
	'mkctl: web-server: Device or resource busy'

# The other instance: another kernel, a log that was allocated, and a panic.
kernel=${other_kernel:-$host_kernel}
mkctl boot database --kernel "$kernel" --initrd $spawn_initrd --append 'log_buf_len=4M spawn.do=panic' >booted
ok "the log of one that died can be read" within $boot_bound log_has database 'Kernel panic - not syncing'
like "and was allocated" "$(mkctl logs database)" 'log_buf_len: 4194304 bytes'

is "stop" "$(mkctl stop web-server 2>&1)" 'web-server: ready'
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
tree none.dtb
is "an empty tree takes the instances away" "$(mkctl apply none.dtb)" 'NAME  ID  STATUS  CPUS  MEMORY'
has_ended() {
	! kill -0 $follower
}
within 60 has_ended || kill $follower
wait $follower
is "logs -f ends with its instance" "$?" 0

done_testing
