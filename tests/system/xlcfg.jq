# SPDX-License-Identifier: GPL-2.0
# What `xl create -n -d` and `chaos create --dry-run` say of one configuration, each in the same words, as
# far as both know it.  Input: the document; $of: "xl" or "chaos".

# xl writes a disk as it was given; it is the same disk by other names.
def vdev: sub("^(hd|sd)"; "xvd") | if . == "0x0" then "xvda" elif . == "0x1" then "xvdb" else . end;
# "0-2,4" as [0,1,2,4]; null if it is written in another way, which xl expands for its host.
def cpus: if . and test("^[0-9,-]+$") then
		[split(",")[] | split("-") | map(tonumber) | range(.[0]; .[-1] + 1)] | sort
	else null end;

def of_xl: {
	type: .c_info.type,
	name: .c_info.name,
	kernel: .b_info.kernel,
	ramdisk: .b_info.ramdisk,
	cmdline: .b_info.cmdline,
	memory_kib: (.b_info.target_memkb // .b_info.max_memkb // 32768),
	vcpus: (.b_info.max_vcpus // 1),
	cpu_weight: .b_info.sched_params.weight,
	cap: (.b_info.sched_params.cap // 0),
	on_poweroff: (.on_poweroff // "destroy"),
	on_reboot: (.on_reboot // "destroy"),
	on_crash: (.on_crash // "destroy"),
	cpus: [.b_info.vcpu_hard_affinity[]? | sort],
	vifs: [.nics[]? | {
		id: .devid, mac, bridge: (.bridge // "xenbr0"),
		rate_bytes: .rate_bytes_per_interval, rate_interval_us: .rate_interval_usecs,
	}],
	disks: [.disks[]? | {
		vdev: (.vdev | vdev),
		target: .pdev_path,
		read_only: (.readwrite != 1),
		discard: (.discard_enable != "False"),
	}],
};

def of_chaos: {
	type, name, kernel, ramdisk, cmdline, memory_kib, vcpus, cpu_weight, cap,
	on_poweroff, on_reboot, on_crash,
	cpus: [.cpus[] | cpus | select(.)],
	vifs: [.vifs[] | { id, mac, bridge, rate_bytes, rate_interval_us }],
	disks: [.disks[] | { vdev, target, read_only, discard }],
};

if $of == "xl" then of_xl else of_chaos end
| if .cpus == [] then del(.cpus) else . end
