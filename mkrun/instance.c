// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs, which kernel, which initrd; then what mkctl says. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cpu_list.h"
#include "instance.h"
#include "mkrun.h"
#include "place.h"
#include "program.h"

#define CPUS_MAX 4096
#define CID_OF_FIRST 2		/* as mkio vsock counts: the instance's id and 2 */

static int refuse(char *why, const char *sentence)
{
	snprintf(why, INSTANCE_WHY, "%s", sentence);
	return CLI_REFUSED;
}

static json_t *list(void)
{
	return program_json((const char *const[]){ "mkctl", "list", "--json", NULL });
}

static bool is_taken(json_t *instances, u32 cpu)
{
	json_t *instance, *each;
	size_t i, j;

	json_array_foreach(instances, i, instance)
		json_array_foreach(json_object_get(instance, "cpus"), j, each)
			if (json_integer_value(each) == cpu)
				return true;
	return false;
}

/* Those that may be had and are free, in the order of the list. */
static int choose_cpus(const struct conf *conf, const struct wish *wish, json_t *instances,
		       char cpus[CONF_TEXT], char *why)
{
	static u32 allowed[CPUS_MAX];
	u32 i, count, got = 0;
	char *text;

	if (*wish->cpus) {
		snprintf(cpus, CONF_TEXT, "%s", wish->cpus);
		return CLI_OK;
	}
	if (cpu_list_parse(conf->cpus, CPUS_MAX, allowed, &count))
		return refuse(why, "mkrun.conf: cpus= takes a list such as 2-3,5");
	for (i = 0; i < count && got < wish->cpu_count; i++)
		if (!is_taken(instances, allowed[i]))
			allowed[got++] = allowed[i];
	if (got < wish->cpu_count) {
		snprintf(why, INSTANCE_WHY,
			 "out of CPUs: the container wants %u, and of %s there are %u free",
			 wish->cpu_count, conf->cpus, got);
		return CLI_REFUSED;
	}
	text = cpu_list_text(allowed, got);
	snprintf(cpus, CONF_TEXT, "%s", text ? text : "");
	free(text);
	return CLI_OK;
}

/* mkctl says whose sentence it is; the engine's user sees but one. */
static int run(const char *const *words, char *why)
{
	char said[INSTANCE_WHY];
	int code = program_run(words, said, sizeof(said));

	snprintf(why, INSTANCE_WHY, "%s", said);
	return code ? CLI_REFUSED : CLI_OK;
}

static int find_cid(struct machine *machine, char *why)
{
	json_t *instances = list(), *instance;
	const char *name;
	size_t i;

	json_array_foreach(instances, i, instance) {
		name = json_string_value(json_object_get(instance, "name"));
		if (name && !strcmp(name, machine->name))
			machine->cid = json_integer_value(json_object_get(instance, "id")) +
				CID_OF_FIRST;
	}
	json_decref(instances);
	return machine->cid ? CLI_OK : refuse(why, "the instance that was made is not there");
}

static int create(struct machine *machine, const struct conf *conf, const struct wish *wish,
		  char *why)
{
	char cpus[CONF_TEXT], memory[32];
	json_t *instances = list();
	int code;

	if (!instances)
		return refuse(why, "mkctl lists no instances: is the multikernel module loaded?");
	code = choose_cpus(conf, wish, instances, cpus, why);
	json_decref(instances);
	if (code)
		return code;
	snprintf(memory, sizeof(memory), "%llu",
		 (unsigned long long)mk_align_up(wish->memory, MK_LARGE_PAGE_SIZE));
	return run((const char *const[]){ "mkctl", "create", machine->name, "--cpus", cpus, "--memory",
					  memory, NULL }, why);
}

/* CPUs that were chosen are not chosen again before they are had. */
static int lock(void)
{
	char path[CONF_TEXT];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", mkrun_root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

int instance_create(struct machine *machine, const struct conf *conf, const struct wish *wish,
		    char why[INSTANCE_WHY])
{
	int fd = lock(), code = create(machine, conf, wish, why);

	if (!code)
		code = find_cid(machine, why);
	if (fd >= 0)
		close(fd);
	return code;
}

/* By its name, as distributions name them; the modules must be of the same release. */
static int find_release(const char *kernel, char release[CONF_TEXT], char *why)
{
	const char *name = strstr(kernel, "vmlinuz-");

	if (!name)
		return refuse(why, "the kernel's file is not named vmlinuz-RELEASE");
	snprintf(release, CONF_TEXT, "%s", name + strlen("vmlinuz-"));
	return CLI_OK;
}

/* One for each release, made when it is first needed. */
static int find_initrd(const struct conf *conf, const char *kernel, char initrd[CONF_TEXT],
		       char *why)
{
	char release[CONF_TEXT];

	if (*conf->initrd) {
		snprintf(initrd, CONF_TEXT, "%s", conf->initrd);
		return CLI_OK;
	}
	if (find_release(kernel, release, why))
		return CLI_REFUSED;
	if (snprintf(initrd, CONF_TEXT, "%s/initrd-%s", mkrun_root, release) >= CONF_TEXT)
		return refuse(why, "the kernel's name is too long");
	if (!access(initrd, F_OK))
		return CLI_OK;
	return run((const char *const[]){ "mkrun-initrd", release, initrd, NULL }, why);
}

int instance_boot(const struct machine *machine, const struct conf *conf, char why[INSTANCE_WHY])
{
	char kernel[CONF_TEXT], initrd[CONF_TEXT], append[CONF_TEXT + 16];
	struct utsname host;
	const char *words[] = { "mkctl", "boot", machine->name, "--kernel", kernel, "--initrd", initrd,
				"--inject", "--append", append, NULL, NULL, NULL };

	uname(&host);
	if (*conf->kernel)
		snprintf(kernel, sizeof(kernel), "%s", conf->kernel);
	else
		snprintf(kernel, sizeof(kernel), "/boot/vmlinuz-%s", host.release);
	if (find_initrd(conf, kernel, initrd, why))
		return CLI_REFUSED;
	snprintf(append, sizeof(append), "quiet %s", conf->append);
	if (*conf->module) {
		words[10] = "--module";
		words[11] = conf->module;
	}
	return run(words, why);
}

static bool is_there(const char *name)
{
	char path[CONF_TEXT];

	snprintf(path, sizeof(path), "%s/fs/multikernel/instances/%s", PLACE_SYS, name);
	return !access(path, F_OK);
}

int instance_destroy(const char *name, char why[INSTANCE_WHY])
{
	int code;

	if (!is_there(name))
		return CLI_OK;
	code = run((const char *const[]){ "mkctl", "kill", name, NULL }, why);
	return code ? code : run((const char *const[]){ "mkctl", "delete", name, NULL }, why);
}

void instance_failure(const char *name, char why[INSTANCE_WHY])
{
	char path[CONF_TEXT];
	FILE *file;

	snprintf(path, sizeof(path), "%s/fs/multikernel/instances/%s/failure", PLACE_SYS, name);
	file = fopen(path, "re");
	if (!file || !fgets(why, INSTANCE_WHY, file))
		*why = '\0';
	why[strcspn(why, "\n")] = '\0';
	if (file)
		fclose(file);
}
