// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs, which kernel, which initrd; then what mkctl says. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "container.h"
#include "cpu_list.h"
#include "instance.h"
#include "mkrun.h"
#include "place.h"
#include "program.h"

#define CPUS_MAX 4096
#define LIST_SHOWN 200	/* of a list of CPUs, in a sentence */
#define NO_LIST "mkctl lists no instances: is the multikernel module loaded?"
#define BLOCK (128ULL << 20)	/* in which kernels take memory; of larger ones mkctl tells */
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

/**
 * struct cpus - a list of them, in their order
 * @id:    as the host numbers them
 * @count: how many
 */
struct cpus {
	u32 id[CPUS_MAX];
	u32 count;
};

/* A list as a sentence has it, of which the end still counts. */
static const char *shown(const char *list)
{
	static char text[LIST_SHOWN + 4];

	snprintf(text, sizeof(text), "%.*s%s", LIST_SHOWN, list, strlen(list) > LIST_SHOWN ? "..." : "");
	return text;
}

static int parse(struct cpus *cpus, const char *list, const char *key, char *why)
{
	if (!cpu_list_parse(list, CPUS_MAX, cpus->id, &cpus->count))
		return CLI_OK;
	snprintf(why, INSTANCE_WHY, "%s takes a list such as 2-3,5, and not \"%s\"", key, shown(list));
	return CLI_REFUSED;
}

static bool has(const struct cpus *cpus, u32 id)
{
	u32 i;

	for (i = 0; i < cpus->count && cpus->id[i] != id; i++)
		;
	return i < cpus->count;
}

/* To be freed. */
static int write_list(const struct cpus *cpus, char **list, char *why)
{
	*list = cpu_list_text(cpus->id, cpus->count);
	return *list ? CLI_OK : refuse(why, "out of memory");
}

/* Until there are enough: those that may be had and are free, in the order of the list. */
static int add_free(struct cpus *cpus, const struct conf *conf, const struct wish *wish,
		    json_t *instances, char *why)
{
	static struct cpus allowed;
	u32 i, had = cpus->count;

	if (parse(&allowed, conf->cpus, "mkrun.conf: cpus=", why))
		return CLI_REFUSED;
	for (i = 0; i < allowed.count && cpus->count < wish->cpu_count; i++)
		if (!is_taken(instances, allowed.id[i]))
			cpus->id[cpus->count++] = allowed.id[i];
	if (cpus->count >= wish->cpu_count)
		return CLI_OK;
	snprintf(why, INSTANCE_WHY, "out of CPUs: the container wants %u, and of %s there are %u free",
		 wish->cpu_count - had, shown(conf->cpus), cpus->count - had);
	return CLI_REFUSED;
}

/* Who names some does so among those that the operator has set aside: all others are the host's. */
static int take_named(struct cpus *cpus, const struct conf *conf, const struct wish *wish,
		      char *why)
{
	static struct cpus allowed;
	u32 i;

	if (parse(cpus, wish->cpus, "linux.resources.cpu.cpus", why) ||
	    parse(&allowed, conf->cpus, "mkrun.conf: cpus=", why))
		return CLI_REFUSED;
	for (i = 0; i < cpus->count && has(&allowed, cpus->id[i]); i++)
		;
	if (i == cpus->count)
		return CLI_OK;
	snprintf(why, INSTANCE_WHY,
		 "linux.resources.cpu.cpus has CPU %u, and containers may have %s: cpus= of mkrun.conf",
		 cpus->id[i], shown(conf->cpus));
	return CLI_REFUSED;
}

static int choose_cpus(struct cpus *cpus, const struct conf *conf, const struct wish *wish,
		       json_t *instances, char *why)
{
	cpus->count = 0;
	return *wish->cpus ? take_named(cpus, conf, wish, why) :
		add_free(cpus, conf, wish, instances, why);
}

/* All that it may ever have, those of its beginning among them; NULL for no more than these. */
static int choose_most(const struct cpus *cpus, const struct conf *conf, char **list, char *why)
{
	static struct cpus most;
	u32 i;

	*list = NULL;
	if (!*conf->cpus_max)
		return CLI_OK;
	if (parse(&most, conf->cpus_max, "mkrun.conf: cpus-max=", why))
		return CLI_REFUSED;
	for (i = 0; i < cpus->count && most.count < CPUS_MAX; i++)
		if (!has(&most, cpus->id[i]))
			most.id[most.count++] = cpus->id[i];
	return write_list(&most, list, why);
}

/* mkctl says whose sentence it is; the engine's user sees but one. */
static int run(const char *const *words, char *why)
{
	char said[INSTANCE_WHY];
	int code = program_run(words, said, sizeof(said));

	snprintf(why, INSTANCE_WHY, "%s", said);
	return code ? CLI_REFUSED : CLI_OK;
}

static json_t *find(json_t *instances, const char *name)
{
	json_t *instance;
	const char *each;
	size_t i;

	json_array_foreach(instances, i, instance) {
		each = json_string_value(json_object_get(instance, "name"));
		if (each && !strcmp(each, name))
			return instance;
	}
	return NULL;
}

static int find_cid(struct machine *machine, char *why)
{
	json_t *instances = list(), *instance = find(instances, machine->name);

	if (instance)
		machine->cid = json_integer_value(json_object_get(instance, "id")) + CID_OF_FIRST;
	json_decref(instances);
	return machine->cid ? CLI_OK : refuse(why, "the instance that was made is not there");
}

static int make(const struct machine *machine, const char *cpus, const char *most, u64 bytes, char *why)
{
	char memory[32];

	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)mk_align_up(bytes, MK_LARGE_PAGE_SIZE));
	return run((const char *const[]){ "mkctl", "create", machine->name, "--cpus", cpus,
					  "--memory", memory, most ? "--cpus-max" : NULL, most,
					  NULL }, why);
}

static int create(struct machine *machine, const struct conf *conf, const struct wish *wish,
		  char *why)
{
	static struct cpus cpus;
	char *list_of = NULL, *most = NULL;
	json_t *instances = list();
	int code;

	if (!instances)
		return refuse(why, NO_LIST);
	code = choose_cpus(&cpus, conf, wish, instances, why);
	json_decref(instances);
	if (!code)
		code = choose_most(&cpus, conf, &most, why);
	if (!code)
		code = write_list(&cpus, &list_of, why);
	if (!code)
		code = make(machine, list_of, most, wish->memory, why);
	free(list_of);
	free(most);
	return code;
}

/*
 * CPUs that were chosen are not chosen again before they are had. mkctl has the lock as well, by the
 * descriptor: what it makes for one who is gone meanwhile is waited for by who takes it away.
 */
static int lock(void)
{
	char path[CONTAINER_PATH];
	int fd = container_own_file("lock", path, sizeof(path)) ? -1 :
		open(path, O_RDWR | O_CREAT, 0600);

	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

int instance_create(struct machine *machine, const struct conf *conf, const struct wish *wish,
		    char why[INSTANCE_WHY])
{
	int fd = lock(), code = create(machine, conf, wish, why);

	machine->made = !code;
	if (!code)
		code = find_cid(machine, why);
	if (fd >= 0)
		close(fd);
	return code;
}

static void read_cpus(struct cpus *cpus, json_t *instance)
{
	json_t *each;
	size_t i;

	cpus->count = 0;
	json_array_foreach(json_object_get(instance, "cpus"), i, each)
		if (cpus->count < CPUS_MAX)
			cpus->id[cpus->count++] = json_integer_value(each);
}

/* The same CPUs, in whatever order? */
static bool are_same(const struct cpus *one, const struct cpus *other)
{
	u32 i;

	for (i = 0; i < one->count && has(other, one->id[i]); i++)
		;
	return i == one->count && one->count == other->count;
}

/* The first one stays in its place: its kernel began there. */
static int choose_again(struct cpus *cpus, const struct cpus *present, const struct conf *conf,
			const struct wish *wish, json_t *instances, char *why)
{
	if (*wish->cpus)
		return parse(cpus, wish->cpus, "linux.resources.cpu.cpus", why);
	*cpus = *present;
	if (cpus->count > wish->cpu_count)
		cpus->count = wish->cpu_count;
	return add_free(cpus, conf, wish, instances, why);
}

/* @list is NULL where they stay. */
static int choose_other_cpus(json_t *instances, const char *name, const struct conf *conf,
			     const struct wish *wish, char **list, char *why)
{
	static struct cpus present, wanted;
	int code;

	*list = NULL;
	if (!wish->cpu_count)
		return CLI_OK;
	read_cpus(&present, find(instances, name));
	code = choose_again(&wanted, &present, conf, wish, instances, why);
	if (code || are_same(&present, &wanted))
		return code;
	if (!*conf->cpus_max)
		return refuse(why, "its CPUs cannot change while its kernel runs: mkrun.conf has no cpus-max=");
	return write_list(&wanted, list, why);
}

/* No less than is wanted, and no more than a block from it. */
static u64 in_blocks(u64 present, u64 wanted)
{
	return wanted > present ? present + mk_align_up(wanted - present, BLOCK) :
		present - mk_align_down(present - wanted, BLOCK);
}

static int refuse_more_memory(u64 bytes, const struct conf *conf, char *why)
{
	snprintf(why, INSTANCE_WHY,
		 "out of memory: the container wants %llu MB, with its kernel's and in whole blocks of %llu MB, and memory-max= of mkrun.conf allows %llu MB",
		 (unsigned long long)bytes >> 20, BLOCK >> 20,
		 (unsigned long long)conf->memory_max >> 20);
	return CLI_REFUSED;
}

/* @size is "" where it stays. What it had at its beginning it may keep, as with CPUs. */
static int choose_other_memory(json_t *instances, const char *name, const struct conf *conf,
			       const struct wish *wish, char size[32], char *why)
{
	json_t *instance = find(instances, name);
	u64 present = json_integer_value(json_object_get(instance, "memory_bytes"));
	u64 wanted = mk_align_up(wish->memory, MK_LARGE_PAGE_SIZE);

	*size = '\0';
	if (!wanted || wanted == present)
		return CLI_OK;
	if (!conf->memory_max)
		return refuse(why, "memory.limit cannot change while its kernel runs: mkrun.conf has no memory-max=");
	wanted = in_blocks(present, wanted);
	if (wanted > present && wanted > conf->memory_max)
		return refuse_more_memory(wanted, conf, why);
	if (wanted != present)
		snprintf(size, 32, "%llu", (unsigned long long)wanted);
	return CLI_OK;
}

/**
 * struct change - what mkctl is told to set
 * @cpus:   as a list, to be freed; NULL where they stay
 * @memory: bytes; "" where it stays
 */
struct change {
	char *cpus;
	char memory[32];
};

static int choose(struct change *change, const char *name, const struct conf *conf,
		  const struct wish *wish, char *why)
{
	json_t *instances = list();
	int code;

	if (!instances)
		return refuse(why, NO_LIST);
	code = choose_other_cpus(instances, name, conf, wish, &change->cpus, why);
	if (!code)
		code = choose_other_memory(instances, name, conf, wish, change->memory, why);
	json_decref(instances);
	return code;
}

static int set(const char *name, const struct change *change, char *why)
{
	const char *words[] = { "mkctl", "set", name, NULL, NULL, NULL, NULL, NULL };
	const char **at = words + 3;

	if (change->cpus) {
		*at++ = "--cpus";
		*at++ = change->cpus;
	}
	if (*change->memory) {
		*at++ = "--memory";
		*at++ = change->memory;
	}
	return at == words + 3 ? CLI_OK : run(words, why);
}

int instance_check(const char *name, const struct conf *conf, const struct wish *wish,
		   char why[INSTANCE_WHY])
{
	struct change change = { NULL };
	int code = choose(&change, name, conf, wish, why);

	free(change.cpus);
	return code;
}

int instance_set(const char *name, const struct conf *conf, const struct wish *wish,
		 char why[INSTANCE_WHY])
{
	struct change change = { NULL };
	int fd = lock(), code = choose(&change, name, conf, wish, why);

	if (!code)
		code = set(name, &change, why);
	free(change.cpus);
	if (fd >= 0)
		close(fd);
	return code;
}

/* By its name, as distributions name them; the modules must be of the same release. */
static int find_release(const char *kernel, const char **release, char *why)
{
	const char *slash = strrchr(kernel, '/'), *name = slash ? slash + 1 : kernel;

	if (strncmp(name, "vmlinuz-", strlen("vmlinuz-")))
		return refuse(why, "the kernel's file is not named vmlinuz-RELEASE");
	if (strlen(name) > NAME_MAX)
		return refuse(why, "the kernel's name is too long");
	*release = name + strlen("vmlinuz-");
	return CLI_OK;
}

/* Has this file come there, or changed, since the other was made? What a package brings may be older by its own time. */
static bool is_newer(const char *path, const struct stat *other)
{
	struct stat about;

	return !stat(path, &about) && (about.st_ctim.tv_sec > other->st_mtim.tv_sec ||
				       (about.st_ctim.tv_sec == other->st_mtim.tv_sec &&
					about.st_ctim.tv_nsec > other->st_mtim.tv_nsec));
}

/* It holds the agent, and modules of the release: an upgrade of either makes it an old one. */
static bool is_fresh(const char *initrd, const char *release)
{
	char modules[PATH_MAX];
	struct stat about;

	snprintf(modules, sizeof(modules), "%s/%s/modules.dep", PLACE_MODULES, release);
	return !stat(initrd, &about) && !is_newer(PLACE_AGENT, &about) && !is_newer(modules, &about);
}

/* One for each release, made when it is first needed. */
static int make_initrd(const char *kernel, char initrd[PATH_MAX], char *why)
{
	char name[NAME_MAX + 16];
	const char *release;

	if (find_release(kernel, &release, why))
		return CLI_REFUSED;
	snprintf(name, sizeof(name), "initrd-%s", release);
	if (container_own_file(name, initrd, PATH_MAX))
		return refuse(why, "the kernel's name is too long");
	if (is_fresh(initrd, release))
		return CLI_OK;
	return run((const char *const[]){ "mkrun-initrd", release, initrd, NULL }, why);
}

/* The program that unpacks it may be missing: then the kernel does so itself. */
static int boot(const char **words, size_t count, const struct conf *conf, char *why)
{
	if (*conf->module) {
		words[count++] = "--module";
		words[count++] = conf->module;
	}
	if (!conf->unpack)
		return run(words, why);
	words[count] = "--unpack";
	if (!run(words, why))
		return CLI_OK;
	words[count] = NULL;
	return run(words, why);
}

int instance_boot(const struct machine *machine, const struct conf *conf, char why[INSTANCE_WHY])
{
	char own[PATH_MAX], made[PATH_MAX], *append;
	const char *kernel = *conf->kernel ? conf->kernel : own;
	const char *words[] = { "mkctl", "boot", machine->name, "--kernel", kernel, "--initrd",
				*conf->initrd ? conf->initrd : made, "--inject", "--append", NULL,
				NULL, NULL, NULL, NULL };
	struct utsname host;
	int code;

	uname(&host);
	snprintf(own, sizeof(own), "/boot/vmlinuz-%s", host.release);
	if (!*conf->initrd && make_initrd(kernel, made, why))
		return CLI_REFUSED;
	if (asprintf(&append, "quiet %s", conf->append) < 0)
		return refuse(why, "out of memory");
	words[9] = append;
	code = boot(words, 10, conf, why);
	free(append);
	return code;
}

static bool is_there(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/fs/multikernel/instances/%s", PLACE_SYS, name);
	return !access(path, F_OK);
}

static bool is_there_after_all(const char *name)
{
	int fd = lock();
	bool there = is_there(name);

	if (fd >= 0)
		close(fd);
	return there;
}

/* Two may do so at once: who comes late finds nothing to be done. */
int instance_destroy(const char *name, char why[INSTANCE_WHY])
{
	int code;

	if (!is_there_after_all(name))
		return CLI_OK;
	code = run((const char *const[]){ "mkctl", "kill", name, NULL }, why);
	if (!code)
		code = run((const char *const[]){ "mkctl", "delete", name, NULL }, why);
	return is_there(name) ? code : CLI_OK;
}

void instance_failure(const char *name, char why[INSTANCE_WHY])
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/fs/multikernel/instances/%s/failure", PLACE_SYS, name);
	file = fopen(path, "re");
	if (!file || !fgets(why, INSTANCE_WHY, file))
		*why = '\0';
	why[strcspn(why, "\n")] = '\0';
	if (file)
		fclose(file);
}
