# vmabench: benchmark suite for address-space locks. `make` prints the targets.

GO      ?= go
BIN     := bin
RUN     ?= $(shell ls -td results/2* 2>/dev/null | head -1)
SIM     := -tags vmasim
# PGO would devirtualise the one interface call for the design that the
# profile came from; a comparison through it would be biased.
FLAGS   := -trimpath -pgo=off

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F: '/^[a-z-]+:.*## / { print $$1 }' $(MAKEFILE_LIST))

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile vmabench into bin/
	$(GO) build $(FLAGS) -o $(BIN)/vmabench ./cmd/vmabench

lab: ## compile vmalab (the checker and the simulator) into bin/
	$(GO) build $(FLAGS) $(SIM) -o $(BIN)/vmalab ./cmd/vmalab

bench: build ## the main job: 3 designs, 6 workloads, GOMAXPROCS 1, 2, 4; at most 3 minutes on 2 cores
	$(BIN)/vmabench bench

bench-full: build ## the long plan: every workload, 20 repetitions
	$(BIN)/vmabench bench -plan full

bench-smoke: build ## a few seconds of everything, to see that it works; its numbers mean nothing
	$(BIN)/vmabench bench -plan smoke -o "$(or $(OUT),$(BIN)/smoke)" -force

report: build ## the charts and report.html again: make report RUN=results/...
	$(BIN)/vmabench report $(if $(RUN),"$(RUN)")

compare: build ## two runs by benchstat and a verdict: make compare OLD=results/... NEW=results/...
	$(BIN)/vmabench compare $(if $(OLD),"$(OLD)") $(if $(NEW),"$(NEW)")

FIGURES ?= results/reference
MODELLED := mmaponly,rwsem,refcount,rangelock
LAYOUTS := refcount,line0,ownline,pairs,rwsem,rwseminline
figures: build lab ## runs for the figures that the default run has no data for: 8 minutes, and 4 of the simulator
	$(BIN)/vmabench bench -plan figures -o $(FIGURES)/figures
	$(BIN)/vmabench bench -variants $(LAYOUTS) -run '^(hotvma|ownvma)$$' -procs 1,2 -o $(FIGURES)/layouts
	$(BIN)/vmalab simulate -variants $(MODELLED) -table=false -sensitivity=false -ablation=false -o $(FIGURES)/modelled
	$(BIN)/vmabench report $(FIGURES)/modelled

publish: build ## a static site of the reference runs: make publish RUNS="results/A results/B"
	$(BIN)/vmabench publish $(or $(RUNS),$(patsubst %/run.json,%,$(wildcard results/reference/*/run.json)))

readme: build ## the figures and the table of README.md from the reference run
	$(BIN)/vmabench report -splice README.md results/reference/default

doctor: build ## is this machine fit to measure
	$(BIN)/vmabench doctor

selftest: build ## the suite's proof of itself: A/A, known slowdowns, broken locks; at most 4 minutes
	$(BIN)/vmabench selftest

disturb: build ## the same plan alone and beside two busy loops, in turns: do both find the same
	$(BIN)/vmabench selftest -busy

test: ## every test
	$(GO) vet ./...
	$(GO) vet $(SIM) ./...
	$(GO) test ./...
	$(GO) test $(SIM) ./internal/... ./vmm/... ./variants/... ./explore/... ./manycore/... ./cmd/vmalab/

reporttest: ## the report and the site in a browser (chromium), if there is one: a module of its own
	cd internal/reporttest && $(GO) test -count=1 ./...

race: ## every test under the race detector
	$(GO) test -race -short ./...

FUZZTIME ?= 10s
fuzz: ## each fuzz target for FUZZTIME (10s)
	@set -e; for p in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -h '^func Fuzz' $$p/*_test.go | sed 's/func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; done; done

lint: ## gofmt, vet, staticcheck (from a module of its own), the import table, no sync in lock code
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) vet $(SIM) ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	$(GO) tool -modfile=tools/go.mod staticcheck $(SIM) ./...
	$(GO) test ./internal/lint/

check: lab ## the lock source under every interleaving, then every mutant; into a run's report: make check RUN=results/...
	$(BIN)/vmalab check -mutants $(if $(filter-out file,$(origin RUN)),-o "$(RUN)")

check-short: lab ## the part of check that fits a minute
	$(BIN)/vmalab check -short

designs: ## write docs/designs.md, docs/flaws.md, the models' counts and the layouts again, from the designs
	$(GO) test -count=1 -run 'InSync$$' ./variants -update
	$(GO) test $(SIM) -count=1 -run '^TestDesignsPage$$' ./variants -update
	$(GO) test $(SIM) -count=1 -run '^TestFlaws$$' ./explore/lockcheck -update-flaws
	$(GO) test -tags 'vmasim vmatiny' -count=1 -run '^TestFlaws$$' ./explore/lockcheck -update-flaws
	$(GO) test $(SIM) -count=1 -run '^TestModelsOnRecord$$' ./manycore -update

simulate: lab ## the same lock source on simulated machines of 1 to 256 CPUs
	$(BIN)/vmalab simulate

targets: build ## is everything as fast as it can be: each ratio beside its bounds (SCHED=fifo for a busy machine); the command's status 1 or 3 is 2 of make
	$(BIN)/vmabench targets -sched $(or $(SCHED),other)

targets-peers: ## the same against C11, other trees and gVisor: a module of its own, needs a C compiler
	cd compare && $(GO) test . && $(GO) build $(FLAGS) -o ../$(BIN)/compare . && ../$(BIN)/compare -sched $(or $(SCHED),other)

GUEST := $(BIN)/kernels/init
kernels-guest: build
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v1 GOFLAGS= GOEXPERIMENT= $(GO) build -trimpath -buildvcs=false -ldflags='-s -w' -o $(GUEST) ./kernels/guest

kernels: kernels-guest ## real kernels, emulated: bytes and instructions, held against the record (Debian; 0.2 GB from its mirror)
	$(BIN)/vmabench kernels -guest $(GUEST) $(if $(KERNELS),-kernels $(KERNELS)) $(if $(UPDATE),-update)

CC ?= cc
PLUGIN := $(BIN)/kernels/locks.so
kernels-plugin:
	@command -v $(firstword $(CC)) >/dev/null || { echo 'kernels-locks: no C compiler ($(CC))' >&2; exit 2; }
	@mkdir -p $(dir $(PLUGIN))
	$(CC) -std=gnu17 -O2 -Wall -shared -fPIC -o $(PLUGIN) kernels/plugin/locks.c || \
		{ echo 'kernels-locks: $(CC) does not compile the plugin' >&2; exit 2; }

kernels-locks: kernels-plugin kernels-guest ## the same by kernel function: atomics, cache lines, the tail behind a mapper (and a C compiler)
	$(BIN)/vmabench kernels -guest $(GUEST) -locks $(PLUGIN) $(if $(KERNELS),-kernels $(KERNELS)) $(if $(UPDATE),-update)

clean: ## remove what was built; runs stay
	rm -rf $(BIN)
