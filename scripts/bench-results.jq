# SPDX-License-Identifier: GPL-2.0
# results.json from the document scripts/bench-report makes.  Ratios are against the fork+exec of
# the same boot; two boots are compared by their ratios.  Keys are added, never renamed.

include "bench-tables";

def round_to($digits): if . == null then null else pow(10; $digits) as $p | (. * $p | round) / $p end;
def minsn: if . == null then null else . / 1e6 | round_to(3) end;
def div($a; $b): if $a == null or $b == null or $b == 0 then null else $a / $b end;

. as $doc |
def rows($figure): $doc.rows[$figure] // [];
def fork($part): $doc.yardstick[$part].fork_exec_ns;

# Median of a column over the rows of a figure that fit.
def typical($figure; condition; column): [rows($figure)[] | select(condition) | column] | median;
def cold($link): typical("phases"; .kind == "daytime-\($link)" and .guest > 1; .total_ns);
def containers($runtime): typical("containers"; .runtime == $runtime; .took_ns);
def pool($kind): div(typical("pool"; .kind == $kind; .took_ns); fork("pool"));

# What a part judges hangs on the first kind of link that part was told, which says nothing of another
# part's.  create measures each kind: of it a switch is judged, unless none was measured.
def link_of($part): $doc.measured[$part].link;
(if cold("switch") then "switch" else "bridge" end) as $link |
cold($link) as $cold |
div($cold; fork("create")) as $cold_ratio |

div(typical("command"; .kind == "chaos-create-\($link)"; .took_ns); fork("create")) as $command_ratio |

# Growth: the median of ten neighbours, so that one guest's luck does not decide.
def around($figure; $kind; $first; $last; column): [rows($figure)[] |
	select(.kind == $kind and .guest >= $first and .guest <= $last) | column] |
	if length < $last - $first + 1 then null else median end;
def grown($figure; $kind): [rows($figure)[] | select(.kind == $kind) | .guest] | max // 0;
def growth($figure; $kind; column): grown($figure; $kind) as $n |
	if $n < 12 then null else
		div(around($figure; $kind; $n - 9; $n; column); around($figure; $kind; 2; 11; column)) end;
"chaos-\(link_of("growth"))" as $chaos |
"noop-\(link_of("live"))" as $small |
"image-\(link_of("split"))" as $from_pool |
grown("growth"; $chaos) as $guests |
grown("growth"; "chaos-bridge") as $bridge_guests |
grown("xl-growth"; "xl-e") as $xl_guests |
growth("growth"; $chaos; .total_ns) as $growth_ratio |
# xl beside ours, each against its own fork+exec, at the same number of guests.
def xl_at($n): div(around("xl-growth"; "xl-e"; $n - 9; $n; .took_ns); fork("xl-growth"));
def ours_at($n): div(around("growth"; $chaos; $n - 9; $n; .total_ns);
	fork("growth"));

# Destroying all of so many guests: each by the library, and by what the whole machine did for it.
def destroyed($of; column): typical("destroy"; .kind == $chaos and .of == $of; column);
([rows("destroy")[] | select(.kind == $chaos) | .of] | max) as $destroyed |
def destroy_growth($n): div(destroyed($n; .busy_ns); destroyed(10; .busy_ns)) | round_to(3);

def last_of($figure; $kind): [rows($figure)[] | select(.kind == $kind) | .guests] | max;
def listing($guests): typical("list"; .kind == $chaos and .guests == $guests; .took_ns);
last_of("list"; $chaos) as $listed |
def split($kind; $guests): typical("split"; .kind == $kind and .guests == $guests; .took_ns);
last_of("split"; $from_pool) as $split_guests |

# What one more guest takes of the column's memory, and makes the machine do.
def memory($kind; column): last_of("memory"; $kind) as $n |
	([rows("memory")[] | select(.kind == $kind and .guests == 0) | column] | last) as $none |
	([rows("memory")[] | select(.kind == $kind and .guests == $n) | column] | last) as $many |
	if ($n // 0) == 0 or $none == null then null else ($none - $many) * 1024 / $n | round end;
def idle($kind; $guests): [rows("idle")[] | select(.kind == $kind and .guests == $guests) |
	.busy_ns / (.elapsed_ns / 1e9)] | last;
def idle_each($kind): last_of("idle"; $kind) as $n |
	if ($n // 0) < 100 then null else (idle($kind; $n) - idle($kind; 0)) / $n | round end;

typical("xl"; .mode == "e" and .vif == "bridge" and .verb == "create"; .took_ns) as $xl |
div($xl; fork("xl")) as $xl_ratio |
def xl_column($mode; $vif; $verb):
	typical("xl"; .mode == $mode and .vif == $vif and .verb == $verb; .took_ns) | minsn;
div(containers("runc"); fork("containers")) as $runc_ratio |

# Instructions of the machine for one packet or read.
def packet($kind; $operation): typical("net"; .kind == $kind and .operation == $operation; .busy_ns / .count);
# Of those received less what sending takes, to a device that drops everything.
def received($kind; $operation): packet($kind; $operation) - packet("none"; "send\($operation[2:])");
def vs_netback($kind; $operation): div(packet($kind; $operation); packet("netback"; $operation)) | round_to(3);
def rx_vs_netback($kind; $operation):
	if packet("none"; "send\($operation[2:])") == null or packet($kind; $operation) == null
		or packet("netback"; $operation) == null then null
	else div(received($kind; $operation); received("netback"; $operation)) | round_to(3) end;
def read($kind; $backing; $operation; $depth): typical("blk"; .kind == $kind and .backing == $backing
	and .operation == $operation and .depth == $depth; .busy_ns / .count);
def vs_blkback($kind; $theirs; $backing; $operation; $depth):
	div(read($kind; $backing; $operation; $depth); read($theirs; $backing; $operation; $depth)) | round_to(3);

# Beside a guest that floods its disks, over the same without.
def neighbour_ratio($figure; column): div(typical($figure; .kind == "beside"; column);
	typical($figure; .kind == "alone"; column)) | round_to(3);

# A Linux guest, of tinyx.
def tinyx(column): typical("tinyx"; .kind == "nginx"; column);
def mib: if . == null then null else . / 1048576 | round_to(2) end;

# Saving and restoring, as commands unless said otherwise.
def saving($kind; $others; $verb): typical("save"; .kind == $kind and .others == $others and .verb == $verb; .took_ns);
def save_ratio($kind; $others; $verb): div(saving($kind; $others; $verb); fork(if $kind[:2] == "xl" then "xl-save" else "save" end));
def save_growth($kind; $others; $verb): div(saving($kind; $others; $verb); saving($kind; 0; $verb)) | round_to(3);
def saved_others($kind): [rows("save")[] | select(.kind == $kind) | .others] | max // 0;
saved_others("chaos") as $save_others |
saved_others("xl") as $xl_save_others |
def migrating($kind; $verb): typical("migrate"; .kind == $kind and .verb == $verb; .took_ns);
migrating("chaos"; "stop") as $stop | migrating("socket"; "copy") as $copy |
(if migrating("ssh"; "bytes") == null then null
	else migrating("ssh"; "bytes") - migrating("ssh"; "nothing") end) as $ssh_copy |

# All parts that say a link, but those whose name is one.
[if $cold then $link else empty end, (["pool", "growth", "live", "split", "save", "migrate"][] | link_of(.) // empty)]
	as $links |

# Not those in real time.
($doc.yardstick | del(."migrate-two")) as $counted |

{
	fork_exec_minsn: (fork("create") // ([$counted[] | .fork_exec_ns] | median) | minsn),
	vfork_exec_minsn: ($doc.yardstick.create.vfork_exec_ns //
		([$counted[] | .vfork_exec_ns] | median) | minsn),
	exec_image_ratio: (pool("image") | round_to(3)),
	exec_imageless_ratio: (pool("imageless") | round_to(3)),
	cli_pool_ratio: (pool("command-image") | round_to(3)),
	cold_ratio: ($cold_ratio | round_to(3)),
	growth_1000: (if $guests >= 1000 then $growth_ratio | round_to(3) else null end),
	destroy_ratio: (div(destroyed(10; .took_ns); fork("growth")) | round_to(3)),
	destroy_growth_1000: destroy_growth(1000),
	list_growth_ratio: (if $listed == 1000
		then div(listing(1000) - listing(10); fork("growth")) | round_to(3) else null end),
	xl_vif_minsn: ($xl | minsn),
	xl_vs_ours: (div($xl_ratio; $cold_ratio) | round_to(1)),
	crun_minsn: (containers("crun") | minsn),
	live_guests: ([rows("live")[] | .guests] | max),
	bytes_per_guest: memory($small; .xen_free_kib + .dom0_available_kib),
	idle_insn_per_guest_s: idle_each($chaos),
	runc_minsn: (containers("runc") | minsn),
	runc_vs_ours: (div($runc_ratio; $cold_ratio) | round_to(1)),

	tinyx_boot_ratio: (div(tinyx(.took_ns); fork("tinyx")) | round_to(1)),
	tinyx_boot_minsn: (tinyx(.took_ns) | minsn),
	tinyx_unpack_minsn: (tinyx(.image_ns) | minsn),
	tinyx_build_minsn: (tinyx(.build_ns) | minsn),
	tinyx_guest_minsn: (tinyx(.guest_ns) | minsn),
	tinyx_image_mib: (typical("tinyx-image"; .kind == "nginx"; .bytes) | mib),
	tinyx_memory_mib: typical("tinyx-memory"; .kind == "nginx"; .mib),
	tinyx_idle_insn_per_guest_s: (if idle("tinyx"; 10) and idle("tinyx"; 0)
		then (idle("tinyx"; 10) - idle("tinyx"; 0)) / 10 | round else null end),

	link: $links[0],
	cold_minsn: ($cold | minsn),
	cold_first_ratio: (div(typical("phases"; .kind == "daytime-\($link)" and .guest == 1; .total_ns);
		fork("create")) | round_to(3)),
	cold_bridge_ratio: (div(cold("bridge"); fork("create")) | round_to(3)),
	cold_noop_ratio: (div(typical("phases"; .kind == "noop" and .guest > 1; .total_ns);
		fork("create")) | round_to(3)),
	cli_pool_installed_ratio: (pool("command-image-installed") | round_to(3)),
	cli_imageless_ratio: (pool("command-imageless") | round_to(3)),
	cold_generic_ratio: (div(cold("\($link)-generic"); fork("create")) | round_to(3)),
	cli_cold_ratio: ($command_ratio | round_to(3)),
	run_ratio: (div(typical("command"; .kind == "chaos-run"; .took_ns); fork("create")) | round_to(3)),
	exec_image_refilling_ratio: (pool("image-refilling") | round_to(3)),
	cli_pool_refilling_ratio: (pool("command-image-refilling") | round_to(3)),
	hypercalls_per_create: typical("phases"; .kind == "daytime-\($link)" and .guest > 1; .hypercalls),
	ioctls_per_create: typical("phases"; .kind == "daytime-\($link)" and .guest > 1; .ioctls),
	growth_guests: (if $guests > 0 then $guests else null end),
	growth_last: ($growth_ratio | round_to(3)),
	destroy_guests: $destroyed,
	destroy_growth_last: destroy_growth($destroyed),
	destroy_last_ratio: (div(destroyed($destroyed; .took_ns); fork("growth")) | round_to(3)),
	destroy_busy_ratio: (div(destroyed(10; .busy_ns); fork("growth")) | round_to(3)),
	growth_last_busy: (growth("growth"; $chaos; .busy_ns) | round_to(3)),
	growth_bridge_guests: (if $bridge_guests > 0 then $bridge_guests else null end),
	growth_bridge_last: (growth("growth"; "chaos-bridge"; .total_ns) | round_to(3)),
	growth_small_last: (growth("growth"; $small; .total_ns) | round_to(3)),
	split_guests: $split_guests,
	split_none_ratio: (div(split($from_pool; 0); fork("split")) | round_to(3)),
	split_last_ratio: (div(split($from_pool; $split_guests); fork("split")) | round_to(3)),
	split_last: (div(split($from_pool; $split_guests); split($from_pool; 0)) | round_to(3)),
	list_guests: $listed,
	list_minsn: (listing($listed) | minsn),
	idle_insn_per_s_none: (idle($chaos; 0) | if . then round else null end),
	bytes_per_guest_xen: memory($small; .xen_free_kib),
	bytes_per_guest_dom0: memory($small; .dom0_available_kib),
	daytime_bytes_per_guest_xen: memory($chaos; .xen_free_kib),
	daytime_bytes_per_guest_dom0: memory($chaos; .dom0_available_kib),
	xl_none_minsn: xl_column("e"; "none"; "create"),
	xl_script_true_minsn: xl_column("e"; "true"; "create"),
	xl_vif_destroy_minsn: xl_column("e"; "bridge"; "destroy"),
	xl_daemon_none_minsn: xl_column("daemon"; "none"; "create"),
	xl_daemon_script_true_minsn: xl_column("daemon"; "true"; "create"),
	xl_daemon_vif_minsn: xl_column("daemon"; "bridge"; "create"),
	xl_growth_guests: (if $xl_guests > 0 then $xl_guests else null end),
	xl_growth_last: (growth("xl-growth"; "xl-e"; .took_ns) | round_to(3)),
	xl_300_minsn: (around("xl-growth"; "xl-e"; 291; 300; .took_ns) | minsn),
	xl_vs_ours_300: (div(xl_at(300); ours_at(300)) | round_to(1)),
	xl_vs_ours_last: (if $xl_guests < 12 then null
		else div(xl_at($xl_guests); ours_at($xl_guests)) | round_to(1) end),
	xl_bytes_per_guest_dom0: memory("xl-e"; .dom0_available_kib),
	xl_vs_ours_command: (div($xl_ratio; $command_ratio) | round_to(1)),
	runc_vs_ours_command: (div($runc_ratio; $command_ratio) | round_to(1)),
	crun_vs_ours: (div(div(containers("crun"); fork("containers")); $cold_ratio) | round_to(1)),
	save_ratio: (save_ratio("chaos"; 0; "save") | round_to(3)),
	restore_ratio: (save_ratio("chaos"; 0; "restore") | round_to(3)),
	save_growth_500: save_growth("chaos"; 500; "save"),
	restore_growth_500: save_growth("chaos"; 500; "restore"),
	save_others: (if saving("chaos"; 0; "save") then $save_others else null end),
	save_growth_last: (if $save_others > 0 then save_growth("chaos"; $save_others; "save") else null end),
	restore_growth_last: (if $save_others > 0 then save_growth("chaos"; $save_others; "restore") else null end),
	save_library_ratio: (save_ratio("library"; 0; "save") | round_to(3)),
	restore_library_ratio: (save_ratio("library"; 0; "restore") | round_to(3)),
	xl_save_minsn: (saving("xl"; 0; "save") | minsn),
	xl_restore_minsn: (saving("xl"; 0; "restore") | minsn),
	xl_save_vs_ours: (div(save_ratio("xl"; 0; "save"); save_ratio("chaos"; 0; "save")) | round_to(1)),
	xl_restore_vs_ours: (div(save_ratio("xl"; 0; "restore"); save_ratio("chaos"; 0; "restore")) | round_to(1)),
	xl_save_vif_vs_ours: (div(save_ratio("xl-vif"; 0; "save"); save_ratio("chaos"; 0; "save")) | round_to(1)),
	xl_restore_vif_vs_ours: (div(save_ratio("xl-vif"; 0; "restore"); save_ratio("chaos"; 0; "restore")) | round_to(1)),
	xl_save_others: (if saving("xl"; 0; "save") then $xl_save_others else null end),
	xl_save_growth_last: (if $xl_save_others > 0 then save_growth("xl"; $xl_save_others; "save") else null end),
	xl_restore_growth_last: (if $xl_save_others > 0 then save_growth("xl"; $xl_save_others; "restore") else null end),
	migrate_stop_ratio: (div($stop; fork("migrate")) | round_to(3)),
	migrate_copy_ratio: (div($copy; fork("migrate")) | round_to(3)),
	migrate_total_ratio: (div(migrating("chaos"; "total"); fork("migrate")) | round_to(3)),
	migrate_two_stop_ratio: (div(migrating("two"; "stop"); fork("migrate-two")) | round_to(2)),
	migrate_two_copy_ratio: (div($ssh_copy; fork("migrate-two")) | round_to(2)),
	migrate_two_rest_ratio: (if $ssh_copy == null then null
		else div(migrating("two"; "stop") - $ssh_copy; fork("migrate-two")) end | round_to(2)),
	migrate_two_total_ratio: (div(migrating("two"; "total"); fork("migrate-two")) | round_to(2)),
	disk_neighbour_ratio: neighbour_ratio("neighbour"; .guest_ns / .count),
	destroy_neighbour_ratio: neighbour_ratio("neighbour-destroy"; .took_ns),
	forkexec_neighbour_ratio: neighbour_ratio("neighbour-forkexec"; .took_ns),
	blk_rand4k_vs_blkback: vs_blkback("noxs"; "blkback"; "file"; "read-4k"; 1),
	blk_seq128k_vs_blkback: vs_blkback("noxs"; "blkback"; "file"; "read-128k"; 1),
	blk_rand4k_depth8_vs_blkback: vs_blkback("noxs"; "blkback"; "file"; "read-4k"; 8),
	blk_seq128k_depth4_vs_blkback: vs_blkback("noxs"; "blkback"; "file"; "read-128k"; 4),
	blk_rand4k_device_vs_blkback: vs_blkback("noxs"; "blkback"; "device"; "read-4k"; 1),
	blk_seq128k_device_vs_blkback: vs_blkback("noxs"; "blkback"; "device"; "read-128k"; 1),
	blk_rand4k_direct_vs_blkback: vs_blkback("noxs-direct"; "blkback"; "device"; "read-4k"; 1),
	blk_seq128k_direct_vs_blkback: vs_blkback("noxs-direct"; "blkback"; "device"; "read-128k"; 1),
	blk_rand4k_vs_blkback_persistent: vs_blkback("noxs"; "blkback-persistent"; "file"; "read-4k"; 1),
	blk_seq128k_vs_blkback_persistent: vs_blkback("noxs"; "blkback-persistent"; "file"; "read-128k"; 1),
	blk_rand4k_persistent_vs_blkback: vs_blkback("noxs-persistent"; "blkback-persistent"; "file"; "read-4k"; 1),
	blk_seq128k_persistent_vs_blkback: vs_blkback("noxs-persistent"; "blkback-persistent"; "file"; "read-128k"; 1),
	blk_rand4k_persistent_direct_vs_blkback: vs_blkback("noxs-direct-persistent"; "blkback-persistent"; "device"; "read-4k"; 1),
	blk_seq128k_persistent_direct_vs_blkback: vs_blkback("noxs-direct-persistent"; "blkback-persistent"; "device"; "read-128k"; 1),
	net_tx_vs_netback: vs_netback("noxs"; "tx"),
	net_rx_vs_netback: rx_vs_netback("noxs"; "rx"),
	net_tx_gso_vs_netback: vs_netback("noxs"; "tx-gso"),
	net_rx_gso_vs_netback: rx_vs_netback("noxs"; "rx-gso"),
	net_rx_with_sender_vs_netback: vs_netback("noxs"; "rx"),
	net_rx_gso_with_sender_vs_netback: vs_netback("noxs"; "rx-gso"),
	net_tx_switch_vs_netback: vs_netback("noxs-switch"; "tx"),
	net_rx_switch_vs_netback: rx_vs_netback("noxs-switch"; "rx"),
	net_tx_gso_switch_vs_netback: vs_netback("noxs-switch"; "tx-gso"),
	net_rx_gso_switch_vs_netback: rx_vs_netback("noxs-switch"; "rx-gso"),
	commits: ([$doc.measured | to_entries[]] | group_by(.value.commit) |
		map("\(.[0].value.commit) (\(map(.key) | join(", ")))") |
		if length == 0 then null else join("; ") end)
} |
. as $r |
# Why a value is null though its part was run.
((if $guests == 0 then {} else {
	growth_1000: "\($guests) guests were created, it takes 1000; see growth_last",
	destroy_growth_1000: "\($destroyed // 0) guests were destroyed, it takes 1000; see destroy_growth_last",
	idle_insn_per_guest_s:
		"\(last_of("idle"; $chaos) // 0) guests: it drowns in what Dom0 does anyway, it takes 100",
	list_growth_ratio: "listed with \($listed // 0) guests at most, it takes 1000",
	growth_last: "it takes 12 guests",
	growth_last_busy: "it takes 12 guests"
} end) + {
	growth_bridge_last: "it takes 12 guests on a bridge",
	growth_small_last: "it takes 12 guests",
	xl_growth_last: "xl made \($xl_guests) guests, it takes 12",
	xl_300_minsn: "xl made \($xl_guests) guests",
	xl_vs_ours_last: "it takes 12 guests of xl, and as many of ours",
	save_growth_500: "beside \($save_others) guests at most, it takes 500; see save_growth_last",
	restore_growth_500: "beside \($save_others) guests at most, it takes 500; see restore_growth_last",
	xl_save_vif_vs_ours: "left out of a quick run",
	xl_restore_vif_vs_ours: "left out of a quick run",
	migrate_two_stop_ratio: "left out of a quick run",
	migrate_two_copy_ratio: "left out of a quick run",
	migrate_two_rest_ratio: "left out of a quick run",
	migrate_two_total_ratio: "left out of a quick run",
	xl_vs_ours_300: "xl made \($xl_guests) guests, ours were \($guests); it takes 300 of each"
}) as $reasons |
$r + {notes: (
	([$r | to_entries[] | select(.value == null) |
		{key, value: ($doc.notes[.key] // $reasons[.key] // "its part was not run, or failed")}] |
		from_entries) + $doc.notes +
	(if $links - [$r.link] != [] then
		{link: "not one in all parts: create \(if $cold then $link else "not run" end), \(
			["pool", "growth", "live", "split", "save", "migrate"] |
			map("\(.) \(link_of(.) // "not run")") | join(", "))"}
	elif $r.link == "bridge" then
		{link: "ours is measured with a net device on a bridge: no switch port was measured"} else {} end))}
