# Everything a contributor runs. `make run` is the place to start.

# What is built has no path of the machine in it, wherever it is built; tests and
# linters the same, so that nothing is compiled twice.
export GOFLAGS := -trimpath

TOOL  := go tool -modfile=tools/go.mod
DIST  := build/otelcol-usage
NODE_MODULES := dashboards/node_modules/.package-lock.json

.PHONY: run test build demo bench crash lint generate vet check-generated clean FORCE

run: bin/otelcol-usage ## start the distribution with config/default.yaml
	@scripts/hello.sh
	bin/otelcol-usage --config config/default.yaml

build: bin/otelcol-usage bin/usagectl build/dashboards ## the two programs and the dashboards

test: build check-generated vet ## everything that CI runs
	go test -timeout 20m ./...
	go test -tags peopledebug ./internal/people ./internal/organization ./internal/meter/...
	go test -race -run SideBySide ./internal/ledger
	@scripts/stories.sh
	@scripts/grafana.sh

demo: bin/otelcol-usage bin/usagectl ## fourteen months of history, then live traffic
	scripts/demo.sh

bench: ## the figures of docs/performance.md
	go run ./test/bench

crash: bin/otelcol-usage bin/usagectl ## the long campaigns of simulation, crashes and faults
	USAGE_CAMPAIGN=long go test -timeout 12h -count=1 ./test/... ./internal/...

lint: ## takes some minutes: not a part of test
	go tool -modfile=tools/lint/go.mod golangci-lint run

generate: ## everything that is generated and committed
	go generate ./...
	$(MAKE) --no-print-directory $(NODE_MODULES)
	npm --prefix dashboards run --silent build -- json

vet:
	go vet ./...

check-generated:
	scripts/check-generated.sh

clean:
	rm -rf bin build dashboards/dist dashboards/node_modules

# The builder writes the distribution's main package when the list of components
# or the versions change; otherwise a build is a plain, cached `go build`.
$(DIST)/go.mod: builder-config.yaml go.mod go.sum
	mkdir -p $(DIST)
	$(TOOL) builder --config builder-config.yaml --skip-compilation
	touch $@

bin/otelcol-usage: $(DIST)/go.mod FORCE
	go build -C $(DIST) -ldflags '-s -w' -o $(CURDIR)/$@ .

bin/usagectl: FORCE
	go build -ldflags '-s -w' -o $@ ./cmd/usagectl

# Packages are installed anew when the lock changes.
$(NODE_MODULES): dashboards/package.json dashboards/package-lock.json
	npm --prefix dashboards ci --no-audit --no-fund
	touch $@

# The committed JSON (`make generate`) is what Grafana reads; this one is of the
# sources as they are.
build/dashboards: $(NODE_MODULES) dashboards/tsconfig.json $(shell find dashboards/src -name '*.ts')
	npm --prefix dashboards run --silent build -- ../build/dashboards
	touch $@

FORCE:
