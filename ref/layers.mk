# Which modules of ref/ stand in which layer: REF_L0 is the lowest, and includes point down only.
# Layers 0 to 2 are pure (no I/O, no allocation, no clock, no globals) and plain C11; the shells and
# main get GNU extensions. The headers bytes/rd.h and bytes/wr.h belong to layer 0. ci/layers,
# ci/purity, ci/portable and ci/mutate read the same lists.
REF_L0     := version exits reason cksum buf

REF_L1     := framing addr eth arp ipv4 ipv6 icmp udp dhcp tcp_seg tcp_ring json_pos host_name
REF_L1     += tls_fault tls_failure tls_name tls_hello tls_hello_rig
REF_L1     += dns dns_name dns_record dns_query dns_answer dns_reply dns_addr dns_rig
REF_L1     += http1 http1_host http1_path http1_field http1_line http1_head http1_body http1_rig http1_reply

REF_L2     := policy policy_name policy_http record flow lease sampling judge verdict answer audit_limit examples verdict_bench
REF_L2     += tcp tcp_state tcp_send tcp_timer tcp_rig tcp_receive tcp_recover tcp_model
REF_L2     += exchange exchange_write exchange_rig
REF_L2     += names_cache names_question names_rule

REF_SHELLS := options schema audit link policy_share nat nat_udp nat_echo nat_tcp nat_tcp_send loop link_open
REF_SHELLS += dialer_wire gate_wire ctl dialer dialer_client dialer_socket dialer_gate janitor
REF_SHELLS += sandbox sanitized seccomp seccomp_tables landlock sandbox_acts sandbox_scene sandbox_forbidden sandbox_permitted sandbox_prove
REF_SHELLS += netns world dialer_rig nat_rig nat_udp_rig nat_guest nat_tcp_rig loop_rig
REF_SHELLS += tls_end tls_session tls_context tls_bio tls_why cert leaf minter ca ca_main tls_rig
REF_SHELLS += gate gate_pool gate_side gate_conn gate_hello gate_loop gate_names gate_splice gate_up
REF_SHELLS += names names_parts names_up names_guest names_query names_rig
REF_SHELLS += policy_load policy_load_parts policy_load_allow policy_load_web policy_load_names policy_load_http policy_load_file policy_load_rig policy_merge policy_explain policy_main
REF_SHELLS += gate gate_loop gate_names gate_conn gate_hello gate_serve gate_splice gate_up gate_side gate_pool gate_rig

REF_MAIN   := main
GNU += $(REF_SHELLS:%=ref/%.c) $(REF_MAIN:%=ref/%.c)
