// SPDX-License-Identifier: GPL-2.0-only
/* Files, and the console, for init. */
#include <asm/fcntl.h>

#include "sys.h"
#include "text.h"

/* Not always found in a -ffreestanding build, and the compiler may call them. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return start;
}

void *memset(void *to, int c, size_t n)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return start;
}

long file_read(const char *path, char *text, size_t size)
{
	long fd = SYS3(open, path, O_RDONLY | O_CLOEXEC, 0);
	size_t at = 0;
	long n = 0;

	if (fd < 0)
		return fd;
	while (at + 1 < size) {
		n = SYS3(read, fd, text + at, size - 1 - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	(void)SYS1(close, fd); /* it was read only */
	text[at] = '\0';
	return n < 0 ? n : (long)at;
}

long file_write(const char *path, const char *text)
{
	long fd = SYS3(open, path, O_WRONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	n = SYS3(write, fd, text, text_len(text));
	(void)SYS1(close, fd); /* sysfs tells at the write */
	return n;
}

void say(const char *text)
{
	char line[512] = "tinyx: ";

	text_add(line, sizeof(line) - 1, text);
	text_add(line, sizeof(line), "\n");
	/* There is nobody to tell that nobody can be told. */
	(void)SYS3(write, 1, line, text_len(line));
}

void say_error(const char *what, const char *on, long error)
{
	char line[400] = "";

	text_add(line, sizeof(line), what);
	text_add(line, sizeof(line), " ");
	text_add(line, sizeof(line), on);
	text_add(line, sizeof(line), ": error ");
	text_add_number(line, sizeof(line), (unsigned long)-error);
	say(line);
}
