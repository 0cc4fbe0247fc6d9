# llhttp, from the C sources of Debian's node-llhttp. Without them its target is left out, and that is said.
LLHTTP := $(wildcard /usr/share/llhttp/llhttp.c)
ifneq ($(LLHTTP),)
FUZZ_LLHTTP := $(patsubst %,$(B)/obj/llhttp/%.o,api http llhttp) $(patsubst %,$(B)/obj/fuzz/llhttp/%.o,read same)
$(B)/lib/fuzz-rig.a: $(FUZZ_LLHTTP)
$(B)/obj/fuzz/llhttp/%.o: CSTD += -DHAVE_LLHTTP -isystem /usr/share/include/llhttp $(FUZZ_DEAR.$(FUZZ))
$(B)/obj/llhttp/%.o: /usr/share/llhttp/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CSTD) $(CFLAGS) -w -fno-sanitize=undefined -isystem /usr/share/include/llhttp -c -o $@ $<
$(B)/obj/fuzz/compare/http_print.o: CSTD += -DHAVE_LLHTTP
else
.PHONY: skip-llhttp
skip-llhttp:
	@echo "  SKIP fuzz/diff_llhttp: there is no /usr/share/llhttp/llhttp.c: apt-get install node-llhttp"
fuzzers: skip-llhttp
endif
