# SPDX-License-Identifier: ISC
"""Buckets: the same bug has the same key, another has another."""

import unittest

import bucket

ASAN = """==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60200000 at pc 0x55 bp 0x7f sp 0x7f
READ of size 1 at 0x60200000 thread T0
    #0 0x5566 in rd_u8 /home/a/gauntlet/bytes/rd.h:78:10
    #1 0x5567 in dns_name_skip /home/a/gauntlet/ref/dns_name.c:{line}:3
    #2 0x5568 in LLVMFuzzerTestOneInput /home/a/gauntlet/fuzz/dns.c:12:2
    #3 0x5569 in fuzzer::Fuzzer::ExecuteCallback(unsigned char const*, unsigned long) (/x/fuzz/dns+0x4) (BuildId: 7)
    #4 0x5570 in __libc_start_main csu/../csu/libc-start.c:360:3

0x60200000 is located 1 bytes to the right of 4-byte region
allocated by thread T0 here:
    #0 0x5571 in malloc (/x/fuzz/dns+0xdebfe) (BuildId: 7)
    #1 0x5572 in somebody_else /home/a/gauntlet/ref/other.c:1:1
"""
HANG = """ALARM: working on the last Unit for 6 seconds
==9== ERROR: libFuzzer: timeout after 6 seconds
    #0 0x55 in __sanitizer_print_stack_trace (/x+0x1) (BuildId: 7)
{inner}    #4 0x56 in tcp_receive /home/a/gauntlet/ref/tcp_receive.c:10:1
    #5 0x57 in LLVMFuzzerTestOneInput /home/a/gauntlet/fuzz/tcp.c:10:1
SUMMARY: libFuzzer: timeout
"""


class Bucket(unittest.TestCase):
    def test_an_invariant_is_its_sentence(self):
        text = "fuzz: broken invariant: what is accepted is whole: size >= (a ? b : c) (fuzz/arp.c:18)\n" + ASAN
        self.assertEqual(bucket.classify(text, -6)[:2], ("invariant", "what is accepted is whole"))

    def test_a_sanitizer_s_finding_is_its_kind_and_where_it_was(self):
        self.assertEqual(bucket.classify(ASAN.format(line=1), -6)[:2], (
            "memory", "heap-buffer-overflow in rd_u8 < dns_name_skip"))

    def test_people_are_told_the_line(self):
        self.assertEqual(bucket.classify(ASAN.format(line=1), -6)[2], "READ of size 1, bytes/rd.h:78:10")

    def test_lines_and_addresses_make_no_other_bucket(self):
        one, other = (bucket.classify(ASAN.format(line=n), -6)[:2] for n in (1, 99))
        self.assertEqual(one, other)

    def test_where_memory_was_allocated_is_no_part_of_it(self):
        self.assertNotIn("somebody_else", bucket.classify(ASAN.format(line=1), -6)[1])

    def test_a_hang_is_the_function_that_the_target_called_wherever_the_alarm_came(self):
        deeper = "    #3 0x58 in seq_after /home/a/gauntlet/ref/tcp.c:3:1\n"
        keys = {bucket.classify(HANG.format(inner=inner), 70)[:2] for inner in ("", deeper)}
        self.assertEqual(keys, {("hang", "hang in tcp_receive")})

    def test_a_run_that_had_to_be_ended_is_a_hang(self):
        self.assertEqual(bucket.classify("", -9, timed_out=True)[0], "hang")

    def test_numbers_in_a_message_of_ubsan_make_no_other_bucket(self):
        text = "ref/a.c:9:35: runtime error: shift exponent {} is too large for 32-bit type 'int'\n"
        one, other = (bucket.classify(text.format(n), -6)[:2] for n in (33, 200))
        self.assertEqual(one, other)
        self.assertEqual(one[0], "undefined")

    def test_a_recursion_is_one_finding_at_any_depth(self):
        def deep(names):
            return "==1==ERROR: AddressSanitizer: stack-overflow on address 0x1\n" + "".join(
                f"    #{i} 0x1 in {n} /a/gauntlet/ref/x.c:1\n" for i, n in enumerate(names))
        keys = {bucket.classify(deep(n), -6)[:2] for n in (["f", "g"] * 20, ["g", "f"] * 20)}
        self.assertEqual(len(keys), 1)

    def test_what_went_well_is_none(self):
        self.assertIsNone(bucket.classify("Executed x in 0 ms\n", 0))

    def test_a_signal_without_a_word_is_one(self):
        self.assertEqual(bucket.classify("", -11)[0], "signal")

    def test_ids_are_the_same_in_every_campaign_and_differ_between_targets(self):
        self.assertEqual(bucket.bucket_id("arp", "hang", "x"), bucket.bucket_id("arp", "hang", "x"))
        self.assertNotEqual(bucket.bucket_id("arp", "hang", "x"), bucket.bucket_id("udp", "hang", "x"))

    def test_a_name_is_made_of_what_names_of_rows_are_made_of(self):
        slug = bucket.slug("heap-buffer-overflow in rd_u8 < dns_name_skip, and more of it")
        self.assertRegex(slug, r"^[a-z0-9-]{1,40}$")
