# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What an image says of itself: manifest (lines of text), sbom.spdx.json (SPDX 2.3), xl.cfg.

manifest_write()
{
	echo "name $name"
	echo "format $format"
	echo "tinyx $tinyx_version"
	echo "date $(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)"
	echo "memory $memory"
	echo "kernel $(cat "$work/kernel.name")"
	echo "noxs $(grep -q '/noxs-front\.ko$' "$work/modules" || [ "$kernel" = tinyx ] && echo yes || echo no)"
	[ ! -s "$work/kernel.package" ] || echo "kernel-package $(cat "$work/kernel.package")"
	sed -n 's/^arg /exec /p; s/^port /port /p' "$work/root/etc/tinyx"
	sed 's/^[^ ]* /input /' "$work/inputs.named"
	awk -F'\t' 'FNR == NR { sum[$1] = $2; next }
		{ print "package", $1, $2, $3, $6, $7, ($1 in sum ? sum[$1] : "-") }' "$work/sums" "$work/contents"
}

# spdx_package ID NAME VERSION PURL [SHA256 [SOURCE]]
spdx_package()
{
	printf '    {"SPDXID": "SPDXRef-%s", "name": %s, "versionInfo": %s, "downloadLocation": "NOASSERTION", ' \
		"$1" "$(json_string "$2")" "$(json_string "$3")"
	printf '"filesAnalyzed": false, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", '
	printf '"copyrightText": "NOASSERTION", "supplier": "NOASSERTION"'
	[ -z "${6:-}" ] || printf ', "sourceInfo": %s' "$(json_string "built from $6")"
	[ -z "${5:-}" ] || printf ', "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}]' "$5"
	[ -z "$4" ] || printf ', "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": %s}]' \
		"$(json_string "$4")"
	printf '}'
}

# An SPDXID has letters, digits, dots and hyphens only.
spdx_id()
{
	echo "Package-${1//[^A-Za-z0-9.-]/-}"
}

spdx_purl()
{
	echo "pkg:deb/debian/$1@${2//+/%2B}?arch=$3"
}

spdx_write()
{
	local date p version arch source source_version sum refs='' k
	date=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)

	printf '{\n  "spdxVersion": "SPDX-2.3",\n  "dataLicense": "CC0-1.0",\n  "SPDXID": "SPDXRef-DOCUMENT",\n'
	printf '  "name": %s,\n' "$(json_string "$name")"
	printf '  "documentNamespace": "https://lightvm.invalid/tinyx/%s/%s",\n' "$name" "$(sha256_of "$work/contents")"
	printf '  "creationInfo": {"created": "%s", "creators": ["Tool: tinyx-%s"]},\n' "$date" "$tinyx_version"
	printf '  "packages": [\n'
	spdx_package Image "$name" "$date" ''
	while IFS=$'\t' read -r p version arch source source_version _; do
		sum=$(awk -F'\t' -v p="$p" '$1 == p { print $2 }' "$work/sums")
		printf ',\n'
		spdx_package "$(spdx_id "$p")" "$p" "$version" "$(spdx_purl "$p" "$version" "$arch")" "$sum" "$source $source_version"
		refs+=",
    {\"spdxElementId\": \"SPDXRef-Image\", \"relationshipType\": \"CONTAINS\", \"relatedSpdxElement\": \"SPDXRef-$(spdx_id "$p")\"}"
	done <"$work/contents"
	if read -r p version arch <"$work/kernel.package"; then
		k=$(spdx_id "$p")
		printf ',\n'
		spdx_package "$k" "$p" "$version" "$(spdx_purl "$p" "$version" "$arch")"
		refs+=",
    {\"spdxElementId\": \"SPDXRef-Image\", \"relationshipType\": \"CONTAINS\", \"relatedSpdxElement\": \"SPDXRef-$k\"}"
	fi
	printf '\n  ],\n  "relationships": [\n'
	printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Image"}'
	printf '%s\n  ]\n}\n' "$refs"
}

# The kernel, the ramdisk and the disk are the image's: who opens it adds them.
config_write()
{
	cat <<-END
	# Of a tinyx image: chaos create FILE adds kernel, ramdisk and the disk of the root file system.
	name = "$name"
	type = "pv"
	memory = $memory
	vcpus = 1
	cmdline = "$cmdline"
	END
}
