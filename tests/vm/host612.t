# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# timeout: 400
# All of it once with a newer stock kernel as the host: an upload, a kernel of the host's version and an older one beside
# each other, and everything back.
. /lib.sh

# Not the zones: this kernel brings added memory online by itself, and the lowest block can come to another zone.
before=$(host_memory | grep -v valid_zones) total_before=$(mem_total)
older_kernel=${other_kernel:-$host_kernel}

like "the host is a stock 6.12" "$(uname -r)" '^6\.12\.'
ok "the module loads" load_module 1536M
ok "the livepatch loads" load_livepatch
is "the two instances" "$(dtc -q -O dtb -o two.dtb /examples/two-instances.dts; upload two.dtb)" ok
is "CPU 0 is not to be had" "$(dtc -q -O dtb -o three.dtb /examples/three-instances.dts; upload three.dtb)" EBUSY
like "last_error tells" "$(last_error)" 'load-balancer.*cpu 0 .*boot CPU'
is "both are ready" "$(status web-server) $(status database)" "ready ready"
fails "the host cannot bring their CPUs online" EINVAL sh -c 'echo 1 >/sys/devices/system/cpu/cpu1/online'

ok "a kernel of the host's version" \
	mkctl boot web-server --kernel "$host_kernel" --initrd $spawn_initrd --append "loglevel=8"
ok "an older one beside it" \
	mkctl boot database --kernel "$older_kernel" --initrd $spawn_initrd --append "loglevel=8"
for name in web-server database; do
	ok "$name boots" has_booted $name
done
is "web-server runs what it was given" "$(mkctl logs web-server | sed -n 's/.*spawn: kernel //p')" "$(uname -r)"
is "database runs what it was given" "$(mkctl logs database | sed -n 's/.*spawn: kernel //p')" \
	"${older_kernel##*vmlinuz-}"
like "it has two CPUs" "$(mkctl logs database)" 'spawn: CPUs 2, numbered 0 1$'

quiet_kernel quiet
is "busy" "$(mktest load -i 1 quiet)" EBUSY
# 6.12 gives 0x10 and 0x20 no meaning yet.
is "the public series' flags are taken" "$(mktest load -f $((0x10 | 2 << 5)) quiet)" EBUSY
is "a stock call is the stock kernel's" "$(mktest load "$host_kernel")" ok
is "which has loaded it" "$(cat /sys/kernel/kexec_loaded)" 1
is "and unloads it" "$(mktest load -u)" ok

ok "web-server is stopped" mkctl stop web-server
ok "database is stopped" mkctl stop database
is "a kernel is loaded again" "$(mktest load -i 1 quiet)" ok
is "and stopped again" "$(mktest load -u -R -1 -i 1)" ok
is "an empty tree" "$(tree empty.dtb; upload empty.dtb)" ok
ok "the livepatch goes" unload_livepatch
ok "the module goes" rmmod multikernel
is "every CPU is back" "$(cat /sys/devices/system/cpu/online)" 0-3
is "all memory is back" "$(host_memory | grep -v valid_zones)" "$before"
has_mem_total "and counted" "$total_before"
done_testing
