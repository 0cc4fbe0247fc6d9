# With libFuzzer a mutator is a part of its target; for AFL++ it is $(B)/fuzz/NAME.mutator.so. It is no part of what is tried,
# so it has no sanitizers and no coverage.
MUTATED       = $(foreach t,$(FUZZ_TARGETS),$(if $(MUTATE.$(t)),$(t)))
MUTATE_SRC   := $(call src,fuzz/mutate)
MUTATE_CORE   = $(filter-out %/libfuzzer.c %/afl.c,$(MUTATE_SRC))
MUTATE_CC    := gcc
MUTATE_CFLAGS = -std=c11 -I. $(WARN) -O2 -fno-tree-loop-distribute-patterns -g -fPIC -D_GNU_SOURCE -DMUTATE_FORMAT=mutate_$(MUTATE.$*)

$(MUTATED:%=$(B)/fuzz/%.mutator.so): $(B)/fuzz/%.mutator.so: $(MUTATE_SRC) fuzz/mutate/core.h
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(MUTATE_CC) $(MUTATE_CFLAGS) -shared -o $@ $(MUTATE_CORE) fuzz/mutate/afl.c
$(MUTATED:%=$(B)/obj/fuzz/%.mutator.o): $(B)/obj/fuzz/%.mutator.o: $(MUTATE_SRC) fuzz/mutate/core.h
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(MUTATE_CC) $(MUTATE_CFLAGS) -r -nostdlib -o $@ $(MUTATE_CORE) fuzz/mutate/libfuzzer.c
ifeq ($(FUZZ),libfuzzer)
$(MUTATED:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/obj/fuzz/%.mutator.o
endif
ifeq ($(FUZZ),afl)
fuzzers: $(MUTATED:%=$(B)/fuzz/%.mutator.so)
endif

TESTS += $(call tests,fuzz/mutate)
$(call tests,fuzz/mutate): $(B)/test/fuzz/mutate/%_test: $(B)/obj/fuzz/mutate/%_test.o $(call objs,$(MUTATE_CORE))
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -o $@ $^ -lcmocka
