# The fuzz targets and what they stand on. How they are built: fuzz/build.mk.

# A target is fuzz/NAME.c. In the order of a frame; diff_NAME is beside a reader that is not ours.
FUZZ_TARGETS := bytes addr buf cksum
FUZZ_TARGETS += framing arp ipv4 ipv6 icmp udp tcp_seg dhcp frame frame_all diff_bpf tcp_ring tcp engine
FUZZ_TARGETS += dns_query dns_answer dns_reply host_name names_question names_rule names_cache names_words diff_dns
FUZZ_TARGETS += hello diff_hello
FUZZ_TARGETS += http_request http_response exchange http_rules $(if $(wildcard /usr/share/llhttp/llhttp.c),diff_llhttp)
FUZZ_TARGETS += policy_json json_pos policy policy_explain record audit_limit reason
FUZZ_TARGETS += events agent agent_guest scenario pcap

# What of the two sides they use: of refnat the pure layers and these shells, of the harness these files.
FUZZ_REF_SHELLS := schema policy_share $(filter-out policy_load_rig,$(filter policy_load%,$(REF_SHELLS))) policy_merge policy_explain
FUZZ_HARNESS    := addr agent boot_setup caps decode diag escape event_pattern events files frame frame_body frame_packet
FUZZ_HARNESS    += guest_config_check guest_config_options lex oracle oracle_load oracle_web pcapng replay_file
FUZZ_HARNESS    += recipe recipe_key recipe_parse recipe_value recipe_word
FUZZ_HARNESS    += talk_alert talk_parse talk_parse_dns talk_parse_hello
FUZZ_HARNESS    += $(patsubst harness/%.c,%,$(filter-out %_test.c %_find.c,$(wildcard harness/scenario*.c)))

# And of the guest's agent.
FUZZ_GUEST      := serve_request

# Which of them has which format of a mutator: fuzz/mutate/core.h.
MUTATE.hello := tls
MUTATE.diff_hello := tls
MUTATE.diff_dns := dns_answer
MUTATE.dns_query := dns
MUTATE.dns_answer := dns_answer
MUTATE.names_question := dns_answer
MUTATE.dns_reply := dns_reply
MUTATE.names_rule := names_rule
MUTATE.http_request := http
MUTATE.http_response := http_talk
MUTATE.diff_llhttp := http_talk
MUTATE.exchange := http_talk
MUTATE.engine := program
