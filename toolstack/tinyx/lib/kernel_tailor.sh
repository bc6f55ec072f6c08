# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --kernel tailored: which options of a tinyx kernel the user's test can do without.  config/tailored.options are
# tried --batch at a time: a kernel without them is built, a guest of the image is started with it, and the test
# decides.  A batch that fails is halved, down to the options that are needed.  Each verdict is kept, so that a
# search that was interrupted goes on from there, and the same search is not made again.

# tailor_search VERDICTS BATCH OPTION... - sets tailor_off to the options that are not needed.
# `tailor_trial OPTION...` says whether the test passes without these: 0 and its kernel's size on standard output,
# or 2; with another status the search ends.  VERDICTS has "yes SIZE OPTION..." and "no - OPTION..." lines.
tailor_search()
{
	local verdicts=$1 size=$2 queue=() batch=() half was now
	shift 2

	tailor_off=()
	tailor_verdict "$verdicts" ||
		die 'the test fails with a kernel that has all options: mend the test, or the image'
	was=$tailor_size
	while [ $# -gt 0 ]; do
		queue+=("${*:1:size}")
		shift $(($# < size ? $# : size))
	done
	while [ ${#queue[@]} -gt 0 ]; do
		read -r -a batch <<<"${queue[0]}"
		queue=("${queue[@]:1}")
		if tailor_verdict "$verdicts" "${tailor_off[@]}" "${batch[@]}"; then
			now=$tailor_size
			tailor_off+=("${batch[@]}")
			tailor_told+=("$((was - now)) ${batch[*]#CONFIG_}")
			step OFF "${batch[*]#CONFIG_}: $((was - now)) bytes"
			was=$now
		elif [ ${#batch[@]} = 1 ]; then
			tailor_told+=("needed ${batch[0]#CONFIG_}")
			step NEEDED "${batch[0]#CONFIG_}"
		else
			half=$((${#batch[@]} / 2))
			queue=("${batch[*]:0:half}" "${batch[*]:half}" ${queue[@]+"${queue[@]}"})
		fi
	done
}

# tailor_verdict VERDICTS OPTION... - tailor_trial's, which is asked once: 0 and tailor_size, or 1
tailor_verdict()
{
	local file=$1 verdict size options rc=0
	shift

	while read -r verdict size options; do
		[ "$options" = "$*" ] && { [ "$verdict" = no ] || is_number "$size"; } || continue
		tailor_size=$size
		[ "$verdict" = yes ]
		return
	done <"$file"
	step TRY "without ${*:-nothing}"
	tailor_size=$(tailor_trial "$@") || rc=$?
	case $rc in
	0) echo "yes $tailor_size $*" >>"$file" ;;
	2) echo "no - $*" >>"$file"; return 1 ;;
	*) exit $rc ;; # that it was interrupted, or the disk is full, says nothing of options
	esac
}

# tailor_config OPTION... - pv.config without them
tailor_config()
{
	local off

	off=$(printf '^%s=\n' "$@")
	lines "$tinyx_lib/../config/pv.config" | { [ $# = 0 ] && cat || grep -vf <(echo "$off"); }
	[ $# = 0 ] || printf '%s=n\n' "$@"
}

# tailor_trial OPTION... - the kernel, the image with it, a guest, the test
tailor_trial()
{
	local rc=0

	tailor_config "$@" >"$work/trial.config" || die "$work: cannot be written: disk full?"
	# One that does not build is no kernel: the next one may.
	(kernel_build "$work/trial.config" && echo "$kernel_dir" >"$work/trial.dir") >&2 || rc=$?
	[ $rc != 3 ] || return 2
	[ $rc = 0 ] || return 1
	kernel_built "$(cat "$work/trial.dir")" trial >&2 || return 1
	new_file "$work/trial.tinyx"
	file_write "$work" "${members[@]}" xl.cfg >&2 || die "$work: cannot be written: disk full?"
	give_name "$work/trial.tinyx"
	tailor_guest "$work/trial.tinyx" >&2 || return 2
	size_of "$work/kernel"
}

# tailor_guest IMAGE - 0 if the test passes: a command of the user's, with NAME and IP of a guest of the image
tailor_guest()
{
	local rc=0

	export IMAGE=$1 NAME=tinyx-$$ IP=''
	[[ ! $vif =~ (^|,)ip=([0-9.]+) ]] || IP=${BASH_REMATCH[2]}
	chaos create --timeout 60 "$IMAGE" "name=$NAME" ${vif:+"vif=['$vif']"} >"$work/trial.log" 2>&1 &&
		timeout 120 bash -c "$test_command" >>"$work/trial.log" 2>&1 </dev/null || rc=1
	chaos destroy "$NAME" >/dev/null 2>&1 || :
	return $rc
}

# The image's files are there; its kernel becomes the smallest with which the test passes.
kernel_tailor()
{
	local options key verdicts

	need chaos chaos
	config_write >"$work/xl.cfg"
	mapfile -t options < <(lines "${options_file:-$tinyx_lib/../config/tailored.options}")
	key=$({ kernel_ingredients; printf '%s\n' "${options[@]}" "$test_command" "$vif"; cat "$work/xl.cfg" "$work/${members[-1]}"
		lines "$tinyx_lib/../config/pv.config"; } | sha256sum | cut -c1-16)
	verdicts=$cache/kernel/tailored-$key
	[ -e "$verdicts" ] || : >"$verdicts"
	tailor_told=()
	tailor_search "$verdicts" "$batch_size" "${options[@]}"
	tailor_config "${tailor_off[@]}" >"$work/trial.config"
	kernel_build "$work/trial.config"
	kernel_built "$kernel_dir" tailored
	rm -rf "$kernel_tree"
	step TAILOR "without ${#tailor_off[@]} of ${#options[@]} options; bytes that each batch bought:"
	printf '          %s\n' "${tailor_told[@]}" >&2
	printf '%s\n' "${tailor_told[@]}" >"$work/tailored"
}
