package reporttest

import "testing"

// A filter leaves no gaps in a chart of rows: the rows move together, and the
// chart is lower by what it hides.
func TestRowsCloseUp(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	for _, s := range eval[[]string](b, `(() => { const bad = [];
		const svg = document.querySelector('#overview svg.chart'), box = () => svg.viewBox.baseVal.height;
		const rows = () => [...svg.querySelectorAll('.bar')].filter(g => !g.closest('[hidden]')).map(g => g.getBoundingClientRect().top);
		const steps = () => { const t = rows(); return t.slice(1).map((y, i) => y - t[i]); };
		const full = box(), most = Math.max(...steps()) + 0.6, n = rows().length;
		const foot = () => svg.querySelector('.foot').getBoundingClientRect().top - Math.max(...rows()), below = foot();
		const grid = () => svg.querySelector('.grid').getBoundingClientRect().bottom - svg.querySelector('.foot').getBoundingClientRect().top, over = grid();
		const pick = v => document.querySelector('#filter input[value="' + v + '"]').click();
		pick('pft'); pick('rwsem');
		const gone = [...svg.querySelectorAll('[data-h]')].filter(g => g.closest('[hidden]')).reduce((s, g) => s + +g.dataset.h, 0);
		if (!(gone > 0) || Math.abs(full - box() - gone) > 0.01) bad.push('height ' + full + ' became ' + box() + ', ' + gone + ' is hidden');
		if (!(rows().length < n) || Math.max(...steps()) > most) bad.push('gaps of ' + steps() + ', before at most ' + most);
		if (Math.abs(foot() - below) > 1.5) bad.push('the axis is ' + foot() + ' below the last row, was ' + below);
		if (Math.abs(grid() - over) > 1.5) bad.push('the grid ends ' + grid() + ' from the axis, was ' + over);
		pick('pft'); pick('rwsem');
		if (box() !== full || rows().length !== n) bad.push('not as it was: ' + box() + ', ' + rows().length + ' rows');
		return bad; })()`) {
		t.Error(s)
	}
}

// The table of losses is of the workloads that are picked, and says so where
// nothing is left.
func TestLossesFollowTheFilter(t *testing.T) {
	b := browse(t)
	b.open("", 1280, 900)
	for _, s := range eval[[]string](b, `(() => { const bad = [];
		const pick = v => document.querySelector('#filter input[name=w][value="' + v + '"]').click();
		const rows = () => [...document.querySelectorAll('.losses tbody tr')].filter(r => !r.hidden);
		const cells = () => rows().flatMap(r => [...r.cells].filter(c => c.dataset.q && c.dataset.q !== 'loses to' && c.dataset.q !== 'bytes a VMA').map(c => c.textContent)).filter(Boolean);
		const all = cells(), names = [...document.querySelectorAll('#filter input[name=w]')].map(i => i.value);
		if (!all.length) bad.push('no losses to begin with');
		for (const w of names) {
			names.filter(x => x !== w).forEach(pick);
			for (const c of cells()) if (!c.includes(' in ' + w)) bad.push(c + ' is not of ' + w);
			names.filter(x => x !== w).forEach(pick);
		}
		if (cells().join() !== all.join()) bad.push('not as it was: ' + cells());
		names.forEach(pick);
		if (cells().length) bad.push('without a workload: ' + cells());
		const designs = new Set(rows().map(r => r.dataset.l));
		if (designs.size !== 3 || rows().filter(r => r.className.includes('first')).length !== 3) bad.push('designs left: ' + [...designs]);
		return bad; })()`) {
		t.Error(s)
	}
	b.open("", 375, 800)
	if wide := eval[bool](b, `document.querySelector('.losses').closest('.scroll').scrollWidth > document.querySelector('.losses').closest('.scroll').clientWidth`); wide {
		t.Error("the table of losses scrolls sideways on a phone")
	}
}
