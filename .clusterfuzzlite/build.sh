#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds all fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: $OUT/NAME, NAME_seed_corpus.zip and NAME.dict, and
# the shared libraries in $OUT/lib, for where they run nothing is installed. The environment says how: CC, CFLAGS,
# LIB_FUZZING_ENGINE, and SANITIZER, whose flags stand in CFLAGS already. ci/clusterfuzz runs this without a container.
set -eu
cd "${SRC:?}/gauntlet" 2>/dev/null || cd "$SRC"
: "${OUT:?}" "${CC:?}" "${CFLAGS:?}" "${LIB_FUZZING_ENGINE:?}" "${SANITIZER:?}"
b=${WORK:-build}/clusterfuzz-$SANITIZER

# The dollar is for make.
# shellcheck disable=SC2016
targets=$(make --no-print-directory -s --eval 'fuzz-words: ; @echo $(FUZZ_TARGETS)' fuzz-words)
programs=
for t in $targets; do
	programs="$programs $b/fuzz/$t"
done
# CFLAGS have the sanitizer and the coverage; what hardens a release gets in their way.
# $$ is make's for a dollar, and the linker is to see $ORIGIN. Word splitting is wanted.
# shellcheck disable=SC2016,SC2086
make --no-print-directory -j"$(nproc)" FUZZ=libfuzzer B="$b" CC="$CC" CFLAGS="$CFLAGS" HARD=-fPIE \
	FUZZ_CFLAGS.libfuzzer= FUZZ_LDFLAGS.libfuzzer="$LIB_FUZZING_ENGINE" LDSAN="$CFLAGS" \
	LDFLAGS='-pie -Wl,--disable-new-dtags,-rpath,'\''$$ORIGIN/lib'\' $programs

mkdir -p "$OUT/lib"
for t in $targets; do
	cp "$b/fuzz/$t" "$OUT/"
	[ ! -f "fuzz/dict/$t.dict" ] || cp "fuzz/dict/$t.dict" "$OUT/"
	rm -f "$OUT/${t}_seed_corpus.zip"
	python3 - "$OUT/${t}_seed_corpus.zip" "fuzz/seeds/$t" "fuzz/found/$t" <<'END'
import pathlib
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1], "w") as out:
    for folder in map(pathlib.Path, sys.argv[2:]):
        for path in sorted(folder.glob("*")):
            # The same bytes whenever it is made.
            out.writestr(zipfile.ZipInfo(f"{folder.parent.name}-{path.name}"), path.read_bytes())
END
	# All but the C library and what belongs to it.
	ldd "$OUT/$t" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' |
		grep -Ev '/(libc|libm|libdl|librt|libpthread|libresolv|libgcc_s)\.so' |
		while read -r library; do
			case $library in "$OUT"/*) ;; *) cp -L "$library" "$OUT/lib/" ;; esac
		done
done
