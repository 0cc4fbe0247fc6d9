# What the target engine stands on: shells of ref/ as they are built everywhere, whose calls into the kernel, the dialer
# and the audit get other names afterwards, those of fuzz/rig/engine_calls.h. So the code under test is not built in a way
# of its own, and no other target, and not libFuzzer's runtime, sees the renaming.
FUZZ_ENGINE_SHELLS := $(patsubst %,ref/%.c,loop link nat nat_udp nat_echo nat_tcp nat_tcp_send)
FUZZ_ENGINE  := $(FUZZ_ENGINE_SHELLS:ref/%.c=$(B)/obj/fuzz/engine/%.o)

$(B)/obj/fuzz/engine/%.o: $(B)/obj/ref/%.o fuzz/rig/engine.syms
	@mkdir -p $(@D)
	@echo "  OBJ  $@"
	$(Q)objcopy --redefine-syms=fuzz/rig/engine.syms $< $@
$(B)/lib/fuzz-rig.a: $(FUZZ_ENGINE)
# What the sanitizers look at is refnat, and the border of its memory: in the model and its kernel they would take half of the
# time. What of refnat's memory these use is asked for by name: fuzz/rig/engine_memory.h.
FUZZ_ENGINE_RIG   := $(wildcard fuzz/rig/engine_*.c)
FUZZ_ENGINE_ALIKE := $(patsubst %,fuzz/rig/engine_%.c,program fakes memory)
ifneq ($(SAN),)
$(patsubst %.c,$(B)/obj/%.o,$(filter-out $(FUZZ_ENGINE_ALIKE),$(FUZZ_ENGINE_RIG))): override CFLAGS += -O2 -fno-sanitize=$(SAN)
endif
