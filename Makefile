# Gauntlet. GNU make, no configure step; everything is built below $(B).
#   make V=1                      show the commands
#   make SAN=address,undefined    sanitizers (use another B to keep both builds)
#   make B=/some/where            build elsewhere

B    ?= build
CC   ?= cc
ifeq ($(origin CC),default)
CC   := gcc
endif
SAN  ?=
V    ?= 0
Q    := $(if $(filter 1,$(V)),,@)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wvla -Wformat=2 -Wcast-qual -Wundef -Wswitch-enum $(if $(WERROR),-Werror)
HARD := $(if $(SAN),,-D_FORTIFY_SOURCE=3 -fstack-protector-strong -ftrivial-auto-var-init=pattern) -fPIE
CFLAGS  ?= -O2 -g
CSTD    := -std=c11 -I. -MMD -MP $(WARN) $(HARD) $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS ?= -pie -Wl,-z,relro,-z,now
LDSAN   := $(if $(SAN),-fsanitize=$(SAN))

src      = $(filter-out %_test.c,$(wildcard $(1)/*.c))
objs     = $(patsubst %.c,$(B)/obj/%.o,$(1))
tests    = $(patsubst %_test.c,$(B)/test/%_test,$(wildcard $(1)/*_test.c))

REF      := $(call src,ref)
HARNESS  := $(call src,harness)
# Style sheet and script of the report; the scripts of a guest's set-up.
ASSETS   := $(B)/obj/harness/report/assets.o $(B)/obj/harness/guest/assets.o
LAB      := $(call src,lab)
HOSTILE  := $(patsubst %,$(B)/%,$(subst lab/,,$(wildcard lab/hostile/*.py) lab/wg-peer lab/guest-packages lab/web-server lab/as-guest lab/tls-client))
# The servers of the world, and what they and the filters are known by: always in the same folder, which policies name.
WORLD    := $(B)/make-ca $(B)/origin $(B)/resolver $(B)/load
TLS      := build/lab/tls
TESTS    := $(call tests,bytes) $(call tests,ref) $(call tests,harness) $(call tests,lab) $(call tests,vm-images)

# Layers 0-2 of refnat are pure C11; only shells, the harness, its tools and tests may ask for GNU extensions.
GNU := harness/% lab/% bench/% vm-images/% fuzz/% %_test.c
include ref/layers.mk
REF_PURE := $(REF_L0) $(REF_L1) $(REF_L2)

REF_LIBS     := -ljansson -lssl -lcrypto
HARNESS_LIBS := -ljansson -lpcap -lmnl -lm -lssl -lcrypto

.PHONY: all
all: $(B)/gauntlet $(B)/refnat $(B)/stream $(HOSTILE) $(WORLD) tls $(B)/null $(B)/bench-verdict $(B)/edge ## build all programs (the default)

$(B)/refnat: $(call objs,$(REF))
$(B)/gauntlet: $(call objs,$(HARNESS)) $(ASSETS)
$(B)/refnat $(B)/gauntlet:
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -o $@ $^ $($(if $(filter %/refnat,$@),REF,HARNESS)_LIBS)

# What scenarios run beside the programs of Debian.
$(B)/stream: $(call objs,$(LAB))
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -o $@ $^

$(B)/make-ca: $(patsubst %,$(B)/obj/lab/world/%.o,cert make_ca)
$(B)/origin: $(patsubst lab/%.c,$(B)/obj/lab/%.o,lab/world/cert.c $(wildcard lab/world/origin*.c))
$(B)/resolver: $(patsubst lab/%.c,$(B)/obj/lab/%.o,$(wildcard lab/world/resolver*.c))
$(B)/load: $(B)/obj/lab/world/load.o
$(WORLD):
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -pthread -o $@ $^ $(if $(filter %/resolver,$@),,-lssl -lcrypto)
# Keys and certificates of the laboratory; it looks for itself whether they are still good.
.PHONY: tls
tls: $(B)/make-ca
	$(Q)mkdir -p $(B)/lab $(dir $(TLS)) && $(B)/make-ca $(TLS)
	$(Q)[ $(B)/lab/tls -ef $(TLS) ] || ln -sfn $(abspath $(TLS)) $(B)/lab/tls

# Peers that attack, which scenarios start from where gauntlet stands.
$(HOSTILE): $(B)/%: lab/%
	@mkdir -p $(@D)
	@echo "  CP   $@"
	$(Q)cp -p $< $@

# What `gauntlet bench` compares refnat with, and what it costs without any I/O.
$(B)/null: $(B)/obj/bench/null.o
$(B)/bench-verdict: $(B)/obj/bench/verdict.o $(call objs,$(wildcard $(patsubst %,ref/%.c,$(REF_PURE))))
# refnat behind a relay that misbehaves: what ci/fakes tests the judge with.
$(B)/edge: $(B)/obj/harness/fakes/edge.o
$(B)/null $(B)/bench-verdict $(B)/edge:
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -o $@ $^

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CSTD) $(CFLAGS) $(if $(filter $(GNU),$<),-D_GNU_SOURCE) -c -o $@ $<

$(B)/gen/harness/report/assets.c: harness/report/embed harness/report/report.css harness/report/report.js
	@mkdir -p $(@D)
	@echo "  EMBED $@"
	$(Q)harness/report/embed harness/report >$@.new && mv $@.new $@
$(B)/gen/harness/guest/assets.c: harness/guest/embed $(wildcard harness/guest/*-guest.* harness/guest/*.sh)
	@mkdir -p $(@D)
	@echo "  EMBED $@"
	$(Q)harness/guest/embed harness/guest >$@.new && mv $@.new $@
$(ASSETS): $(B)/obj/%.o: $(B)/gen/%.c harness/report_assets.h harness/guest_assets.h
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CSTD) $(CFLAGS) -c -o $@ $<

# A test binary is its own file and what it needs of its directory but main.
tests_in = $(filter $(B)/test/$(1)/%,$(TESTS))
$(B)/lib/ref.a: $(filter-out %/main.o,$(call objs,$(REF)))
$(B)/lib/harness.a: $(filter-out %/main.o,$(call objs,$(HARNESS))) $(ASSETS)
$(B)/lib/%.a:
	@mkdir -p $(@D)
	@echo "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)
$(call tests_in,bytes): $(B)/test/%_test: $(B)/obj/%_test.o
$(call tests_in,ref): $(B)/test/%_test: $(B)/obj/%_test.o $(B)/lib/ref.a
$(call tests_in,harness): $(B)/test/%_test: $(B)/obj/%_test.o $(B)/lib/harness.a
$(call tests_in,lab): $(B)/test/%_test: $(B)/obj/%_test.o $(filter-out %/stream.o,$(call objs,$(LAB)))
# The guest's agent, run where the tests run, with the harness's encoder and decoder.
AGENT := $(call objs,$(filter-out %_test.c vm-images/init.c,$(wildcard vm-images/init*.c vm-images/serve*.c)))
$(call tests_in,vm-images): $(B)/test/%_test: $(B)/obj/%_test.o $(AGENT) $(B)/obj/harness/agent.o
# Nobody waits for a test to run, but for all of them to be built.
%_test.o: CFLAGS := $(patsubst -O2,-O1,$(CFLAGS))
$(TESTS):
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) $(LDSAN) -o $@ $^ -lcmocka $(if $(filter $(B)/test/ref/%,$@),$(REF_LIBS)) $(if $(filter $(B)/test/harness/%,$@),$(HARNESS_LIBS))

include $(wildcard fuzz/build.mk) # a mutant is built without

# ---- what people do ----

SETUP   ?= ci/setup build run
BACKEND ?= refnat
PLANE   ?= wire
OUT     ?= $(B)/results
RECIPE  ?= debian
RUN     := $(B)/gauntlet

.PHONY: setup
setup:
	$(Q)$(SETUP)

.PHONY: demo
demo: setup ## boot a real VM behind refnat and attack from inside
	$(Q)$(MAKE) --no-print-directory all vm-images
	$(Q)$(RUN) run --backend refnat --plane vm --image $(B)/vm --out $(OUT)/demo vm-egress

.PHONY: test
test: setup ## build and run all tests
	$(Q)ci/test

.PHONY: scenario
scenario: all $(if $(filter vm,$(PLANE)),vm-images) ## one case as a story: NAME=SUITE[/CASE[/ROW]] [BACKEND=] [PLANE=]
	$(Q)test -n "$(NAME)" || { echo "usage: make scenario NAME=SUITE[/CASE[/ROW]] [BACKEND=] [PLANE=]" >&2; exit 2; }
	$(Q)$(RUN) scenario --backend $(BACKEND) --plane $(PLANE) --image $(B)/vm $(NAME)

.PHONY: conformance
conformance: all $(if $(filter vm,$(PLANE)),vm-images) ## all suites against BACKEND= on PLANE=
	$(Q)$(RUN) doctor $(BACKEND)
	$(Q)$(RUN) run --backend $(BACKEND) --plane $(PLANE) --image $(B)/vm --out $(OUT)/$(notdir $(BACKEND))-$(PLANE)

.PHONY: unit tests
tests: $(TESTS) tls
unit: $(TESTS) ## run the unit tests
	$(Q)ci/unit $(TESTS)

.PHONY: mutants
mutants: all ## run the suites against broken refnats; each must be caught (SHARE=1/4: a quarter of them)
	$(Q)B=$(B) CC=$(CC) ci/mutants $(if $(SHARE),--share $(SHARE))

.PHONY: mutate
mutate: ## change refnat's pure layers in thousands of small ways; the unit tests must notice (SHARE=1/3: a third of them)
	$(Q)B=$(B) CC=$(CC) ci/mutate $(if $(SHARE),--share $(SHARE))

.PHONY: cover
cover: ## what the committed corpus of the fuzz targets reaches of refnat's pure layers
	$(Q)B=$(B) ci/cover

.PHONY: fuzz
fuzz: ## a fuzz campaign: T=TARGET[,TARGET] HOURS= or MINUTES= [CORES=]; alone it says what there is
	$(Q)$(if $(T),fuzz/campaign start --targets $(T) $(if $(MINUTES),--minutes $(MINUTES),--hours $(or $(HOURS),1)) \
		$(if $(CORES),--cores $(CORES)),fuzz/campaign usage)

.PHONY: prove prove-mutants
prove: ## prove the parsers of frames and the verdict: docs/proof.md
	$(Q)B=$(B) prove/run
prove-mutants: ## broken code must fail its proof, just where it is broken
	$(Q)B=$(B) prove/mutants-run

.PHONY: bench
bench: all vm-images ## refnat beside others: rates, latency, memory; rows per second, boot times
	$(Q)B=$(B) ci/bench

.PHONY: report
report: all ## a page of all results below OUT=
	$(Q)$(RUN) report --out $(B)/report $(OUT)

.PHONY: vm vm-images vm-clean
vm: setup ## the VM plane: images, all suites in real guests, and what is tried of QEMU and guests
	$(Q)$(MAKE) --no-print-directory all
	$(Q)B=$(B) ci/vm
vm-images: ## build the guest's image: RECIPE=debian, or alpine, alpine-openrc
	$(Q)vm-images/build --recipe $(RECIPE) $(B)/vm$(if $(filter-out debian,$(RECIPE)),-$(RECIPE))
vm-clean: ## remove the guests' images; ALL=1: what was downloaded for them too
	rm -rf $(B)/vm $(patsubst vm-images/recipes/%,$(B)/vm-%,$(filter-out %.lock,$(wildcard vm-images/recipes/*)))
	$(if $(ALL),rm -rf $(B)/vm-cache)

.PHONY: check
check: all ## layers, purity, captures, format, tidy, shellcheck, scenarios
	$(Q)B=$(B) TIDY_SHARE=$(TIDY_SHARE) ci/check

.PHONY: fmt
fmt: ## format the C sources
	clang-format-14 -i bytes/*.h bytes/*.c ref/*.[ch] harness/*.[ch] harness/fakes/*.[ch] lab/*.[ch] lab/world/*.[ch] bench/*.c vm-images/*.[ch] fuzz/*.[ch] fuzz/*/*.[ch]

.PHONY: help clean
help: ## show this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
clean: ## remove everything that was built
	rm -rf $(B)

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
