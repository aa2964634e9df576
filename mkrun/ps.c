// SPDX-License-Identifier: GPL-2.0-only
/* mkrun ps: a container's processes, as its kernel numbers them: no kernel but that knows them. */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "container.h"
#include "json.h"
#include "link.h"
#include "log.h"
#include "mkrun.h"
#include "pod.h"

#define PIDS_MAX 4194304	/* more has no kernel: PID_MAX_LIMIT of linux/threads.h */

static const char *format;

/* The name is the container's: nothing of it may reach a terminal as it is. */
static void print(const struct agent_message *message)
{
	const char *at;

	printf("%llu\t", (unsigned long long)message->number[0]);
	for (at = message->text[0]; *at; at++)
		putchar(isprint((u8)*at) ? *at : '?');
	putchar('\n');
}

/* One message of the answer; 0 while there are more. */
static int take(const struct agent_message *message, json_t *pids)
{
	static u32 told;

	if (message->type != AGENT_PROCESS)
		return message->type == AGENT_LISTED ? 1 : -EPROTO;
	if (told++ == PIDS_MAX)
		return -EPROTO;
	if (pids)
		json_array_append_new(pids, json_integer(message->number[0]));
	else
		print(message);
	return 0;
}

/* All of it in the time of one answer: an agent may go on without end. */
static int hear(struct stream *stream, json_t *pids)
{
	u64 deadline = link_deadline();
	struct agent_message message;
	int err, end = 0;

	do {
		err = clock_ms() > deadline ? -ETIMEDOUT : link_hear(stream, &message, deadline);
		if (!err && message.type == AGENT_REFUSED)
			return log_refuse("%s", message.text[0]);
		if (!err)
			end = take(&message, pids);
	} while (!err && !end);
	if (err || end < 0)
		return log_refuse("the container's kernel does not answer: %s",
				  strerror(err ? -err : -end));
	return CLI_OK;
}

static int ask(const struct container *container, json_t *pids)
{
	static struct stream stream;
	json_t *cid = json_object_get(container->state, "cid");
	int code, err = link_open(&stream, json_integer_value(cid), container->id);

	if (err)
		return log_refuse("the container's kernel does not answer: %s", strerror(-err));
	err = link_send_type(&stream, AGENT_LIST);
	code = err ? log_refuse("the container's kernel does not listen: %s", strerror(-err)) :
		hear(&stream, pids);
	close(stream.fd);
	return code;
}

static int ps(int count, char **operand)
{
	static struct container container;
	bool table = !format || !strcmp(format, "table");
	json_t *pids = NULL;
	int code;

	(void)count;
	if (!table && strcmp(format, "json"))
		return cli_usage("ps: --format takes table or json");
	code = container_find_alive(&container, operand[0]);
	if (!code)
		code = pod_check_processes(&container);
	if (code)
		return code;
	if (table)
		puts("PID\tCOMMAND");
	else
		pids = json_array();
	code = ask(&container, pids);
	if (!code && !table)
		return cli_json_print(pids);
	json_decref(pids);
	return code;
}

static const struct cli_option options[] = {
	{ "format", 'f', CLI_TEXT, "FORMAT", "table, or json: pids alone", &format },
	{ 0 }
};

const struct cli_command mkrun_ps = {
	.name = "ps",
	.operands = "ID",
	.summary = "show the processes of a container",
	.help = "Their pids are those of the container's kernel, which has more processes than these.\n",
	.options = options,
	.run = ps,
};
