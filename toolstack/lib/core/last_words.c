// SPDX-License-Identifier: LGPL-2.1-only
/* What a guest that is about to be destroyed has left in its console ring, as part of an error. */
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"

#define MAX_WORDS 240U /* bytes of it */
#define MAX_LINES 3U

static bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/*
 * The last lines of it, in one: "first | second".  Whatever a guest writes, this goes to somebody's
 * terminal: what cannot be printed is left out.
 */
size_t chaos_last_lines(const char *text, size_t len, char *out, size_t room)
{
	unsigned int nr_lines = 0;
	size_t at = room, end;

	/* From the end, into the end of the room. */
	while (len && nr_lines < MAX_LINES && at > 8) {
		for (end = len; end && !is_printable(text[end - 1]); end--)
			;
		if (!end)
			break;
		if (nr_lines++) {
			at -= 3;
			memcpy(out + at, " | ", 3);
		}
		for (; end && text[end - 1] != '\n' && at > 8; end--)
			if (is_printable(text[end - 1]))
				out[--at] = text[end - 1];
		len = end;
		if (end && text[end - 1] != '\n') { /* no room for all of it */
			at -= 3;
			memcpy(out + at, "...", 3);
			break;
		}
	}
	memmove(out, out + at, room - at);
	return room - at;
}

/* False when somebody else reads it, or the guest has closed it. */
static bool read_console(struct chaos_ctx *ctx, uint32_t domid, char *text, size_t size,
			 size_t *len)
{
	struct chaos_console *con;

	if (chaos_console_attach(ctx, domid, &con, NULL))
		return false;
	*len = chaos_console_read(con, text, size);
	chaos_console_detach(con);
	return true;
}

void chaos_last_words(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	char text[4096], words[MAX_WORDS + 1];
	size_t used, len = 0;
	bool is_read;

	if (!err || (err->code != CHAOS_GUEST && err->code != CHAOS_TIMEOUT))
		return;
	is_read = read_console(ctx, domid, text, sizeof(text), &len);
	len = chaos_last_lines(text, len, words, sizeof(words) - 1);
	words[len] = '\0';
	used = strlen(err->text);
	if (len)
		(void)snprintf(err->text + used, sizeof(err->text) - used,
			       "; its console ends with: %s", words); /* cut is fine */
	else
		(void)snprintf(
			err->text + used, sizeof(err->text) - used,
			is_read ? "; it wrote nothing to its console" :
				  "; somebody reads its console ('chaos logs', if it is chaosd)");
}
