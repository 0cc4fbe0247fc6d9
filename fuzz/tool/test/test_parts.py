# SPDX-License-Identifier: ISC
"""The other pure parts: whose turn it is, what fuzzers report, what is kept of a corpus, forms on the wire."""

import pathlib
import unittest

import fuzzers
import minimise
import regression
import schedule
import wire

LIBFUZZER = """INFO: Seed: 1
#2	INITED cov: 21 ft: 22 corp: 2/55b exec/s: 0 rss: 30Mb
#130	NEW    cov: 30 ft: 33 corp: 3/80b lim: 28 exec/s: 0 rss: 30Mb L: 25/28 MS: 1 ChangeBit-
#4096	pulse  cov: 37 ft: 51 corp: 9/200b lim: 60 exec/s: 2048 rss: 30Mb
"""
AFL = """start_time        : 1795388147
execs_done        : 696271
last_find         : 1795388150
edges_found       : 24
total_edges       : 40
stability         : 100.00%
"""


class Schedule(unittest.TestCase):
    def test_the_target_that_had_least_is_next(self):
        workers = [("a", "lf0", 50, True), ("a", "main", 10, True), ("b", "lf0", 20, True), ("b", "main", 20, True)]
        self.assertEqual(schedule.next_worker(workers, {})[:2], ("b", "lf0"))

    def test_who_plays_is_not_asked_again(self):
        workers = [("a", "lf0", 0, True), ("a", "main", 0, True)]
        self.assertEqual(schedule.next_worker(workers, {("a", "lf0"): 5})[:2], ("a", "main"))
        self.assertIsNone(schedule.next_worker(workers[:1], {("a", "lf0"): 5}))

    def test_who_is_set_aside_is_not_asked(self):
        self.assertIsNone(schedule.next_worker([("a", "lf0", 0, False)], {}))

    def test_every_core_has_a_worker_and_both_fuzzers_come_by(self):
        for targets, cores in ((1, 1), (1, 8), (3, 2), (5, 64)):
            self.assertGreaterEqual(schedule.instance_count(targets, cores) * targets, cores)
            self.assertGreaterEqual(schedule.instance_count(targets, cores), 2)

    def test_a_turn_that_ends_at_once_is_not_free(self):
        self.assertEqual(schedule.charge(0.1, 0.5), schedule.CHARGE_MIN_S)

    def test_turns_are_never_shorter_or_longer_than_said(self):
        self.assertEqual(schedule.turn_seconds(5, 30, 1), schedule.TURN_MIN_S)
        self.assertEqual(schedule.turn_seconds(1e6, 1, 1), schedule.TURN_MAX_S)


class Reports(unittest.TestCase):
    def test_libfuzzer_s_last_word_on_executions_counts(self):
        self.assertEqual(fuzzers.libfuzzer_report(LIBFUZZER)["executions"], 4096)
        text = LIBFUZZER + "stat::number_of_executed_units: 5000\n"
        self.assertEqual(fuzzers.libfuzzer_report(text)["executions"], 5000)

    def test_edges_begin_where_the_corpus_was_read(self):
        report = fuzzers.libfuzzer_report(LIBFUZZER)
        self.assertEqual((report["edges_begin"], report["edges"], report["features"]), (21, 37, 51))

    def test_a_fuzzer_that_said_nothing_executed_nothing(self):
        self.assertEqual(fuzzers.libfuzzer_report("")["executions"], 0)
        self.assertEqual(fuzzers.afl_report("")["executions"], 0)

    def test_afl_s_numbers_are_of_all_its_turns(self):
        report = fuzzers.afl_report(AFL)
        self.assertTrue(report["cumulative"])
        self.assertEqual((report["executions"], report["edges"], report["edges_of"]), (696271, 24, 40))


class Minimise(unittest.TestCase):
    def test_cutting_leaves_what_is_needed(self):
        def same(data):
            return b"a" in data and b"z" in data
        self.assertEqual(minimise.by_cutting(b"xxxaxxxxxxxxxzxx", same, float("inf")), b"az")

    def test_a_control_file_of_libfuzzer_is_read(self):
        text = "2\n0\na\nb c\nSTARTED 0 5\nFT 0 8 16\nCOV 0 1 2\nSTARTED 1 7\nFT 1 8\nCOV 1\n"
        self.assertEqual(minimise.read_control(text), {
            pathlib.Path("a"): (5, frozenset({8, 16})), pathlib.Path("b c"): (7, frozenset({8}))})

    def chosen(self, kept="", most=9):
        edges = {"a": (1, {8}), "b": (2, {8, 16}), "c": (3, {24}), "d": (4, {8, 16, 24, 32}), "e": (1, {9}), "f": (2, {9})}
        inputs = {pathlib.Path(n): one for n, one in edges.items()}
        return "".join(map(str, minimise.choose(inputs, {pathlib.Path(n) for n in kept}, most)))

    def test_edges_come_first_and_then_how_often_they_were_passed(self):
        self.assertEqual(self.chosen(), "de")

    def test_the_corpus_covers_as_much_as_it_can_with_so_many_files(self):
        self.assertEqual(self.chosen(most=1), "d")

    def test_what_a_person_named_stays(self):
        self.assertEqual(self.chosen(kept="ca"), "acde")
        self.assertEqual(self.chosen(kept="ca", most=2), "ac")


class Wire(unittest.TestCase):
    def test_arp_rides_in_a_frame_of_the_guest(self):
        form, data = wire.form("arp", b"xyz")
        self.assertEqual((form, data.hex()), ("frame", "5255c0a86401" "525400123456" "0806" "78797a"))

    def test_what_was_mended_in_the_rig_is_mended_on_the_wire(self):
        header = bytes.fromhex("4500000000014000401100000a0000010a000002") + bytes(8)
        _, data = wire.form("ipv4", bytes([5]) + header)
        self.assertEqual(wire.ones_sum(data[14:34]), 0xffff)
        self.assertEqual(data[16:18], bytes([0, 28]))

    def test_a_right_checksum_stays_right_between_other_addresses_and_a_wrong_one_wrong(self):
        for mend, right in ((2, True), (0, False)):
            _, data = wire.form("udp", bytes([mend]) + bytes(range(8)) + bytes.fromhex("0fa0cabc000c123461626364"))
            total = wire.transport_sum(data[34:], data[26:30], data[30:34], wire.UDP)
            self.assertEqual(total == 0xffff, right)

    def test_an_input_too_short_for_its_target_has_no_form(self):
        for target in ("ipv4", "icmp", "udp", "tcp_seg", "frame", "dns_query", "dns_reply"):
            self.assertIsNone(wire.form(target, b""))

    def test_what_no_guest_sends_has_no_form(self):
        self.assertIsNone(wire.form("engine", b"xyz"))
        self.assertIsNone(wire.form("diff_llhttp", b"\x04HTTP/1.1 200 OK"))

    def test_bytes_about_the_rig_are_not_sent(self):
        self.assertEqual(wire.form("diff_llhttp", b"\x01GET /"), ("http", b"GET /"))
        self.assertEqual(wire.form("dns_reply", bytes(6) + b"query"), ("dns", b"query"))

    def test_words_of_a_scenario_say_every_byte(self):
        self.assertEqual(wire.words(b'a"b\\|$\r\n'), r'"a\"b\\\|\x24\r\n"')
        self.assertEqual(wire.words(b"ok\x00\xff!"), '"ok" hex "00ff" "!"')

    def test_a_finding_s_name_can_be_that_of_a_row(self):
        one = {"id": "12345678", "kind": "invariant", "key": "what is accepted is whole", "target": "arp"}
        self.assertEqual(regression.name_of(one, None), "what-is-accepted-is-whole-1234")
