// SPDX-License-Identifier: GPL-2.0-only
/* By the table of doc/containers.md: what is said before SANDBOX, CREATE, EXEC or LIST, and these. */
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "begin.h"
#include "control.h"
#include "pod.h"

/* The network is that of the kernel; a pod's containers have more of it in common. */
#define OF_CONTAINER (CLONE_NEWNS | CLONE_NEWPID)
#define OF_ITS_POD (CLONE_NEWUTS | CLONE_NEWIPC)

static int make_pod(struct session *session, struct agent *agent)
{
	char reason[PROCESS_REASON];

	if (agent->keeper)
		return session_refuse(session, "there is a container or a pod already", 0);
	if (pod_make(&session->spec, reason, sizeof(reason)))
		return session_refuse(session, reason, 0);
	session->role = SESSION_SANDBOX;
	agent->keeper = session;
	agent->is_pod = true;
	return stream_send_number(&session->stream, AGENT_CREATED, 0);
}

static int check_container(struct session *session, const struct agent *agent)
{
	struct agent_message name;

	if (!spec_find(&session->spec, AGENT_CONTAINER, &name) || !*name.text[0])
		return session_refuse(session, "the container has no name", 0);
	if (agent->keeper && (!agent->is_pod || agent_find(agent, &session->spec)))
		return session_refuse(session, "there is a container already", 0);
	return 0;
}

static int create(struct session *session, struct agent *agent)
{
	int entry, namespaces = agent->is_pod ? OF_CONTAINER : OF_CONTAINER | OF_ITS_POD;
	int err = check_container(session, agent);

	if (!err)
		err = control_begin(session, &entry);
	if (err)
		return err;
	err = process_start(&session->process, &session->spec, agent->share, namespaces, NULL,
			    entry);
	if (err)
		return session_refuse(session, "cannot make a process", err);
	session->role = SESSION_CONTAINER;
	if (!agent->keeper)
		agent->keeper = session;
	return 0;
}

/* The container's filter holds for each process in it, whatever the host says of this one. */
static int take_filter(struct session *session, const struct session *first)
{
	struct agent_message filter;

	return spec_find(&first->spec, AGENT_FILTER, &filter) ?
		spec_add(&session->spec, &filter) : 0;
}

static int exec(struct session *session, const struct agent *agent, const struct session *first)
{
	int entry = -1, err = take_filter(session, first);

	if (first->paused)
		return session_refuse(session, "the container is paused", 0);
	if (!err && first->cgroup.directory >= 0)
		entry = err = cgroup_open_of(first->process.pid);
	if (err >= 0)
		err = process_start(&session->process, &session->spec, agent->share, 0,
				    &first->process, entry);
	if (err)
		return session_refuse(session, "cannot make a process", err);
	session->role = SESSION_PROCESS;
	return 0;
}

static bool get_name(const char *pid, char *name, size_t room)
{
	char path[64];
	FILE *file;
	bool got;

	snprintf(path, sizeof(path), "/proc/%.32s/comm", pid);
	file = fopen(path, "re");
	got = file && fgets(name, room, file);
	if (file)
		fclose(file);
	name[got ? strcspn(name, "\n") : 0] = '\0';
	return got;
}

/* Processes go while they are told. */
static int tell_processes(struct session *session, const struct cgroup *cgroup, DIR *directory)
{
	struct agent_message message = { .type = AGENT_PROCESS };
	struct dirent *entry;
	char name[64];

	while ((entry = readdir(directory))) {
		message.number[0] = strtoul(entry->d_name, NULL, 10);
		if (!message.number[0] || !cgroup_has(cgroup, message.number[0]) ||
		    !get_name(entry->d_name, name, sizeof(name)))
			continue;
		if (!stream_has_room(&session->stream))
			return session_refuse(session, "there are more processes than can be told", 0);
		message.text[0] = name;
		stream_send(&session->stream, &message);
	}
	stream_send_number(&session->stream, AGENT_LISTED, 0);
	return SESSION_SAID_ALL;
}

static int list(struct session *session, const struct session *first)
{
	DIR *directory;
	int err;

	if (first->cgroup.directory < 0)
		return session_refuse(session, CONTROL_NO_CGROUP, 0);
	directory = opendir("/proc");
	if (!directory)
		return session_refuse(session, "/proc", -errno);
	err = tell_processes(session, &first->cgroup, directory);
	closedir(directory);
	return err;
}

int begin_take(struct session *session, const struct agent_message *message, struct agent *agent)
{
	const struct session *first;

	if (message->type >= AGENT_CONTAINER && message->type <= AGENT_TERMINAL)
		return spec_add(&session->spec, message);
	if (message->type == AGENT_SANDBOX)
		return make_pod(session, agent);
	if (message->type == AGENT_CREATE)
		return create(session, agent);
	if (message->type != AGENT_EXEC && message->type != AGENT_LIST)
		return -EBADMSG;
	first = agent_find(agent, &session->spec);
	if (!first)
		return session_refuse(session, "there is no such container", 0);
	return message->type == AGENT_EXEC ? exec(session, agent, first) : list(session, first);
}
