package results

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Merge joins the shards of one plan into one run in the new folder dst. It
// refuses shards of another plan, seed, version, commit or machine, and a
// trial that two of them hold. A shard that is missing is a note, not an
// error: what there is remains valid.
func Merge(dst string, shards ...string) (*Run, error) {
	if len(shards) == 0 {
		return nil, errors.New("no shards to merge")
	}
	var folders []*Folder
	for _, dir := range shards {
		f, err := Open(dir)
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	run, err := mergeRuns(folders)
	if err != nil {
		return nil, err
	}
	run.ID = filepath.Base(filepath.Clean(dst))
	if n := splitBlocks(folders); n > 0 {
		run.Notes = append(run.Notes, fmt.Sprintf("%d blocks are split between shards: their designs did not run side by side", n))
	}
	trials, err := mergeTrials(folders)
	if err != nil {
		return nil, err
	}
	w, err := Create(dst, run)
	if err != nil {
		return nil, err
	}
	for i := range trials {
		if err := w.Add(&trials[i]); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return run, w.Close()
}

// missingShard is the note on a shard that was not there.
const missingShard = "shard %d/%d is missing"

// MissingShards returns the notes of a merged run on shards that it lacks.
func MissingShards(run *Run) (notes []string) {
	for _, n := range run.Notes {
		var i, of int
		if _, err := fmt.Sscanf(n, missingShard, &i, &of); err == nil {
			notes = append(notes, n)
		}
	}
	return notes
}

// splitBlocks counts the blocks (one repetition of one row) whose designs are
// in more than one shard. Their ratios are paired in name only.
func splitBlocks(folders []*Folder) (split int) {
	home := map[string]int{}
	for i, f := range folders {
		for _, c := range f.Cells() {
			for _, t := range c.Trials {
				block := fmt.Sprint(c.Kind, " ", c.Row, " ", t.Rep)
				switch at, ok := home[block]; {
				case !ok:
					home[block] = i
				case at >= 0 && at != i:
					home[block] = -1
					split++
				}
			}
		}
	}
	return split
}

func mergeRuns(folders []*Folder) (*Run, error) {
	first := folders[0]
	seen := map[int]string{}
	run := *first.Run
	run.Plan.Shard, run.Plan.Trials = "", 0
	run.Notes = nil
	total := 0
	for _, f := range folders {
		if f.Run.Plan.Shard == "" {
			return nil, fmt.Errorf("%s: not a shard: its plan is whole", f.Dir)
		}
		i, n, err := ParseShard(f.Run.Plan.Shard)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Dir, err)
		}
		if what := differ(first.Run, f.Run); what != "" {
			return nil, fmt.Errorf("%s and %s are not shards of one run: they differ in %s", first.Dir, f.Dir, what)
		}
		if total != 0 && n != total {
			return nil, fmt.Errorf("%s is shard %s where %s is one of %d", f.Dir, f.Run.Plan.Shard, first.Dir, total)
		}
		if other, ok := seen[i]; ok {
			return nil, fmt.Errorf("%s and %s are both shard %s", other, f.Dir, f.Run.Plan.Shard)
		}
		seen[i], total = f.Dir, n
		run.Created = min(run.Created, f.Run.Created)
		run.Plan.Trials += f.Run.Plan.Trials
		for _, note := range slices.Concat(f.Run.Notes, f.Notes) {
			if !slices.Contains(run.Notes, note) {
				run.Notes = append(run.Notes, note)
			}
		}
	}
	for i := range total {
		if seen[i+1] == "" {
			run.Notes = append(run.Notes, fmt.Sprintf(missingShard, i+1, total))
		}
	}
	return &run, nil
}

// difference is something in which two runs may differ.
type difference struct{ what, a, b string }

// differ names what makes two runs no shards of one; "" when nothing does.
func differ(a, b *Run) string {
	plan := func(r *Run) string {
		p := r.Plan
		p.Shard, p.Trials = "", 0
		data, _ := json.Marshal(p) // strings and numbers always marshal
		return string(data)
	}
	for _, d := range append(subjects(a, b),
		difference{"seed", fmt.Sprint(a.Plan.Seed), fmt.Sprint(b.Plan.Seed)},
		difference{"plan", plan(a), plan(b)},
		difference{"baseline", a.Baseline, b.Baseline},
		difference{"machine (compare them; they are never pooled)", a.Env.Machine(), b.Env.Machine()},
		difference{"environment", strings.Join(a.Env.differences(&b.Env), "; "), ""},
	) {
		if d.a != d.b {
			return d.what
		}
	}
	return ""
}

// subjects are what says that two runs measured the same code.
func subjects(a, b *Run) []difference {
	designs := func(r *Run) string {
		data, _ := json.Marshal(r.Designs)
		return string(data)
	}
	return []difference{
		{"version", a.Version, b.Version}, {"commit", a.Commit, b.Commit}, {"designs", designs(a), designs(b)},
	}
}

// Continues says why now, a record made on this machine by this program, does not
// go on with the run that was begun: never for other code or another machine, and
// asked only for another kernel, Go version or setting. "" is no reason.
func Continues(begun, now *Run) (never, asked string) {
	for _, d := range append(subjects(begun, now), difference{"machine", begun.Env.Machine(), now.Env.Machine()}) {
		switch {
		case d.a == d.b:
		case d.what == "designs":
			return "its designs are not this program's", ""
		default:
			return fmt.Sprintf("its %s is %s, here it is %s", d.what, d.a, d.b), ""
		}
	}
	return "", strings.Join(begun.Env.differences(&now.Env), "; ")
}

// mergeTrials returns the trials by repetition, as one run completes them.
func mergeTrials(folders []*Folder) ([]Trial, error) {
	from := map[string]string{}
	var all []Trial
	for _, f := range folders {
		for i := range f.Trials {
			id := f.Trials[i].ID()
			if other, ok := from[id]; ok {
				return nil, fmt.Errorf("%s and %s both hold %s", other, f.Dir, id)
			}
			from[id] = f.Dir
			all = append(all, f.Trials[i])
		}
	}
	slices.SortStableFunc(all, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(a.Rep, b.Rep), cmp.Compare(a.Started, b.Started), cmp.Compare(a.ID(), b.ID()))
	})
	return all, nil
}
