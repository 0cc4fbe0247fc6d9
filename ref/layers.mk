# Which modules of ref/ stand in which layer: REF_L0 is the lowest, and includes point down only.
# Layers 0 to 2 are pure (no I/O, no allocation, no clock, no globals) and plain C11; the shells and
# main get GNU extensions. The headers bytes/rd.h and bytes/wr.h belong to layer 0. ci/layers reads
# the same lists.
REF_L0     := version exits reason cksum
REF_L1     := addr eth arp ipv4 ipv6 icmp udp dhcp json_pos
REF_L2     := policy flow lease verdict answer examples
REF_SHELLS := options schema policy_load audit link sandbox dialer nat loop
REF_MAIN   := main
GNU += $(REF_SHELLS:%=ref/%.c) $(REF_MAIN:%=ref/%.c)
