# SPDX-License-Identifier: GPL-2.0
# results.json from the document scripts/bench-report makes.  Ratios are against the fork+exec of
# the same boot; two boots are compared by their ratios.  Keys are added, never renamed.

def median: if length == 0 then null else sort | .[((length - 1) / 2 | floor)] end;
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

(if cold("switch") then "switch" else "bridge" end) as $link |
cold($link) as $cold |
div($cold; fork("create")) as $cold_ratio |

# Growth: the median of ten neighbours, so that one guest's luck does not decide.
([rows("growth")[] | select(.kind == "chaos-\($link)")] | sort_by(.guest)) as $growth |
($growth | length) as $guests |
def around($first; $last; column):
	[$growth[] | select(.guest >= $first and .guest <= $last) | column] | median;
(if $guests > 12 then div(around($guests - 9; $guests; .total_ns); around(2; 11; .total_ns)) else null end)
	as $growth_ratio |
(if $guests > 12 then div(around($guests - 9; $guests; .busy_ns); around(2; 11; .busy_ns)) else null end)
	as $growth_busy_ratio |

def listing($guests): typical("list"; .kind == "chaos" and .guests == $guests; .took_ns);
([rows("list")[] | select(.kind == "chaos") | .guests] | max) as $listed |

def memory($guests): [rows("memory")[] | select(.kind == "chaos" and .guests == $guests) |
	(.xen_free_kib + .dom0_available_kib) * 1024] | last;
([rows("memory")[] | select(.kind == "chaos") | .guests] | max) as $measured |

def idle($guests): [rows("idle")[] | select(.kind == "chaos" and .guests == $guests) |
	.busy_ns / (.elapsed_ns / 1e9)] | last;

typical("xl"; .mode == "e" and .vif == "bridge" and .verb == "create"; .took_ns) as $xl |
div($xl; fork("xl")) as $xl_ratio |
def xl_column($mode; $vif; $verb):
	typical("xl"; .mode == $mode and .vif == $vif and .verb == $verb; .took_ns) | minsn;
div(containers("runc"); fork("containers")) as $runc_ratio |

{
	fork_exec_minsn: (fork("create") // ([$doc.yardstick[] | .fork_exec_ns] | median) | minsn),
	vfork_exec_minsn: ($doc.yardstick.create.vfork_exec_ns //
		([$doc.yardstick[] | .vfork_exec_ns] | median) | minsn),
	exec_image_ratio: (pool("image") | round_to(3)),
	exec_imageless_ratio: (pool("imageless") | round_to(3)),
	cli_pool_ratio: (pool("command-image") | round_to(3)),
	cold_ratio: ($cold_ratio | round_to(3)),
	growth_1000: (if $guests >= 1000 then $growth_ratio | round_to(3) else null end),
	list_growth_ratio: (if $listed == 1000
		then div(listing(1000) - listing(10); fork("growth")) | round_to(3) else null end),
	xl_vif_minsn: ($xl | minsn),
	xl_vs_ours: (div($xl_ratio; $cold_ratio) | round_to(1)),
	crun_minsn: (containers("crun") | minsn),
	live_guests: ([rows("live")[] | .guests] | max),
	bytes_per_guest: (if ($measured // 0) > 0
		then (memory(0) - memory($measured)) / $measured | round else null end),
	idle_insn_per_guest_s: (if ($measured // 0) >= 100
		then (idle($measured) - idle(0)) / $measured | round else null end),
	runc_minsn: (containers("runc") | minsn),
	runc_vs_ours: (div($runc_ratio; $cold_ratio) | round_to(1)),

	link: (if $cold then $link else null end),
	cold_minsn: ($cold | minsn),
	cold_first_ratio: (div(typical("phases"; .kind == "daytime-\($link)" and .guest == 1; .total_ns);
		fork("create")) | round_to(3)),
	cold_noop_ratio: (div(typical("phases"; .kind == "noop" and .guest > 1; .total_ns);
		fork("create")) | round_to(3)),
	cli_imageless_ratio: (pool("command-imageless") | round_to(3)),
	cold_generic_ratio: (div(cold("\($link)-generic"); fork("create")) | round_to(3)),
	cli_cold_ratio: (div(typical("command"; .kind == "chaos-create-\($link)"; .took_ns);
		fork("create")) | round_to(3)),
	exec_image_refilling_ratio: (pool("image-refilling") | round_to(3)),
	cli_pool_refilling_ratio: (pool("command-image-refilling") | round_to(3)),
	hypercalls_per_create: typical("phases"; .kind == "daytime-\($link)" and .guest > 1; .hypercalls),
	ioctls_per_create: typical("phases"; .kind == "daytime-\($link)" and .guest > 1; .ioctls),
	growth_guests: $guests,
	growth_last: ($growth_ratio | round_to(3)),
	growth_last_busy: ($growth_busy_ratio | round_to(3)),
	list_guests: $listed,
	list_minsn: (listing($listed) | minsn),
	idle_insn_per_s_none: (idle(0) | if . then round else null end),
	xl_none_minsn: xl_column("e"; "none"; "create"),
	xl_script_true_minsn: xl_column("e"; "true"; "create"),
	xl_vif_destroy_minsn: xl_column("e"; "bridge"; "destroy"),
	xl_daemon_none_minsn: xl_column("daemon"; "none"; "create"),
	xl_daemon_script_true_minsn: xl_column("daemon"; "true"; "create"),
	xl_daemon_vif_minsn: xl_column("daemon"; "bridge"; "create"),
	crun_vs_ours: (div(div(containers("crun"); fork("containers")); $cold_ratio) | round_to(1))
} |
. as $r |
{
	growth_1000: "\($guests) guests were created, it takes 1000; see growth_last",
	idle_insn_per_guest_s: "\($measured // 0) guests: it drowns in what Dom0 does anyway, it takes 100",
	list_growth_ratio: "listed with \($listed // 0) guests at most, it takes 1000"
} as $reasons |
$r + {notes: (
	([$r | to_entries[] | select(.value == null) |
		{key, value: ($doc.notes[.key] // $reasons[.key] // "its part was not run, or failed")}] |
		from_entries) + $doc.notes +
	(if $r.link == "bridge" then
		{link: "ours is measured with a net device on a bridge: no switch port was measured"} else {} end))}
