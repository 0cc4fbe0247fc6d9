# SPDX-License-Identifier: ISC
# lib.sh: what prove/run and prove/mutants-run share. Read from the root of the sources.
# shellcheck shell=sh

# tools_or_skip WHAT: ends here, with a SKIP line, where there is no prover.
tools_or_skip() {
	for tool in frama-c why3 z3 cvc4; do
		command -v "$tool" >/dev/null && continue
		if [ "${CI:-}" = true ] || [ "${PROVE_REQUIRED:-}" = 1 ]; then
			echo "  FAIL  $1: $tool is not installed (ci/setup prove)" >&2
			exit 1
		fi
		echo "  SKIP  $1: $tool is not installed (ci/setup prove)"
		exit 0
	done
	[ -s "${WHY3CONFIG:-$HOME/.why3.conf}" ] || why3 config detect >/dev/null 2>&1
}

# prove FILE FUNCTIONS [MORE...]: frama-c's log. FUNCTIONS is a list with commas, or lemmas.
prove() {
	source=$1
	case $2 in
	lemmas) set -- -wp-prop=@lemma -wp-auto wp:bitshift -wp-prover tip,z3,cvc4 -wp-session "$OUT/session" ;;
	*)
		functions=$2
		shift 2
		set -- -wp-fct "$functions" -wp-prover z3,cvc4 "$@"
		;;
	esac
	more=prove/$(basename "$source" .c).h # of a file that says itself what it rests on
	[ -f "$more" ] || more=prove/spec.h
	frama-c -machdep gcc_x86_64 -cpp-extra-args="-I. -include $more" -instantiate "$source" \
		-wp -wp-rte -wp-unfold-assigns 2 -wp-timeout "${TIMEOUT:-10}" -wp-par 2 -wp-cache none "$@"
}

# unproved LOG: the goals that were not proved, by name.
unproved() {
	sed -n 's/^\[wp\] \[[^]]*\] Goal typed_\([A-Za-z0-9_]*\) : \(Timeout\|Unknown\|Failed\|Stepout\).*/\1/p;
		s/^\[wp\] \[\(Failed\|Timeout\|Unknown\|Stepout\)\] Goal typed_\([A-Za-z0-9_]*\).*/\2/p' "$1" | sort -u
}

# warnings LOG: what would make a proof worth less than it looks.
warnings() {
	grep -A1 'Missing assigns\|Missing RTE\|annot-error\|not supported\|unsupported\|Unsupported\|Degenerated\|Cast with incompatible' \
		"$1" || :
}
