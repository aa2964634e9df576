// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cumulative livepatch, as distributions make them: with it in effect all others are gone, ours
 * among them. What it patches is of no importance here: /proc/version, which then says so.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static int show_version(struct seq_file *file, void *unused)
{
	seq_puts(file, "replaced\n");
	return 0;
}

static struct klp_func functions[] = {
	{ .old_name = "version_proc_show", .new_func = show_version },
	{ }
};

static struct klp_object objects[] = {
	{ .funcs = functions },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects, .replace = true };

static int __init replace_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit replace_exit(void)
{
}

module_init(replace_init);
module_exit(replace_exit);
MODULE_DESCRIPTION("Replaces all livepatches, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
