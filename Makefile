# `make help` lists the targets. Only Go, make and git are needed; the race
# detector wants a C compiler as well.

GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME  ?= 10s
BENCH     ?= .
BENCHTIME ?= 1s
COUNT     ?= 1
# TEST_SEED is the seed of what tests draw at random, so that a commit fails always or
# never. An empty one (make test TEST_SEED=) draws anew each time, as go test does.
TEST_SEED ?= 1
export TEST_SEED
export RAPID_SEED ?= $(TEST_SEED)
# PARALLEL is how many tests of a package run at once. It is more than there are
# processors: many tests wait for processes that they started.
PARALLEL  ?= 6
# SHORT=1 asks the tests of race and bench to leave out what takes long.
SHORT     ?=

# It is run by its version alone: its hundreds of modules would hold back those of the
# other tools.
GORELEASER := $(GO) run github.com/goreleaser/goreleaser/v2@v2.16.0

TOOL    := $(GO) tool -modfile=tools.mod
COVER   := coverage.out
COVERED := ./config/...,./planner/...,./executor/...
short   := $(if $(SHORT),-short)

.DEFAULT_GOAL := help
.PHONY: help build test official soak race lint fuzz bench generate verify manual packages demo clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' Makefile

build: ## build bin/domainsync, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/domainsync ./cmd/domainsync

test: ## run all tests, then print the coverage of config, planner and executor
	$(GO) test -timeout 45m -parallel $(PARALLEL) -coverpkg=$(COVERED) -coverprofile=$(COVER) ./...
	@echo; echo 'statements covered by all tests together:'
	@awk "$$COVERAGE" $(COVER) | sort

soak: TEST_SEED =
soak: RAPID_SEED = 0
soak: ## play 200 rounds of laws, all crashes on all stores, 500 histories of readings, 30 rounds of two machines that are killed and stopped, 50 accounts on three processes for FLEET_MINUTES (10), all readings of a registry's portfolio, a year of 2,000 names, 40 nights of 20,000 names
	EXECUTOR_ROUNDS=200 $(GO) test ./executor -run 'TestLaws|TestApprovals|TestSignedNames|TestGuards' -count 1 -timeout 1h
	EXECUTOR_POINTS=all $(GO) test ./executor -run 'TestCrashesOnSharedStores|TestStoppedAtEveryPoint|TestOrdersAtEvery' -count 1 -timeout 3h
	EXECUTOR_ROUNDS=500 $(GO) test ./executor -run TestPlansFromReadingsInAnyHistory -count 1 -timeout 1h
	READER_ANSWERS=all $(GO) test ./planner/reader -run TestWrongAnswersSpoilNoReading -count 1 -timeout 1h
	KILL_ROUNDS=30 KILL_SEED=100 $(GO) test ./cmd/domainsync -run TestTwoMachines -count 1 -timeout 1h
	FLEET_ACCOUNTS=50 FLEET_MINUTES=$${FLEET_MINUTES:-10} $(GO) test ./cmd/domainsync -run TestThreeProcesses -count 1 -timeout 24h -v
	PORTFOLIO_NAMES=all $(GO) test ./cmd/domainsync -run TestPortfolioInEachReading -count 1 -timeout 1h
	UNATTENDED_NAMES=2000 $(GO) test ./executor/job -run TestUnattendedYear -count 1 -timeout 2h -v
	NIGHT_NAMES=20000 $(GO) test ./executor/job -run 'TestQuietAccount|TestNightsRead' -count 1 -timeout 1h -v

race: ## run all tests under the race detector (SHORT=1 for the short ones)
	CGO_ENABLED=1 $(GO) test -race $(short) -timeout 50m -parallel $(PARALLEL) ./...

# The official clients are a module of their own: domainsync does not need them.
official: ## run the service's official clients against the simulator
	cd apiclient/simulator/official && $(GO) vet ./... && $(GO) test ./...

lint: ## go vet, staticcheck, golangci-lint, gofmt, gofumpt
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) golangci-lint run ./...
	@files=$$(gofmt -l . && $(TOOL) gofumpt -l .) || exit 1; \
	if [ -n "$$files" ]; then echo "gofmt or gofumpt would change:"; echo "$$files"; exit 1; fi

# Go before 1.27 at times takes the end of FUZZTIME for a failure that has no
# input (go.dev/issue/75804). Such a run is made again, three times at most.
fuzz: ## run every fuzz function for FUZZTIME (10s)
	@list=$$($(GO) test -list '^Fuzz' ./...) || { echo "$$list"; exit 1; }; \
	list=$$(echo "$$list" | awk '/^Fuzz/ { f[n++] = $$1 } \
		$$1 == "ok" { for (i = 0; i < n; i++) print $$2, f[i]; n = 0 }'); \
	[ -n "$$list" ] || { echo "no fuzz function found" >&2; exit 1; }; \
	out=$$(mktemp) && trap 'rm -f "$$out"' EXIT; \
	echo "$$list" | while read -r package name; do \
		echo "$$package $$name"; \
		for try in 1 2 3; do \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" >"$$out" 2>&1; code=$$?; \
			cat "$$out"; [ $$code -ne 0 ] || break; \
			grep -qx ' *context deadline exceeded' "$$out" && ! grep -q 'Failing input' "$$out" || break; \
		done; \
		[ $$code -eq 0 ] || exit 1; \
	done

# Keep two outputs and compare them with `go tool -modfile=tools.mod benchstat OLD NEW`.
bench: ## run the benchmarks (BENCH pattern, BENCHTIME, COUNT, SHORT=1)
	$(GO) test $(short) -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -count $(COUNT) -timeout 60m ./...

generate: ## write the generated files anew
	$(GO) generate ./...

# The tree is compared as git would store it, so that verify also works while
# there are changes that are not committed.
verify: ## check that generated files, go.mod and go.sum are up to date
	@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT; \
	tree() { GIT_INDEX_FILE="$$tmp/index" git add -A . && GIT_INDEX_FILE="$$tmp/index" git write-tree; }; \
	before=$$(tree) && $(MAKE) --no-print-directory generate && after=$$(tree) || exit 1; \
	if [ "$$before" != "$$after" ]; then \
		echo "make generate changes:" >&2; git diff --stat "$$before" "$$after" >&2; exit 1; \
	fi
	$(GO) mod tidy -diff
	@$(MAKE) --no-print-directory verify-libc

# modernc.org/sqlite is C translated for one version of modernc.org/libc and
# corrupts memory or does not build with another; yet Go's choice of versions
# takes the highest that any dependency asks for. So the two are compared.
.PHONY: verify-libc
verify-libc:
	@sqlite=$$($(GO) list -m -f '{{.GoMod}}' modernc.org/sqlite 2>/dev/null) || exit 0; \
	[ -n "$$sqlite" ] || { echo "go.mod of modernc.org/sqlite is not at hand: go mod download" >&2; exit 1; }; \
	want=$$(awk '{ for (i = 1; i < NF; i++) if ($$i == "modernc.org/libc") print $$(i+1) }' "$$sqlite"); \
	have=$$($(GO) list -m -f '{{.Version}}' modernc.org/libc); \
	if [ "$$have" != "$$want" ]; then \
		echo "go.mod has modernc.org/libc $$have, modernc.org/sqlite was made for $$want" >&2; exit 1; \
	fi

manual: ## write manual pages and completions of shells to dist-manual
	rm -rf dist-manual
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) MANUAL_DIR=$(CURDIR)/dist-manual $(GO) test ./cmd/domainsync -run '^TestManual$$' -count 1

# Without a remote nothing tells goreleaser of the commit, so it is told one.
packages: ## build archives, deb and rpm packages in dist (ONE_TARGET=1: for linux/amd64 only)
	git remote | grep -q . || export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/domainsync/domainsync; \
	$(GORELEASER) release --snapshot --clean
	PACKAGES_DIR=$(CURDIR)/dist $(GO) test ./cmd/domainsync -run '^TestPackages$$' -count 1

demo: ## plan and apply a small portfolio against the simulator
	$(GO) run ./cmd/domainsync demo

clean: ## remove what was built
	rm -rf bin dist dist-manual $(COVER)
	find . -type f \( -name '*.test' -o -name '*.prof' \) -exec rm -f {} +

# The profile has every block once for each test program; it counts as covered
# when one of them ran it.
define COVERAGE
NR > 1 { size[$$1] = $$2; if ($$3 > 0) ran[$$1] = $$2 }
END {
	for (block in size) {
		package = block
		sub(/\/[^\/]*$$/, "", package)
		sub(/^.*\/domainsync\//, "", package)
		all[package] += size[block]; covered[package] += ran[block]
		all["together"] += size[block]; covered["together"] += ran[block]
	}
	for (package in all) printf "  %-24s %5.1f%%\n", package, 100 * covered[package] / all[package]
}
endef
export COVERAGE
