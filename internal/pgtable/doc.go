// Package pgtable is a four-level page table with atomic entries and the
// kernel's split locks: one per PTE page, and one for all upper levels.
//
// # Lock order
//
//	mmap_lock, VMA lock
//	  PTE page's lock (two of them: child before parent, else by page.number)
//	Table.mu (page_table_lock)
//	  Pool.mu
package pgtable
