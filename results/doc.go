// Package results is the record of what happened in a run and of what may be
// concluded from it. A run is a folder; analysis is a function of the folder
// alone. README.md describes the files.
//
// The way of a sample:
//
//  1. Writer.Add appends a Trial to the run's folder. Open reads it back.
//  2. Folder.Cells groups the trials of each benchmark over its repetitions,
//     in report order, which WriteBench and every table keep.
//  3. Cell.Summarize describes a cell in one unit. Folder.Merged adds up its
//     latency histograms.
//  4. Compare sets the designs of a run against its baseline, CompareRuns one
//     run against another, History many. All end in Deltas with a Verdict.
//  5. WriteTable, WriteMarkdown, WriteCSV and WriteJSON show them; Gate turns
//     them into an exit status.
//
// Beside the way: Merge joins shards, FitUSL and Scalings fit the scalability
// law, Alarms and Pool.Power say how far the verdicts can be trusted.
package results
