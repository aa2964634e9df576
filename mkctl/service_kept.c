// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instance in which a kernel runs cannot go, and a tree without it is refused whole, with all
 * that is new in it. So what runs is a part of what is applied, as it is, whether a file says so or
 * not: its own may be broken, or have gone.
 */
#include <stdlib.h>

#include "instances.h"
#include "present.h"
#include "say.h"
#include "service_kept.h"

#define KEPT_PATH "what runs"	/* as a file is called where something does not go with it */

static bool is_named(const char *name, const struct tree_file *files, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (tree_find(files[i].tree, name) != TREE_NONE)
			return true;
	return false;
}

/* With its images, which stay for its sake. */
static int keep(struct mk_tree *kept, const struct mk_tree *present, u32 index)
{
	struct mk_instance_config config = present->instance[index];
	int err = 0;
	u32 i;

	for (i = 0; !err && i < config.image_count; i++) {
		const struct mk_disk_image_config *image = &present->image[config.image[i]];

		config.image[i] = mk_tree_find_image(kept, image->name);
		if (config.image[i] == kept->image_count)
			err = mk_tree_add_image(kept, image);
	}
	if (!err)
		err = mk_tree_add(kept, &config, mk_tree_cpus(present, &config));
	if (!err)
		err = mk_tree_add_max(kept, mk_tree_max_cpus(present, &config), config.max_count);
	return err ? cli_refuse("the instances are more than a tree can hold") : CLI_OK;
}

int service_kept_read(struct tree_file *kept, const struct tree_file *files, size_t count)
{
	static struct present present;
	int code;
	u32 i;

	kept->path = KEPT_PATH;
	kept->tree = calloc(1, sizeof(*kept->tree));
	if (!kept->tree)
		return cli_refuse("out of memory");
	code = present_read(&present);
	for (i = 0; !code && i < present.tree.count; i++)
		if (mk_state_runs(present.state[i]) &&
		    !is_named(present.tree.instance[i].name, files, count))
			code = keep(kept->tree, &present.tree, i);
	return code;
}

int service_kept_tell(const struct tree_file *files, size_t count)
{
	struct tree_file kept = { 0 };
	int code = service_kept_read(&kept, files, count);
	u32 i;

	for (i = 0; !code && i < kept.tree->count; i++)
		cli_refuse("instance \"%s\": a kernel runs there, so it stays as it is, though no tree that was taken has it",
			   kept.tree->instance[i].name);
	if (!code && kept.tree->count)
		code = CLI_REFUSED;
	tree_file_free(&kept);
	return code;
}
