package reporttest

import (
	"context"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"vmabench/plots"
	"vmabench/results"
)

// tab is a page in the browser, with what it asked for and complained of.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	requests []string
	errors   []string
}

// browse opens a browser, or skips the test where there is none.
func browse(t *testing.T) *tab {
	t.Helper()
	bin := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			bin = p
			break
		}
	}
	if bin == "" {
		t.Skip("chromium is not installed: the page was not opened")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, url: "file://" + page(t)}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, ev.Request.URL)
	case *runtime.EventExceptionThrown:
		b.errors = append(b.errors, ev.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.errors = append(b.errors, "console: "+string(ev.Type))
	}
}

// open navigates to the page with a hash and a window size.
func (b *tab) open(hash string, width, height int64) {
	b.t.Helper()
	// about:blank between, or a new hash alone would not load the page.
	err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+hash))
	if err != nil {
		b.t.Fatal(err)
	}
}

// eval runs an expression in the page.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

func TestNothingIsAskedForAndNothingBreaks(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	// Touch everything that the script does.
	eval[bool](b, `(() => { document.querySelectorAll('summary').forEach(s => s.click());
		document.querySelectorAll('#filter input').forEach(i => { i.click(); i.click(); });
		document.querySelector('#theme').click();
		for (const s of document.querySelectorAll('svg.chart')) { s.dispatchEvent(new PointerEvent('pointermove', {clientX: 50, clientY: 50}));
			s.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'})); }
		return true; })()`)
	b.quiet(b.url)
}

func contains(s, sub string) bool { return strings.Contains(s, sub) }

// Marks on rows say what the table says, with the interval; where a filter has
// moved the rows too.
func TestRows(t *testing.T) {
	b := browse(t)
	for _, hash := range []string{"", "#-w=pft", "#-d=rwsem"} {
		b.open(hash, 1280, 900)
		for _, s := range eval[[]string](b, rowsSay) {
			t.Errorf("%q: %s", hash, s)
		}
	}
}

const rowsSay = `(() => { const name = m => m.dataset.s ?? m.parentNode.dataset.v, bad = [], tip = document.querySelector('#tip'); let n = 0;
		for (const id of ['overview', 'single']) {
			const fig = document.querySelector('#' + id), head = [...fig.querySelectorAll('.under thead th')].map(h => h.textContent);
			const at = head.indexOf('design'), rows = [...fig.querySelectorAll('.under tbody tr')].map(r => [...r.cells].map(c => c.textContent));
			for (const svg of fig.querySelectorAll('svg.chart')) for (const m of svg.querySelectorAll('.p')) {
				if (m.closest('[hidden]')) continue;
				const r = m.getBoundingClientRect();
				svg.dispatchEvent(new PointerEvent('pointermove', {clientX: r.left + r.width / 2, clientY: r.top + r.height / 2}));
				const group = m.closest('[data-w]')?.querySelector('text')?.textContent;
				const row = rows.find(c => c[0] === svg.getAttribute('aria-label') && (at < 2 || c[1] === group) && c[at] === name(m));
				if (!row) { bad.push(id + ': no row for ' + name(m) + ' in ' + svg.getAttribute('aria-label')); continue; }
				for (const want of [name(m), row[at + 2], 'n=' + row[at + 3]])
					if (!tip.textContent.includes(want)) bad.push(id + ' ' + name(m) + ': ' + want + ' not in ' + tip.textContent);
				n++;
			}
		}
		if (n < (location.hash ? 9 : 18)) bad.push('only ' + n + ' marks');
		return bad; })()`

// The crosshair shows what the figure's own table says.
func TestCrosshair(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	bad := eval[[]string](b, `(() => { const name = m => m.dataset.s ?? m.parentNode.dataset.v, bad = [], tip = document.querySelector('#tip');
		const fig = document.querySelector('#throughput');
		const rows = [...fig.querySelectorAll('.under tbody tr')].map(r => [...r.cells].map(c => c.textContent));
		let n = 0;
		for (const svg of fig.querySelectorAll('svg.chart')) {
			const title = svg.getAttribute('aria-label');
			for (const m of svg.querySelectorAll('.p[data-x]')) {
				const r = svg.getBoundingClientRect(), k = r.width / svg.viewBox.baseVal.width;
				svg.dispatchEvent(new PointerEvent('pointermove', {clientX: r.left + m.dataset.at * k, clientY: r.top + 80}));
				const row = rows.find(c => c[0] === title && c[1] === m.dataset.x && c[2] === name(m));
				if (!row) { bad.push('no row for ' + title + ' ' + name(m) + ' ' + m.dataset.x); continue; }
				for (const want of row[3] === '\u2013' ? [name(m), row[6]] : [name(m), row[3], row[4], 'n=' + row[5]])
					if (!tip.textContent.includes(want)) bad.push(title + ' ' + m.dataset.x + ': ' + want + ' not in ' + tip.textContent);
				n++;
			}
		}
		if (n < 27) bad.push('only ' + n + ' points');
		return bad; })()`)
	for _, s := range bad {
		t.Error(s)
	}
}

// Arrow keys walk the same points and say them.
func TestCrosshairByKeys(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	said := eval[[]string](b, `(() => { const svg = document.querySelector('#throughput svg.chart'), out = [];
		svg.focus();
		for (let i = 0; i < 3; i++) { svg.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'})); out.push(document.querySelector('#live').textContent); }
		svg.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));
		out.push(document.querySelector('#tip').hidden ? 'closed' : 'open');
		return out; })()`)
	for i, want := range []string{"GOMAXPROCS 1", "GOMAXPROCS 2", "GOMAXPROCS 4", "closed"} {
		if !strings.Contains(said[i], want) {
			t.Errorf("step %d said %q, want %q", i, said[i], want)
		}
	}
}

// Filters recompute the geometric mean, and the URL's hash restores the state.
func TestFiltersAndState(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	check := `(() => { const data = JSON.parse(document.querySelector('#data').textContent), bad = [];
		const base = document.querySelector('#base').value, hidden = [...document.querySelectorAll('#filter input[name=w]')].filter(i => !i.checked).map(i => i.value);
		const head = [...document.querySelectorAll('#matrix thead th')].map(h => h.textContent);
		for (const row of document.querySelectorAll('#matrix tfoot tr')) {
			const alone = row.cells[1].textContent === 'alone';
			head.slice(3).forEach((d, i) => {
				const x = data.Points.filter(p => p.Alone === alone && !hidden.includes(p.W)).map(p => p.R[base][d]?.X).filter(Boolean);
				const g = Math.exp(x.reduce((a, v) => a + Math.log(v), 0) / x.length);
				const text = row.cells[3 + i].firstChild.textContent.replace('\u2212', '-');
				const got = text.includes('%') ? 1 + parseFloat(text) / 100 : parseFloat(text);
				if (Math.abs(got / g - 1) > 0.006) bad.push(d + ': ' + text + ' is not ' + g);
			});
		}
		const rows = document.querySelectorAll('#matrix tbody tr').length, want = data.Points.filter(p => !hidden.includes(p.W)).length;
		if (rows !== want || rows === 0) bad.push(rows + ' rows for ' + want + ' points');
		return bad.concat(hidden.length + ' hidden', base + ' base', location.hash); })()`
	first := eval[[]string](b, check)
	eval[bool](b, `(() => { document.querySelector('#filter input[value=mmap1]').click();
		document.querySelector('#filter input[value=mmaponly]').click();
		const s = document.querySelector('#base'); s.value = 'rwsem'; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`)
	second := eval[[]string](b, check)
	want := func(got []string, hidden, base string) {
		t.Helper()
		if len(got) != 3 || got[0] != hidden || got[1] != base {
			t.Errorf("summary: %q, want %s, %s", got, hidden, base)
		}
	}
	want(first, "0 hidden", "mmaponly base")
	want(second, "1 hidden", "rwsem base")
	b.open(second[2], 1280, 900)
	third := eval[[]string](b, check)
	want(third, "1 hidden", "rwsem base")
	state := eval[[]bool](b, `[document.querySelector('.panel[data-w=mmap1]').hidden, document.querySelector('g.line[data-v=mmaponly]').hasAttribute('hidden'),
		!document.querySelector('#relative-rwsem').hidden, document.querySelector('#relative').hidden,
		!document.querySelector('#overview-rwsem').hidden, document.querySelector('#overview').hidden,
		[...document.querySelectorAll('#overview-rwsem g[data-w=mmap1]')].every(g => g.hasAttribute('hidden')),
		document.querySelectorAll('#overview-rwsem g[data-w]:not([hidden])').length > 0,
		!document.querySelector('#scope').hidden,
		[...document.querySelectorAll('.losses tbody tr')].every(r => r.hidden || r.dataset.l !== 'mmaponly' && r.dataset.a !== 'mmaponly'),
		document.querySelectorAll('.losses tbody tr.first:not([hidden])').length > 0]`)
	for i, ok := range state {
		if !ok {
			t.Errorf("state %d was not restored from %s", i, second[2])
		}
	}
}

// Dark follows the system, and the button beats it; nothing goes beyond the
// width of a phone.
func TestDarkAndPhone(t *testing.T) {
	b := browse(t)
	ground := `getComputedStyle(document.body).backgroundColor`
	b.open("", 1280, 900)
	light := eval[string](b, ground)
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.open("", 1280, 900)
	dark := eval[string](b, ground)
	b.open("#t=light", 1280, 900)
	if forced := eval[string](b, ground); light == dark || forced != light {
		t.Errorf("ground: light %s, dark %s, forced light %s", light, dark, forced)
	}
	for _, width := range []int64{375, 320, 768, 1920} {
		b.open("", width, 800)
		got := eval[int64](b, `document.documentElement.scrollWidth`)
		if got > width {
			t.Errorf("at %d pixels the page is %d wide: %s", width, got, eval[string](b, `[...document.querySelectorAll('body *')]
				.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre')).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join('; ')`))
		}
	}
}

// Without script the answer, the summary, the charts and the tables are there,
// and no control that would do nothing.
func TestWithoutScript(t *testing.T) {
	b := browse(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.open("", 1280, 900)
	text, err := chromedp.Run(b.ctx, chromedp.Text("body"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"refcount", "geometric mean", "Where each design loses", "operations/s", "Limits"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q without script", want)
		}
	}
	for _, under := range []string{"Table", "CSV", "Benchfmt", "Again: "} {
		if n := strings.Count(text, under); n < 10 {
			t.Errorf("%q is under %d charts without script", under, n)
		}
	}
	for _, not := range []string{"theme: auto", "Baseline\n"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is shown, and does nothing", not)
		}
	}
}

// The pages around the reports fit a phone too, and ask for nothing.
func TestSite(t *testing.T) {
	b := browse(t)
	dir := t.TempDir()
	a, c := madeUp(t), madeUp(t)
	c.Run.ID, c.Run.Created = "made-up-later", "2026-01-03T03:04:05Z"
	if err := plots.Publish([]*results.Folder{a, c}, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "compare.html", "made-up/index.html"} {
		b.url = "file://" + dir + "/" + name
		b.open("", 375, 800)
		if got := eval[int64](b, `document.documentElement.scrollWidth`); got > 375 {
			t.Errorf("%s is %d pixels wide on a phone", name, got)
		}
		if n := eval[int](b, `document.querySelectorAll('main a[href$="index.html"], svg.chart').length`); n == 0 {
			t.Errorf("%s shows neither a run nor a chart", name)
		}
	}
	for _, name := range []string{"index.html", "compare.html"} {
		b.url = "file://" + dir + "/" + name
		b.audit()
	}
	b.quiet("file://" + dir)
}
