// SPDX-License-Identifier: GPL-2.0-only
/* mkctl wait: until an instance is in a state. */
#include "instances.h"
#include "interrupt.h"
#include "mkctl.h"
#include "nearest.h"
#include "watch.h"

#define TIMEOUT_MAX 31536000	/* seconds in a year */
#define NO_TIMEOUT (~0ULL)
#define GONE "gone"

static const char *state;
static u64 timeout = NO_TIMEOUT;

/* What is waited for; MK_STATE_COUNT stands for "gone". */
static int parse_state(enum mk_state *wanted)
{
	struct cli_nearest nearest;
	char hint[CLI_HINT_SIZE];
	int i;

	*wanted = MK_STATE_COUNT;
	if (!strcmp(state, GONE))
		return CLI_OK;
	/* None that can be found is empty: it gets its directory when it is ready. */
	if (!instance_parse_state(state, wanted) && *wanted != MK_EMPTY)
		return CLI_OK;
	cli_nearest_begin(&nearest, state);
	for (i = MK_READY; i < MK_STATE_COUNT; i++)
		cli_nearest_try(&nearest, mk_state_name(i));
	cli_nearest_try(&nearest, GONE);
	return cli_usage("wait: there is no state \"%s\"%s", state, cli_nearest_hint(&nearest, hint));
}

static int report(const struct watch *watch, enum mk_state wanted, bool failed_before, int err)
{
	if (err == -ENOENT && wanted == MK_STATE_COUNT) {
		printf("%s: gone\n", watch->name);
		return CLI_OK;
	}
	if (err == -ENOENT)
		return cli_refuse("%s: it has gone", watch->name);
	if (err == -EINTR)
		return CLI_INTERRUPTED;
	if (err == -ETIMEDOUT) {
		cli_warn("%s: it is %s, and not %s, after %llu seconds", watch->name,
			 mk_state_name(watch->state), state, (unsigned long long)timeout);
		return CLI_TIMED_OUT;
	}
	if (err)
		return cli_refuse("%s: %s", watch->name, strerror(-err));
	if (watch->state != wanted && !failed_before)
		return instance_refuse_failed(watch->name, "meanwhile");
	printf("%s: %s\n", watch->name, mk_state_name(watch->state));
	return CLI_OK;
}

/* One that fails meanwhile does not become anything else by itself. */
static int wait_for(const char *name, enum mk_state wanted)
{
	struct watch watch;
	bool failed_before;
	int err = watch_open(&watch, name);

	interrupt_catch();
	if (timeout != NO_TIMEOUT)
		watch_end_after(&watch, timeout);
	if (!err)
		err = watch_read(&watch);
	failed_before = !err && watch.state == MK_FAILED;
	while (!err && watch.state != wanted && (watch.state != MK_FAILED || failed_before)) {
		err = watch_next(&watch);
		failed_before = failed_before && watch.state == MK_FAILED;
	}
	watch_close(&watch);
	return report(&watch, wanted, failed_before, err);
}

static int run(int count, char **operand)
{
	struct instance instance;
	enum mk_state wanted;
	int code = parse_state(&wanted);

	(void)count;
	if (code)
		return code;
	code = instance_find(&instance, operand[0]);
	if (!code)
		code = wait_for(instance.config.name, wanted);
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "for", 0, CLI_TEXT, "STATE", "ready, loading, active, failed, or gone", &state, .needed = true },
	{ "timeout", 0, CLI_NUMBER, "SECONDS", "how long; without end if not given", &timeout, TIMEOUT_MAX },
	{ 0 }
};

const struct cli_command mkctl_wait = {
	.name = "wait",
	.operands = "NAME",
	.summary = "wait for a state of an instance",
	.help =
"Returns when instance NAME is in a state, which may be at once. When it fails or goes away while\n"
"something else is waited for, that is refused; when the time is over, the exit code is 3.\n",
	.options = options,
	.seldom = true,
	.run = run,
};
