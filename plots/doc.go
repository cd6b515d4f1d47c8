// Package plots draws a run: charts as PNG and SVG files, and one HTML page.
//
// There is one chart model (Figure, Panel, Series) and one painter; it draws
// on a gonum/plot canvas for files and on an SVG writer for the page, so a
// chart looks the same in both. Everything is a function of the run folder:
// the same folder gives the same bytes.
//
// Conventions, in every chart: a design has one colour, one marker and one
// dash; bands and whiskers are 95 % intervals of a median over trials; hollow
// marks on a shaded ground are oversubscribed (GOMAXPROCS above CPUs); what a
// model computed is dotted, hatched and says "modelled"; a chart without data
// says what is missing.
package plots
