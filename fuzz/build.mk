# The ways to build the fuzz targets of fuzz/targets.mk. Read by the Makefile; `make FUZZ=WAY B=FOLDER fuzzers` builds one way:
#
#   replay     all targets in one program, $(B)/replay (the default)
#   libfuzzer  $(B)/fuzz/NAME, with clang; SAN=address,undefined for the sanitizers
#   afl        $(B)/fuzz/NAME, with CC=afl-clang-fast
#   cover      $(B)/replay, with clang, counting lines and branches
#
# A target is fuzz/NAME.c; what it stands on comes out of archives: two of the filter, one of the harness and its guest, and one
# of what targets are compared with, fuzz/rig/.
FUZZ ?= replay
include fuzz/targets.mk

FUZZ_LIBS   := -ljansson -lpcap -lssl -lcrypto -lldns -lm

FUZZ_PURE   = $(wildcard $(patsubst %,ref/%.c,$(REF_PURE)))
FUZZ_SHELLS = $(wildcard $(patsubst %,ref/%.c,$(sort $(FUZZ_REF_SHELLS))))
FUZZ_REF    = $(FUZZ_PURE) $(FUZZ_SHELLS)
FUZZ_RIG    = $(wildcard fuzz/rig/*.c)
FUZZ_CFLAGS.replay    :=
FUZZ_CFLAGS.libfuzzer := -fsanitize=fuzzer-no-link
FUZZ_CFLAGS.afl       :=
FUZZ_CFLAGS.cover     := -fprofile-instr-generate -fcoverage-mapping
FUZZ_LDFLAGS.libfuzzer := -fsanitize=fuzzer
FUZZ_LDFLAGS.afl       := -fsanitize=fuzzer
# All of the pure layers: what no target uses would count as nothing missed.
REPLAY_LDFLAGS.cover   := -fprofile-instr-generate -Wl,--whole-archive,$(B)/lib/fuzz-pure.a,--no-whole-archive
CSTD += $(FUZZ_CFLAGS.$(FUZZ))
# Each comparison that libFuzzer is told of costs more than the comparison. What refnat compares are lengths and counts, and
# what is reached is the same without, in half of the time; second readers compare nothing new. The harness's readers of files
# wait for magic numbers, which take much longer to guess; but which word is nearest to a misspelt one helps nobody.
FUZZ_DEAR.libfuzzer := -fno-sanitize-coverage=trace-cmp
$(B)/obj/ref/%.o $(B)/obj/fuzz/rig/%.o $(B)/obj/harness/diag.o: CSTD += $(FUZZ_DEAR.$(FUZZ))

.PHONY: fuzzers
fuzzers: $(if $(filter replay cover,$(FUZZ)),,$(FUZZ_TARGETS:%=$(B)/fuzz/%)) $(B)/replay

$(B)/lib/fuzz-pure.a: $(call objs,$(FUZZ_PURE))
$(B)/lib/fuzz-shells.a: $(call objs,$(FUZZ_SHELLS))
# Both sides may have a function of one name; here each calls its own.
FUZZ_OF_BOTH := addr_parse_ip4 addr_parse_mac
$(B)/lib/fuzz-harness.a: $(patsubst %,$(B)/obj/fuzz-harness/%.o,$(sort $(FUZZ_HARNESS))) $(FUZZ_GUEST:%=$(B)/obj/vm-images/%.o)
$(B)/obj/fuzz-harness/%.o: $(B)/obj/harness/%.o fuzz/build.mk
	@mkdir -p $(@D)
	$(Q)objcopy $(foreach f,$(FUZZ_OF_BOTH),--redefine-sym $(f)=harness_$(f)) $< $@
$(B)/lib/fuzz-rig.a: $(call objs,$(FUZZ_RIG))
FUZZ_ARCHIVES := $(patsubst %,$(B)/lib/fuzz-%.a,rig shells pure harness)
$(FUZZ_ARCHIVES): fuzz/targets.mk # what they hold is said here

# In the one program of all targets each has a name of its own.
$(B)/obj/fuzz-all/%.o: fuzz/%.c
	@mkdir -p $(@D)
	@echo "  CC   $< (all)"
	$(Q)$(CC) $(CSTD) $(CFLAGS) -D_GNU_SOURCE -DLLVMFuzzerTestOneInput=fuzz_$* -c -o $@ $<
$(B)/gen/fuzz/fuzz_table.h: fuzz/targets.mk
	@mkdir -p $(@D)
	$(Q)for t in $(FUZZ_TARGETS); do echo "FUZZ_TARGET($$t)"; done >$@
$(B)/obj/fuzz/replay.o: $(B)/gen/fuzz/fuzz_table.h
$(B)/obj/fuzz/replay.o: CSTD += -I$(B)/gen/fuzz
FUZZ_REPLAY_LINK = $(B)/obj/fuzz/replay.o $(FUZZ_TARGETS:%=$(B)/obj/fuzz-all/%.o) $(FUZZ_ARCHIVES)
$(B)/replay: $(FUZZ_REPLAY_LINK)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) $(REPLAY_LDFLAGS.$(FUZZ)) -o $@ $^ $(FUZZ_LIBS)
$(FUZZ_TARGETS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/obj/fuzz/%.o $(FUZZ_ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) $(FUZZ_LDFLAGS.$(FUZZ)) -o $@ $^ $(FUZZ_LIBS)

include fuzz/engine.mk
include fuzz/llhttp.mk
include fuzz/mutate/build.mk
include fuzz/compare/build.mk
