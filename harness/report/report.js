// SPDX-License-Identifier: ISC
// The report's behaviour: stories in a dialog, and the filter. Without it everything else is there. Words reach the
// page as text only, never as HTML.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const SIDES = [['vm', 'right', 'VM to backend'], ['vm', 'left', 'backend to VM'],
	['net', 'right', 'backend to world'], ['net', 'left', 'world to backend'],
	['event', '', 'backend says'], ['remark', '', 'harness'], ['host', '', 'on the host itself']];
const CLASSES = {PASS: 'pass', FAIL: 'fail', XFAIL: 'xfail', XPASS: 'xpass', SKIP: 'skip', NA: 'na', VACUOUS: 'vacuous',
	LIE: 'lie', 'AUDIT-GAP': 'gap', CRASH: 'crash', HANG: 'hang', ENV: 'env'};
const dialog = document.getElementById('story');
const byId = (id) => document.getElementById(id);
const text = (number) => number >= 0 ? data.texts[number] : '';

// make('p', {class: 'd'}, 'words', node ...)
function make(tag, attributes, ...inside) {
	const node = document.createElement(tag);
	for (const [key, value] of Object.entries(attributes || {}))
		node.setAttribute(key, value);
	node.append(...inside.filter((x) => x !== null && x !== ''));
	return node;
}

function word(result) {
	return make('b', {class: 'w ' + CLASSES[result]}, result);
}

// ---- stories ----

// What a row came to in a run (from 1), by names; null when it was not met.
function outcomeOf(name, run) {
	const row = Object.hasOwn(data.rows, name) ? data.rows[name] : null;
	const o = row && row[run];
	if (!o)
		return null;
	const [result, ms, detail, sends = -1, expects = -1, why = -1, flags = -1, repro = -1, lines = null] = o;
	return {name, run, result, ms, detail: text(detail), sends: text(sends), expects: text(expects), why: text(why),
		flags: text(flags), repro: text(repro), lines, requirements: text(row[0])};
}

function reasonOf(o) {
	if (o.detail)
		return o.detail;
	return o.result === 'PASS' ? 'As required.' : 'No reason was given.';
}

function addTerm(list, term, inside, pre) {
	if (inside)
		list.append(make('dt', {}, term), make('dd', pre ? {class: 'pre'} : {}, inside));
}

// Their ids; their sentences are folded away.
function requirements(o) {
	if (!o.requirements)
		return null;
	const ids = o.requirements.split(' ');
	return make('details', {class: 'reqs'}, make('summary', {}, ids.join(', ')), ...ids.map((id) =>
		make('p', {}, make('b', {class: 'id'}, id), ' ', data.sentences[id] || 'not in docs/requirements.md')));
}

function facts(o) {
	const list = make('dl');
	addTerm(list, 'Why', o.why);
	addTerm(list, 'Sends', o.sends, true);
	addTerm(list, 'Expected', o.expects, true);
	addTerm(list, 'Bug class', o.flags);
	addTerm(list, 'Requires', requirements(o));
	addTerm(list, 'Took', o.ms + ' ms');
	return list;
}

function beat([ms, side, words, mark, how = 0]) {
	const [kind, way, said] = SIDES[side];
	const say = make('div', {class: 'say'}, make('span', {class: 'hidden'}, said + ': '), make('span', {}, words),
		mark ? make('span', {class: 'mark'}, mark) : null);
	if (way)
		say.append(make('i', {class: 'tip', 'aria-hidden': 'true'}));
	return make('li', {class: ['beat', kind, way, how & 1 ? 'bad' : '', how & 2 ? 'own' : ''].filter(Boolean).join(' ')},
		make('time', {}, ms.toFixed(1) + ' ms'), say);
}

function ladder(lines) {
	return make('div', {class: 'ladder'},
		make('div', {class: 'lanes', 'aria-hidden': 'true'}, make('span'), make('span', {}, 'VM'),
			make('span', {}, 'backend'), make('span', {}, 'world')),
		make('ol', {class: 'beats', 'aria-label': 'Timeline'}, ...lines.map((i) => beat(data.lines[i]))));
}

function copyButton(command) {
	const button = make('button', {type: 'button'}, 'Copy');
	button.addEventListener('click', async () => {
		const range = document.createRange();
		range.selectNodeContents(button.previousElementSibling);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		let done = false;
		try {
			await navigator.clipboard.writeText(command);
			done = true;
		} catch (e) {
			done = document.execCommand('copy');
		}
		button.textContent = done ? 'Copied' : 'Press Ctrl+C';
	});
	return button;
}

function otherRuns(o) {
	const list = make('p', {class: 'others'});
	data.runs.forEach((label, i) => {
		const other = outcomeOf(o.name, i + 1);
		if (!other || i + 1 === o.run)
			return;
		list.append(make('a', {href: '#' + o.name, 'data-r': i + 1}, word(other.result), (i + 1) + ' ' + label));
	});
	return list.childNodes.length ? list : null;
}

// The marks one can see, in their order.
function visibleCells() {
	return [...document.querySelectorAll('#matrix a.c')].filter((a) => a.checkVisibility ? a.checkVisibility() : a.offsetParent);
}

function stepButton(o, by, label) {
	const button = make('button', {type: 'button'}, label);
	button.addEventListener('click', () => {
		const cells = visibleCells();
		const at = cells.findIndex((a) => nameOf(a) === o.name && Number(a.dataset.r) === o.run);
		const next = cells[at + by];
		if (at >= 0 && next)
			show(nameOf(next), Number(next.dataset.r));
		dialog.querySelector(by < 0 ? '.back' : '.next').focus();
	});
	button.className = by < 0 ? 'back' : 'next';
	return button;
}

function tell(o) {
	const close = make('button', {type: 'button', class: 'close'}, 'Close');
	close.addEventListener('click', () => dialog.close());
	const tale = make('div', {class: 'tale'},
		make('header', {}, make('h2', {id: 'story-title', tabindex: '-1'}, o.name),
			make('div', {class: 'acts'}, stepButton(o, -1, 'Previous'), stepButton(o, 1, 'Next'), close),
			make('p', {class: 'who'}, word(o.result), ' ', make('span', {class: 'num'}, String(o.run)), ' ', data.runs[o.run - 1],
				o.result === 'XFAIL' ? ': a known leak, expected by its baseline' : '')),
		make('p', {class: 'reason'}, reasonOf(o)), facts(o));
	if (o.lines && o.lines.length)
		tale.append(make('h3', {}, 'What happened'), ladder(o.lines));
	else
		tale.append(make('p', {class: 'note'}, o.result === 'SKIP' || o.result === 'NA'
			? 'It was not played, so there is no timeline.' : 'No timeline of it was kept.'));
	if (o.repro)
		tale.append(make('h3', {}, 'See it again'), make('div', {class: 'repro'}, make('pre', {}, o.repro), copyButton(o.repro)));
	const others = otherRuns(o);
	if (others)
		tale.append(make('h3', {}, 'In the other runs'), others);
	return tale;
}

function show(name, run) {
	const o = outcomeOf(name, run);
	if (!o)
		return false;
	dialog.replaceChildren(tell(o));
	if (!dialog.open)
		dialog.showModal();
	byId('story-title').focus();
	dialog.scrollTop = 0;
	dialog.style.setProperty('--head', dialog.querySelector('header').offsetHeight + 'px'); /* what sticks below it */
	history.replaceState(null, '', '#' + run + ':' + name);
	return true;
}

dialog.addEventListener('close', () => history.replaceState(null, '', '#'));
dialog.addEventListener('click', (e) => {
	if (e.target === dialog)
		dialog.close(); // beside it
});

function nameOf(link) {
	const hash = link.getAttribute('href').slice(1);
	try {
		return decodeURIComponent(hash);
	} catch (e) {
		return hash;
	}
}

document.addEventListener('click', (e) => {
	const link = e.target.closest('a[data-r]');
	if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey && show(nameOf(link), Number(link.dataset.r)))
		e.preventDefault();
});

// "#2:suite/case/row" is a story, "#suite/case" a place that may be folded away.
function goToHash() {
	const hash = nameOf({getAttribute: () => location.hash || '#'});
	const story = /^(\d+):(.*)$/s.exec(hash);
	if (story && show(story[2], Number(story[1])))
		return;
	const place = hash && byId(hash);
	if (!place)
		return;
	for (let d = place.closest('details'); d; d = d.parentElement.closest('details'))
		d.open = true;
	place.scrollIntoView({block: 'center'});
}
addEventListener('hashchange', goToHash);

// ---- filter ----

const rows = [...document.querySelectorAll('#matrix .row, #matrix .case')].filter((li) => !li.querySelector('.row'))
	.map((li) => {
		const req = li.closest('.req').querySelector('h4').textContent;
		const cells = [...li.querySelectorAll('a.c')].map((a) => a.classList[1]);
		return {li, flags: (li.dataset.f || '').split(' '), results: new Set(cells),
			words: (li.id + ' ' + li.textContent + ' ' + req + ' ' + (li.dataset.f || '')).toLowerCase()};
	});
const chips = [...document.querySelectorAll('.chip')];
const wasOpen = new Map();

function matches(row, words, flag, results) {
	return words.every((w) => row.words.includes(w)) && (!flag || row.flags.includes(flag)) &&
		(!results.length || results.some((r) => row.results.has(r)));
}

function setOpen(open) {
	for (const d of document.querySelectorAll('#matrix details'))
		d.open = open;
}

function filter() {
	const words = byId('words').value.toLowerCase().split(/\s+/).filter(Boolean);
	const results = chips.filter((c) => c.getAttribute('aria-pressed') === 'true').map((c) => c.dataset.c);
	const flag = byId('flag').value;
	const active = words.length || results.length || flag;
	let found = 0;
	for (const row of rows) {
		const hit = matches(row, words, flag, results);
		found += hit;
		row.li.classList.toggle('gone', !hit);
	}
	for (const box of document.querySelectorAll('#matrix .case, #matrix .req, #matrix .area')) {
		if (box.matches('.case') && !box.querySelector('.row'))
			continue;
		box.classList.toggle('gone', Boolean(active) && !box.querySelector('.row:not(.gone), .case:not(.gone)'));
	}
	for (const d of document.querySelectorAll('#matrix details')) {
		if (active && !wasOpen.has(d))
			wasOpen.set(d, d.open);
		if (active)
			d.open = found <= 200 || d.matches('.area');
		else if (wasOpen.has(d))
			d.open = wasOpen.get(d);
	}
	if (!active)
		wasOpen.clear();
	byId('found').textContent = active ? found + ' of ' + rows.length + ' match' : '';
}

function startFilter() {
	const flags = new Set(rows.flatMap((r) => r.flags).filter(Boolean));
	for (const flag of [...flags].sort())
		byId('flag').append(make('option', {value: flag}, flag));
	byId('words').addEventListener('input', filter);
	byId('flag').addEventListener('change', filter);
	for (const chip of chips)
		chip.addEventListener('click', () => {
			chip.setAttribute('aria-pressed', String(chip.getAttribute('aria-pressed') !== 'true'));
			filter();
		});
	byId('open-all').addEventListener('click', () => setOpen(true));
	byId('close-all').addEventListener('click', () => setOpen(false));
	byId('filter').hidden = false;
}

startFilter();
goToHash();
