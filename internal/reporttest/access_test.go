package reporttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// audit lists what stands in the way of a reader: names, landmarks, headings,
// tables, targets of links, contrast (WCAG 2.2 AA).
const audit = `(() => { const bad = [], all = s => [...document.querySelectorAll(s)], seen = e => e.getClientRects().length > 0;
if (!document.documentElement.lang || !document.title) bad.push('no language or title');
for (const [s, n] of [['main', 1], ['body > header', 1], ['body > footer', 1], ['h1', 1]])
	if (all(s).length !== n) bad.push(all(s).length + ' of ' + s);
if (!document.querySelector('nav').getAttribute('aria-label')) bad.push('nav without a name');
let level = 1;
for (const h of all('h1, h2, h3, h4').filter(seen)) { const l = +h.tagName[1]; if (l > level + 1) bad.push('heading skips to ' + h.outerHTML.slice(0, 60)); level = l; }
for (const e of all('section')) { const id = e.getAttribute('aria-labelledby'); if (!id || !document.getElementById(id)) bad.push('section ' + e.id + ' without a name'); }
for (const e of all('input, select, button')) if (!(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim()) bad.push('control without a name: ' + e.outerHTML);
for (const e of all('svg.chart')) { const d = document.getElementById(e.getAttribute('aria-describedby'));
	if (e.getAttribute('role') !== 'img' || !(e.getAttribute('aria-label') || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent) || !d?.textContent.includes(':') || e.tabIndex !== 0) bad.push('chart without a name: ' + e.id); }
for (const e of all('table')) if (e.rows.length > 0 && e.querySelectorAll('th').length === 0) bad.push('table without heads in ' + e.closest('[id]')?.id);
for (const e of all('th')) if (!e.scope) bad.push('th without scope: ' + e.textContent);
const ids = all('[id]').map(e => e.id); for (const id of new Set(ids)) if (ids.filter(x => x === id).length > 1) bad.push('id twice: ' + id);
for (const e of all('.scroll')) if (e.scrollWidth > e.clientWidth && e.tabIndex < 0) bad.push('a scroller that no key reaches');
const rgb = s => s.match(/[\d.]+/g).map(Number), lin = v => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const lum = c => 0.2126 * lin(c[0]) + 0.7152 * lin(c[1]) + 0.0722 * lin(c[2]);
const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
const through = e => { let o = 1; for (; e; e = e.parentElement) o *= getComputedStyle(e).opacity; return o; };
const over = (c, g, o) => c.slice(0, 3).map((v, i) => v * o + g[i] * (1 - o)), alpha = c => c[3] ?? 1;
const worst = {};
for (const e of all('body *').filter(e => seen(e) && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))) {
	if (e.closest('script, style, desc, title')) continue;
	const svg = e.closest('svg'), st = getComputedStyle(e);
	if (svg && e.classList.contains('f3')) continue; // ground-coloured text on a dark box
	const c = rgb(svg ? st.fill : st.color), g = ground(svg || e);
	const r = ratio(over(c, g, alpha(c) * through(e) * (svg ? st.fillOpacity : 1)), g);
	if (r < 4.5) worst[(e.getAttribute('class') || e.tagName) + ' ' + e.textContent.trim().slice(0, 30)] = r.toFixed(2);
}
for (const k in worst) bad.push('contrast ' + worst[k] + ': ' + k);
return bad; })()`

func TestEverybodyCanReadIt(t *testing.T) {
	b := browse(t)
	b.audit()
}

// audit finds the page fit to read in both themes, with everything unfolded.
func (b *tab) audit() {
	b.t.Helper()
	for _, hash := range []string{"#t=light", "#t=dark"} {
		b.open(hash, 1280, 900)
		eval[bool](b, `(document.querySelectorAll('details').forEach(d => d.open = true), true)`)
		for _, s := range eval[[]string](b, audit) {
			b.t.Errorf("%s%s: %s", b.url, hash, s)
		}
	}
}

// quiet finds that the page asked for nothing beyond itself and had no errors.
func (b *tab) quiet(within string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		if !strings.HasPrefix(r, within) && r != "about:blank" {
			b.t.Errorf("the page asked for %s", r)
		}
	}
	if len(b.requests) == 0 {
		b.t.Error("no request was seen, not even the page's own")
	}
	for _, e := range b.errors {
		b.t.Errorf("the console has: %s", e)
	}
}

// The committed page of the reference run is one that everybody can read.
func TestReferenceRun(t *testing.T) {
	path, err := filepath.Abs("../../results/reference/default/report.html")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no reference run: ", err)
	}
	b := browse(t)
	b.url = "file://" + path
	b.audit()
	b.open("", 375, 800)
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > 375 {
		t.Errorf("the page is %d pixels wide on a phone", got)
	}
	b.quiet(b.url)
}
