/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container as other commands find it: a directory with its state, and the process that stands
 * for it.
 */
#ifndef MKRUN_CONTAINER_H
#define MKRUN_CONTAINER_H

#include <dirent.h>
#include <jansson.h>

#include "port.h"

#define CONTAINER_PATH 512

/**
 * struct container - one of them
 * @id:        as the engine has named it
 * @directory: of its own, in which are "state.json", "resources.json", "lock", "control" and "share"
 * @files:     where these are looked for: the same, or the directory that is held
 * @held:      that one, a descriptor
 * @state:     what state.json says, NULL where there is none yet
 */
struct container {
	char id[256];
	char directory[CONTAINER_PATH];
	char files[CONTAINER_PATH];
	int held;
	json_t *state;
};

/*
 * A file of mkrun's own beside the containers' directories, where no id can be: none has a "@". Returns 0 or
 * -ENAMETOOLONG.
 */
int container_own_file(const char *name, char *path, size_t room);

/* Where it would be. Returns an exit code. */
int container_name(struct container *container, const char *id);

/* Find one that is there, and read its state. Returns an exit code. */
int container_find(struct container *container, const char *id);

/* Read the state of one that was found again; it may have none any more. */
void container_look(struct container *container);

/* Find one that was made, and has not stopped. Returns an exit code. */
int container_find_alive(struct container *container, const char *id);

/* Is the one that was found such a one, by its state? Returns an exit code. */
int container_check_alive(const struct container *container);

/* There is none. Returns an exit code. */
int container_refuse_missing(const struct container *container);

/*
 * Hold on to the one that is there now, so that all that follows is about that one: another one of
 * the same id may be made as soon as it is deleted. False where there is none.
 */
bool container_pin(struct container *container);

/*
 * Of one that is held: wait until no one else changes it or takes it away, and keep others waiting until
 * this process ends. False where it has been taken away.
 */
bool container_lock(const struct container *container);

/* The directory of all, or NULL; and one after another that has a state, which is the caller's then. */
DIR *container_all(void);
bool container_next(DIR *all, struct container *container);

/* Its bundle's config.json as it is now, or NULL. */
json_t *container_config(const struct container *container);

/* A file of its directory. */
void container_path(const struct container *container, const char *name, char path[CONTAINER_PATH]);

/* Write the state, in one step, which from the second time on needs no space. Returns an exit code. */
int container_save(const struct container *container);

/* The same with another status. */
int container_set_status(const struct container *container, const char *status);

/* "linux.resources" as they were last set. */
json_t *container_resources(const struct container *container);

/*
 * Set them in two steps, of which the second is nothing but a rename: what can fail is done before
 * anything changes. Both return an exit code.
 */
int container_prepare_resources(const struct container *container, json_t *resources);
int container_keep_resources(const struct container *container);

/* Hold the lock that says it is alive, until this process ends. Returns an exit code. */
int container_hold(const struct container *container);

/* "creating", "created", "running", "paused" or "stopped". */
const char *container_status(const struct container *container);

/* End the process that stands for it by force. */
void container_kill(const struct container *container);

/* Remove the directory of one that is locked. */
void container_remove(const struct container *container);

/* Ask the process that stands for it. Returns an exit code, with the reason said. */
int container_ask(const struct container *container, const char *request);

/* Find one, and ask, if it has this status. Returns an exit code, with the reason said. */
int container_ask_when(const char *id, const char *status, const char *request);

#endif
