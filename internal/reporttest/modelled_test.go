package reporttest

import (
	"path/filepath"
	"testing"

	"vmabench/results"
)

// The page of a run with modelled trials alone, which compares nothing, has a
// script that works and no control that would do nothing.
func TestModelledPage(t *testing.T) {
	b := browse(t)
	f := madeUp(t)
	f.Trials, f.Run.Plan.Workloads = nil, nil
	for _, d := range f.Run.Designs[:3] {
		for _, cpus := range []int{1, 8, 64} {
			x := trial("Fault", "hotvma", d.Name, cpus, 0, results.Modelled, 100)
			x.Params = append(x.Params, results.Param{Key: "machine", Value: "imaginary-8s"})
			f.Trials = append(f.Trials, x)
		}
	}
	path := filepath.Join(t.TempDir(), "report.html")
	writePage(t, f, path)
	b.url = "file://" + path
	b.open("", 375, 800)
	for js, want := range map[string]bool{
		`document.querySelector('#base') !== null`:                                    false,
		`document.querySelector('#filter').hidden`:                                    false,
		`document.documentElement.scrollWidth > 375`:                                  false,
		`document.querySelector('.id').textContent.includes('modelled on imaginary')`: true,
		`(() => { document.querySelector('#theme').click(); return document.documentElement.dataset.theme === 'light' && location.hash.includes('t=light'); })()`:                     true,
		`(() => { const k = document.querySelector('#filter input[value=rwsem]'); k.click(); return document.querySelector('#modelled g[data-v=rwsem]').hasAttribute('hidden'); })()`: true,
	} {
		if got := eval[bool](b, js); got != want {
			t.Errorf("%s: %v", js, got)
		}
	}
	b.quiet(b.url)
}
