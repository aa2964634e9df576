// SPDX-License-Identifier: GPL-2.0-only
/* Asking systemd about its units. */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "sysfs.h"
#include "unit.h"

#define NO_PROGRAM 127		/* as a shell says it */

/* By the directory that sd_booted(3) looks at. */
bool unit_manager_runs(void)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/systemd/system", PLACE_RUN);
	return !access(path, F_OK);
}

/* Without a unit and an option it takes NULL. Returns its exit code, and NO_PROGRAM where it could not be run. */
static int systemctl(const char *verb, const char *unit, const char *option)
{
	int status;
	pid_t pid;

	fflush(stdout);		/* else the child would say it once more */
	pid = fork();
	if (!pid) {
		if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
			execlp("systemctl", "systemctl", "--quiet", verb, unit, option, NULL);
		_exit(NO_PROGRAM);
	}
	if (pid < 0)
		return NO_PROGRAM;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return NO_PROGRAM;
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_PROGRAM;
}

bool unit_is_active(const char *unit)
{
	int code = systemctl("is-active", unit, NULL);

	return !code || code == NO_PROGRAM;
}

void unit_stop(const char *unit)
{
	systemctl("stop", unit, NULL);
}

bool unit_start(const char *unit)
{
	return !systemctl("start", unit, "--no-block");
}

void unit_read_all(void)
{
	systemctl("daemon-reload", NULL, NULL);
}
