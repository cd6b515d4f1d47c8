package main

/*
#cgo CFLAGS: -std=c11 -O2 -Wall -Wextra
#include <stdlib.h>
#include "peers.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"vmabench/targets"
	"vmabench/vmm"
)

// cSpace is an address space in C, with the layout of the Go one.
func cSpace(design C.enum_design, vmas int) *C.struct_peer {
	p := C.peer_new(design, C.uint64_t(targets.VMARange(0).Start), C.int(vmas))
	if p == nil {
		panic("no memory")
	}
	return p // until the process ends
}

func cTask(p *C.struct_peer) *C.struct_task {
	t := C.peer_task(p)
	if t == nil {
		panic("no memory")
	}
	return t
}

func none(failed C.long) {
	if failed != 0 {
		panic(fmt.Sprintf("%d operations failed in C", failed))
	}
}

func cReadPairs(design C.enum_design) func(n int) {
	p, a := cSpace(design, 10), C.uint64_t(targets.VMARange(0).Start)
	t := cTask(p)
	return func(n int) { none(C.peer_read_pairs(p, t, a, C.long(n))) }
}

func cWritePairs(design C.enum_design) func(n int) {
	p, a := cSpace(design, 10), C.uint64_t(targets.VMARange(0).Start)
	t := cTask(p)
	return func(n int) { C.peer_write_pairs(p, t, a, C.long(n)) }
}

func cFaults(design C.enum_design, vmas int, stream []vmm.Addr) func(n int) {
	p := cSpace(design, vmas)
	c := unsafe.Slice((*C.uint64_t)(C.malloc(C.size_t(8*len(stream)))), len(stream))
	for i, a := range stream {
		c[i] = C.uint64_t(a)
	}
	at := (*C.long)(C.calloc(1, C.size_t(unsafe.Sizeof(C.long(0)))))
	t := cTask(p)
	return func(n int) { none(C.peer_faults(p, t, &c[0], C.long(len(c)), at, C.long(n))) }
}

func cBare() func(n int) {
	w := (*C.uint32_t)(C.calloc(1, 64))
	return func(n int) { C.bare_pairs(w, C.long(n)) }
}

func cLookups(vmas int) func(n int) {
	p, seed := cSpace(C.NO_LOCK, vmas), C.uint64_t(1)
	return func(n int) {
		seed = C.peer_lookups(p, seed, C.uint64_t(targets.VMARange(0).Start), C.int(vmas), C.long(n))
	}
}

type loops = []func(n int)

var cTargets = []targets.Target{
	targets.Peer("bare-cas-xadd/in-C", "one compare-and-swap and one fetch-and-add in both languages",
		targets.Anything, targets.Anything, 1,
		func(*targets.Env) (a, b []func(n int)) { return loops{targets.Bare()}, loops{cBare()} }),
	targets.Peer("refcount-read/in-C", "the VMA read lock and unlock against the same algorithm in C11",
		targets.AtMost(1.20), targets.AtMost(1.40), 1,
		func(e *targets.Env) (a, b []func(n int)) {
			return loops{e.RefcountRead()}, loops{cReadPairs(C.REFCOUNT)}
		}),
	targets.Peer("rwsem-read/in-C", "the same of the other VMA lock, owner store included; an owner stored by exchange would be above 1.5",
		targets.AtMost(1.10), targets.AtMost(1.25), 1,
		func(e *targets.Env) (a, b []func(n int)) { return loops{e.RwsemRead()}, loops{cReadPairs(C.RWSEM)} }),
	targets.Peer("rwsem-read-in-C/refcount-read-in-C", "the two algorithms where the language stores as the kernel does",
		targets.Anything, targets.Anything, 1,
		func(*targets.Env) (a, b []func(n int)) {
			return loops{cReadPairs(C.RWSEM)}, loops{cReadPairs(C.REFCOUNT)}
		}),
	targets.Peer("refcount-write/in-C", "a write session that locks one VMA; Go stores by exchange where C has a plain store",
		targets.Anything, targets.Anything, 1,
		func(e *targets.Env) (a, b []func(n int)) {
			return loops{e.RefcountWrite()}, loops{cWritePairs(C.REFCOUNT)}
		}),
	targets.Peer("rwsem-write/in-C", "the same of the other VMA lock",
		targets.Anything, targets.Anything, 1,
		func(e *targets.Env) (a, b []func(n int)) { return loops{e.RwsemWrite()}, loops{cWritePairs(C.RWSEM)} }),
	cFault("fault-local/in-C", "a fault of a present page, 1000 VMAs, 64 faults in each, against the same in C on a copy of the index", true),
	cFault("fault-random/in-C", "the same at random", false),
	cFloor("fault-without-VMA-lock-local/in-C", "the same without VMA lock and RCU section: where the difference is", true),
	cFloor("fault-without-VMA-lock-random/in-C", "the same at random", false),
	targets.Peer("index-lookup/in-C", "the search alone, at random", targets.Anything, targets.Anything, 1,
		func(*targets.Env) (a, b []func(n int)) {
			return loops{targets.IndexLookups(treeVMAs)}, loops{cLookups(treeVMAs)}
		}),
}

// stream returns faults on n VMAs, near each other or at random.
func stream(n int, local bool) []vmm.Addr {
	if local {
		return targets.LocalPages(0, n)
	}
	return targets.RandomPages(0, n)
}

func cFault(name, doc string, local bool) targets.Target {
	return targets.Peer(name, doc, targets.AtMost(1.30), targets.AtMost(1.5), 1,
		func(e *targets.Env) (a, b []func(n int)) {
			s := stream(treeVMAs, local)
			return loops{e.Faults(e.Refcount(1, treeVMAs), s)}, loops{cFaults(C.REFCOUNT, treeVMAs, s)}
		})
}

func cFloor(name, doc string, local bool) targets.Target {
	return targets.Peer(name, doc, targets.Anything, targets.Anything, 1,
		func(e *targets.Env) (a, b []func(n int)) {
			s := stream(treeVMAs, local)
			return loops{e.Faults(e.Floor(1, treeVMAs), s)}, loops{cFaults(C.NO_LOCK, treeVMAs, s)}
		})
}
