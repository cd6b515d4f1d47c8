package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// StraceFlags are what strace must be told, beside what to trace and -o.
var StraceFlags = []string{"-f", "-ttt", "-y", "-e",
	"trace=memory,shmget,clone,clone3,fork,vfork,execve,exit,exit_group"}

// call is a system call as a tracer printed it.
type call struct {
	tid        int
	enter, end time.Duration // since the epoch of the log
	name       string
	args       []string
	ret        string // "0x7f..", "0", "-1 ENOMEM (...)", "?"
}

// parseStraceLog puts the lines of strace -f -ttt together: a call that others
// interrupted stands in two lines. Calls without an end are left out.
func parseStraceLog(r io.Reader, name string) ([]call, error) {
	var calls []call
	open := map[int]int{} // by thread: its call that has no end yet
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	n := 0
	for sc.Scan() {
		n++
		if strings.HasPrefix(sc.Text(), "strace: ") { // its own words, where they went to the log
			continue
		}
		tid, at, rest, err := straceHead(sc.Text())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n, err)
		}
		switch {
		case rest == "" || strings.HasPrefix(rest, "+++ ") || strings.HasPrefix(rest, "--- "):
		case strings.HasPrefix(rest, "<... "):
			i, ok := open[tid]
			if !ok {
				continue // it began before the log
			}
			delete(open, tid)
			_, tail, _ := strings.Cut(rest, " resumed>")
			calls[i].end = at
			calls[i].finish(tail)
		default:
			c := call{tid: tid, enter: at, end: at}
			fn, tail, ok := strings.Cut(rest, "(")
			if !ok {
				return nil, fmt.Errorf("%s:%d: %.60q is no call", name, n, rest)
			}
			c.name = fn
			if head, cut := strings.CutSuffix(tail, "<unfinished ...>"); cut {
				c.args = splitArgs(strings.TrimRight(head, " ,"))
				open[tid] = len(calls)
			} else {
				c.finish(tail)
			}
			calls = append(calls, c)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %v", name, n+1, err)
	}
	return calls, nil
}

// straceHead splits "123 1700000000.123456 rest"; the thread may be missing.
func straceHead(line string) (tid int, at time.Duration, rest string, err error) {
	line = strings.TrimLeft(strings.TrimPrefix(line, "[pid"), " ")
	first, tail, _ := strings.Cut(line, " ")
	if first == "" {
		return 0, 0, "", nil
	}
	first = strings.TrimSuffix(first, "]")
	if !strings.Contains(first, ".") {
		if tid, err = strconv.Atoi(first); err != nil {
			return 0, 0, "", fmt.Errorf("%.60q is no line of strace -f -ttt", line)
		}
		first, tail, _ = strings.Cut(strings.TrimLeft(tail, " "), " ")
	}
	sec, frac, _ := strings.Cut(first, ".")
	s, err1 := strconv.ParseInt(sec, 10, 64)
	us, err2 := strconv.ParseInt(frac, 10, 64)
	if err1 != nil || err2 != nil || len(frac) != 6 || s < 0 || s > 1<<33 {
		return 0, 0, "", fmt.Errorf("%.60q: want a time as strace -ttt prints it", line)
	}
	return tid, time.Duration(s)*time.Second + time.Duration(us)*time.Microsecond, strings.TrimLeft(tail, " "), nil
}

// finish takes in what follows the opening bracket, or "resumed>".
func (c *call) finish(tail string) {
	i := strings.LastIndex(tail, ") = ")
	if i < 0 {
		if i = strings.LastIndex(tail, ")"); i < 0 {
			return
		}
		rest := strings.TrimLeft(tail[i+1:], " ")
		if !strings.HasPrefix(rest, "= ") {
			return
		}
		c.ret = rest[2:]
	} else {
		c.ret = tail[i+4:]
	}
	c.args = append(c.args, splitArgs(strings.TrimLeft(tail[:i], " ,"))...)
}

// splitArgs splits at the commas that stand in no bracket, quote or path.
func splitArgs(s string) (args []string) {
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[' || c == '(' || c == '<':
			depth++
		case c == '}' || c == ']' || c == ')' || c == '>' && (i == 0 || s[i-1] != '='):
			depth--
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	if last := strings.TrimSpace(s[from:]); last != "" {
		args = append(args, last)
	}
	return args
}
