/* SPDX-License-Identifier: MIT */
/* Command line: words apart by blanks, options as name=value. */
#include <string.h>
#include <minios/app.h>

bool minios_option(const char *cmdline, const char *name, char *buf, unsigned int size)
{
	size_t name_len = strlen(name), len;

	while (*cmdline) {
		while (*cmdline == ' ')
			cmdline++;
		for (len = 0; cmdline[len] && cmdline[len] != ' '; len++)
			;
		if (len > name_len && !strncmp(cmdline, name, name_len) &&
		    cmdline[name_len] == '=') {
			cmdline += name_len + 1;
			len -= name_len + 1;
			if (len > size - 1)
				len = size - 1;
			memcpy(buf, cmdline, len);
			buf[len] = '\0';
			return true;
		}
		cmdline += len;
	}
	return false;
}
