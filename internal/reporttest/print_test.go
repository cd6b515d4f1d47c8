package reporttest

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// On paper the page is dark on white even for who reads in the dark, has no
// controls, cuts no chart in two and fits the width of a sheet.
func TestPrint(t *testing.T) {
	b := browse(t)
	const sheet = 718 // A4 without its margins, at 96 dots an inch
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print",
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", "#t=dark"} {
		b.open(hash, sheet, 1000)
		for _, s := range eval[[]string](b, `(() => { const bad = [], st = e => getComputedStyle(e);
			if (st(document.body).backgroundColor !== 'rgb(255, 255, 255)') bad.push('ground ' + st(document.body).backgroundColor);
			if (st(document.querySelector('h1')).color !== 'rgb(27, 31, 36)') bad.push('text ' + st(document.querySelector('h1')).color);
			for (const s of ['nav', '#filter', '#theme', '.skip']) if (document.querySelector(s).getClientRects().length) bad.push(s + ' is printed');
			for (const e of document.querySelectorAll('.panel')) if (st(e).breakInside !== 'avoid') { bad.push('a panel may be cut'); break; }
			if (document.documentElement.scrollWidth > innerWidth) bad.push('wider than the sheet: ' + document.documentElement.scrollWidth);
			for (const e of document.querySelectorAll('svg.chart')) if (e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1) bad.push('beyond the sheet: ' + e.id);
			return bad; })()`) {
			t.Errorf("%q: %s", hash, s)
		}
	}
	pdf, err := chromedp.Call(b.ctx, devtools.PrintToPDF, devtools.PrintToPDFParams{})
	if err != nil || len(pdf.Data) < 10_000 {
		t.Errorf("printed %d bytes: %v", len(pdf.Data), err)
	}
}

// A link within the page leaves the reader's state in the URL; without script one to
// the samples leads to them.
func TestLinksKeepTheState(t *testing.T) {
	b := browse(t)
	b.open("#b=rwsem", 1280, 900)
	got := eval[[]string](b, `(() => { document.querySelector('nav a[href="#system"]').click();
		return [location.hash, document.querySelector('#base').value, String(document.querySelector('#system').getBoundingClientRect().top < innerHeight)]; })()`)
	if got[0] != "#b=rwsem" || got[1] != "rwsem" || got[2] != "true" {
		t.Errorf("after a link: %q", got)
	}
}

// Under a chart its samples unfold, those of its kind and of no other.
func TestSamplesUnderAChart(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	for id, want := range map[string][2]string{"throughput": {"BenchmarkFault/variant=", "Latency/"}, "latency": {"BenchmarkFaultLatency/variant=", "BenchmarkFault/"}} {
		under := "[...document.querySelectorAll('#" + id + " .under details')].find(d => d.textContent.startsWith('Benchfmt'))"
		eval[bool](b, under+".open = true")
		got := ""
		for range 100 { // its event comes later
			if got = eval[string](b, "("+under+".querySelector('pre')?.textContent ?? '')"); got != "" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if !contains(got, want[0]) || contains(got, want[1]) || !contains(got, "Unit ") {
			t.Errorf("under %s: %.200s", id, got)
		}
	}
}
