// SPDX-License-Identifier: GPL-2.0-only
/* Giving up capabilities (capabilities(7)). */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rights.h"
#include "say.h"

/*
 * The user stays root, who has the devices that are opened anew for each life; without
 * capabilities he is one user among others. A program that he starts would have all of them again,
 * were it not for the first call here (security/commoncap.c, cap_bprm_creds_from_file()).
 */
int rights_keep(u64 capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	u32 i;

	if (capabilities == RIGHTS_ALL)
		return CLI_OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capget, &header, data))
		return cli_refuse("cannot give up rights: %s", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(data); i++) {
		data[i].permitted &= capabilities >> (32 * i);
		data[i].effective &= data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data))
		return cli_refuse("cannot give up rights: %s", strerror(errno));
	return CLI_OK;
}
