# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The steps of an instance's life that are measured, each beside the same work done by stock means, in turns, so that both
# meet the same machine: sourced behind lib.sh and bench/spawn.sh, in the emulated machine (bench/life.t) and on a real one
# (bench/here). Figures are lines for bench/report: "# figure: NAME UNIT VALUE".

large=67108864		# bytes of the initrd of which the load is measured
memory=268435456	# of the instance
spawn_cpus=${spawn_cpus:-2 3}
host_cpus=${host_cpus:-0 1}	# where the host works beside it

figure() {
	echo "# figure: $1 ns $2"
}

# cpu_states STATE: words for "measure write", to bring the instance's CPUs there
cpu_states() {
	for cpu in $spawn_cpus; do
		echo "/sys/devices/system/cpu/cpu$cpu/online=$1"
	done
}

upload_turn() {
	figure "upload: two CPUs, 256 MB" "$(measure write "$mk/device_tree<one.dtb")"
	figure "upload: none of them" "$(measure write "$mk/device_tree<none.dtb")"
	# shellcheck disable=SC2046 # a list of words
	figure "upload: the same CPUs offline by hand" "$(measure write $(cpu_states 0))"
	# shellcheck disable=SC2046
	figure "upload: the same CPUs online by hand" "$(measure write $(cpu_states 1))"
	figure "upload: 256 MB cleared by a process" "$(measure fill $memory)"
	figure "upload: 256 MB cleared by the kernel" "$(measure zero $memory)"
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

# clock_began TICKS_PER_US <LOG: the counter as a kernel's own clock began to run, by the time of its first process's word. Its
# messages before that have the time 0: the first is in the log some thousand instructions earlier (setup_arch() has
# tsc_early_init()). Until a kernel knows that the counter is stable it corrects the time by its ticks, and keeps the
# difference from then on, up to a second where interrupts come late: it tells of it, in nanoseconds (kernel/sched/clock.c,
# __set_sched_clock_stable()).
clock_began() {
	sed -n -e 's/.*sched_clock: Marking stable (.*)->(.*, \([-0-9]*\))$/kept \1/p' \
		-e 's/.*\[ *\([0-9.]*\)\] bench: init at \([0-9]*\).*/init \1 \2/p' |
		awk -v ticks="$1" '
			$1 == "kept" { kept = $2 / 1000 }
			$1 == "init" { began = $3 - ($2 * 1000000 - kept) * ticks; kept = 0 }
			END { printf "%.0f\n", began }'
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
	first=$(($(ns $(($(mkctl logs one | clock_began "$ticks_per_us") - begin))) - loaded))
	[ $first -ge 0 ] || first=0	# one that is unpacked may speak before the command that loads has ended
	figure "$what: start to first message" $first
	figure "$what: start to first process" $((since_begin - loaded))
}

end_turn() {
	boot_turn "boot" mktest load -i 1 -r initrd -c "panic=" "$host_kernel"
	figure "stop: a kernel that runs" "$(measure run mktest load -u -R -1 -i 1)"
	boot_turn "boot, unpacked ahead" mkctl boot one --kernel "$host_kernel" --initrd initrd --unpack \
		--append "bench.do=panic panic="
	within 60 grep -qx failed $mk/instances/one/status
	ended=$(counter) panicked=$(said panic)
	figure "end: panic until the host has the instance back" "$(ns $((ended - panicked)))"
	mktest load -i 1 -r initrd -c "panic=" "$host_kernel" >/dev/null
	ok "after a panic: the next kernel's first process runs" within $boot_bound log_has one 'bench: init at'
	figure "end: panic until the next kernel's first process" "$(ns $(($(said init) - panicked)))"
	mktest load -u -R -1 -i 1 >/dev/null
}

# work_figures WHERE: from lines "NANOSECONDS COUNT NAME"
work_figures() {
	while read -r time _ name; do
		figure "work: $name, $1" "$time"
	done
}

work_turn() {
	spawn_works | work_figures "in a spawn"
	# shellcheck disable=SC2086 # two of them
	work $host_cpus | work_figures "on the host"
}

# prepare_steps: what they need, in the present directory
prepare_steps() {
	first=$(mktest clock); sleep 2; second=$(mktest clock)
	ticks_per_us=$(((${second% *} - ${first% *}) / ((${second#* } - ${first#* }) / 1000)))
	measured_initrd
	dd if=/dev/urandom of=large bs=1M count=$((large >> 20)) 2>/dev/null
	quiet_kernel quiet
	# At its second reading a file's pages become active ones, which takes longer than to copy them.
	cat large quiet large quiet >/dev/null
	tree none.dtb
	tree one.dtb "$(instance one 1 "$spawn_cpus" $memory)"
}

# take_first_steps ROUNDS: up to a load, with memory for the instance in the pool
take_first_steps() {
	rounds=$(seq "$1")
	for _ in $rounds; do
		upload_turn
	done
	is "an instance to load into" "$(upload one.dtb)" ok
	for _ in $rounds; do
		load_turn
	done
}

# take_steps ROUNDS: all of them
take_steps() {
	take_first_steps "$1"
	for _ in $rounds; do
		end_turn
	done
	for _ in $rounds; do
		work_turn
	done
}
