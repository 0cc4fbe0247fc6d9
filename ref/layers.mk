# Which modules of ref/ stand in which layer: REF_L0 is the lowest, and includes point down only.
# Layers 0 to 2 are pure (no I/O, no allocation, no clock, no globals) and plain C11; the shells and
# main get GNU extensions. The headers bytes/rd.h and bytes/wr.h belong to layer 0. ci/layers reads
# the same lists.
REF_L0     := version exits reason cksum
REF_L1     := addr eth arp ipv4 ipv6 icmp udp dhcp tcp_seg tcp_ring json_pos tls_fault tls_name tls_hello tls_hello_rig dns dns_name dns_record dns_query dns_answer dns_reply dns_addr dns_rig http1 http1_host http1_path http1_field http1_head http1_body http1_rig
REF_L2     := policy flow lease sampling verdict answer audit_limit examples verdict_bench tcp tcp_state tcp_send tcp_timer tcp_rig tcp_receive tcp_recover tcp_model
REF_SHELLS := options schema policy_load audit link sandbox policy_share dialer_wire ctl dialer dialer_client nat nat_udp nat_echo nat_tcp nat_tcp_send loop netns world dialer_rig nat_rig nat_udp_rig nat_guest nat_tcp_rig loop_rig link_open sanitized seccomp seccomp_tables landlock sandbox_acts sandbox_scene sandbox_forbidden sandbox_permitted sandbox_prove janitor
REF_MAIN   := main
GNU += $(REF_SHELLS:%=ref/%.c) $(REF_MAIN:%=ref/%.c)
