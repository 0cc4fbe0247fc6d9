# How refnat reads frames, for fuzz/compare/tshark; how refnat and llhttp read messages, for fuzz/compare/h11.
$(B)/frame-print: $(B)/obj/fuzz/compare/frame_print.o $(FUZZ_ARCHIVES)
$(B)/http-print: $(B)/obj/fuzz/compare/http_print.o $(FUZZ_ARCHIVES)
$(B)/frame-print $(B)/http-print:
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) $(REPLAY_LDFLAGS.$(FUZZ)) -o $@ $^ $(FUZZ_LIBS)
