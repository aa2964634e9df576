// SPDX-License-Identifier: GPL-2.0-only
/* "mounts" of config.json, one after another. */
#include <sys/mount.h>

#include "bundle.h"
#include "json.h"

/*
 * Options of mounts: flags, or words that say nothing to a kernel of its own; the rest is data.
 * Those that begin with an "r" hold for what is mounted below as well, as ours always do.
 */
static const struct mount_word {
	const char *word;
	u64 flag;
	bool clears;
	bool is_data;	/* the agent knows it */
} mount_words[] = {
	{ "bind", MS_BIND }, { "rbind", MS_BIND | MS_REC }, { "ro", MS_RDONLY },
	{ "rro", MS_RDONLY }, { "rw", MS_RDONLY, true }, { "rrw", MS_RDONLY, true },
	{ "nosuid", MS_NOSUID }, { "rnosuid", MS_NOSUID }, { "suid", MS_NOSUID, true },
	{ "rsuid", MS_NOSUID, true }, { "nodev", MS_NODEV }, { "rnodev", MS_NODEV },
	{ "dev", MS_NODEV, true }, { "rdev", MS_NODEV, true }, { "noexec", MS_NOEXEC },
	{ "rnoexec", MS_NOEXEC }, { "exec", MS_NOEXEC, true }, { "rexec", MS_NOEXEC, true },
	{ "noatime", MS_NOATIME }, { "rnoatime", MS_NOATIME }, { "relatime", MS_RELATIME },
	{ "rrelatime", MS_RELATIME }, { "strictatime", MS_STRICTATIME },
	{ "rstrictatime", MS_STRICTATIME }, { "nodiratime", MS_NODIRATIME },
	{ "rnodiratime", MS_NODIRATIME }, { "sync", MS_SYNCHRONOUS }, { "private", 0 },
	{ "rprivate", 0 }, { "slave", 0 }, { "rslave", 0 }, { "shared", 0 },
	{ "rshared", 0 }, { "unbindable", 0 }, { "runbindable", 0 },
	{ "tmpcopyup", .is_data = true }, { "defaults", 0 },
};

/*
 * What no bind mount can be: a mount made inside reaches no other kernel, and whose a file is
 * virtiofsd says.
 */
static const struct lack {
	const char *word, *ignore;
} lacks[] = {
	{ "shared", "shared" }, { "rshared", "shared" },
	{ "idmap", "idmap" }, { "ridmap", "idmap" },
};

json_t *bundle_mount_options(void)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mount_words); i++)
		json_array_append_new(array, json_string(mount_words[i].word));
	return array;
}

static const struct mount_word *find_mount_word(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mount_words); i++)
		if (!strcmp(mount_words[i].word, word))
			return &mount_words[i];
	return NULL;
}

static u64 mount_flags(json_t *mount, char *data, size_t room)
{
	const struct mount_word *known;
	u64 flags = 0;
	json_t *each;
	size_t i;

	*data = '\0';
	json_array_foreach(json_object_get(mount, "options"), i, each) {
		known = json_is_string(each) ? find_mount_word(json_string_value(each)) : NULL;
		if (known && !known->is_data)
			flags = known->clears ? flags & ~known->flag : flags | known->flag;
		else if (json_is_string(each))
			snprintf(data + strlen(data), room - strlen(data), "%s%s", *data ? "," : "",
				 json_string_value(each));
	}
	return flags;
}

/* By an option, or by what an "idmap" is made of; NULL for nothing. */
static const char *find_lack(json_t *mount)
{
	json_t *each;
	size_t i, j;

	if (json_array_size(json_object_get(mount, "uidMappings")) ||
	    json_array_size(json_object_get(mount, "gidMappings")))
		return "idmap";
	json_array_foreach(json_object_get(mount, "options"), i, each)
		for (j = 0; json_is_string(each) && j < ARRAY_SIZE(lacks); j++)
			if (!strcmp(lacks[j].word, json_string_value(each)))
				return lacks[j].ignore;
	return NULL;
}

/* The first version of control groups has no home in a kernel of today. */
static const char *type_of(json_t *mount)
{
	const char *type = cli_json_text(mount, "type");

	return type && !strcmp(type, "cgroup") ? "cgroup2" : type;
}

bool bundle_mount(const struct bundle *bundle, size_t index, struct mount_point *mount)
{
	json_t *each = json_array_get(json_object_get(bundle->config, "mounts"), index);

	if (!each)
		return false;
	mount->source = cli_json_text(each, "source");
	mount->target = cli_json_text(each, "destination");
	mount->type = type_of(each);
	mount->flags = mount_flags(each, mount->data, sizeof(mount->data));
	mount->is_bind = mount->source && (mount->flags & MS_BIND ||
					   (mount->type && !strcmp(mount->type, "bind")));
	mount->lacks = mount->is_bind ? find_lack(each) : NULL;
	return true;
}

bool bundle_bind(const struct bundle *bundle, size_t *index, struct bind *bind)
{
	struct mount_point mount;

	while (bundle_mount(bundle, (*index)++, &mount)) {
		if (!mount.is_bind || !mount.target)
			continue;
		bundle_path(bundle, mount.source, bind->source);
		bind->target = mount.target;
		bind->read_only = mount.flags & MS_RDONLY;
		bind->recursive = mount.flags & MS_REC;
		return true;
	}
	return false;
}
