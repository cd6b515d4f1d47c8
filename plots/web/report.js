'use strict';
(() => {
const $ = (s, e = document) => e.querySelector(s), $$ = (s, e = document) => [...e.querySelectorAll(s)];
const data = JSON.parse($('#data').textContent), points = data.Points || [];
$$('.js').forEach(e => e.hidden = false);

// State lives in the URL's hash: b=baseline, -d=hidden designs, -w=hidden
// workloads, t=theme; a plain hash is an anchor.
const state = {b: data.Base, d: new Set(), w: new Set(), t: ''};
function load() {
  const q = location.hash.includes('=') ? new URLSearchParams(location.hash.slice(1)) : new URLSearchParams();
  const set = k => new Set((q.get(k) || '').split(',').filter(Boolean));
  state.b = data.Baselines.includes(q.get('b')) ? q.get('b') : data.Base;
  state.d = set('-d'); state.w = set('-w');
  state.t = ['light', 'dark'].includes(q.get('t')) ? q.get('t') : '';
}
function save() {
  const q = new URLSearchParams();
  if (state.b !== data.Base) q.set('b', state.b);
  if (state.d.size) q.set('-d', [...state.d].join(','));
  if (state.w.size) q.set('-w', [...state.w].join(','));
  if (state.t) q.set('t', state.t);
  history.replaceState(null, '', '#' + q);
}

// The summary, as the page's own generator writes it.
const cell = (text, interval, cls) => {
  const td = document.createElement('td');
  td.className = 'n ' + (cls || '');
  td.textContent = text;
  if (interval) { const s = document.createElement('small'); s.textContent = ' ' + interval; td.append(s); }
  return td;
};
const head = t => { const th = document.createElement('th'); th.scope = 'row'; th.textContent = t; return th; };
const three = v => {
  if (v >= 1e6 || v > 0 && v < 1e-4) return v.toExponential(2).replace('e+', 'e');
  const s = v.toPrecision(3);
  return s.includes('e') ? v.toFixed(0) : s;
};
// change and between write ratios as answer.go does.
const factor = v => v >= 1.5 || v <= 1 / 1.5;
const minus = s => s.replace('-', '\u2212');
function percent(v) {
  const p = (v - 1) * 100, s = p.toFixed(Math.abs(p) >= 100 ? 0 : 1);
  return (+s === 0 ? s.replace('-', '') : minus((p > 0 ? '+' : '') + s)) + ' %';
}
const change = v => factor(v) ? three(v) + '\u00d7' : percent(v);
const between = (v, lo, hi) => factor(v) ? three(lo) + ' \u2026 ' + three(hi) + '\u00d7'
  : percent(lo).slice(0, -2) + ' \u2026 ' + percent(hi);
function summary() {
  const table = $('#matrix'), shown = data.Designs.filter(d => !state.d.has(d));
  const cols = [state.b, ...shown.filter(d => d !== state.b)];
  const tr = $('thead tr', table);
  tr.replaceChildren(...[...tr.children].slice(0, 2), ...cols.map(c => {
    const th = document.createElement('th'); th.scope = 'col'; th.className = 'n'; th.textContent = c; return th; }));
  const sums = {};
  const rows = points.filter(p => !state.w.has(p.W)).map(p => {
    const row = document.createElement('tr'), at = p.Alone ? 'alone' : 'all CPUs';
    sums[at] ??= {};
    row.append(head(p.T), cell(p.P));
    for (const d of cols) {
      const r = p.R[state.b][d];
      if (d === state.b) row.append(cell(p.V[d], '', /\d/.test(p.V[d]) ? '' : 'bad'));
      else if (!r) row.append(cell(p.V[d], '', /\d/.test(p.V[d]) ? 'same' : 'bad'));
      else { row.append(cell(r.T, r.I, r.C)); (sums[at][d] ??= []).push(r.X); }
    }
    return row;
  });
  $('tbody', table).replaceChildren(...rows);
  $('tfoot', table).replaceChildren(...Object.entries(sums).map(([at, by]) => {
    const row = document.createElement('tr');
    row.append(head('geometric mean'), cell(at));
    for (const d of cols) {
      const x = by[d];
      if (d === state.b) row.append(cell('1'));
      else if (!x) row.append(cell('\u2013', '', 'same'));
      else {
        const g = Math.exp(x.reduce((a, v) => a + Math.log(v), 0) / x.length);
        row.append(cell(change(g), between(g, Math.min(...x), Math.max(...x))));
      }
    }
    return row;
  }));
  $('#against').textContent = state.b;
}
// Losses: without the hidden designs and workloads; a design's name stands at
// its first row, and its last says so where nothing is left.
function losses() {
  let last = '';
  $$('.losses tbody tr').forEach(r => {
    const {l, a, i} = r.dataset, cells = data.Losses?.[i];
    r.hidden = state.d.has(l) || (r.className.includes('none') ? last === l : state.d.has(a));
    if (cells && !r.hidden) {
      r.hidden = true;
      cells.forEach((all, q) => {
        const left = (all || []).filter(c => !state.w.has(c.W)), more = left.length > 1 && left[0].W;
        r.cells[2 + q].textContent = left.length ? left[0].T + (more ? ', worst of ' + left.length : '') : '';
        if (left.length) r.hidden = false;
      });
    }
    if (r.hidden) return;
    r.classList.toggle('first', l !== last);
    last = l;
  });
}
// close moves a chart's rows together over those that are hidden.
function close(svg) {
  const rows = $$('.bar[data-h],.head[data-h]', svg);
  if (!rows.length) return;
  let cut = 0;
  for (const g of rows) {
    if (g.closest('[hidden]')) { cut += +g.dataset.h; continue; }
    g.dataset.cut = cut;
    g.setAttribute('transform', `translate(0 ${-cut})`);
  }
  const grid = $('.grid', svg), h = +grid.dataset.h, box = svg.viewBox.baseVal;
  const full = svg.dataset.full ??= box.height;
  svg.setAttribute('viewBox', `0 0 ${box.width} ${full - cut}`);
  grid.style.transform = `scaleY(${(h - cut) / h})`;
  $('.foot', svg).setAttribute('transform', `translate(0 ${-cut})`);
}
const base = $('#base'); // none where nothing is compared
function apply() {
  summary();
  if (base) base.value = state.b;
  $$('#filter input').forEach(i => i.checked = !state[i.name].has(i.value));
  $$('.panel[data-w]').forEach(p => p.hidden = state.w.has(p.dataset.w));
  $$('g[data-w]').forEach(g => g.toggleAttribute('hidden', state.w.has(g.dataset.w)));
  $$('g[data-v], .keys li[data-v]').forEach(g => g.toggleAttribute('hidden', state.d.has(g.dataset.v)));
  $$('.fig[data-base]').forEach(f => f.hidden = f.dataset.base !== state.b);
  $('#scope').hidden = !state.d.size && !state.w.size;
  $$('svg.chart').forEach(close);
  losses();
  document.documentElement.dataset.theme = state.t;
  if (!state.t) delete document.documentElement.dataset.theme;
  $('#theme').textContent = 'theme: ' + (state.t || 'auto');
}
base?.addEventListener('change', e => { state.b = e.target.value; done(); });
$('#filter').addEventListener('change', e => {
  const i = e.target;
  if (i.type !== 'checkbox') return;
  i.checked ? state[i.name].delete(i.value) : state[i.name].add(i.value);
  done();
});
$('#theme').addEventListener('click', () => { state.t = {'': 'light', light: 'dark', dark: ''}[state.t]; done(); });
// A plain hash is an anchor and leaves the state alone; while the hash is the
// state, a link scrolls by itself.
addEventListener('hashchange', () => { if (location.hash.includes('=')) { load(); apply(); } });
document.addEventListener('click', e => {
  const to = e.target.closest('a[href^="#"]')?.hash.slice(1);
  if (!to || !location.hash.includes('=')) return;
  e.preventDefault();
  const at = document.getElementById(to);
  at.closest('details')?.setAttribute('open', '');
  at.scrollIntoView();
});
function done() {
  apply(); save();
  const n = points.filter(p => !state.w.has(p.W)).length;
  if (base) $('#live').textContent = 'Now against ' + state.b + ' over ' + n + ' points.';
}

// The crosshair: marks carry their values. Pointer or arrow keys move it.
const tip = $('#tip');
let open = null;
function marks(svg) {
  return $$('.p', svg).filter(m => !m.closest('[hidden]')).map(m => ({e: m, s: m.dataset.s ?? m.parentNode.dataset.v, v: m.dataset.v, i: m.dataset.i,
    n: m.dataset.n, x: m.dataset.x, at: +m.dataset.at}));
}
function show(svg, list, at, name, px, py) {
  hide();
  open = svg;
  if (svg.dataset.x) {
    const l = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    const h = svg.viewBox.baseVal.height;
    l.setAttribute('class', 'cross'); l.setAttribute('d', `M${at} 40V${h - 32}`);
    svg.insertBefore(l, svg.firstChild);
  }
  const rows = list.map(m => {
    const p = document.createElement('div'), b = document.createElement('b');
    b.textContent = m.s + ' '; p.append(b, m.v);
    if (m.i) p.append('  [' + m.i + ']');
    if (m.n) p.append('  n=' + m.n);
    return p;
  });
  const h = document.createElement('div');
  h.textContent = name; h.style.color = 'var(--i1)';
  tip.replaceChildren(...(name ? [h] : []), ...rows);
  tip.hidden = false;
  const w = tip.offsetWidth, r = svg.getBoundingClientRect();
  const x = px ?? r.left + at / svg.viewBox.baseVal.width * r.width, y = py ?? r.top + r.height / 3;
  tip.style.left = Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - w - 6)) + scrollX + 'px';
  tip.style.top = y + 16 + scrollY + 'px';
}
function hide() {
  if (open) $$('.cross', open).forEach(c => c.remove());
  open = null; tip.hidden = true;
}
function xs(list) { return [...new Map(list.filter(m => m.x).map(m => [m.x, m.at]))].sort((a, b) => a[1] - b[1]); }
function axis(svg) { return $$('.axes text', svg).at(-1)?.textContent.replace(' (log)', '') || ''; }
function point(svg, ev) {
  const list = marks(svg), r = svg.getBoundingClientRect();
  if (!list.length) return hide();
  const k = svg.viewBox.baseVal.width / r.width, x = (ev.clientX - r.left) * k, y = (ev.clientY - r.top) * k;
  if (svg.dataset.x) {
    const at = xs(list).reduce((a, b) => Math.abs(b[1] - x) < Math.abs(a[1] - x) ? b : a);
    return show(svg, list.filter(m => m.x === at[0]), at[1], axis(svg) + ' ' + at[0], ev.clientX, ev.clientY);
  }
  const near = m => { const b = m.e.getBBox(); return [b.x + b.width / 2, b.y + b.height / 2 - (m.e.closest('[data-h]')?.dataset.cut || 0)]; };
  const m = list.map(m => { const [a, b] = near(m); return {m, d: Math.abs(b - y) * 4 + Math.abs(a - x)}; }).reduce((a, b) => b.d < a.d ? b : a).m;
  show(svg, [m], m.at, m.x || '', ev.clientX, ev.clientY);
}
for (const svg of $$('svg.chart')) {
  // The browser would show <title> as a tip over ours.
  const t = $('title', svg);
  svg.setAttribute('aria-label', t.textContent);
  svg.removeAttribute('aria-labelledby');
  t.remove();
  svg.addEventListener('pointermove', e => point(svg, e));
  svg.addEventListener('pointerdown', e => point(svg, e));
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  let i = -1;
  svg.addEventListener('keydown', e => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[e.key];
    if (e.key === 'Escape') return hide();
    if (!step) return;
    e.preventDefault();
    const list = marks(svg), cols = svg.dataset.x ? xs(list) : list.map(m => [m, m.at]);
    if (!cols.length) return;
    i = Math.max(0, Math.min(cols.length - 1, i + step));
    const hit = svg.dataset.x ? list.filter(m => m.x === cols[i][0]) : [cols[i][0]];
    show(svg, hit, cols[i][1], svg.dataset.x ? axis(svg) + ' ' + cols[i][0] : cols[i][0].x || '');
    $('#live').textContent = tip.innerText;
  });
}
// Under a chart its samples unfold in place; without script their links lead there.
for (const p of $$('.bench')) {
  const d = document.createElement('details'), s = document.createElement('summary');
  s.textContent = 'Benchfmt';
  d.append(s);
  d.addEventListener('toggle', () => {
    if (!d.open || $('pre', d)) return;
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.textContent = p.dataset.s.split(' ').map(i => document.getElementById(i).textContent).join('\n\n');
    d.append(pre);
  });
  p.replaceWith(d);
}
load();
apply();
})();
