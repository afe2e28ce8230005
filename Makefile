# Everything a contributor runs. `make run` is the place to start.

# What is built has no path of the machine in it, wherever it is built; tests and
# linters the same, so that nothing is compiled twice.
export GOFLAGS := -trimpath

TOOL  := go tool -modfile=tools/go.mod
LINT  := go tool -modfile=tools/lint/go.mod golangci-lint
DIST  := build/otelcol-usage
NODE_MODULES := dashboards/node_modules/.package-lock.json
PLUGIN := build/otelcol-usage-app
PLUGIN_MODULES := plugin/node_modules/.package-lock.json
PLUGIN_SOURCES := plugin/package.json plugin/tsconfig.json plugin/README.md plugin/CHANGELOG.md $(shell find plugin/src -type f)

.PHONY: run test build demo scale bench crash release lint lint-fast generate vet check-generated clean FORCE

run: bin/otelcol-usage ## start the distribution with config/default.yaml
	@scripts/hello.sh
	bin/otelcol-usage --config config/default.yaml

build: bin/otelcol-usage bin/usagectl build/dashboards build/otelcol-usage-app.zip ## the two programs, the dashboards and the Grafana plugin

test: build build/plugin-harness/harness.js check-generated vet lint-fast ## everything that CI runs
	npm --prefix plugin run --silent typecheck
	npm --prefix plugin test --silent
	go test -p 3 -timeout 20m ./... # many of them wait for minutes to pass, and not for a processor
	go test -C deploy/helm ./...
	go test -tags peopledebug ./internal/people ./internal/organization ./internal/meter/...
	go test -race -run SideBySide ./internal/ledger
	@scripts/stories.sh
	@scripts/grafana.sh

demo: bin/otelcol-usage bin/usagectl ## fourteen months of history, then live traffic
	scripts/demo.sh

scale: bin/otelcol-usage bin/usagectl ## a gateway, two shards, a broker and a store on this machine, see docs/scale.md
	scripts/scale.sh

bench: ## the figures of docs/performance.md
	go run ./test/bench

crash: bin/otelcol-usage bin/usagectl ## the long campaigns of simulation, faults, attacks and of the gate; USAGE_CAMPAIGN_MINUTES bounds each kind
	rm -f build/campaign.json
	USAGE_CAMPAIGN=long USAGE_CAMPAIGN_TABLE=$(CURDIR)/build/campaign.json go test -timeout 24h -p 1 -count=1 ./test/faults/... ./test/attack/... ./test/scale ./test/sim ./test/bounds ./internal/ledger ./internal/move ./internal/store/... ./internal/promstore ./test/mutation
	@go run ./test/campaign/table build/campaign.json

release: ## everything that is published as VERSION, in build/release, see CONTRIBUTING.md
	@scripts/release.sh "$(VERSION)"

lint: ## all linters; takes some minutes: test has the fast ones
	$(LINT) run

lint-fast: ## formatting, and the linters that need no types
	$(LINT) fmt --diff
	$(LINT) run --fast-only

generate: ## everything that is generated and committed
	go generate ./...
	$(MAKE) --no-print-directory $(NODE_MODULES)
	npm --prefix dashboards run --silent build -- json

vet:
	go vet ./...

check-generated:
	scripts/check-generated.sh

clean:
	rm -rf bin build dashboards/dist dashboards/node_modules plugin/node_modules

# The builder writes the distribution's main package when the list of components
# or the versions change; otherwise a build is a plain, cached `go build`.
$(DIST)/go.mod: builder-config.yaml go.mod go.sum
	mkdir -p $(DIST)
	$(TOOL) builder --config builder-config.yaml --skip-compilation
	touch $@

bin/otelcol-usage: $(DIST)/go.mod FORCE
	go build -C $(DIST) -ldflags '-s -w' -o $(CURDIR)/$@ .

bin/usagectl: FORCE
	go build -ldflags '-s -w$(if $(VERSION), -X main.version=$(VERSION))' -o $@ ./cmd/usagectl

# Packages are installed anew when the lock changes.
$(NODE_MODULES): dashboards/package.json dashboards/package-lock.json
	npm --prefix dashboards ci --no-audit --no-fund
	touch $@

# The committed JSON (`make generate`) is what Grafana reads; this one is of the
# sources as they are.
build/dashboards: $(NODE_MODULES) dashboards/tsconfig.json $(shell find dashboards/src -name '*.ts')
	npm --prefix dashboards run --silent build -- ../build/dashboards
	touch $@

$(PLUGIN_MODULES): plugin/package.json plugin/package-lock.json
	npm --prefix plugin ci --no-audit --no-fund --ignore-scripts
	touch $@

# The plugin as Grafana unpacks it.
$(PLUGIN)/module.js: $(PLUGIN_MODULES) $(PLUGIN_SOURCES) plugin/webpack.config.js plugin/dashboards.js $(wildcard dashboards/json/*.json)
	PLUGIN_DATE=$$(git log -1 --format=%cI -- plugin) PLUGIN_OUT=$(CURDIR)/$(PLUGIN) npm --prefix plugin run --silent build
	touch $@

$(PLUGIN)/datasource/gpx_usage_linux_%: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -ldflags '-s -w' -o $@ ./plugin/pkg

build/otelcol-usage-app.zip: $(PLUGIN)/module.js $(PLUGIN)/datasource/gpx_usage_linux_amd64 $(PLUGIN)/datasource/gpx_usage_linux_arm64
	go run ./plugin/archive $(PLUGIN) $@

# The plugin's pages for a browser without Grafana, which a test opens.
build/plugin-harness/harness.js: $(PLUGIN_MODULES) $(PLUGIN_SOURCES) $(wildcard plugin/harness/*)
	npm --prefix plugin run --silent harness
	touch $@

FORCE:
