// SPDX-License-Identifier: GPL-2.0-only
/* The namespace by ip(8) and tc(8) of iproute2, told to the agent in its own messages. */
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "link.h"
#include "network.h"
#include "program.h"

#define TAP "mkrun"		/* and a number; engines call theirs otherwise */
#define END_MS 10000		/* mkio ends with the process that it was a child of */
#define LOOK_MS 10

static int __attribute__((format(printf, 2, 3))) refuse(char *why, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why, INSTANCE_WHY, format, values);
	va_end(values);
	return CLI_REFUSED;
}

static bool has_flag(json_t *object, const char *flag)
{
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(object, "flags"), i, each)
		if (json_is_string(each) && !strcmp(json_string_value(each), flag))
			return true;
	return false;
}

static bool is_file(const struct stat *about, const char *path)
{
	struct stat other;

	return !stat(path, &other) && other.st_dev == about->st_dev &&
		other.st_ino == about->st_ino;
}

/* To lead away what is the host's would cut the host off. */
static int enter(int fd, const char *path, char *why)
{
	struct stat about;

	if (fd < 0 || fstat(fd, &about))
		return refuse(why, "the network namespace %s: %s", path, strerror(errno));
	if (is_file(&about, "/proc/self/ns/net") || is_file(&about, "/proc/1/ns/net"))
		return refuse(why, "the host's network namespace cannot be shared with a container that has its own kernel");
	if (setns(fd, CLONE_NEWNET))
		return refuse(why, errno == EINVAL ? "%s is no network namespace" :
			      "the network namespace %s cannot be joined", path);
	return CLI_OK;
}

static int add_interface(struct network *network, json_t *link, const char *path, char *why)
{
	const char *name = cli_json_text(link, "ifname"), *type = cli_json_text(link, "link_type");
	const char *mac = cli_json_text(link, "address");
	struct network_interface *interface = &network->interface[network->count];

	if (!name || !type)
		return refuse(why, "ip tells of no interfaces as mkrun knows them");
	if (!strncmp(name, TAP, strlen(TAP)))
		return refuse(why, "the network namespace %s is another container's: %s is there",
			      path, name);
	if (strcmp(type, "ether") || !mac)
		return refuse(why, "%s in the network namespace %s has no Ethernet, but %s", name,
			      path, type);
	if (network->count == NETWORK_INTERFACES)
		return refuse(why, "the network namespace %s has more than %d interfaces", path,
			      NETWORK_INTERFACES);
	interface->name = name;
	interface->mac = mac;
	snprintf(interface->mtu, sizeof(interface->mtu), "%lld",
		 (long long)json_integer_value(json_object_get(link, "mtu")));
	snprintf(interface->tap, sizeof(interface->tap), TAP "%u", network->count);
	snprintf(interface->device, sizeof(interface->device), "net%u", network->count);
	network->count++;
	return CLI_OK;
}

/* Modules of tunnels put interfaces into each namespace that are not used, and not up. */
static int find_interfaces(struct network *network, const char *path, char *why)
{
	int code = CLI_OK;
	json_t *link;
	size_t i;

	json_array_foreach(network->links, i, link)
		if (!code && has_flag(link, "UP") && !has_flag(link, "LOOPBACK"))
			code = add_interface(network, link, path, why);
	return code;
}

/* Routes to nowhere, by several ways, or for one protocol by another are not known here. */
static int check_routes(json_t *routes, const char *path, char *why)
{
	const char *target;
	json_t *route;
	size_t i;

	json_array_foreach(routes, i, route) {
		target = cli_json_text(route, "dst");
		if (!cli_json_text(route, "dev") || !target || json_object_get(route, "type") ||
		    json_object_get(route, "via") || json_object_get(route, "encap"))
			return refuse(why, "mkrun has no route like that to %s in the network namespace %s",
				      target ? target : "all", path);
	}
	return CLI_OK;
}

static json_t *read_routes(const char *family)
{
	return program_json((const char *const[]){ "ip", "-j", family, "route", "show", "table",
						   "main", NULL });
}

int network_enter(const char *path, char why[INSTANCE_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code = enter(fd, path, why);

	if (fd >= 0)
		close(fd);
	return code;
}

static int look(struct network *network, const char *path, char *why)
{
	int code;

	network->links = program_json((const char *const[]){ "ip", "-j", "address", NULL });
	if (!network->links)
		return refuse(why, "cannot read the network namespace %s: mkrun needs ip and tc, Debian's iproute2",
			      path);
	network->routes[0] = read_routes("-4");
	network->routes[1] = read_routes("-6");
	code = find_interfaces(network, path, why);
	if (!code)
		code = check_routes(network->routes[0], path, why);
	return code ? code : check_routes(network->routes[1], path, why);
}

int network_join(struct network *network, const char *path, char why[INSTANCE_WHY])
{
	int code = network_enter(path, why);

	return code ? code : look(network, path, why);
}

static void remove_ingress(const char *name)
{
	char said[INSTANCE_WHY];

	program_run((const char *const[]){ "tc", "qdisc", "del", "dev", name, "ingress", NULL },
		    said, sizeof(said));
}

static int add_ingress(const char *name, char *why)
{
	return program_run((const char *const[]){ "tc", "qdisc", "add", "dev", name, "ingress",
						  NULL }, why, INSTANCE_WHY);
}

/* tc-u32(8), a match of no bits; tc-mirred(8). Nothing of it gets to the namespace's own protocols. */
static int redirect(const char *from, const char *to, char *why)
{
	char said[INSTANCE_WHY];
	int code = add_ingress(from, said);

	if (!code)
		code = program_run((const char *const[]){
			"tc", "filter", "add", "dev", from, "ingress", "protocol", "all", "u32",
			"match", "u32", "0", "0", "action", "mirred", "egress", "redirect", "dev",
			to, NULL
		}, said, sizeof(said));
	return code ? refuse(why, "cannot lead frames from %s to %s: %s", from, to, said) : CLI_OK;
}

/* One whose process was ended by force may have left its qdisc; it goes with the tap, else. */
int network_mirror(const struct network *network, char why[INSTANCE_WHY])
{
	const struct network_interface *each = network->interface;
	int code = CLI_OK;

	for (; !code && each < network->interface + network->count; each++) {
		remove_ingress(each->name);
		code = redirect(each->name, each->tap, why);
		if (!code)
			code = redirect(each->tap, each->name, why);
	}
	return code;
}

void network_end(const struct network *network)
{
	const struct network_interface *each = network->interface;

	for (; each < network->interface + network->count; each++)
		remove_ingress(each->name);
}

void network_forget(const char *path)
{
	static struct network network;
	char why[INSTANCE_WHY];
	int ms;

	if (network_enter(path, why))
		return;
	for (ms = 0; ms < END_MS && if_nametoindex(TAP "0"); ms += LOOK_MS)
		usleep(LOOK_MS * 1000);
	if (!look(&network, path, why))
		network_end(&network);
}

/* Addresses of the link alone each kernel makes for itself. */
static int tell_addresses(const char *name, json_t *addresses, struct stream *stream)
{
	struct agent_message message = { .type = AGENT_ADDRESS, .text = { name } };
	const char *scope;
	json_t *each;
	int err = 0;
	size_t i;

	json_array_foreach(addresses, i, each) {
		scope = cli_json_text(each, "scope");
		message.text[1] = cli_json_text(each, "local");
		message.number[0] = json_integer_value(json_object_get(each, "prefixlen"));
		if (!err && message.text[1] && scope && strcmp(scope, "link"))
			err = link_send(stream, &message);
	}
	return err;
}

static int tell_interface(const struct network_interface *interface, json_t *links,
			  struct stream *stream)
{
	const struct agent_message message = {
		.type = AGENT_INTERFACE, .text = { interface->name, interface->mac },
	};
	int err = link_send(stream, &message);
	json_t *link;
	size_t i;

	json_array_foreach(links, i, link)
		if (!err && !strcmp(cli_json_text(link, "ifname"), interface->name))
			err = tell_addresses(interface->name, json_object_get(link, "addr_info"),
					     stream);
	return err;
}

static bool is_ours(const struct network *network, const char *name)
{
	u32 i;

	for (i = 0; i < network->count; i++)
		if (!strcmp(network->interface[i].name, name))
			return true;
	return false;
}

/* What the kernel there makes or learns by itself: the link's own, and what routers say. */
static bool comes_by_itself(json_t *route)
{
	const char *protocol = cli_json_text(route, "protocol");

	return !strncmp(cli_json_text(route, "dst"), "fe80:", 5) || (protocol && !strcmp(protocol, "ra"));
}

static int tell_route(json_t *route, bool six, struct stream *stream)
{
	struct agent_message message = {
		.type = AGENT_ROUTE,
		.text = { cli_json_text(route, "dev"), NULL, cli_json_text(route, "gateway"),
			  cli_json_text(route, "prefsrc") },
		.number = { six ? 128 : 32, json_integer_value(json_object_get(route, "metric")),
			    has_flag(route, "onlink") ? RTNH_F_ONLINK : 0 },
	};
	char destination[64], *slash;

	snprintf(destination, sizeof(destination), "%s", cli_json_text(route, "dst"));
	if (!strcmp(destination, "default"))
		snprintf(destination, sizeof(destination), "%s", six ? "::/0" : "0.0.0.0/0");
	slash = strchr(destination, '/');
	if (slash) {
		*slash = '\0';
		message.number[0] = strtoul(slash + 1, NULL, 10);
	}
	message.text[1] = destination;
	return link_send(stream, &message);
}

/* A gateway must be reached before a route can lead there. */
static int tell_routes(const struct network *network, bool six, bool by_gateway,
		       struct stream *stream)
{
	json_t *each;
	int err = 0;
	size_t i;

	json_array_foreach(network->routes[six], i, each)
		if (!err && !!json_object_get(each, "gateway") == by_gateway &&
		    is_ours(network, cli_json_text(each, "dev")) && !comes_by_itself(each))
			err = tell_route(each, six, stream);
	return err;
}

int network_tell(const struct network *network, struct stream *stream)
{
	int err = 0, kind;
	u32 i;

	for (i = 0; !err && i < network->count; i++)
		err = tell_interface(&network->interface[i], network->links, stream);
	for (kind = 0; !err && kind < 4; kind++)
		err = tell_routes(network, kind & 1, kind & 2, stream);
	return err;
}
