// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of a tinyx guest: mounts, loads modules, sets the network up, starts the program of /etc/tinyx,
 * tells noxs-front (and with it the host) when the guest is ready, reaps, and ends the guest in order.
 *
 * Run by another name or as another process it is poweroff, reboot or halt: Linux calls /sbin/poweroff when
 * the host asks for a shutdown (orderly_poweroff()).
 *
 * No C library: it is the same file in every image, and a few KiB.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <linux/reboot.h>
#include <linux/wait.h>

#include "init.h"
#include "sys.h"
#include "text.h"

/* What busybox's and sysvinit's tools send to process 1. */
#define SIG_POWEROFF SIGUSR2
#define SIG_HALT     SIGUSR1
#define SIG_REBOOT   SIGTERM

#define GRACE_MS     5000 /* for programs to end; chaos gives a guest 60 s and more */
#define SIGNAL(n)    (1UL << ((n)-1))
#define EAGAIN	     11

/* Linux's own, with which rt_sigtimedwait() is called. */
struct timespec64 {
	long sec, nsec;
};

static struct description description;
static char buffer[65536];

void sleep_ms(long ms)
{
	struct timespec64 t = { ms / 1000, ms % 1000 * 1000000 };

	(void)SYS2(nanosleep, &t, NULL); /* shorter if a signal comes */
}

long wait_for(long pid)
{
	int status = 0;
	long rc;

	do
		rc = SYS4(wait4, pid, &status, 0, NULL);
	while (rc >= 0 && rc != pid);
	return rc < 0 ? rc : status;
}

/* Until no child is left. */
static void reap_all(long longest_ms)
{
	long ms;

	for (ms = 0; ms < longest_ms; ms += 10) {
		while (SYS4(wait4, -1, NULL, WNOHANG, NULL) > 0)
			;
		if (SYS4(wait4, -1, NULL, WNOHANG, NULL) < 0)
			break; /* -ECHILD */
		sleep_ms(10);
	}
}

static void __attribute__((noreturn)) end(long how)
{
	(void)SYS2(kill, -1, SIGTERM); /* nobody there: as good */
	reap_all(GRACE_MS);
	(void)SYS2(kill, -1, SIGKILL);
	reap_all(1000);
	service_unmount(&description);
	(void)SYS0(sync);
	for (;;) {
		(void)SYS4(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, how, NULL);
		sleep_ms(1000);
	}
}

static bool is_listening(unsigned int port)
{
	return (file_read("/proc/net/tcp", buffer, sizeof(buffer)) > 0 &&
		text_listens(buffer, port)) ||
	       (file_read("/proc/net/tcp6", buffer, sizeof(buffer)) > 0 &&
		text_listens(buffer, port));
}

static void tell_ready(void)
{
	char line[64] = "ready ", *p = buffer;

	/* Without noxs-front it is known by the console alone. */
	(void)file_write(PARAMETERS "ready", "1");
	if (file_read("/proc/uptime", buffer, sizeof(buffer)) > 0)
		text_add(line, sizeof(line), text_line(&p));
	say(line);
}

/* What Linux kills a program for, as a rule. */
static void tell_memory(void)
{
	char line[96] = "which Linux does when memory is short; it had ", *p = buffer, *found;

	if (file_read("/proc/meminfo", buffer, sizeof(buffer)) <= 0)
		return;
	while ((found = text_line(&p)) && !text_after(found, "MemTotal:"))
		;
	if (found)
		say(text_add(line, sizeof(line), text_after(found, "MemTotal:")));
}

/* The program is `main`; what it leaves behind may be the service (a daemon that forks). */
static void reap(long main_pid)
{
	char line[64] = "the program ";
	int status, signal;
	long pid;

	while ((pid = SYS4(wait4, -1, &status, WNOHANG, NULL)) > 0) {
		if (pid != main_pid || !status)
			continue;
		service_last_words(&description);
		signal = status & 127;
		text_add(line, sizeof(line),
			 signal ? "was killed by signal " : "ended with status ");
		text_add_number(line, sizeof(line), (unsigned long)(signal ? signal : status >> 8));
		say(line);
		if (signal == SIGKILL)
			tell_memory();
		end(LINUX_REBOOT_CMD_POWER_OFF);
	}
	if (pid < 0) { /* -ECHILD */
		say("nothing runs any more");
		end(LINUX_REBOOT_CMD_POWER_OFF);
	}
}

static void __attribute__((noreturn)) serve(long main_pid, const uint64_t *signals)
{
	struct timespec64 poll = { 0, 1000000 };
	bool is_ready = !description.port;
	unsigned int polls = 0;
	long signal;

	if (is_ready)
		tell_ready();
	for (;;) {
		signal = SYS4(rt_sigtimedwait, signals, NULL, is_ready ? NULL : &poll,
			      sizeof(*signals));
		if (signal == SIG_POWEROFF)
			end(LINUX_REBOOT_CMD_POWER_OFF);
		if (signal == SIG_HALT)
			end(LINUX_REBOOT_CMD_HALT);
		if (signal == SIG_REBOOT || signal == SIGINT)
			end(LINUX_REBOOT_CMD_RESTART);
		if (signal == SIGCHLD)
			reap(main_pid);
		if (!is_ready && is_listening(description.port)) {
			is_ready = true;
			tell_ready();
		}
		/* Each of the first 100 ms, then less often: what takes long may as well wait. */
		if (!is_ready && ++polls > 100)
			poll.nsec = 10000000;
	}
}

static void __attribute__((noreturn)) start(void)
{
	uint64_t signals = SIGNAL(SIGCHLD) | SIGNAL(SIG_POWEROFF) | SIGNAL(SIG_HALT) |
			   SIGNAL(SIG_REBOOT) | SIGNAL(SIGINT);
	static char cmdline[4096];
	long rc;

	(void)SYS4(rt_sigprocmask, 0 /* SIG_BLOCK */, &signals, NULL,
		   sizeof(signals)); /* cannot fail so */
	boot_mount();
	rc = file_read(DESCRIPTION, buffer, sizeof(buffer));
	if (rc > 0)
		boot_modules(buffer);
	rc = service_read(&description);
	if (!rc && description.root) {
		rc = boot_root(description.root);
		if (rc) {
			say_error("cannot mount", description.root, rc);
			end(LINUX_REBOOT_CMD_POWER_OFF);
		}
		__builtin_memset(&description, 0, sizeof(description));
		rc = service_read(&description);
	} else {
		boot_overlay();
	}
	if (file_read("/proc/cmdline", cmdline, sizeof(cmdline)) < 0)
		cmdline[0] = '\0';
	net_configure(cmdline);
	if (!rc)
		rc = service_start(&description);
	if (rc < 0) {
		say_error("cannot start what is in", DESCRIPTION, rc);
		end(LINUX_REBOOT_CMD_POWER_OFF);
	}
	serve(rc, &signals);
}

static bool is_called(const char *path, const char *name)
{
	const char *last = path;

	for (; *path; path++)
		if (*path == '/')
			last = path + 1;
	return text_is(last, name);
}

/* stack: argc, argv[0] and so on, as the kernel puts them. */
int tinyx_init(const long *stack)
{
	const char *name = stack[0] > 0 ? (const char *)stack[1] : "";
	int signal = SIG_POWEROFF;

	if (SYS0(getpid) == 1)
		start();
	if (is_called(name, "reboot"))
		signal = SIG_REBOOT;
	else if (is_called(name, "halt"))
		signal = SIG_HALT;
	return SYS2(kill, 1, signal) ? 1 : 0;
}
