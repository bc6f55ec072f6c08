# SPDX-License-Identifier: GPL-2.0
# Tables made of other tables, row by row as arrays; and the targets.

def median: if length == 0 then null else sort | .[((length - 1) / 2 | floor)] end;

# A row of medians: the kind, the columns named of these rows, the yardstick of their boot.
def medians($doc; $kind; $part; $names; rows):
	[rows] as $rows | select($rows | length > 0) |
	[$kind] + [$names[] as $n | [$rows[][$n]] | median] + [$doc.yardstick[$part].fork_exec_ns];

# Where a creation goes, in the categories of the paper's Fig. 5.
#
# xl's are those of tests/bench/xlphases.c.  Of ours: load is the image and what is made of it,
# hypercalls included, as with xl; hypervisor is making and populating the domain; guest from
# unpausing it, since it may run before that returns; what no phase claims is the tool stack's.
# process is exec and exit.
def breakdown:
	["process", "config", "toolstack", "load", "hypervisor", "xenstore", "devices", "guest"] as $names |
	. as $doc |
	([$doc.rows.phases[]? | .config_ns] | median // 0) as $config |
	(["kind"] + $names + ["fork_exec_ns"]),
	(($doc.rows["xl-phases"] // []) | group_by(.vif)[] | . as $rows |
		medians($doc; "xl-\($rows[0].vif)"; "xl"; $names; $rows[] | {
			process: (.took_ns - .inside_ns), config: .config_ns, toolstack: .toolstack_ns,
			load: .load_ns, hypervisor: .hypervisor_ns, xenstore: .xenstore_ns,
			devices: .devices_ns, guest: 0})),
	(($doc.rows["command-phases"] // []) | group_by(.kind)[] | . as $rows |
		medians($doc; $rows[0].kind; "create"; $names; $rows[] | {
			process: (.took_ns - .total_ns - $config), config: $config,
			load: (.image_ns + .build_ns),
			hypervisor: (.createdomain_ns + .memory_ns),
			xenstore: 0, devices: .devices_ns, guest: (.unpause_ns + .guest_ns), total: .total_ns} |
			.toolstack = .total - .load - .hypervisor - .devices - .guest));

# Until a guest is ready, as the paper's Figs. 10 and 11: what the tool stack does until it starts
# it, and from there on; from the pool of image shells only the whole is known.
def boot:
	. as $doc |
	["create", "boot", "whole"] as $names |
	(["kind"] + $names + ["fork_exec_ns"]),
	(($doc.rows.phases // []) | map(select(.guest > 1)) | group_by(.kind)[] | . as $rows |
		medians($doc; $rows[0].kind; "create"; $names; $rows[] |
			{create: (.total_ns - .unpause_ns - .guest_ns), boot: (.unpause_ns + .guest_ns), whole: 0})),
	medians($doc; "daytime-pool"; "pool"; $names; $doc.rows.pool[]? | select(.kind == "image") |
		{create: 0, boot: 0, whole: .took_ns});

# What was promised (issues 3, 4, 8 and 11): key, at most or at least, bound.
def promised:
	[
		["exec_image_ratio", "<=", 0.5], ["exec_imageless_ratio", "<=", 0.8],
		["cli_pool_ratio", "<=", 1.75], ["cold_ratio", "<=", 1], ["cold_bridge_ratio", "<=", 1.5],
		["run_ratio", "<=", 2],
		["growth_1000", "<=", 1.05], ["destroy_ratio", "<=", 0.6],
		["destroy_growth_1000", "<=", 1.1], ["list_growth_ratio", "<=", 2], ["xl_vs_ours", ">=", 100],
		["xl_vs_ours_300", ">=", 100], ["runc_vs_ours", ">=", 50], ["live_guests", ">=", 4000],
		["tinyx_boot_ratio", "<=", 150], ["tinyx_build_minsn", "<=", 3], ["tinyx_memory_mib", "<=", 20],
		["tinyx_image_mib", "<=", 7], ["tinyx_idle_insn_per_guest_s", "<=", 20000],
		["disk_neighbour_ratio", "<=", 2], ["destroy_neighbour_ratio", "<=", 1.2],
		["save_ratio", "<=", 2.9], ["restore_ratio", "<=", 3],
		["save_growth_500", "<=", 1.05], ["restore_growth_500", "<=", 1.05],
		["migrate_stop_ratio", "<=", 6], ["migrate_two_rest_ratio", "<=", 6],
		["blk_rand4k_vs_blkback", "<=", 0.8], ["blk_seq128k_vs_blkback", "<=", 0.8],
		["net_tx_vs_netback", "<=", 0.8], ["net_rx_vs_netback", "<=", 0.8],
		["net_tx_gso_vs_netback", "<=", 0.8], ["net_rx_gso_vs_netback", "<=", 0.8]
	];
def keeps($sign; $bound): if $sign == "<=" then . <= $bound else . >= $bound end;

# The promises as a table in Markdown, from results.json.
def targets:
	. as $r |
	"Measured at \($r.commits // "?"); vifs: \($r.link // "?"). Ratios are against fork+exec unless the name says otherwise.",
	"",
	"| key | target | measured | |",
	"|---|---|---|---|",
	(promised[] | . as [$key, $sign, $bound] | $r[$key] as $value |
		(if $value == null then "not measured: \($r.notes[$key] // "?")"
		elif ($value | keeps($sign; $bound)) then "met"
		else "**not met**" end) as $verdict |
		"| `\($key)` | \($sign) \($bound) | \($value // "-") | \($verdict) |");

# The same of several results.json, [{name, results}]: a column each, of the keys that one of them has.
def targets_beside:
	. as $all |
	($all[] | "\(.name): measured at \(.results.commits // "?")."),
	"",
	"| key | target | \([$all[].name] | join(" | ")) |",
	"|---|---|\([$all[] | "---|"] | join(""))",
	(promised[] | . as [$key, $sign, $bound] | [$all[].results[$key]] | select(any(. != null)) |
		map(if . == null then "-" elif keeps($sign; $bound) then "\(.)" else "**\(.), not met**" end) |
		"| `\($key)` | \($sign) \($bound) | \(join(" | ")) |");
