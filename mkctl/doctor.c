// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl doctor: what of this machine is as it must be, what is not, and what to do about it. Nothing
 * is tried, only looked at. The questions are in doctor_kernel.c, doctor_cpus.c,
 * doctor_memory.c and doctor_blocks.c.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"
#include "json.h"
#include "mkctl.h"
#include "place.h"
#include "sysfs.h"
#include "table.h"
#include "whole.h"

static bool json, bundle;

static const struct question *const tables[] = { doctor_kernel, doctor_cpus, doctor_memory, doctor_blocks };
static const char *const words[] = { [PASS] = "pass", [WARN] = "warn", [FAIL] = "fail" };

static void answer(struct finding *finding, enum verdict verdict, const char *remedy,
		   const char *text, va_list args)
{
	finding->verdict = verdict;
	vsnprintf(finding->text, sizeof(finding->text), text, args);
	snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
}

void finding_pass(struct finding *finding, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	answer(finding, PASS, "", text, args);
	va_end(args);
}

void finding_warn(struct finding *finding, const char *remedy, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	answer(finding, WARN, remedy, text, args);
	va_end(args);
}

void finding_fail(struct finding *finding, const char *remedy, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	answer(finding, FAIL, remedy, text, args);
	va_end(args);
}

/* The first word of a path says which of the system's directories it is in. */
static const char *real_place(const char *path)
{
	if (!strncmp(path, "proc/", 5))
		return PLACE_PROC;
	if (!strncmp(path, "modules/", 8))
		return PLACE_MODULES;
	return !strncmp(path, "boot/", 5) ? PLACE_BOOT : PLACE_SYS;
}

bool doctor_read(char *text, size_t size, const char *format, ...)
{
	char relative[SYSFS_PATH_SIZE], path[2 * SYSFS_PATH_SIZE];
	ssize_t length = -1;
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(relative, sizeof(relative), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s%s", real_place(relative), strchr(relative, '/'));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read_all(fd, text, size - 1);
		close(fd);
	}
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length > 0 ? length : 0] = '\0';
	return length >= 0;
}

bool doctor_last_word(char line[COMMAND_LINE_SIZE], bool (*next)(const char **position, struct mk_word *word),
		      const char *name, struct mk_word *found)
{
	const char *position = line;
	struct mk_word word;
	bool there = false;

	doctor_read(line, COMMAND_LINE_SIZE, "proc/cmdline");
	while (next(&position, &word)) {
		if (!mk_word_is(&word, name) || !word.value)
			continue;
		*found = word;
		there = true;
	}
	return there;
}

typedef void (*tell_fn)(const struct question *question, const struct finding *finding,
			void *context);

/* Asks all questions in their order, and tells each answer; returns the worst. */
static enum verdict ask_all(tell_fn tell, void *context)
{
	const struct question *question;
	enum verdict worst = PASS;
	struct finding finding;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (question = tables[i]; question->name; question++) {
			memset(&finding, 0, sizeof(finding));
			question->ask(&finding);
			tell(question, &finding, context);
			if (finding.verdict > worst)
				worst = finding.verdict;
		}
	}
	return worst;
}

static void print(const struct question *question, const struct finding *finding, void *context)
{
	static const enum cli_colour colours[] = {
		[PASS] = CLI_GREEN, [WARN] = CLI_YELLOW, [FAIL] = CLI_RED
	};
	enum cli_colour colour = colours[finding->verdict];

	(void)context;
	printf("%s%s%s  %-12s %s\n", cli_colour_begin(colour), words[finding->verdict],
	       cli_colour_end(colour), question->name, finding->text);
	if (*finding->remedy)
		printf("%18s %s\n", "->", finding->remedy);
}

static void append(const struct question *question, const struct finding *finding, void *context)
{
	json_array_append_new(context, json_pack("{s:s, s:s, s:s, s:s}", "name", question->name,
		"verdict", words[finding->verdict], "text", finding->text,
		"remedy", finding->remedy));
}

/*
 * What a bug report needs, and nothing that is private: no host name, no user, no serial number, and
 * no sentence of the module, which may quote a name or a word of a command line.
 */
static const char *const bundled[] = {
	"proc/version", "proc/cpuinfo", "proc/meminfo", "proc/iomem",
	"sys/devices/system/cpu/possible", "sys/devices/system/cpu/present", "sys/devices/system/cpu/online",
	"sys/devices/system/node/online", "sys/devices/system/memory/block_size_bytes",
	"sys/kernel/security/lockdown", "sys/fs/multikernel/version",
	"sys/fs/multikernel/pool/memory_bytes", "sys/fs/multikernel/pool/memory_free_bytes",
	"sys/fs/multikernel/pool/cpus", "sys/module/multikernel/parameters/pool",
};

/* Whose memory it is stands in /proc/iomem behind these; names may tell of whom they serve. */
static void hide_names(char *text)
{
	static const char *const kinds[] = { ": Multikernel instance ", ": Multikernel image " };
	size_t i, length;
	char *at;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (at = text; (at = strstr(at, kinds[i]));) {
			at += strlen(kinds[i]);
			length = strcspn(at, "\n");
			memset(at, '*', length);
		}
	}
}

/* An object whose members are the findings, and those files as they are. */
static int print_bundle(json_t *findings)
{
	json_t *object = json_object(), *files = json_object();
	static char text[1 << 20];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bundled); i++) {
		if (!doctor_read(text, sizeof(text), "%s", bundled[i]))
			continue;
		hide_names(text);
		json_object_set_new(files, bundled[i], json_string(text));
	}
	json_object_set_new(object, "mkctl", json_string(MKCTL_VERSION));
	json_object_set_new(object, "findings", findings);
	json_object_set_new(object, "files", files);
	return cli_json_print(object);
}

/* Warnings are no failure: a machine with some works. */
static int doctor(int count, char **operand)
{
	json_t *findings;
	enum verdict worst;
	int code = CLI_OK;

	(void)count;
	(void)operand;
	if (json || bundle) {
		findings = json_array();
		worst = ask_all(append, findings);
		code = bundle ? print_bundle(findings) : cli_json_print(findings);
	} else {
		worst = ask_all(print, NULL);
	}
	return worst == FAIL ? CLI_REFUSED : code;
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an array of objects", &json },
	{ "bundle", 0, CLI_FLAG, NULL, "an object for a bug report: the answers, and files of /proc and /sys", &bundle },
	{ 0 }
};

const struct cli_command mkctl_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "look whether this machine is fit, and what to do about it",
	.help =
"Asks about this kernel, its CPUs and its memory what a first try would show, and changes nothing.\n"
"Each line passes, warns or fails, with a remedy. The exit code is 1 if one fails.\n",
	.options = options,
	.run = doctor,
};
