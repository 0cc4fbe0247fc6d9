# SPDX-License-Identifier: ISC
# lib.sh: what prove/run, prove/mutants-run and their parts share. Read from the root of the sources.
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

# share_processors N: for N things to prove, how many at a time ($JOBS), and how many goals at a time of each ($PAR).
share_processors() {
	processors=$(nproc)
	JOBS=${JOBS:-$processors}
	[ "$JOBS" -le "$1" ] || JOBS=$1
	PAR=$((processors / JOBS))
	[ "$PAR" -ge 1 ] || PAR=1
	export PAR
}

# prove FILE FUNCTIONS [HOW...]: frama-c's log. FUNCTIONS is a list with commas, or lemmas. HOW: `split`, one goal for
# each way through a function, and `cvc4`, which then is asked before z3.
prove() {
	source=$1 functions=$2 provers=z3,cvc4 split=
	shift 2
	for word; do
		case $word in
		split) split=-wp-split ;;
		cvc4) provers=cvc4,z3 ;;
		esac
	done
	case $functions in
	lemmas)
		# What a lemma needs that solvers do not do by themselves, such as induction, stands in prove/script.
		mkdir -p "$OUT/session"
		cp -r prove/script "$OUT/session"
		set -- -wp-prop=@lemma -wp-auto wp:bitshift -wp-prover "tip,$provers" -wp-session "$OUT/session"
		;;
	*) set -- -wp-fct "$functions" -wp-prover "$provers" ${split:+"$split"} ;;
	esac
	more=prove/$(basename "$source" .c).h # of a file that says itself what it rests on
	[ -f "$more" ] || more=prove/spec.h
	frama-c -machdep gcc_x86_64 -cpp-extra-args="-I. -include $more" -instantiate "$source" \
		-wp -wp-rte -wp-unfold-assigns 2 -wp-timeout "${TIMEOUT:-10}" -wp-par "${PAR:-1}" -wp-cache none "$@"
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
