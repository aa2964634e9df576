// SPDX-License-Identifier: GPL-2.0-only
/* By the container's control group. One question at a time; each has its answer. */
#include "control.h"

static void describe_limit(const char *what, char sentence[PROCESS_REASON])
{
	snprintf(sentence, PROCESS_REASON, "the container's kernel cannot limit its %s", what);
}

static struct cgroup_limits limits_of(const struct agent_message *message)
{
	return (struct cgroup_limits){ message->number[0], message->number[1], message->number[2],
				       message->number[3] };
}

static int limit(struct session *session, const struct agent_message *message,
		 char sentence[PROCESS_REASON])
{
	const struct cgroup_limits limits = limits_of(message);
	const char *what;
	int err = cgroup_limit(&session->cgroup, &limits, &what);

	describe_limit(what, sentence);
	return err;
}

/* What nobody asks for, a kernel need not have. */
int control_begin(struct session *session, int *entry)
{
	struct agent_message resources;
	bool is_limited = spec_find(&session->spec, AGENT_RESOURCES, &resources);
	char sentence[PROCESS_REASON] = "the container's kernel has no control group for it";
	int err = cgroup_make(&session->cgroup);

	*entry = -1;
	if (err)
		return is_limited ? session_refuse(session, sentence, err) : 0;
	if (is_limited)
		err = limit(session, &resources, sentence);
	if (!err)
		*entry = err = cgroup_open(&session->cgroup);
	return err < 0 ? session_refuse(session, sentence, err) : 0;
}

static int fail(struct session *session, const char *what, int err)
{
	char sentence[PROCESS_REASON + 64];
	const struct agent_message message = { .type = AGENT_FAILED, .text = { sentence } };

	snprintf(sentence, sizeof(sentence), "%s%s%s", what, err ? ": " : "",
		 err ? strerror(-err) : "");
	return stream_send(&session->stream, &message);
}

static int resume(struct session *session)
{
	int err = cgroup_freeze(&session->cgroup, false);

	if (!err)
		session->paused = false;
	return err;
}

/* A task that waits for what cannot be interrupted stops only after that. */
int control_look(struct session *session)
{
	if (cgroup_is_frozen(&session->cgroup)) {
		session->pause_by = 0;
		return stream_send_number(&session->stream, AGENT_DONE, 0);
	}
	if (session_seconds() < session->pause_by)
		return 0;
	session->pause_by = 0;
	resume(session);
	return fail(session, "a process of the container waits for something, and cannot be paused",
		    0);
}

static int begin_pause(struct session *session)
{
	int err = cgroup_freeze(&session->cgroup, true);

	if (err)
		return err;
	session->paused = true;
	session->pause_by = session_seconds() + SESSION_PATIENCE_S;
	return 0;
}

/* A pause is answered when it is one. */
int control_take(struct session *session, const struct agent_message *message)
{
	char sentence[PROCESS_REASON] = "freezer";
	int err;

	if (session->cgroup.directory < 0)
		return fail(session, CONTROL_NO_CGROUP, 0);
	if (session->pause_by)
		return fail(session, "the container is being paused", 0);
	if (message->type == AGENT_PAUSE)
		err = begin_pause(session);
	else if (message->type == AGENT_RESUME)
		err = resume(session);
	else
		err = limit(session, message, sentence);
	if (err)
		return fail(session, sentence, err);
	return session->pause_by ? control_look(session) :
		stream_send_number(&session->stream, AGENT_DONE, 0);
}
