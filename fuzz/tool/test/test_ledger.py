# SPDX-License-Identifier: ISC
"""The ledger is never larger than what was done."""

import copy
import json
import pathlib
import tempfile
import unittest

import ledger
import state as states

CAMPAIGN = {"id": "c1", "revision": "abc"}


def turn(cpu_s, target="arp", **more):
    return {"target": target, "cpu_s": cpu_s, "wall_s": 60.0, "executions": 1000, "artifacts": [], "ended": 0.0, **more}


def credited(*turns, book=None, campaign=CAMPAIGN, triaged=None):
    book = book or ledger.empty()
    ledger.credit(book, campaign, list(turns), triaged, 0)
    return book


def clean(book, target="arp"):
    return book["targets"][target]["clean_cpu_s"]


class Ledger(unittest.TestCase):
    def test_turns_without_a_finding_add_up(self):
        self.assertEqual(clean(credited(turn(10), turn(20.5))), 30.5)

    def test_targets_have_books_of_their_own(self):
        book = credited(turn(10), turn(7, "udp", artifacts=["a"]))
        self.assertEqual((clean(book), clean(book, "udp")), (10, 0))

    def test_a_finding_sets_it_back_to_zero(self):
        book = credited(turn(50))
        credited(turn(10, artifacts=["a"]), book=book, campaign={"id": "c2"})
        self.assertEqual((clean(book), book["targets"]["arp"]["cpu_s"]), (0, 60))

    def test_it_stays_at_zero_until_another_campaign(self):
        book = credited(turn(10, artifacts=["a"]), turn(1000))
        self.assertEqual(clean(book), 0)
        ledger.credit(book, CAMPAIGN, [turn(10, artifacts=["a"]), turn(1000), turn(1000)], None, 0)
        self.assertEqual(clean(book), 0)
        credited(turn(30), book=book, campaign={"id": "c2"})
        self.assertEqual(clean(book), 30)

    def test_what_was_added_is_not_added_again(self):
        book = credited(turn(10), turn(20))
        before = copy.deepcopy(book)
        self.assertEqual(ledger.credit(book, CAMPAIGN, [turn(10), turn(20)], None, 0), 0)
        self.assertEqual(book, before)
        self.assertEqual(ledger.credit(book, CAMPAIGN, [turn(10), turn(20), turn(5)], None, 0), 1)
        self.assertEqual(clean(book), 35)

    def test_time_without_an_execution_does_not_count(self):
        book = credited(turn(60, executions=0))
        self.assertEqual((clean(book), book["targets"]["arp"]["executions"]), (0, 0))

    def test_a_core_has_one_second_a_second(self):
        self.assertEqual(clean(credited(turn(90, wall_s=60.0))), 60)

    def test_time_below_zero_takes_nothing_away(self):
        self.assertEqual(clean(credited(turn(10), turn(-5))), 10)

    def test_what_does_not_fail_again_is_no_finding(self):
        triaged = {"dropped": ["a"], "buckets": []}
        self.assertEqual(clean(credited(turn(10, artifacts=["a"]), triaged=triaged)), 10)
        self.assertEqual(clean(credited(turn(10, artifacts=["a", "b"]), triaged=triaged)), 0)

    def test_what_nobody_has_triaged_is_a_finding(self):
        self.assertEqual(clean(credited(turn(10, artifacts=["a"]))), 0)

    def test_findings_are_counted_once(self):
        triaged = {"dropped": [], "buckets": [{"target": "arp", "id": "1234", "key": "x"}]}
        book = credited(turn(10, artifacts=["a"]), triaged=triaged)
        credited(turn(10, artifacts=["a"]), book=book, campaign={"id": "c2"}, triaged=triaged)
        self.assertEqual(len(book["targets"]["arp"]["findings"]), 1)

    def test_the_table_names_targets_that_were_never_played_and_those_that_are_gone(self):
        text = "\n".join(ledger.table(credited(turn(3600, wall_s=3600)), ["udp"]))
        self.assertRegex(text, r"udp +never played")
        self.assertRegex(text, r"arp +1\.000 .*no target any more")


class Turns(unittest.TestCase):
    def test_a_turn_whose_end_nobody_saw_does_not_count(self):
        self.assertEqual(states.counted_cpu(None, 1000), 0)

    def test_half_a_line_of_a_turn_is_no_turn(self):
        with tempfile.TemporaryDirectory() as folder:
            state = states.State(folder)
            state.turn_ended(turn(10))
            with open(pathlib.Path(folder, "turns.jsonl"), "a", encoding="utf-8") as out:
                out.write(json.dumps(turn(20))[:30])
            self.assertEqual([t["cpu_s"] for t in state.turns()], [10])

    def test_one_process_plays_in_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            first, second = states.State(folder), states.State(folder)
            self.assertIsNone(second.player())
            self.assertTrue(first.try_lock())
            self.assertFalse(second.try_lock())
            first.lock.close()
