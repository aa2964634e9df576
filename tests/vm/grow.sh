# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What tests share of an instance "one", id 1, that gets CPUs and memory while its kernel runs: sourced behind lib.sh. They
# need
#
#	# files: tests/vm/grow.sh:/grow.sh

one=$mk/instances/one
mb=$((1 << 20))
max='1 2'		# CPUs that it may have

# has MB [CPUS]: uploads a tree in which "one" has these
has() {
	echo "/dts-v1/; / { compatible = \"multikernel-v1\"; instances { one { id = <1>; resources { cpus = <${2:-1}>;
		cpus-max = <$max>; memory-bytes = <$(($1 * mb))>; }; }; }; };" | compile one.dtb
	upload one.dtb
}

# spawn_says COMMAND [SECONDS]: what it writes there, on one line
spawn_says() {
	spawn "$1" "${2:-240}" >/dev/null
	echo "$output" | tr -d '\r' | xargs
}

memory_of_one() {
	sed -n 's/^ *memory-bytes.*\/\/ \(.*\) MB/\1/p' $one/device_tree_source
}

cpus_of_one() {
	sed -n 's/^ *cpus = <\(.*\)>;/\1/p' $one/device_tree_source
}

# named: MB of the instance's memory that the text of an /proc/iomem has by name
named() {
	sum=0
	for range in $(sed -n 's/^ *\([0-9a-f]*-[0-9a-f]*\) : Multikernel instance one$/\1/p'); do
		sum=$((sum + 0x${range#*-} + 1 - 0x${range%-*}))
	done
	echo $((sum / mb))
}

# midst DESCRIPTION WANTED SECONDS COMMAND...: an upload, by has(), and the command after some time; then all adds_up(),
# which is the test's own
loads_within=240	# seconds
midst() {
	description=$1 wanted=$2 delay=$3
	shift 3
	has "$wanted" >verdict &
	sleep "$delay"
	"$@" >/dev/null 2>&1
	wait $!
	diag "$description: $(cat verdict), then $(memory_of_one) MB, cpus = <$(cpus_of_one)>"
	within $loads_within sh -c "! grep -qE 'loading' $one/status"
	adds_up "$description"
}
