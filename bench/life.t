# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1800
# files: bench/spawn.sh:/spawn.sh bench/first:/first build/bench/measure:/bin/measure build/bench/work:/bin/work /usr/bin/xz:/bin/xz /usr/bin/zstd:/bin/zstd
# The machine's part of bench/life: each step of an instance's life beside the same work done by stock means, in turns, so
# that both meet the same machine. Says its figures in lines for bench/report: "# figure: NAME UNIT VALUE".
. /lib.sh
. /spawn.sh

rounds=$(word bench.rounds 5)
large=67108864		# bytes of the initrd of which the load is measured
memory=268435456	# of the instance
pool=512M

figure() {
	echo "# figure: $1 ns $2"
}

# blocks: the host's memory blocks, one a line
blocks() {
	(cd $memory_blocks && ls -d memory[0-9]*)
}

# states STATE BLOCK...: words for "measure write", to bring these blocks there
states() {
	state=$1
	shift
	for block; do
		echo "$memory_blocks/$block/state=$state"
	done
}

# Taking is offlining, and removing what is offline. Others' pages in these blocks are moved by the kernel all the same: they
# have gone before, so that none of the figures has that work in it, which may take seconds.
pool_turn() {
	measure write $pool_parameter=$pool $pool_parameter=0 >/dev/null
	blocks >all
	figure "pool: take" "$(measure write $pool_parameter=$pool)"
	blocks >left
	taken=$(grep -vxFf left all)
	figure "pool: give back" "$(measure write $pool_parameter=0)"
	# shellcheck disable=SC2046,SC2086 # lists of words
	figure "pool: the same blocks offline by hand" "$(measure write $(states offline $taken))"
	# shellcheck disable=SC2046,SC2086
	figure "pool: the same blocks online by hand" "$(measure write $(states online_movable $taken))"
}

cpu() {
	echo "/sys/devices/system/cpu/cpu$1/online=$2"
}

upload_turn() {
	figure "upload: two CPUs, 256 MB" "$(measure write "$mk/device_tree<one.dtb")"
	figure "upload: none of them" "$(measure write "$mk/device_tree<none.dtb")"
	figure "upload: the same CPUs offline by hand" "$(measure write "$(cpu 2 0)" "$(cpu 3 0)")"
	figure "upload: the same CPUs online by hand" "$(measure write "$(cpu 2 1)" "$(cpu 3 1)")"
	figure "upload: 256 MB cleared by a process" "$(measure fill $memory)"
}

load_turn() {
	figure "load: kernel and initrd" "$(measure run mktest load -i 1 -r large -c '' quiet)"
	figure "stop: a kernel that halts" "$(measure run mktest load -u -R -1 -i 1)"
	figure "load: the same by the stock call" "$(measure run mktest load -r large -c '' quiet)"
	figure "load: unload of the stock call" "$(measure run mktest load -u -R -1)"
	figure "load: the same files read by a process" "$(measure read quiet large)"
	figure "load: so many bytes copied by a process" "$(measure copy $((large + $(stat -c %s quiet))))"
	figure "load: a process that does nothing" "$(measure run true)"
}

# counter: of time stamps, which all kernels of this machine share
counter() {
	mktest clock | cut -d ' ' -f 1
}

# ns TICKS: of that counter
ns() {
	echo $(($1 * 1000 / ticks_per_us))
}

# said WORD: the counter as the spawn's first process said that word
said() {
	mkctl logs one | sed -n "s/.*bench: $1 at \([0-9]*\).*/\1/p" | tail -n 1
}

# boot_turn WHAT COMMAND...: which loads a kernel
boot_turn() {
	what=$1
	shift
	begin=$(counter)
	loaded=$(measure run "$@")
	ok "$what: the spawn's first process runs" within $boot_bound log_has one 'bench: init at'
	since_begin=$(ns $(($(said init) - begin)))
	figure "$what: load" "$loaded"
	figure "$what: start to first process" $((since_begin - loaded))
}

end_turn() {
	boot_turn "boot" mktest load -i 1 -r initrd -c "panic=" "$host_kernel"
	figure "stop: a kernel that runs" "$(measure run mktest load -u -R -1 -i 1)"
	boot_turn "boot, unpacked ahead" mkctl boot one --kernel "$host_kernel" --initrd initrd --unpack \
		--append "bench.do=panic panic="
	within 60 grep -qx failed $mk/instances/one/status
	ended=$(counter)
	figure "end: panic until the host has the instance back, looked for each 100 ms" "$(ns $((ended - $(said panic))))"
}

# work_figures WHERE: from lines "NANOSECONDS COUNT NAME"
work_figures() {
	while read -r time _ name; do
		figure "work: $name, $1" "$time"
	done
}

work_turn() {
	spawn_works | work_figures "in a spawn"
	work 0 1 | work_figures "on the host"
}

load_module
load_livepatch
first=$(mktest clock); sleep 2; second=$(mktest clock)
ticks_per_us=$(((${second% *} - ${first% *}) / ((${second#* } - ${first#* }) / 1000)))
measured_initrd
dd if=/dev/urandom of=large bs=1M count=$((large >> 20)) 2>/dev/null
quiet_kernel quiet
tree none.dtb
tree one.dtb "$(instance one 1 "2 3" $memory)"

for round in $(seq "$rounds"); do
	pool_turn
done
measure write $pool_parameter=$pool >/dev/null
for round in $(seq "$rounds"); do
	upload_turn
done
is "an instance to load into" "$(upload one.dtb)" ok
for round in $(seq "$rounds"); do
	load_turn
done
for round in $(seq "$rounds"); do
	end_turn
done
for round in $(seq "$rounds"); do
	work_turn
done
done_testing
