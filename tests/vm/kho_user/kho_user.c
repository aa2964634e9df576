// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any other user of Kexec HandOver in a spawn: tells of the subtree that the kernel found, and
 * damages it if told so.
 */
#include <linux/io.h>
#include <linux/module.h>

#include "../../../module/compat.h"

/* Of a flattened device tree's header: its magic, and its whole size behind it (Devicetree Specification 0.4, 5.2). */
#define MAGIC_SIZE 4
#define HEADER_SIZE 8

static int damage = -1;
module_param(damage, int, 0);
MODULE_PARM_DESC(damage, "invert the byte at this offset");

static int __init kho_user_init(void)
{
	phys_addr_t address;
	size_t size;
	u8 *tree;
	int error;

	error = mk_kho_retrieve("multikernel", &address, &size);
	if (error) {
		pr_info("kho_user: no subtree (error %d)\n", error);
		return 0;
	}
	tree = memremap(address, max_t(size_t, damage + 1, HEADER_SIZE), MEMREMAP_WB);
	if (!tree)
		return -ENOMEM;
	/* Kernels before 7.1 do not tell it. */
	if (!size)
		size = be32_to_cpup((__be32 *)(tree + MAGIC_SIZE));
	pr_info("kho_user: a subtree of %zu bytes begins with %*ph\n", size, MAGIC_SIZE, tree);
	if (damage >= 0)
		tree[damage] = ~tree[damage];
	memunmap(tree);
	return 0;
}

static void __exit kho_user_exit(void)
{
}

module_init(kho_user_init);
module_exit(kho_user_exit);
MODULE_DESCRIPTION("Looks at what Kexec HandOver brought, for tests");
MODULE_LICENSE("GPL");
