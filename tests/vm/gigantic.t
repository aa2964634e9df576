# SPDX-License-Identifier: GPL-2.0-only
# memory: 5G
# append: hugepagesz=1G hugepages=1
# timeout: 300
# A huge page of 1 GB, set aside at boot and in use: the pool takes what it can get and leaves that page where it is, with what
# is in it.
. /lib.sh

page=/sys/kernel/mm/hugepages/hugepages-1048576kB
mb=$((1 << 20))

# pages: all that are reserved, and those of them that nobody uses
pages() {
	echo "$(cat $page/nr_hugepages) $(cat $page/free_hugepages)"
}

if [ ! -e $page ]; then
	echo "1..0 # SKIP the host has no huge pages of 1 GB"
	exit 0
fi
is "a page is set aside" "$(pages)" "1 1"
mkdir huge
mount -t hugetlbfs -o pagesize=1G none huge
ok "it is used" fallocate -l $((1024 * mb)) huge/file
is "by one file" "$(pages)" "1 0"
head -c $mb /dev/urandom >written
ok "it is written to" mktest into huge/file 0 written
load_module 256M || bail_out "no module"

# As much as the host says that it has, and then what the refusal says that it can give up.
most=$(($(available_mb) + 256 - 128))
verdict=$(set_pool $((most / 2 * 2))M)
diag "pool=${most}M: $verdict; $(last_error)"
if [ "$verdict" != ok ]; then
	most=$((256 + $(last_error | sed 's/.*give up \([0-9]*\) of.*/\1/') - 32))
	verdict=$(set_pool $((most / 2 * 2))M)
fi
is "the pool gets as much as there is: $most MB" "$verdict" ok
is "the page is still there, and in use" "$(pages)" "1 0"
is "with what is in it" "$(mktest mmap huge/file 0 $mb | sha256sum)" "$(sha256sum <written)"
bytes=$(printf %#x $(($(cat $mk/pool/memory_free_bytes) / (2 * mb) * 2 * mb - 64 * mb)))
# Of a machine with more memory it may be more than 4 GB.
is "an instance of nearly all of the pool, cleared: $bytes" \
	"$(tree large.dtb "large { id = <1>; resources { cpus = <1>; memory-bytes = /bits/ 64 <$bytes>; }; };"
	upload large.dtb)" ok
is "it goes" "$(tree none.dtb; upload none.dtb)" ok
rm huge/file
is "the page is free" "$(pages)" "1 1"
is "the pool lets it be" "$(set_pool $((most / 2 * 2))M) $(pages)" "ok 1 1"
umount huge
is "no pool" "$(set_pool 0)" ok
is "the page is still there" "$(pages)" "1 1"
ok "the module goes" rmmod multikernel
done_testing
