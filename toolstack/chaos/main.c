// SPDX-License-Identifier: GPL-2.0-only
/* chaos: the table of verbs. */
#include <stdio.h>
#include <string.h>

#include "chaos_cmd.h"

#define STOP_OPTIONS                                                                \
	"  -a, --all         all guests of chaos, in the place of DOMAIN\n"         \
	"  -w, --wait        wait until it has stopped, then act as below\n"        \
	"  -F                as in xl; for guests of chaos there is no other way\n" \
	"  --timeout SECONDS how long to wait (30)\n"

#define ATTACH_OPTIONS                                                                        \
	"  --timeout SECONDS how long to wait until the guest has looked (10); of a device\n" \
	"                    that it does not look at nothing is left\n"
#define DETACH_OPTIONS                                                                 \
	"  --timeout SECONDS how long to wait until the guest has let go of it (10)\n" \
	"  --force           take it without asking: what the guest does with it fails\n"

const struct verb verbs[] = {
	{ "create", "FILE [KEY=VALUE]...",
	  "Create a guest from an xl.cfg file and wait until it is ready",
	  "KEY=VALUE replaces or adds a setting of the file.\n\n"
	  "  --no-wait         return as soon as it runs\n"
	  "  --timeout SECONDS how long to wait for ready (10); a kernel whose notes do not say\n"
	  "                    that it knows noxs is waited for only with this\n"
	  "  -p, --paused      do not start it\n"
	  "  -c, --console     start it with its console attached, and do not wait\n"
	  "  -F, --foreground  stay until it ends\n"
	  "  -n, --dry-run     create nothing: print what would be built, as JSON\n"
	  "  -f FILE           another way to name the file\n"
	  "  -q, --quiet       no warnings\n"
	  "  --log             have chaosd keep what it writes to its console: see 'chaos logs'\n"
	  "  --strict          a key of the file that is not supported is an error\n"
	  "  --builder WHICH   fast, generic (libxenguest), or auto: fast if it can (auto)\n"
	  "  --no-daemon       do not ask chaosd, which has prepared guests\n"
	  "  --socket PATH     where chaosd is (/run/chaosd.sock)\n"
	  "  --timing          say where the time went (with --json)\n",
	  cmd_create },
	{ "run", "IMAGE [ARG]...", "Create a guest, show what it prints, and end as it ends",
	  "IMAGE is a kernel, an xl.cfg file or an image of tinyx; the ARGs are the guest's command line.\n"
	  "The guest is gone afterwards.  The exit status is the one it ends with; 125: it could not be\n"
	  "run; 134: it crashed; 137: somebody destroyed it; 128+N: this command got signal N.\n\n"
	  "  -d, --detach      return as soon as it runs, and print its name\n"
	  "  --name NAME       what it is called (that of IMAGE, and a number)\n"
	  "  -m, --memory MIB  its memory (4 of a kernel)\n"
	  "  --net SPEC        a vif, as an item of 'vif' in xl.cfg; may be repeated\n"
	  "  --disk SPEC       a disk, likewise\n"
	  "  -s, --set KEY=VALUE another setting of xl.cfg; may be repeated\n"
	  "  --no-daemon       do not ask chaosd, which has prepared guests\n"
	  "  --socket PATH     where chaosd is (/run/chaosd.sock)\n",
	  cmd_run },
	{ "destroy", "DOMAIN", "Remove a guest at once, with all it holds",
	  "Also removes what a creation that was killed has left (state 'incomplete').\n\n"
	  "  --force           also a domain that another toolstack has made\n",
	  cmd_destroy },
	{ "shutdown", "DOMAIN|-a", "Ask a guest to power off",
	  "Then its on_poweroff is done, by chaosd or 'chaos reap'; --wait destroys it.\n\n" STOP_OPTIONS,
	  cmd_shutdown },
	{ "reboot", "DOMAIN|-a", "Ask a guest to reboot",
	  "Then its on_reboot is done; without chaosd a guest that is to be restarted stays,\n"
	  "shut down, until it is created again.\n\n" STOP_OPTIONS,
	  cmd_reboot },
	{ "pause", "DOMAIN", "Stop running a guest for now", "", cmd_pause },
	{ "unpause", "DOMAIN", "Run a paused guest on",
	  "Also lets one go on that a save or a migration has left suspended.\n\n"
	  "  --force           even if it may run elsewhere, or be in a file\n",
	  cmd_unpause },
	{ "save", "DOMAIN FILE", "Save a guest to a file, and remove it",
	  "FILE appears when it is whole.  A guest that cannot be saved goes on.\n\n"
	  "  -c, --keep        the guest goes on\n"
	  "  -p, --pause       the guest is paused, not removed\n"
	  "  --portable        the stream in the file is for libxenguest, too\n"
	  "  --timeout SECONDS how long to wait until the guest has suspended (10)\n"
	  "  --timing          say where the time went\n",
	  cmd_save },
	{ "restore", "FILE [KEY=VALUE]...", "Make a saved guest again",
	  "KEY=VALUE replaces a setting it was saved with: name, uuid, vif, cpus...\n\n"
	  "  -p, --paused      do not start it\n"
	  "  --timeout SECONDS how long to wait for ready (10)\n"
	  "  --timing          say where the time went\n",
	  cmd_restore },
	{ "migrate", "DOMAIN HOST [KEY=VALUE]...", "Move a guest to another host",
	  "Runs 'ssh HOST chaos migrate-receive'.  With --socket or --fd there is no HOST.\n"
	  "A guest that cannot be moved goes on here.  KEY=VALUE replaces a setting: name, uuid, vif...\n\n"
	  "  -s, --ssh COMMAND run it by another command than ssh\n"
	  "  --socket PATH     to a socket of this machine\n"
	  "  --fd N            to a stream socket that is open already\n"
	  "  --timeout SECONDS how long to wait until the guest has suspended (10)\n"
	  "  --timing          say where the time went\n",
	  cmd_migrate },
	{ "migrate-receive", "", "Be the other end of migrate",
	  "One guest, on standard input and output, or with --socket one after the other.\n\n"
	  "  --socket PATH     listen there, for root only\n"
	  "  --timing          say where the time went\n",
	  cmd_migrate_receive },
	{ "list", "[DOMAIN]...", "List domains",
	  "States: r runs, b blocked, p paused, s shut down, c crashed, d dying, as in xl;\n"
	  "'incomplete' is what a creation that was killed has left, 'suspended' what a save has.\n\n"
	  "  --names           only names, one a line\n"
	  "  -v, --verbose     with UUID, and why it has shut down\n"
	  "  -l, --long        all that 'info --json' tells of each, as JSON\n",
	  cmd_list },
	{ "domid", "DOMAIN", "Print a domain's number", "", cmd_domid },
	{ "domname", "DOMAIN", "Print a domain's name", "", cmd_domname },
	{ "rename", "DOMAIN NAME", "Give a guest another name",
	  "It keeps all else; a restart, a save and a migration know it by the new one.\n\n",
	  cmd_rename },
	{ "info", "[DOMAIN]", "Show everything about a guest, or about the host", "", cmd_info },
	{ "block-attach", "DOMAIN SPEC...", "Give a guest that runs another disk",
	  "SPEC is as in disk = [ ... ], in one piece or several: vdev=xvdb target=/srv/b.img\n\n" ATTACH_OPTIONS,
	  cmd_block_attach },
	{ "block-detach", "DOMAIN VDEV", "Take a disk from a guest",
	  "The guest is asked first, and refuses if it uses the disk.  One that does not answer\n"
	  "loses it: what it has begun is finished, what it asks afterwards fails.\n\n" DETACH_OPTIONS,
	  cmd_block_detach },
	{ "block-resize", "DOMAIN VDEV", "Tell a guest that its disk's file has another size", "",
	  cmd_block_resize },
	{ "block-list", "DOMAIN", "List the disks of a guest", "", cmd_block_list },
	{ "network-attach", "DOMAIN SPEC...", "Give a guest that runs another vif",
	  "SPEC is as in vif = [ ... ], in one piece or several: bridge=xenbr0 ip=10.0.0.3/24\n\n" ATTACH_OPTIONS,
	  cmd_network_attach },
	{ "network-detach", "DOMAIN ID|MAC", "Take a vif from a guest", DETACH_OPTIONS,
	  cmd_network_detach },
	{ "network-list", "DOMAIN", "List the vifs of a guest", "", cmd_network_list },
	{ "vcpu-list", "[DOMAIN]...", "List vCPUs: where they run, and may run", "",
	  cmd_vcpu_list },
	{ "vcpu-pin", "DOMAIN VCPU|all CPUS [SOFT]", "Say where a vCPU may run",
	  "CPUS is a list as in 'cpus', or all; SOFT is where it would rather run; - changes nothing.\n\n",
	  cmd_vcpu_pin },
	{ "mem-set", "DOMAIN SIZE", "Give Domain-0 another size",
	  "SIZE is in MiB, or has one of b, k, m, g, t behind it.  A guest of chaos keeps its size.\n\n",
	  cmd_mem_set },
	{ "uptime", "[DOMAIN]...", "Tell for how long domains have been there", "", cmd_uptime },
	{ "top", "", "Show again and again what domains use",
	  "  -b, --batch       one list below the other, as where there is no terminal\n"
	  "  -d, --delay SECONDS between two of them (3)\n"
	  "  -n, --iterations N  how many (without end)\n",
	  cmd_top },
	{ "dmesg", "", "Print Xen's log", "  -c, --clear       and have it empty afterwards\n",
	  cmd_dmesg },
	{ "dump-core", "DOMAIN FILE", "Write a guest's memory to a core file",
	  "FILE appears when it is whole.  The guest is not paused: do that first, if it runs.\n\n",
	  cmd_dump_core },
	{ "console", "DOMAIN", "Attach to a guest's console; Ctrl-] leaves",
	  "  --dump            print what is there and leave\n", cmd_console },
	{ "logs", "NAME", "Show what a guest has written to its console, also after its end",
	  "Kept by chaosd, of guests with log=1 ('chaos create --log') and of pools with it.\n"
	  "Of several guests that were called so the newest counts.\n\n"
	  "  -f, --follow      go on as it writes more, until it has ended\n"
	  "  -n, --tail N      only the last N lines there are\n"
	  "  -t, --timestamps  with the time of each line\n"
	  "  -p, --previous[=N] the guest before the newest; with N, or with more of -p, an earlier one\n"
	  "  --raw             all bytes as they are; else '?' for what a terminal would obey\n"
	  "  --log-dir DIR     where the logs are (/var/log/chaosd)\n",
	  cmd_logs },
	{ "events", "", "Tell what happens to domains, as it happens",
	  "One line each: time, domain, event, name.  Ends when its reader does.\n\n", cmd_events },
	{ "pool", "SUBVERB [ARGUMENT]...", "Manage chaosd's pools of prepared guests",
	  "  add NAME FILE [KEY=VALUE]...  a pool of shells for guests like FILE's; what makes\n"
	  "                                them differ (name, uuid, mac, ip, cmdline) does not count\n"
	  "  list                          pools and their levels\n"
	  "  resize NAME SIZE              another number of shells\n"
	  "  drain NAME                    destroy its shells and make no more\n"
	  "  remove NAME                   and forget it\n"
	  "  metrics                       chaosd's figures, in Prometheus' text format\n\n"
	  "  --size N          shells to have (10)\n"
	  "  --imageless       memory only: for any kernel and devices\n"
	  "  --log             have chaosd keep the consoles of guests of this kind\n"
	  "  --strict          a key of the file that is not supported is an error\n"
	  "  --socket PATH     where chaosd is (/run/chaosd.sock)\n",
	  cmd_pool },
	{ "prepare", "POOL", "Fill a pool now, and tell how it goes",
	  "  --socket PATH     where chaosd is (/run/chaosd.sock)\n", cmd_prepare },
	{ "reap", "", "Destroy guests that have ended, where no chaosd does",
	  "Other verbs start it when it is needed; it leaves when there is nothing left to look after.\n\n"
	  "  --idle SECONDS    how long it stays then (5)\n",
	  cmd_reap },
	{ "auto", "start|stop", "Start guests with the host, and save or stop them with it",
	  "As xendomains does for xl: start makes the guests again that are in the directory of saved\n"
	  "ones, and those of /etc/lightvm/auto/*.cfg that are not there; stop saves all guests of chaos.\n\n"
	  "  --dir DIRECTORY   where the configurations are (/etc/lightvm/auto)\n"
	  "  --saved DIRECTORY where saved guests are (/var/lib/lightvm/saved)\n"
	  "  --shutdown        stop shuts guests down, and saves none\n"
	  "  --timeout SECONDS how long stop may wait for guests, all together (120)\n",
	  cmd_auto },
	{ "doctor", "[BRIDGE]", "Say what this machine lacks, and how to get it", "", cmd_doctor },
	{ "version", "", "Show versions", "", cmd_version },
};
const unsigned int nr_verbs = sizeof(verbs) / sizeof(verbs[0]);

char **command_line;

static void usage(FILE *f)
{
	unsigned int i;

	fputs("Usage: chaos VERB [OPTION]... [ARGUMENT]...\n\n", f);
	for (i = 0; i < nr_verbs; i++)
		fprintf(f, "  %-15s %-26s %s\n", verbs[i].name, verbs[i].args, verbs[i].summary);
	fputs("\n'chaos VERB --help' says more; so does 'man chaos'.\n", f);
}

int main(int argc, char **argv)
{
	unsigned int i;

	command_line = argv;
	if (argc < 2) {
		usage(stderr);
		return CHAOS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return CHAOS_OK;
	}
	if (!strcmp(argv[1], "--version"))
		argv[1] += 2;
	for (i = 0; i < nr_verbs; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(&verbs[i], argc - 1, argv + 1);
	call_say("no verb \"%s\"; see 'chaos --help'", argv[1]);
	return CHAOS_USAGE;
}
