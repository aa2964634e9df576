// SPDX-License-Identifier: GPL-2.0-only
/*
 * libseccomp makes the program here, on the host; the agent hands it to its kernel as it is. Source
 * of all words: the OCI runtime specification, config-linux.md, "Seccomp".
 */
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "seccomp.h"

#define ARGUMENTS_MAX 6		/* of a system call */

struct word {
	const char *name;
	u32 value;
};

/* Without those that take a number from the profile. */
static const struct word actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD }, { "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS }, { "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW }, { "SCMP_ACT_LOG", SCMP_ACT_LOG },
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT }, { "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ }, { "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static const struct word architectures[] = {
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 }, { "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
};

static const struct word flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
};

static const struct word *find(const struct word *rows, size_t count, const char *name)
{
	size_t i;

	for (i = 0; name && i < count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static int refuse_word(const char *what, json_t *word)
{
	return log_refuse("seccomp: mkrun has no %s %s", what,
			  json_is_string(word) ? json_string_value(word) : "of that kind");
}

/* An action and, where it has one, the number that goes with it. */
static int read_action(u32 *action, json_t *word, json_t *number)
{
	const char *name = json_string_value(word);
	u16 code = json_is_integer(number) ? json_integer_value(number) : EPERM;
	const struct word *row = find(actions, ARRAY_SIZE(actions), name);

	if (row)
		*action = row->value;
	else if (name && !strcmp(name, "SCMP_ACT_ERRNO"))
		*action = SCMP_ACT_ERRNO(code);
	else if (name && !strcmp(name, "SCMP_ACT_TRACE"))
		*action = SCMP_ACT_TRACE(code);
	else
		return refuse_word("action", word);
	return CLI_OK;
}

static int read_condition(struct scmp_arg_cmp *condition, json_t *from)
{
	json_t *operator = json_object_get(from, "op");
	const struct word *row = find(operators, ARRAY_SIZE(operators), json_string_value(operator));
	json_int_t index = json_integer_value(json_object_get(from, "index"));
	json_int_t value = json_integer_value(json_object_get(from, "value"));
	json_int_t second = json_integer_value(json_object_get(from, "valueTwo"));

	if (!row)
		return refuse_word("comparison", operator);
	if (index < 0 || index >= ARGUMENTS_MAX)
		return log_refuse("seccomp: a system call has no argument %lld", (long long)index);
	*condition = (struct scmp_arg_cmp){ .arg = index, .op = row->value, .datum_a = value,
					    .datum_b = second };
	return CLI_OK;
}

/* One that repeats what holds in any case, or that the library does not know, changes nothing. */
static int add_rule(scmp_filter_ctx context, u32 action, const char *name, u32 count,
		    const struct scmp_arg_cmp *conditions)
{
	int number = name ? seccomp_syscall_resolve_name(name) : __NR_SCMP_ERROR, err;

	if (number == __NR_SCMP_ERROR)
		return CLI_OK;
	err = seccomp_rule_add_array(context, action, number, count, conditions);
	if (!err || err == -EACCES || err == -EEXIST)
		return CLI_OK;
	return log_refuse("seccomp: a rule for %s: %s", name, strerror(-err));
}

/*
 * All conditions of a rule must hold; but where two are on the same argument, one of them is
 * enough, as runc has it.
 */
static int add_rules(scmp_filter_ctx context, u32 action, const char *name, u32 count,
		     const struct scmp_arg_cmp *conditions)
{
	u32 seen = 0, i;
	int code = CLI_OK;

	for (i = 0; i < count && !(seen >> conditions[i].arg & 1); i++)
		seen |= 1U << conditions[i].arg;
	if (i == count)
		return add_rule(context, action, name, count, conditions);
	for (i = 0; !code && i < count; i++)
		code = add_rule(context, action, name, 1, &conditions[i]);
	return code;
}

static int add_calls(scmp_filter_ctx context, json_t *calls)
{
	struct scmp_arg_cmp conditions[ARGUMENTS_MAX * ARGUMENTS_MAX];
	json_t *arguments = json_object_get(calls, "args"), *each;
	u32 action, count = 0;
	size_t i;
	int code = read_action(&action, json_object_get(calls, "action"),
			       json_object_get(calls, "errnoRet"));

	if (!code && json_array_size(arguments) > ARRAY_SIZE(conditions))
		return log_refuse("seccomp: a rule with %zu conditions", json_array_size(arguments));
	json_array_foreach(arguments, i, each)
		if (!code)
			code = read_condition(&conditions[count++], each);
	json_array_foreach(json_object_get(calls, "names"), i, each)
		if (!code)
			code = add_rules(context, action, json_string_value(each), count, conditions);
	return code;
}

/* The library begins with that of this machine. */
static int add_architectures(scmp_filter_ctx context, json_t *names)
{
	const struct word *row;
	json_t *each;
	size_t i;
	int err;

	json_array_foreach(names, i, each) {
		row = find(architectures, ARRAY_SIZE(architectures), json_string_value(each));
		if (!row)
			return refuse_word("architecture", each);
		err = seccomp_arch_add(context, row->value);
		if (err && err != -EEXIST)
			return log_refuse("seccomp: %s: %s", row->name, strerror(-err));
	}
	return CLI_OK;
}

static int read_flags(struct filter *filter, json_t *names)
{
	const struct word *row;
	json_t *each;
	size_t i;

	json_array_foreach(names, i, each) {
		row = find(flags, ARRAY_SIZE(flags), json_string_value(each));
		if (!row)
			return refuse_word("flag", each);
		filter->flags |= row->value;
	}
	return CLI_OK;
}

static int export(struct filter *filter, scmp_filter_ctx context)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), err = fd < 0 ? -errno : 0;
	ssize_t size = -1;

	if (!err)
		err = seccomp_export_bpf(context, fd);
	if (!err)
		size = pread(fd, filter->bytes, sizeof(filter->bytes), 0);
	if (fd >= 0)
		close(fd);
	if (err || size < 0)
		return log_refuse("seccomp: cannot make the filter: %s", strerror(err ? -err : errno));
	if (size == sizeof(filter->bytes))
		return log_refuse("seccomp: the filter is larger than a kernel takes");
	filter->size = size;
	return CLI_OK;
}

static int build(struct filter *filter, scmp_filter_ctx context, json_t *profile)
{
	int code = add_architectures(context, json_object_get(profile, "architectures"));
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(profile, "syscalls"), i, each)
		if (!code)
			code = add_calls(context, each);
	if (!code)
		code = read_flags(filter, json_object_get(profile, "flags"));
	return code ? code : export(filter, context);
}

int seccomp_compile(struct filter *filter, json_t *profile)
{
	scmp_filter_ctx context;
	u32 action;
	int code;

	filter->size = filter->flags = 0;
	if (!json_object_size(profile))
		return CLI_OK;
	code = read_action(&action, json_object_get(profile, "defaultAction"),
			   json_object_get(profile, "defaultErrnoRet"));
	if (code)
		return code;
	context = seccomp_init(action);
	if (!context)
		return log_refuse("seccomp: no memory");
	code = build(filter, context, profile);
	seccomp_release(context);
	return code;
}

static json_t *names(const struct word *rows, size_t count, const char *const *more)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(array, json_string(rows[i].name));
	for (; *more; more++)
		json_array_append_new(array, json_string(*more));
	return array;
}

json_t *seccomp_features(void)
{
	static const char *const with_number[] = { "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", NULL };
	static const char *const no_more[] = { NULL };

	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "enabled", 1,
			 "actions", names(actions, ARRAY_SIZE(actions), with_number),
			 "operators", names(operators, ARRAY_SIZE(operators), no_more),
			 "archs", names(architectures, ARRAY_SIZE(architectures), no_more),
			 "knownFlags", names(flags, ARRAY_SIZE(flags), no_more),
			 "supportedFlags", names(flags, ARRAY_SIZE(flags), no_more));
}
