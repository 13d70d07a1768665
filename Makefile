# What a developer does here, by name. CI runs .ci/run, which says the same in bash.
# Every module is found by its go.mod; nothing here has a list of them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := $(CURDIR)/.tmp/bin
GOLANGCI_LINT := $(BIN)/golangci-lint
GOLANGCI_LINT_VERSION := v2.15.0
FUZZTIME ?= 60s
SOAKTIME ?= 10m

MODULES := $(shell find . -path './.*' -prune -o \( -name node_modules -o -name testdata \) -prune -o -name go.mod -exec dirname {} \; | sort)

# Targets that need a folder are there only when the folder holds something to run.
INTEROP := $(shell find internal/interop -name node_modules -prune -o -name '*_test.go' -print 2>/dev/null)
BROWSER := $(if $(INTEROP),$(shell grep -l '^func TestBrowser' $(INTEROP)))
BENCH := $(wildcard internal/bench/go.mod)
HIDDEN := $(if $(INTEROP),,interop) $(if $(BROWSER),,browser) $(if $(BENCH),,bench)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' -v hidden=' $(HIDDEN) ' \
		'/^[a-z-]+:.*## / && !index(hidden, " " $$1 " ") { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## Test the modules of go.work
	go test work

.PHONY: race
race: ## Test them with the race detector (needs a C compiler)
	go test -race work

.PHONY: modules
modules: ## Build and test each module by itself, without go.work (internal/interop: build only)
	@set -e; for dir in $(MODULES); do \
		echo "== $$dir"; \
		(cd "$$dir" && GOWORK=off go build -o /dev/null ./...); \
		if [ "$$dir" != ./internal/interop ]; then (cd "$$dir" && GOWORK=off go test ./...); fi; \
	done

.PHONY: lint
lint: lint-tool ## Run go vet and golangci-lint in each module
	@set -e; for dir in $(MODULES); do \
		echo "== $$dir"; \
		(cd "$$dir" && GOWORK=off go vet ./... && GOWORK=off $(GOLANGCI_LINT) run ./...); \
	done

# Installed unless it is there in this version, built with this Go.
.PHONY: lint-tool
lint-tool:
	@go version -m $(GOLANGCI_LINT) 2>/dev/null | awk -v go="$$(go env GOVERSION)" \
		'NR == 1 && $$2 == go { compiler = 1 } $$1 == "mod" && $$3 == "$(GOLANGCI_LINT_VERSION)" { version = 1 } \
		END { exit !(compiler && version) }' || \
		GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

# Go can end a target with "context deadline exceeded" when FUZZTIME is over, having found nothing
# (a race in its coordinator); such a target runs once more. A real finding writes a failing input.
# Go makes each new input shorter for up to 60 s; with 100 tries instead it runs five times as many.
.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (60s), one at a time
	@set -e; mkdir -p .tmp; log="$(CURDIR)/.tmp/fuzz.log"; count=0; \
	for dir in $(MODULES); do \
		cd "$(CURDIR)/$$dir"; \
		grep -rq --include='*_test.go' '^func Fuzz' . || continue; \
		listed=$$(GOWORK=off go test -list '^Fuzz' ./...); \
		for target in $$(echo "$$listed" | awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2 ":" name[i]; n = 0 }'); do \
			name=$${target##*:}; package=$${target%:*}; try=1; echo "== $$name in $$package"; \
			while ! GOWORK=off go test -run '^$$' -fuzz "^$$name\$$" -fuzztime "$(FUZZTIME)" -fuzzminimizetime 100x "$$package" >"$$log" 2>&1; do \
				if [ $$try = 2 ] || grep -q 'Failing input' "$$log" || ! grep -q 'context deadline exceeded' "$$log"; then cat "$$log"; exit 1; fi; \
				try=2; echo "once more: no finding, but Go's fuzzing coordinator stopped late"; \
			done; \
			tail -n 2 "$$log"; count=$$((count + 1)); \
		done; \
	done; \
	echo "$$count fuzz targets, no finding"

.PHONY: faults
faults: ## Print what becomes of each call when network or server misbehave
	@cd tokenclient && go test -count=1 -run '^TestFaults$$' -faults

.PHONY: soak
soak: ## Meet random faults for SOAKTIME (10m), then refresh 1,000 times in 4 processes and kill 1,000
	cd tokenclient && go test -count=1 -v -timeout 0 -run '^TestSoak$$' -soak $(SOAKTIME)
	cd internal/interop && TOKENSOURCE_SOAK=1000 GOWORK=off go test -count=1 -v -timeout 0 ./tokensource

.PHONY: api
api: ## Rewrite testdata/api and the snippets of README.md
	go test ./internal/repotest -update

.PHONY: tidy
tidy: ## Run go mod tidy in each module
	@set -e; for dir in $(MODULES); do (cd "$$dir" && GOWORK=off go mod tidy); done

ifneq ($(INTEROP),)
.PHONY: interop
interop: ## Test against real servers (needs Node and npm)
	cd internal/interop && GOWORK=off go test -count=1 -v -skip '^TestBrowser' ./...

.PHONY: interop-update
interop-update: ## Test so, and rewrite the table of README.md
	cd internal/interop && GOWORK=off go test -count=1 -run '^TestMatrix$$' ./verified -update
endif

ifneq ($(BROWSER),)
.PHONY: browser
browser: chromium ## Test logins in a real browser (needs Node, npm and Chromium)
	cd internal/interop && GOWORK=off go test -count=1 -v -run '^TestBrowser' ./...

# Installed when it is missing, by whoever may do so.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo "make browser needs the command chromium; as root: apt-get install chromium" >&2; exit 1; \
		fi; \
		echo "installing chromium"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	}
endif

ifneq ($(BENCH),)
.PHONY: bench
bench: ## Run the benchmarks beside those of other clients
	cd internal/bench && GOWORK=off go test -run '^$$' -bench . -benchmem ./...

.PHONY: faults-update
faults-update: ## Compare the faults with x/oauth2, and rewrite the table of README.md
	cd internal/bench && GOWORK=off go test -count=1 -run '^TestFaultsBeside$$' . -update
endif

.PHONY: ci
ci: ## Run what CI runs
	.ci/run
