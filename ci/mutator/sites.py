# SPDX-License-Identifier: ISC
"""sites.py: finds what can be mutated in a C source, and writes the source with a switch at each place.

Only expressions that run are touched: bodies of functions, without case labels, sizes of arrays, sizeof,
and what initialises static data. What a macro expands to is left alone, but for macros that are one
constant. schemata.h has the switches.
"""

import re

from clang import cindex
from clang.cindex import CursorKind as K
from clang.cindex import TypeKind as T

ALTERNATIVES = {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!=", "<=", ">="],
    "!=": ["==", "<", ">"],
}
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
C_NAME = {"<": "MUT_LT", "<=": "MUT_LE", ">": "MUT_GT", ">=": "MUT_GE", "==": "MUT_EQ", "!=": "MUT_NE"}
SIGNED = {T.CHAR_S, T.SCHAR, T.SHORT, T.INT, T.LONG, T.LONGLONG}
INTEGERS = SIGNED | {T.BOOL, T.CHAR_U, T.UCHAR, T.USHORT, T.UINT, T.ULONG, T.ULONGLONG, T.ENUM}
TEXT_MAX = 72


class Site:
    """A place, and the mutants that stand there. `first` is the number of its first mutant."""

    def __init__(self, file, function, kind, context, line):
        self.file, self.function, self.kind = file, function, kind
        self.context, self.line = context, line
        self.mutations = []
        self.idle = []  # of each mutation, whether it is known to change nothing
        self.first = None


class Mutant:
    def __init__(self, number, site, mutation, nth):
        self.number, self.site, self.mutation = number, site, mutation
        self.file, self.line = site.file, site.line
        self.key = f"{site.file} {site.function} {site.kind} `{site.context}` -> `{mutation}`"
        if nth > 1:
            self.key += f" #{nth}"


def strip(cursor):
    """What is below parentheses and conversions that nobody wrote."""
    while cursor.kind in (K.PAREN_EXPR, K.UNEXPOSED_EXPR):
        inner = list(cursor.get_children())
        if len(inner) != 1:
            break
        cursor = inner[0]
    return cursor


def one_line(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", text).strip()


class Source:
    def __init__(self, path, args):
        self.path = path
        with open(path, "rb") as f:
            self.bytes = f.read()
        index = cindex.Index.create()
        unit = index.parse(path, args=args, options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            raise SystemExit(f"ci/mutate: libclang cannot read {path}: {errors[0]}")
        self.sites, self.edits = [], []
        self.order = 0
        self.function, self.returns_bool = None, False
        top = list(unit.cursor.get_children())
        self.macros = [
            (*self.range(c), c.spelling)
            for c in top
            if c.kind == K.MACRO_INSTANTIATION and self.is_here(c)
        ]
        self.tokens = [
            (t.extent.start.offset, t.spelling)
            for t in unit.get_tokens(extent=unit.cursor.extent)
            if t.kind != cindex.TokenKind.COMMENT
        ]
        for c in top:
            if c.kind == K.FUNCTION_DECL and c.is_definition() and self.is_here(c):
                self.function = c.spelling
                self.returns_bool = c.result_type.get_canonical().kind == T.BOOL
                body = [x for x in c.get_children() if x.kind == K.COMPOUND_STMT]
                self.walk(body[0], [c])

    def is_here(self, cursor):
        file = cursor.location.file
        return file is not None and file.name == self.path

    @staticmethod
    def range(cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def text(self, start, end):
        return self.bytes[start:end].decode()

    def macro_over(self, start, end):
        for s, e, name in self.macros:
            if s <= start and end <= e:
                return s, e, name
        return None

    def between(self, start, end):
        return [t for t in self.tokens if start <= t[0] < end]

    # ---- edits ----

    def site(self, cursor, kind, context):
        line = cursor.extent.start.line
        site = Site(self.path, self.function, kind, context, line)
        self.sites.append(site)
        return site

    def wrap(self, site, start, end, before, after):
        """Puts text around a range. Ranges that begin at one place nest in the order of these calls."""
        self.order += 1
        self.edits.append((start, 1, self.order, site, before, start))
        self.edits.append((end, 0, -self.order, site, after, end))

    def replace(self, site, start, end, text):
        self.order += 1
        self.edits.append((start, 2, self.order, site, text, end))

    def rewritten(self):
        out, at = [], 0
        for pos, _, _, site, text, end in sorted(self.edits, key=lambda e: e[:3]):
            out.append(self.text(at, pos))
            out.append(text.replace("@", str(site.first)))
            at = max(pos, end)
        out.append(self.text(at, len(self.bytes)))
        return "".join(out)

    # ---- what stands where ----

    def context_of(self, cursor, parents):
        """A small thing is named by what is around it, with 36 characters to either side."""
        start, end = self.range(cursor)
        for p in reversed(parents):
            s, e = self.range(p)
            if p.kind in (K.PAREN_EXPR, K.UNEXPOSED_EXPR) or (s, e) == (start, end):
                continue
            if p.kind == K.COMPOUND_STMT:
                break
            left, right = one_line(self.text(s, start) + "\0"), one_line("\0" + self.text(end, e))
            left, right = left.split("\0")[0][-36:], right.split("\0")[1][:36]
            if p.kind in (K.IF_STMT, K.WHILE_STMT, K.FOR_STMT):
                right = right.split("{")[0].rstrip()
            return left, right
        return "", ""

    def whole(self, start, end):
        text = one_line(self.text(start, end))
        return text if len(text) <= TEXT_MAX else text[: TEXT_MAX // 2] + " ... " + text[-TEXT_MAX // 2 :]

    def walk(self, cursor, parents):
        kind = cursor.kind
        start, end = self.range(cursor)
        if kind in (K.CXX_UNARY_EXPR, K.STATIC_ASSERT, K.TYPE_REF, K.GOTO_STMT, K.LABEL_REF):
            return
        macro = self.macro_over(start, end)
        if macro and kind.is_expression():
            if (start, end) == macro[:2] and cursor.type.get_canonical().kind in INTEGERS:
                self.constant(cursor, parents, macro[2])
            return
        below = list(cursor.get_children())
        if kind == K.VAR_DECL:
            below = self.initialiser(cursor, below)
        elif kind == K.CASE_STMT:
            below = below[1:]
        self.visit(cursor, below, parents)
        for c in below:
            self.walk(c, parents + [cursor])

    def initialiser(self, cursor, below):
        """Children of a declaration that are its initial value; none when it is static."""
        if cursor.storage_class == cindex.StorageClass.STATIC:
            return []
        start, end = self.range(cursor)
        equals = [t[0] for t in self.between(start, end) if t[1] == "="]
        return [c for c in below if equals and c.extent.start.offset > equals[0]]

    def visit(self, cursor, below, parents):
        kind = cursor.kind
        if kind == K.IF_STMT:
            self.never(cursor, below[0])
            self.bare_condition(below[0], parents + [cursor])
        elif kind == K.WHILE_STMT:
            self.bare_condition(below[0], parents + [cursor])
        elif kind == K.DO_STMT:
            self.bare_condition(below[1], parents + [cursor])
        elif kind == K.CONDITIONAL_OPERATOR:
            self.bare_condition(below[0], parents + [cursor])
        elif kind == K.RETURN_STMT and self.returns_bool and below:
            self.result(below[0])
        elif kind == K.BINARY_OPERATOR:
            self.binary(cursor, below, parents)
        elif kind == K.COMPOUND_ASSIGNMENT_OPERATOR:
            self.assignment(cursor, below)
        elif kind == K.UNARY_OPERATOR:
            self.unary(cursor, below, parents)
        elif kind in (K.INTEGER_LITERAL, K.CHARACTER_LITERAL):
            self.constant(cursor, parents, None)
        elif kind == K.DECL_REF_EXPR and cursor.referenced is not None:
            if cursor.referenced.kind == K.ENUM_CONSTANT_DECL:
                self.constant(cursor, parents, None)

    def never(self, statement, condition):
        start, end = self.range(condition)
        site = self.site(statement, "never", f"if ({self.whole(start, end)})")
        site.mutations = ["if (0)"]
        self.wrap(site, start, end, "mut_never(@, (", ") != 0)")

    def is_logical(self, cursor):
        """Whether a negation is among the mutants of the expression itself."""
        cursor = strip(cursor)
        start, end = self.range(cursor)
        if self.macro_over(start, end):
            return self.text(start, end) in ("true", "false")
        if cursor.kind == K.UNARY_OPERATOR:
            return self.text(start, start + 1) == "!"
        if cursor.kind == K.BINARY_OPERATOR:
            return self.operator(list(cursor.get_children()))[1] in ALTERNATIVES
        return False

    def flip(self, cursor, kind):
        start, end = self.range(cursor)
        text = self.whole(start, end)
        site = self.site(cursor, kind, text)
        site.mutations = [f"!({text})"]
        self.wrap(site, start, end, "mut_flip(@, (", ") != 0)")

    def bare_condition(self, cursor, parents):
        inner = strip(cursor)
        start, end = self.range(inner)
        if inner.kind == K.BINARY_OPERATOR and not self.macro_over(start, end):
            if self.operator(list(inner.get_children()))[1] in ("&&", "||"):
                return
        if not self.is_logical(cursor):
            self.flip(cursor, "condition")

    def result(self, cursor):
        if not self.is_logical(cursor):
            self.flip(cursor, "return")

    def operator(self, below):
        """Offset and spelling of what stands between two operands; (None, None) where macros are in the way."""
        if len(below) != 2:
            return None, None
        found = self.between(below[0].extent.end.offset, below[1].extent.start.offset)
        return found[0] if len(found) == 1 else (None, None)

    def binary(self, cursor, below, parents):
        at, op = self.operator(below)
        if op in ALTERNATIVES:
            self.relation(cursor, below, at, op)
        elif op in ("&&", "||"):
            self.logical(cursor, below, at, op, parents)
        elif op in ("+", "-"):
            self.sum(cursor, below, at, op)

    def relation(self, cursor, below, at, op):
        (start, mid), (_, end) = self.range(below[0]), self.range(below[1])
        types = [b.type.get_canonical().kind for b in below]
        inner = [strip(b) for b in below]
        unordered = any(
            i.type.get_canonical().kind in (T.BOOL, T.ENUM, T.POINTER)
            or (i.kind == K.DECL_REF_EXPR and i.referenced and i.referenced.kind == K.ENUM_CONSTANT_DECL)
            for i in inner
        )
        others = ALTERNATIVES[op]
        if op in ("==", "!="):
            nothing = self.text(*self.range(inner[1])) == "0"
            if unordered:
                others = others[:1]
            elif nothing and inner[0].type.get_canonical().kind not in SIGNED:
                others = others[:1]
        left, right = (one_line(self.text(*self.range(b))) for b in below)
        site = self.site(cursor, op, self.whole(start, end))
        site.mutations = [f"{self.cut(left)} {o} {self.cut(right)}" for o in others]
        signed = all(t in SIGNED for t in types)
        cast = "(mut_s)(" if signed else "(mut_u)("
        if T.POINTER in types:
            cast = "(mut_u)(__UINTPTR_TYPE__)("
        alts = " | ".join(f"{C_NAME[o]} << {3 * i}" for i, o in enumerate(others))
        self.wrap(
            site,
            start,
            end,
            f"mut_rel_{'s' if signed else 'u'}(@, {C_NAME[op]}, {alts}, {len(others)}, {cast}",
            "))",
        )
        self.replace(site, at, at + len(op), f"), {cast}")

    @staticmethod
    def cut(text):
        return text if len(text) <= 30 else text[:13] + " .. " + text[-13:]

    def needs(self, operand):
        """(reader or writer, bytes) of an operand like !rd_u16(&r, &x); (None, 0) of another."""
        text = one_line(self.text(*self.range(operand)))
        m = re.fullmatch(r"!(?:rd|wr)_(?:u(8|16|24|32))\(&?(\w+),.*\)", text)
        return (m[2], int(m[1]) // 8) if m else (None, 0)

    def operands(self, cursor):
        """Those of a chain of ||, from left to right."""
        below = list(cursor.get_children())
        if cursor.kind == K.BINARY_OPERATOR and self.operator(below)[1] == "||":
            return self.operands(below[0]) + self.operands(below[1])
        return [cursor]

    def is_idle(self, dropped, cursor, parents):
        """Whether a chain of || means the same without one of its parts: all that part does is read, and
        a read that fails takes nothing (bytes/rd.h), so a later one of the same size or more fails in
        its place. Writes are alike."""
        for p in reversed(parents):
            if p.kind != K.BINARY_OPERATOR or self.operator(list(p.get_children()))[1] != "||":
                break
            cursor = p
        _, end = self.range(dropped)
        later = [self.needs(o) for o in self.operands(cursor) if self.range(o)[0] >= end]
        return all(
            any(reader == who and size >= bytes for who, size in later)
            for reader, bytes in map(self.needs, self.operands(dropped))
        )

    def logical(self, cursor, below, at, op, parents):
        (start, mid), (right, end) = self.range(below[0]), self.range(below[1])
        l, r = (one_line(self.text(*self.range(b))) for b in below)
        name = "and" if op == "&&" else "or"
        site = self.site(cursor, op, self.whole(start, end))
        other = "||" if op == "&&" else "&&"
        site.mutations = [f"{self.cut(l)} {other} {self.cut(r)}", self.cut(r), self.cut(l)]
        if op == "||":
            site.idle = [False] + [self.is_idle(b, cursor, parents) for b in below]
        self.wrap(site, start, end, "mut_inv(@, ", ")")
        self.wrap(site, start, mid, f"mut_{name}_l(@, (", ") != 0)")
        self.wrap(site, right, end, f"mut_{name}_r(@, (", ") != 0)")

    def sum(self, cursor, below, at, op):
        (start, mid), (right, end) = self.range(below[0]), self.range(below[1])
        kinds = [b.type.get_canonical().kind for b in below]
        other = "-" if op == "+" else "+"
        l, r = (one_line(self.text(*self.range(b))) for b in below)
        if kinds[0] == T.POINTER and kinds[1] in INTEGERS:
            site = self.site(cursor, op, self.whole(start, end))
            self.wrap(site, right, end, "mut_neg(@, (mut_s)(", "))")
        elif kinds[0] in INTEGERS and kinds[1] in INTEGERS:
            site = self.site(cursor, op, self.whole(start, end))
            to = cursor.type.get_canonical().spelling
            name = "add" if op == "+" else "sub"
            self.wrap(site, start, end, f"(({to})mut_{name}(@, (mut_u)(", ")))")
            self.replace(site, at, at + 1, "), (mut_u)(")
        else:
            return
        site.mutations = [f"{self.cut(l)} {other} {self.cut(r)}"]

    def assignment(self, cursor, below):
        at, op = self.operator(below)
        if op not in ("+=", "-="):
            return
        start, end = self.range(cursor)
        right, _ = self.range(below[1])
        site = self.site(cursor, op, self.whole(start, end))
        site.mutations = [self.whole(start, end).replace(op, "-=" if op == "+=" else "+=", 1)]
        self.replace(site, at, at + 2, "+=")
        self.wrap(site, right, end, "mut_neg(@, " + ("-" if op == "-=" else "") + "(mut_s)(", "))")

    def unary(self, cursor, below, parents):
        start, end = self.range(cursor)
        inner, outer = self.range(below[0])
        prefix, postfix = self.text(start, inner).strip(), self.text(outer, end).strip()
        if prefix == "!":
            site = self.site(cursor, "!", self.whole(start, end))
            site.mutations = [self.whole(inner, outer)]
            self.wrap(site, start, end, "mut_flip(@, ", ")")
        op = prefix or postfix
        if op not in ("++", "--"):
            return
        step = "1" if op == "++" else "-1"
        site = self.site(cursor, op, self.whole(start, end))
        site.mutations = [self.whole(start, end).replace(op, "--" if op == "++" else "++")]
        if prefix:
            self.replace(site, start, inner, "(")
            self.wrap(site, inner, outer, "", f" += mut_neg(@, {step}))")
            return
        to = cursor.type.get_canonical().spelling
        self.wrap(site, start, end, f"(({to})((", f" - mut_neg(@, {step})))")
        self.replace(site, outer, end, f" += mut_neg(@, {step}))")

    def constant(self, cursor, parents, macro):
        start, end = self.range(cursor)
        text = self.text(start, end)
        left, right = self.context_of(cursor, parents)
        if text in ("true", "false"):
            site = self.site(cursor, "bool", f"{left}{text}{right}")
            site.mutations = ["false" if text == "true" else "true"]
            self.wrap(site, start, end, "mut_flip(@, ", ")")
            return
        if macro and not re.fullmatch(r"\w+", text) or text == "NULL":
            return
        site = self.site(cursor, "constant", f"{left}{text}{right}")
        site.mutations = [f"{text}+1", f"{text}-1", "0"]
        if cursor.kind in (K.CHARACTER_LITERAL, K.DECL_REF_EXPR):
            site.mutations = site.mutations[:1]
        elif macro or int(re.sub(r"[uUlL]+$", "", text), 0) < 2:
            site.mutations = site.mutations[:2]
        to = cursor.type.get_canonical().spelling
        self.wrap(site, start, end, f"(({to})mut_num(@, {len(site.mutations)}, (mut_u)(", ")))")


def number(sources):
    """Gives every mutant of all sources its number, from 1, and returns them in that order."""
    mutants, seen = [], {}
    for source in sources:
        for site in source.sites:
            site.first = len(mutants) + 1
            for i, mutation in enumerate(site.mutations):
                bare = Mutant(0, site, mutation, 1).key
                seen[bare] = seen.get(bare, 0) + 1
                mutants.append(Mutant(len(mutants) + 1, site, mutation, seen[bare]))
                mutants[-1].idle = bool(site.idle and site.idle[i])
    return mutants
