package results

import "strings"

// oneLine keeps a text from breaking the line that it is put on.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens a text to at most n runes.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
