// Package results is the record of what happened in a run and of what may be
// concluded from it. A run is a folder; analysis is a function of the folder
// alone.
package results
