package manycore

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed machines/*.machine
var presetFiles embed.FS

// Param is one parameter of a machine file with where it is from.
type Param struct {
	Name, Value, Source string
}

// Presets returns the names of the machines that come with the program.
func Presets() []string {
	var names []string
	files, err := fs.Glob(presetFiles, "machines/*.machine")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".machine"))
	}
	return names
}

// Load returns the machine with that name, or the one that the file of that
// name describes.
func Load(name string) (*Machine, []Param, error) {
	if slices.Contains(Presets(), name) {
		f, err := presetFiles.Open("machines/" + name + ".machine")
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		return Parse(f, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("no machine %q: neither a file nor one of %s", name, strings.Join(Presets(), " "))
	}
	defer f.Close()
	return parse(f, strings.TrimSuffix(path.Base(name), ".machine"), name)
}

// Parse reads a machine file: one parameter a line, `name value # source`,
// times in nanoseconds. Every parameter states its source, or "guess". What is
// left out has the default of its field, or is an error where there is none.
func Parse(r io.Reader, name string) (*Machine, []Param, error) { return parse(r, name, name) }

// parse names the machine, and the file as the caller knows it, for errors.
func parse(r io.Reader, name, file string) (*Machine, []Param, error) {
	m := &Machine{Name: name}
	fields := m.fields()
	var params []Param
	seen := map[string]bool{}
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		def, source, ok := strings.Cut(line, "#")
		key, value, _ := strings.Cut(strings.TrimSpace(def), " ")
		value, source = strings.TrimSpace(value), strings.TrimSpace(source)
		set := fields[key]
		switch {
		case set == nil:
			return nil, nil, fmt.Errorf("%s:%d: unknown parameter %q", file, n, key)
		case seen[key]:
			return nil, nil, fmt.Errorf("%s:%d: %s is set twice", file, n, key)
		case !ok && key != "title" || ok && source == "":
			return nil, nil, fmt.Errorf("%s:%d: %s has no source (`# where it is from`, or `# guess`)", file, n, key)
		}
		if err := set(value); err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %s: bad value %q", file, n, key, value)
		}
		seen[key] = true
		params = append(params, Param{key, value, source})
	}
	if err := sc.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !seen[key] && !slices.Contains(optional, key) {
			return nil, nil, fmt.Errorf("%s: %s is missing", file, key)
		}
	}
	if err := m.check(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, params, nil
}

// optional parameters have a zero that means something.
var optional = []string{"adjacent-line", "serial-reads", "buffered-stores", "local-first", "hold", "preempt-every", "preempt-for", "spread",
	"turbo", "turbo-cores", "bandwidth"}

// A machine has at most maxCPUs CPUs and no time above maxTime nanoseconds:
// what is beyond is a slip of the pen, and its sums would not fit.
const (
	maxCPUs = 1024
	maxTime = 1e9
)

// fields maps the names of a machine file to what they set.
func (m *Machine) fields() map[string]func(string) error {
	num := func(p *float64) func(string) error {
		return func(s string) (err error) {
			if *p, err = strconv.ParseFloat(s, 64); err == nil && !(*p >= 0 && *p <= maxTime) {
				err = strconv.ErrRange
			}
			return err
		}
	}
	whole := func(p *int) func(string) error {
		return func(s string) (err error) {
			if *p, err = strconv.Atoi(s); err == nil && (*p < 0 || *p > maxCPUs) {
				err = strconv.ErrRange
			}
			return err
		}
	}
	yes := func(p *bool) func(string) error {
		return func(s string) (err error) { *p, err = strconv.ParseBool(s); return err }
	}
	f := map[string]func(string) error{
		"title":   func(s string) error { m.Title = s; return nil },
		"sockets": whole(&m.Sockets), "clusters": whole(&m.Clusters), "cores": whole(&m.Cores), "threads": whole(&m.Threads),
		"load-hit": num(&m.LoadHit), "store-hit": num(&m.StoreHit), "rmw-hit": num(&m.RMWHit),
		"llc": num(&m.LLC), "dram": num(&m.DRAM), "hold": num(&m.Hold), "local-first": num(&m.LocalFirst),
		"adjacent-line": yes(&m.AdjacentLine), "buffered-stores": yes(&m.BufferedStores), "spread": yes(&m.Spread), "serial-reads": yes(&m.SerialReads),
		"pause": num(&m.Pause), "park": num(&m.Park), "unpark": num(&m.Unpark), "wake": num(&m.Wake),
		"preempt-every": num(&m.PreemptEvery), "preempt-for": num(&m.PreemptFor),
		"quantum": num(&m.Quantum), "switch": num(&m.Switch), "smt-work": num(&m.SMTWork), "jitter": num(&m.Jitter),
		"turbo": num(&m.Turbo), "turbo-cores": num(&m.TurboCores), "bandwidth": num(&m.Bandwidth),
	}
	for d := SameCore; d < distances; d++ {
		f["latency."+d.String()] = num(&m.Latency[d])
		f["occupancy."+d.String()] = num(&m.Occupancy[d])
	}
	return f
}

// check refuses a machine that cannot be, or whose results could not be stored.
func (m *Machine) check() error {
	dash := strings.LastIndexByte(m.Name, '-')
	switch {
	case dash >= 0 && strings.Trim(m.Name[dash+1:], "0123456789") == "":
		return fmt.Errorf("the name %q ends in a dash and a number, which a benchmark name takes for GOMAXPROCS: rename it", m.Name)
	case strings.ContainsAny(m.Name, " \t=/"):
		return fmt.Errorf("%q: the name of a machine is one word without = and /: rename the file", m.Name)
	case m.Sockets*m.Clusters*m.Cores*m.Threads == 0:
		return errors.New("a machine has at least one socket, cluster, core and thread")
	case m.CPUs() > maxCPUs:
		return fmt.Errorf("%d CPUs, at most %d", m.CPUs(), maxCPUs)
	case m.Jitter > 1:
		return errors.New("jitter is a part of the work, at most 1")
	case m.Turbo != 0 && m.Turbo < 1:
		return errors.New("turbo is a gain, at least 1")
	case m.SMTWork < 1:
		return errors.New("smt-work is a slow-down, at least 1")
	}
	for d := SameCore; d < distances; d++ {
		if m.Occupancy[d] > m.Latency[d] {
			return fmt.Errorf("occupancy.%s exceeds its latency", d)
		}
	}
	return nil
}
