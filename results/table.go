package results

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a grid of text, ready to be printed. The first column is of names,
// the others of numbers.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
	Notes []string // printed under it, always
}

// WriteText writes the table in aligned columns.
func (t *Table) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	if t.Title != "" {
		fmt.Fprintln(b, t.Title)
	}
	width := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, s := range row {
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		var line strings.Builder
		for i, s := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(s))
			if i == 0 {
				line.WriteString(s + pad)
			} else {
				line.WriteString("  " + pad + s)
			}
		}
		fmt.Fprintln(b, strings.TrimRight(line.String(), " "))
	}
	for _, n := range t.Notes {
		fmt.Fprintln(b, "  "+n)
	}
	return b.Flush()
}

// WriteMarkdown writes the table as GitHub reads it.
func (t *Table) WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "~", `\~`).Replace
	if t.Title != "" {
		fmt.Fprintf(b, "**%s**\n\n", cell(t.Title))
	}
	line := func(row []string) {
		for _, s := range row {
			fmt.Fprintf(b, "| %s ", cell(s))
		}
		fmt.Fprintln(b, "|")
	}
	line(t.Head)
	for i := range t.Head {
		if i == 0 {
			b.WriteString("| --- ")
		} else {
			b.WriteString("| ---: ")
		}
	}
	fmt.Fprintln(b, "|")
	for _, row := range t.Rows {
		line(row)
	}
	if len(t.Notes) > 0 {
		fmt.Fprintln(b)
	}
	for _, n := range t.Notes {
		fmt.Fprintf(b, "* %s\n", cell(n))
	}
	return b.Flush()
}

// WriteCSV writes the rows under their head; title and notes are left out.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(t.Head); err != nil {
		return err
	}
	if err := c.WriteAll(t.Rows); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}
