// SPDX-License-Identifier: GPL-2.0-only
/* Questions about this kernel: what it is, what it was built with, what it forbids, what it runs. */
#include <dirent.h>
#include <sys/utsname.h>

#include "doctor.h"
#include "inject.h"
#include "multikernel.h"
#include "sysfs.h"

#define CONFIG_SIZE (1 << 20)
#define VERSION_LEAST 601	/* 6.1 */
#define VERSION_MOST 799	/* 7.x */

static void ask_version(struct finding *finding)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major * 100 + minor >= VERSION_LEAST && major * 100 + minor <= VERSION_MOST)
		finding_pass(finding, "this kernel is Linux %s", name.release);
	else
		finding_fail(finding, "boot a kernel from 6.1 to 7.x",
			     "this kernel is Linux %s, which the module is not made for", name.release);
}

static bool is_configured(const char *config, const char *option)
{
	char line[64];
	const char *found;

	snprintf(line, sizeof(line), "\nCONFIG_%s=y", option);
	found = strstr(config, line);
	return found && (!found[strlen(line)] || found[strlen(line)] == '\n');
}

/* What this kernel was built with, where Debian and Fedora keep it. */
static bool read_config(char config[CONFIG_SIZE], const char *release)
{
	return doctor_read(config, CONFIG_SIZE, "boot/config-%s", release) ||
	       doctor_read(config, CONFIG_SIZE, "modules/%s/config", release);
}

/* The livepatch is for kexec_file_load alone; the device does without. */
static void ask_config(struct finding *finding)
{
	static const char *const needed[] = {
		"KEXEC_FILE", "HOTPLUG_CPU", "MEMORY_HOTREMOVE", "CONTIG_ALLOC"
	};
	static char config[CONFIG_SIZE];
	struct utsname name;
	size_t i;

	uname(&name);
	if (!read_config(config, name.release)) {
		finding_warn(finding, "look for it where this distribution keeps it",
			     "there is neither /boot/config-%s nor /lib/modules/%s/config, so it is not known what this kernel was built with",
			     name.release, name.release);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!is_configured(config, needed[i])) {
			finding_fail(finding, "boot a kernel that has it, as Debian's do",
				     "this kernel was built without CONFIG_%s", needed[i]);
			return;
		}
	}
	if (is_configured(config, "LIVEPATCH"))
		finding_pass(finding, "this kernel was built with all that it takes");
	else
		finding_warn(finding, "none for mkctl; other users of kexec_file_load need CONFIG_LIVEPATCH",
			     "this kernel has no livepatches, so kexec_file_load does not know instances");
}

/* Ours is multikernel_kexec. */
static void ask_livepatch(struct finding *finding)
{
	char path[SYSFS_PATH_SIZE], other[64] = "";
	struct dirent *entry;
	DIR *directory;
	bool ours = false;

	sysfs_path(path, "kernel/livepatch");
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (!strcmp(entry->d_name, "multikernel_kexec"))
			ours = true;
		else if (*entry->d_name != '.')
			snprintf(other, sizeof(other), "%.60s", entry->d_name);
	}
	if (directory)
		closedir(directory);
	if (*other)
		finding_warn(finding, "mkctl does not need ours; load multikernel_kexec after the other for kexec_file_load",
			     "there is a livepatch of another, %s, which may replace ours", other);
	else
		finding_pass(finding, ours ? "the livepatch of kexec_file_load is there" :
			     "no livepatch is in the way");
}

/* The mode in force stands in brackets. */
static void ask_lockdown(struct finding *finding)
{
	char modes[128];

	if (!doctor_read(modes, sizeof(modes), "sys/kernel/security/lockdown") || strstr(modes, "[none]"))
		finding_pass(finding, "this kernel is not locked down");
	else
		finding_fail(finding, "turn Secure Boot off, or boot without lockdown=",
			     "this kernel is locked down (%s), which forbids to start another", modes);
}

/* UEFI specification, 3.3: the variable's attributes are before its one byte. */
static void ask_secure_boot(struct finding *finding)
{
	char variable[8] = { 0 };

	if (!doctor_read(variable, sizeof(variable),
			 "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"))
		finding_pass(finding, "Secure Boot is not there");
	else if (variable[4] == 1)
		finding_warn(finding, "turn it off in the firmware, if the module is refused",
			     "Secure Boot is on; Debian's kernels lock themselves down then");
	else
		finding_pass(finding, "Secure Boot is off");
}

static void ask_kexec(struct finding *finding)
{
	char text[16];

	if (doctor_read(text, sizeof(text), "proc/sys/kernel/kexec_load_disabled") && *text == '1')
		finding_fail(finding, "it stays so until the next boot: take kernel.kexec_load_disabled out of sysctl.d",
			     "this kernel loads no more kernels: kernel.kexec_load_disabled is 1");
	else
		finding_pass(finding, "this kernel may load others");
}

static void ask_signatures(struct finding *finding)
{
	char text[16];

	if (doctor_read(text, sizeof(text), "sys/module/module/parameters/sig_enforce") && *text == 'Y')
		finding_warn(finding, "sign the modules with the machine's own key (mokutil, kmodsign)",
			     "this kernel takes signed modules only");
	else
		finding_pass(finding, "modules need no signature");
}

/* As after a new kernel without its headers, for which DKMS could build none. */
static void ask_installed(struct finding *finding)
{
	char remedy[FINDING_TEXT];
	struct utsname name;

	uname(&name);
	if (inject_module_is_installed(name.release)) {
		finding_warn(finding, "modprobe multikernel", "the module is not loaded");
		return;
	}
	snprintf(remedy, sizeof(remedy),
		 "install linux-headers-%s, and DKMS builds it (dkms autoinstall says why not); elsewhere make install",
		 name.release);
	finding_warn(finding, remedy, "the module is not loaded, and not installed for this kernel");
}

static void ask_module(struct finding *finding)
{
	char version[SYSFS_TEXT_SIZE];

	if (!sysfs_exists("fs/multikernel"))
		ask_installed(finding);
	else if (!doctor_read(version, sizeof(version), "sys/fs/multikernel/version") ||
		 strcmp(version, MULTIKERNEL_VERSION))
		finding_fail(finding, "install both from one source, and load the module anew",
			     "this is mkctl %s, and the module is %s", MULTIKERNEL_VERSION,
			     *version ? version : "older");
	else
		finding_pass(finding, "the module is loaded, version %s", version);
}

static void ask_kdump(struct finding *finding)
{
	char text[16];

	if (doctor_read(text, sizeof(text), "sys/kernel/kexec_crash_loaded") && *text == '1')
		finding_warn(finding, "have it loaded anew when the pool has changed (kdump-config reload)",
			     "a crash kernel is loaded; one from before the pool dumps the instances' memory, too");
	else
		finding_pass(finding, "no crash kernel is loaded");
}

/* The modules of both makers count their machines in it. */
static void ask_kvm(struct finding *finding)
{
	char users[16];

	if ((doctor_read(users, sizeof(users), "sys/module/kvm_intel/refcnt") && strcmp(users, "0")) ||
	    (doctor_read(users, sizeof(users), "sys/module/kvm_amd/refcnt") && strcmp(users, "0")))
		finding_warn(finding, "pin the guests to CPUs that stay",
			     "virtual machines run here; their threads are moved off each CPU that is given away");
	else
		finding_pass(finding, "no virtual machine runs here");
}

/* What this machine could do with cpu0=1; the module proves it or refuses (core/boot_cpu_way.c). */
static void ask_boot_cpu(struct finding *finding)
{
	static char config[CONFIG_SIZE];
	struct utsname name;
	char vendor[64];

	uname(&name);
	if (!read_config(config, name.release))
		finding_pass(finding, "it is not known whether this kernel could give away CPU 0");
	else if (!is_configured(config, "HOTPLUG_CORE_SYNC_FULL"))
		finding_pass(finding, "CPU 0 stays here; it takes Linux 6.5 to give it away");
	else if (doctor_read(vendor, sizeof(vendor), "sys/class/dmi/id/bios_vendor") && !strcmp(vendor, "SeaBIOS"))
		finding_pass(finding, "with cpu0=1 an instance can have CPU 0, by SeaBIOS's warm-reset vector");
	else
		finding_pass(finding, "with cpu0=1 an instance can have CPU 0 if its BSP flag can be cleared, which the attempt shows");
}

const struct question doctor_kernel[] = {
	{ "kernel", ask_version },
	{ "config", ask_config },
	{ "lockdown", ask_lockdown },
	{ "secure-boot", ask_secure_boot },
	{ "kexec", ask_kexec },
	{ "signatures", ask_signatures },
	{ "module", ask_module },
	{ "livepatch", ask_livepatch },
	{ "kdump", ask_kdump },
	{ "kvm", ask_kvm },
	{ "cpu-0", ask_boot_cpu },
	{ 0 }
};
