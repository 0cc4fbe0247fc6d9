#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Opens a report in headless Chromium and looks at it as a person would: ci/report calls it.

    report_browser.py PAGE                      all checks; exit 1 when one is red
    report_browser.py --self-test PAGE          the same, and then breaks copies of the page, each in one way;
                                                exit 1 when the check that is about it stays green, too
    report_browser.py --shot PNG WIDTH HEIGHT PAGE[#FRAGMENT] [dark]
                                                a picture for people

Speaks WebDriver with chromedriver over its loopback port; nothing but Python's own library is needed.
"""
import base64
import contextlib
import html.parser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TAB, ENTER, ESCAPE = '\ue004', '\ue007', '\ue00c'
TABS_MAX = 80
PHONE = 390


class Browser:
    """One Chromium. Times in seconds."""

    def __init__(self):
        self.session = ''
        self.scratch = tempfile.mkdtemp(prefix='report-browser.')
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        self.log = open(os.path.join(self.scratch, 'chromedriver.log'), 'wb')
        self.driver = subprocess.Popen(['chromedriver', f'--port={port}'], stdout=self.log, stderr=self.log)
        self.base = f'http://127.0.0.1:{port}'

    def start(self):
        args = ['--headless=new', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-sync',
                '--disable-background-networking', '--disable-component-update', '--disable-default-apps',
                '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND',
                f'--user-data-dir={self.scratch}/profile']
        if os.getuid() == 0:
            args.append('--no-sandbox')  # Chromium's own needs another user than root
        self.wait_for_driver()
        options = {'args': args, 'perfLoggingPrefs': {'enableNetwork': True}}
        made = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options,
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'}}}})
        self.session = '/session/' + made['sessionId']

    def wait_for_driver(self):
        for _ in range(1200):
            with contextlib.suppress(OSError):
                self.call('GET', '/status')
                return
            time.sleep(0.05)
        raise SystemExit('report: chromedriver did not start')

    def call(self, method, path, body=None):
        data = None if method == 'GET' else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {'Content-Type': 'application/json'}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as e:
            raise SystemExit('report: chromedriver: ' + json.load(e)['value']['message']) from e

    def post(self, path, body=None):
        return self.call('POST', self.session + path, body)

    def cdp(self, command, **params):
        return self.post('/goog/cdp/execute', {'cmd': command, 'params': params})

    def js(self, text):
        """What `return ...` gives. Works where the page's own scripts are off, too."""
        return self.post('/execute/sync', {'script': text, 'args': []})

    def key(self, code):
        self.post('/actions', {'actions': [{'type': 'key', 'id': 'k', 'actions': [
            {'type': 'keyDown', 'value': code}, {'type': 'keyUp', 'value': code}]}]})

    def logs(self, kind):
        return self.post('/se/log', {'type': kind})

    def open(self, page):
        self.post('/url', {'url': 'about:blank'})
        self.logs('browser')
        self.logs('performance')
        self.post('/url', {'url': 'file://' + os.path.abspath(page)})

    def size(self, width, height, scale=1):
        self.cdp('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=scale,
                 mobile=width < 600)

    def shot(self, png):
        with open(png, 'wb') as f:
            f.write(base64.b64decode(self.cdp('Page.captureScreenshot', format='png')['data']))

    def close(self):
        with contextlib.suppress(Exception):
            if self.session:
                self.call('DELETE', self.session)
        self.driver.terminate()
        self.driver.wait()
        self.log.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Page(html.parser.HTMLParser):
    """What stands in the page's source: marks of outcomes, and the data."""

    def __init__(self, path):
        super().__init__()
        self.cells, self.places, self.in_data, self.json = set(), set(), False, ''
        with open(path, encoding='utf-8') as f:
            self.feed(f.read())
        self.data = json.loads(self.json)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == 'a' and (a.get('class') or '').startswith('c ') and 'href' in a:
            self.cells.add((a['href'][1:], a.get('data-r')))
        self.in_data = tag == 'script' and a.get('id') == 'data'

    def handle_endtag(self, tag):
        self.in_data = False

    def handle_data(self, data):
        if self.in_data:
            self.json += data

    def outcomes(self):
        return {(name, str(run)) for name, row in self.data['rows'].items()
                for run in range(1, len(row)) if row[run]}


# ---- checks: each returns None, or what is wrong ----

def check_renders(b, path):
    page = Page(path)
    if b.js('return document.querySelectorAll("#verdicts .run").length') != len(page.data['runs']):
        return 'there is not one verdict for each run'
    if b.js('return document.querySelector("h1").getBoundingClientRect().height') < 20:
        return 'the headline has no height'
    if b.js('return document.querySelector("#filter").hidden'):
        return 'the filter did not start'
    if b.js('return getComputedStyle(document.querySelector(".run")).borderLeftWidth') == '0px':
        return 'the style sheet is not in force'
    return None


def check_console(b, _path):
    said = [e['message'] for e in b.logs('browser') if e['level'] in ('SEVERE', 'WARNING')]
    return 'the console says: ' + said[0] if said else None


def check_network(b, path):
    """Of all requests of this page only the one for the page itself may be there."""
    wanted = 'file://' + os.path.abspath(path)
    for entry in b.logs('performance'):
        message = json.loads(entry['message'])['message']
        if message['method'] != 'Network.requestWillBeSent':
            continue
        url = message['params']['request']['url']
        if url.split('#')[0] not in (wanted, 'about:blank'):
            return 'it asked for ' + url
    return None


def tab_to(b, selector):
    for _ in range(TABS_MAX):
        b.key(TAB)
        if b.js(f'return document.activeElement.matches({json.dumps(selector)})'):
            return True
    return False


def fold_all(b):
    b.js('document.activeElement.blur(); document.querySelectorAll("#matrix details").forEach((d) => {d.open = false;})')


def check_keyboard(b, _path):
    """From the top of the page by Tab into the matrix, by Enter into an area, a table and a story, by Escape back."""
    fold_all(b)
    if not tab_to(b, 'a.jump'):
        return 'Tab does not reach the link that skips to the cases'
    if not b.js('const r = document.activeElement.getBoundingClientRect(); return r.left >= 0 && r.width > 20;'):
        return 'the link that skips to the cases cannot be seen when it has the focus'
    for _ in range(6):
        if not tab_to(b, '#matrix summary, #matrix a.c'):
            return f'{TABS_MAX} times Tab reach nothing in the matrix'
        if b.js('return document.activeElement.matches("a.c")'):
            break
        if not b.js('return getComputedStyle(document.activeElement).outlineStyle !== "none"'):
            return 'the focus cannot be seen'
        b.key(ENTER)
    name = b.js('return document.activeElement.getAttribute("href")')
    if not b.js('return document.activeElement.matches("a.c") && !!document.activeElement.getAttribute("aria-label")'):
        return 'Tab and Enter do not come to a mark with a label'
    b.key(ENTER)
    if not b.js('return document.getElementById("story").open'):
        return 'Enter on a mark opens no story'
    b.key(ESCAPE)
    if b.js('return document.getElementById("story").open'):
        return 'Escape does not close the story'
    if b.js('return document.activeElement.getAttribute("href")') != name:
        return 'the focus is not where it was before the story'
    return None


def check_story(b, _path):
    """The worst mark: its story has a timeline with both sides, a reason, and a command."""
    b.js('document.querySelectorAll("#matrix details").forEach((d) => {d.open = true;});'
         'const red = document.querySelector("#matrix a.c.lie, #matrix a.c.fail"); (red || document.querySelector("#matrix a.c")).click();')
    counts = b.js('const n = (s) => document.querySelectorAll("#story " + s).length;'
                  'return [n(".beat"), n(".beat.vm"), n(".beat.net"), n(".repro pre"), n(".reason")];')
    b.js('document.getElementById("story").close()')
    if not all(counts):
        return f'timeline, VM side, world side, command, reason: {counts}'
    return None


def check_known(b, _path):
    """A known leak is as red as an unknown one."""
    colours = b.js('return ["fail", "xfail", "pass"].map((c) => getComputedStyle(document.querySelector("#letters .c." + c),'
                   ' "::before").backgroundColor)')
    return None if colours[0] == colours[1] != colours[2] else f'FAIL, XFAIL and PASS are {colours}'


def check_filter(b, _path):
    """What is no case's name leaves nothing; a case's own name leaves it."""
    found = b.js('''const w = document.getElementById("words"), seen = () =>
        [...document.querySelectorAll("#matrix a.c")].filter((a) => a.checkVisibility()).length;
        const type = (s) => { w.value = s; w.dispatchEvent(new Event("input")); };
        type("no-case-has-this-name"); const none = seen();
        type(document.querySelector("#matrix a.c").getAttribute("href").slice(1)); const one = seen();
        type(""); return [none, one];''')
    return None if found[0] == 0 and found[1] > 0 else f'visible marks without and with a name: {found}'


def overflow(b):
    return b.js('''const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) return null;
        const e = [...document.body.querySelectorAll("*")].find((e) => e.getBoundingClientRect().right > wide + 1 &&
            !e.closest(".scroll, .jump, .hidden"));
        return document.documentElement.scrollWidth + " of " + wide + " px: " + (e ? e.outerHTML.slice(0, 120) : "?");''')


def check_phone(b, _path):
    """No sideways scrolling at the width of a phone, everything unfolded, with a story and without."""
    b.size(PHONE, 844)
    try:
        b.js('document.querySelectorAll("details").forEach((d) => {d.open = true;})')
        wrong = overflow(b)
        if wrong:
            return 'the page: ' + wrong
        b.js('document.querySelector("#matrix a.c").click()')
        wrong = b.js('const d = document.getElementById("story"); return d.scrollWidth > d.clientWidth + 1 ?'
                     ' "the story: " + d.scrollWidth + " of " + d.clientWidth + " px" : null')
        b.js('document.getElementById("story").close()')
        return wrong
    finally:
        b.cdp('Emulation.clearDeviceMetricsOverride')


# Letters on what is really behind them: the shape is the ::before, else the nearest background.
CONTRAST = r'''
const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m; };
const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; })
    .reduce((a, v, i) => a + v * [.2126, .7152, .0722][i], 0);
const ink = (e) => getComputedStyle(e)[e.closest("svg") ? "fill" : "color"];
const behind = (e) => { for (; e; e = e.parentElement) for (const p of ["::before", ""]) {
    if (p && !e.matches(".c")) continue;
    const c = parse(getComputedStyle(e, p || null).backgroundColor); if (c) return c; } return [255, 255, 255]; };
for (const e of document.querySelectorAll("#letters .c, #letters dd, .sentence, .meta, .w, .says, .y, .d, a, button, h1, .num, figcaption, .chart text")) {
    const a = light(parse(ink(e))), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (e.checkVisibility() && ratio < 4.5) return ratio.toFixed(2) + ": " + e.outerHTML.slice(0, 100);
}
return null;'''


def check_contrast(b, _path):
    for scheme in ('light', 'dark'):
        b.cdp('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        wrong = b.js(CONTRAST)
        b.cdp('Emulation.setEmulatedMedia', features=[])
        if wrong:
            return f'{scheme}: {wrong}'
    return None


BOOT = r'''
const red = getComputedStyle(document.querySelector("#letters .c.fail"), "::before").backgroundColor;
const fills = (svg, what) => [...svg.querySelectorAll(what)].map((e) => getComputedStyle(e).fill);
const middle = (e) => { const r = e.getBoundingClientRect(); return r.left + r.width / 2; };
const all = [...document.querySelectorAll(".window")];
let open = 0;
for (const w of all) {
    w.open = true;
    const svg = w.querySelector("figure svg"), leaky = !!w.querySelector("summary .w.fail");
    const box = svg.querySelector("rect.open"), name = svg.querySelector("title").textContent;
    const crossed = [...svg.querySelectorAll(".lane")].find((e) => e.textContent.startsWith("Crossed"));
    const below = (e) => e.getBoundingClientRect().top > crossed.getBoundingClientRect().top;
    const leaks = [...svg.querySelectorAll(".flow.forbidden path")].filter(below);
    if (svg.getAttribute("role") !== "img" || svg.getAttribute("aria-labelledby").split(" ").some((id) =>
        !(document.getElementById(id) || {textContent: ""}).textContent.trim()))
        return name + ": the drawing has no words";
    if (fills(svg, ".flow.forbidden path").some((f) => f !== red))
        return name + ": what is not allowed is not red";
    if (fills(svg, ".flow.allowed circle, .flow.link path").some((f) => f === red))
        return name + ": what is allowed is red";
    if ([...svg.querySelectorAll(".flow")].some((f) => !f.querySelector("text").textContent.trim() || !f.checkVisibility()))
        return name + ": a line has no name";
    if (!!box !== leaky || leaky !== leaks.length > 0)
        return name + ": open, shaded, with packets: " + [leaky, !!box, leaks.length];
    if (box && Math.abs(box.getBoundingClientRect().left - Math.min(...leaks.map(middle))) > 3)
        return name + ": the shaded part does not begin with the first packet";
    open += leaky;
}
const told = document.querySelectorAll(".windows li .w.fail").length;
return !open || open === all.length ? open + " of " + all.length + " windows are open" :
    told !== open ? "the table tells of " + told + " of " + open + " open windows" : null;'''


def check_boot(b, _path):
    """A boot window is drawn, shaded and told in words; what is not allowed is as red as a FAIL, and named."""
    return b.js(BOOT)


ROGUE = r'''
const red = getComputedStyle(document.querySelector("#letters .c.fail"), "::before").backgroundColor;
const all = [...document.querySelectorAll("#rogue figure")];
for (const figure of all) {
    const svg = figure.querySelector("svg"), words = figure.querySelector("figcaption").textContent;
    const bound = svg.querySelector("line.off").getBoundingClientRect().left, bars = [...svg.querySelectorAll("rect")];
    const isLate = (bar) => bar.getBoundingClientRect().left > bound;
    const numbers = bars.map((bar) => +bar.nextElementSibling.textContent);
    if (svg.getAttribute("role") !== "img" || svg.getAttribute("aria-labelledby").split(" ").some((id) =>
        !(document.getElementById(id) || {textContent: ""}).textContent.trim()))
        return words + ": the drawing has no words";
    if (numbers.reduce((a, n) => a + n, 0) !== +words.match(/: ([0-9]+) tr/)[1])
        return words + ": the bars do not add up";
    if (bars.some((bar) => isLate(bar) !== (getComputedStyle(bar).fill === red)))
        return words + ": what is late is not what is red";
    if (bars.some(isLate) !== !!figure.querySelector(".w.fail"))
        return words + ": a late one did not fail";
}
return all.length === 2 ? null : all.length + " histograms";'''


def check_rogue(b, _path):
    """A histogram is drawn and told in words; what is behind the bound is as red as a FAIL."""
    return b.js(ROGUE)


def check_without_script(b, path):
    """Scripts off: every outcome has its mark, can be seen once its folds are open, and there is a note."""
    page = Page(path)
    missing = page.outcomes() - page.cells
    if missing:
        return f'{len(missing)} outcomes have no mark, {sorted(missing)[0]} is one'
    b.cdp('Emulation.setScriptExecutionDisabled', value=True)
    try:
        b.open(path)
        b.key(TAB)
        state = b.js('''const n = (s) => document.querySelectorAll(s).length;
            document.querySelectorAll("#matrix details, #boot details").forEach((d) => {d.open = true;});
            const seen = (s) => [...document.querySelectorAll(s)].filter((e) => e.checkVisibility()).length;
            return [n("noscript p"), document.getElementById("filter").hidden,
                seen("#matrix a.c"), n(".window"), seen(".window figure svg")];''')
    finally:
        b.cdp('Emulation.setScriptExecutionDisabled', value=False)
    if not state[0]:
        return 'nobody says that scripts are off'
    if not state[1]:
        return 'the filter, which needs the script, is shown'
    if state[2] != len(page.outcomes()):
        return f'{state[2]} of {len(page.outcomes())} marks can be seen'
    if state[3] != state[4]:
        return f'{state[4]} of {state[3]} boot windows can be seen'
    return None


# In this order: the logs first, without-script last, for it loads the page anew.
CHECKS = {'renders': check_renders, 'console': check_console, 'network': check_network, 'keyboard': check_keyboard,
          'story': check_story, 'known leaks': check_known, 'filter': check_filter, 'boot': check_boot, 'rogue': check_rogue, 'contrast': check_contrast, 'phone': check_phone,
          'without script': check_without_script}


def look(b, path, only=None):
    """{check: what is wrong or None}"""
    b.open(path)
    return {name: check(b, path) for name, check in CHECKS.items() if only in (None, name)}


# ---- the checks themselves ----

CSP = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')


def unlocked(text):
    return CSP.sub('', text)


# check: how a page is broken so that it must go red
BREAKS = [
    ('renders', 'a verdict is missing', lambda t: re.sub(r'<article class="run .*?</article>', '', t, 1, re.S)),
    ('renders', 'the style sheet is not what the policy allows', lambda t: t.replace('<style>', '<style>/**/', 1)),
    ('console', 'the script throws', lambda t: unlocked(t).replace("'use strict';", "'use strict'; throw new Error('x');", 1)),
    ('console', 'a script that somebody smuggled in', lambda t: t.replace('<main>', '<main><script>document.title = "x"</script>', 1)),
    ('network', 'an image from elsewhere', lambda t: unlocked(t).replace('<main>', '<main><img src="http://192.0.2.1/x.png" alt="">', 1)),
    ('keyboard', 'marks are no links', lambda t: re.sub(r'(<a class="c [^>]*?) href="[^"]*"', r'\1', t)),
    ('keyboard', 'the focus cannot be seen', lambda t: unlocked(t).replace('</style>', ' *:focus-visible {outline: none !important}</style>', 1)),
    ('keyboard', 'Enter does nothing', lambda t: unlocked(t).replace('dialog.showModal()', 'dialog.close()')),
    ('story', 'the stories have no lines', lambda t: re.sub(r',\[[0-9,]+\]\]', ',[]]', t)),
    ('known leaks', 'a known leak is green', lambda t: unlocked(t).replace('</style>', ' .c.xfail::before {background: var(--pass-wash)}</style>', 1)),
    ('filter', 'the filter hides nothing', lambda t: unlocked(t).replace('.gone {', '.gone-not {')),
    ('boot', 'an open window is not shaded', lambda t: re.sub(r'<rect class="open".*?</rect>', '', t, flags=re.S)),
    ('boot', 'the shaded part is elsewhere', lambda t: re.sub(r'(<rect class="open" x=")', r'\g<1>3', t)),
    ('boot', 'what is not allowed is green', lambda t: unlocked(t).replace('</style>', ' .chart .flow.forbidden path {fill: var(--pass)}</style>', 1)),
    ('boot', 'a drawing has no words', lambda t: re.sub(r'(<desc id="[^"]*">)[^<]*', r'\1', t)),
    ('boot', 'a destination has no name', lambda t: re.sub(r'(<g class="flow forbidden">.*?<text [^>]*>)[^<]*', r'\1', t, flags=re.S)),
    ('boot', 'the table forgets an open window', lambda t: re.sub(r'<li><b class="w fail">open.*?</li>', '', t, flags=re.S)),
    ('rogue', 'what is late is green', lambda t: unlocked(t).replace('</style>', ' .chart .bar-bad {fill: var(--pass)}</style>', 1)),
    ('rogue', 'a bar is missing', lambda t: re.sub(r'<rect class="bar-ok"[^>]*/><text[^>]*>[^<]*</text>', '', t, count=1)),
    ('rogue', 'the bound is elsewhere', lambda t: re.sub(r'<line class="off" x1="620" y1="10" x2="620"', '<line class="off" x1="720" y1="10" x2="720"', t)),
    ('rogue', 'a late one passes', lambda t: re.sub(r'<b class="w fail">FAIL</b> told by', '<b class="w pass">PASS</b> told by', t)),
    ('contrast', 'names in a drawing are pale', lambda t: unlocked(t).replace('</style>', ' .chart .flow text {fill: #aaa}</style>', 1)),
    ('phone', 'a drawing is as wide as it likes', lambda t: unlocked(t).replace('</style>', ' figure .scroll {overflow: visible}</style>', 1)),
    ('without script', 'drawings are hidden', lambda t: t.replace('<section id="boot">', '<section id="boot" hidden>')),
    ('contrast', 'words are pale', lambda t: unlocked(t).replace('</style>', ' .says {color: #aaa} .sentence {color: #999}</style>', 1)),
    ('phone', 'something is wide', lambda t: unlocked(t).replace('</style>', ' .run {min-width: 30rem}</style>', 1)),
    ('without script', 'a mark is missing', lambda t: re.sub(r'<a class="c [^>]*>[^<]*</a>', '', t)),
    ('without script', 'the matrix is hidden', lambda t: unlocked(t).replace('<div id="matrix">', '<div id="matrix" hidden>')),
]


def self_test(b, path):
    with open(path, encoding='utf-8') as f:
        whole = f.read()
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        broken = os.path.join(scratch, 'index.html')
        for check, how, change in BREAKS:
            text = change(whole)
            with open(broken, 'w', encoding='utf-8') as f:
                f.write(text)
            wrong = look(b, broken, check)[check] if text != whole else None
            print(f'  {"ok  " if wrong else "FAIL"}  {check} sees that {how}' + ('' if wrong else ': it does not'))
            bad += not wrong
    return bad


def report_checks(b, path):
    bad = 0
    for name, wrong in look(b, path).items():
        print(f'  {"FAIL" if wrong else "ok  "}  {name}' + (f': {wrong}' if wrong else ''))
        bad += bool(wrong)
    return bad


def take_shot(b, png, width, height, where, dark):
    page, _, fragment = where.partition('#')
    b.size(int(width), int(height), 2 if int(width) < 600 else 1)
    b.cdp('Emulation.setEmulatedMedia', features=[{'name': 'prefers-reduced-motion', 'value': 'reduce'},
                                                  {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
    b.post('/url', {'url': 'file://' + os.path.abspath(page) + ('#' + fragment if fragment else '')})
    b.shot(png)


def main(args):
    with contextlib.closing(Browser()) as b:
        b.start()
        if args[0] == '--shot':
            take_shot(b, *args[1:5], dark=args[5:] == ['dark'])
            return 0
        bad = report_checks(b, args[-1])
        if args[0] == '--self-test':
            bad += self_test(b, args[-1])
        return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
