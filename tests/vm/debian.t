# SPDX-License-Identifier: GPL-2.0-only
# files-from: tests/vm/initrds
# timeout: 1200
# Initrds as Debian's initramfs-tools make them. One was made where our module is installed, and just works; others know
# nothing of us, and mkctl boot --inject brings the modules, also to a newer kernel. Each spawn ends up in the initrd's own
# shell, for want of a root file system. The word panic= keeps that shell: an initrd that finds panic=-1, which a spawn is
# given otherwise, reboots instead.
. /lib.sh

version=${host_kernel##*vmlinuz-} newer=${other_kernel##*vmlinuz-}
hooked=/boot/initrd.hooked-$version plain=/boot/initrd.plain-$version
if [ ! -e "$hooked" ]; then
	echo "1..0 # SKIP initrds cannot be made here: no mount namespace is to be had"
	exit 0
fi

words="loglevel=8 break=mount panic="

# begin NAME KERNEL INITRD [OPTION...]
begin() {
	name=$1 kernel=$2 initrd=$3
	shift 3
	is "$name starts" "$(mkctl boot "$name" --kernel "$kernel" --initrd "$initrd" --append "$words" "$@" 2>&1)" \
		"$name: active"
}

# knows_itself NAME ID HAS: the spawn says who it is, to the kernel's log and to its own user space
knows_itself() {
	ok "$1 is up" within $boot_bound log_has "$1" 'initrd: up'
	log=$(mkctl logs "$1")
	like "$1: its initrd $3 the module" "$log" "initrd: $3 the module"
	like "$1: says which instance it is" "$log" "this is instance \"$1\", id $2"
	like "$1: its devices have a transport" "$log" 'initrd: the transport is loaded'
	like "$1: and that it is active" "$log" "initrd: $1 id $2 active"
	unlike "$1: the handover is as it should be" "$log" 'handover:|multikernel: cannot'
}

load_module 1G || bail_out "no module"
load_livepatch || bail_out "no livepatch"
is "three instances" "$(tree three.dtb "$(instance one 1 1 0x14000000)" "$(instance two 2 2 0x14000000)" \
	"$(instance three 3 3 0x14000000)"; upload three.dtb)" ok

begin one "$host_kernel" "$hooked"
begin two "$host_kernel" "$plain" --inject
[ -z "$newer" ] || begin three "$other_kernel" "/boot/initrd.plain-$newer" --inject

knows_itself one 1 has
knows_itself two 2 'does not have'
if [ -n "$newer" ]; then
	knows_itself three 3 'does not have'
	like "three: is the newer kernel" "$(mkctl logs three)" "Linux version $(echo "$newer" | sed 's/+/\\+/g')"
else
	skip "a newer kernel" "there is one only"
fi

# The script that is process 1 there takes no signal, so /sbin/poweroff changes nothing and force must follow.
like "one: is asked to stop, and stopped" "$(mkctl stop one --timeout 2 2>&1)" '^one: ready$'
is "two: is killed" "$(mkctl kill two 2>&1)" "two: ready"
[ -z "$newer" ] || is "three: is killed" "$(mkctl kill three 2>&1)" "three: ready"
is "no instance" "$(tree none.dtb; upload none.dtb)" ok

ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
done_testing
