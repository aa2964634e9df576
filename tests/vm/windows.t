# SPDX-License-Identifier: GPL-2.0-only
# cpus: 17
# timeout: 600
# Below 1 MB there is room for a dozen instances; more are refused, and leave no trace. The next upload has that room again.
. /lib.sh

many=16
load_module 64M || bail_out "no module"

# instances COUNT: a tree of so many, a CPU and 2 MB each
instances() {
	set -- "$1" 1
	text=
	while [ "$2" -le "$1" ]; do
		text="$text $(instance "i$2" "$2" "$2" 0x200000)"
		set -- "$1" $(($2 + 1))
	done
	tree many.dtb "$text"
}

none=$(facts)
instances $many
is "$many instances: ENOSPC" "$(upload many.dtb)" ENOSPC
like "last_error names the first that has no room" "$(last_error)" 'instance "i1[0-9]".*below 1 MB'
is "nothing has changed" "$(facts)" "$none"
room=$(last_error | sed -n 's/.*instance "i\([0-9]*\)".*/\1/p')
room=$((${room:-0} - 1))
is "as many as the pool says" $room "$(cat $mk/pool/windows_free)"
mkctl check many.dtb >foreseen 2>&1
like "mkctl check foresees it" "$(cat foreseen)" "instance \"i$((room + 1))\": no window is left below 1 MB"
instances $room
like "and takes what has room" "$(mkctl check many.dtb)" ': ok$'
is "$room, which had room: taken" "$(upload many.dtb)" ok
is "no window is left" "$(cat $mk/pool/windows_free)" 0
is "all are there" "$(find $mk/instances -name id | wc -l)" $room
instances $((room + 1))
before=$(facts)
is "one more: ENOSPC" "$(upload many.dtb)" ENOSPC
is "which changes nothing" "$(facts)" "$before"
is "they go" "$(tree none.dtb; upload none.dtb)" ok
is "and leave their windows" "$(cat $mk/pool/windows_free)" $room
instances $room
is "and as many come again" "$(upload many.dtb)" ok
done_testing
