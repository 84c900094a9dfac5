# Targets for people and for .ci/run; `make help` lists them.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOFUMPT = mvdan.cc/gofumpt@v0.9.2

# what eval says it measured; empty outside of a clone
COMMIT = $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)

.PHONY: help build demo test lint bench bench-peer soak eval vscode vscode-test clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

build: ## build bin/seedls
	$(GO) build -trimpath -ldflags '-X main.commit=$(COMMIT)' -o bin/seedls .

demo: build ## complete a hole in a Go file with the built-in model, drawing each step
	bin/seedls complete testdata/demo/server.go:36:10 --block 16 --trace

test: ## run all tests
	$(GO) test ./...

lint: ## check formatting and run the static checks
	@unformatted=$$(git ls-files '*.go' ':!testdata' | xargs $(GO) run $(GOFUMPT) -l) && test -z "$$unformatted" || \
		{ echo "gofumpt would change:" $$unformatted; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . ./...

bench-peer: build ## compare speed with llama.cpp; SETUP=1 installs that into a chroot, ARGS=-help says more
	$(GO) run ./lsp/eval/peer $(if $(SETUP),-setup) $(ARGS)

soak: build ## a million random messages and edits, then ten minutes of typing by eight editors; ARGS=-json for data
	$(GO) test -count=1 -timeout 60m -run TestRandomMessages . -args -messages 1000000
	$(GO) test -count=1 -timeout 60m -race -run TestOracle ./lsp -args -operations 1000000
	$(GO) run ./lsp/eval/soak $(ARGS) lsp/*.go

eval: build ## measure the built-in model on all suites and write EVAL.md, in some 15 minutes
	mkdir -p testdata/eval
	bin/seedls eval all --limit 250 --report EVAL.md --plot testdata/eval/frontier.svg \
		--plot-order testdata/eval/order.svg --json testdata/eval/results.json

vscode: build ## check the extension for VS Code and pack it, with the server, into bin/seedls.vsix
	cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund && npm run check && npm test && npm run package

vscode-test: vscode ## try it in VS Code, in a browser, in a chroot of Debian sid, which takes root; PICTURES=1 takes its pictures again
	editors/vscode/browser/run.sh

clean: ## remove what build and test made
	rm -rf bin lsp/testdata/client/node_modules editors/vscode/node_modules editors/vscode/dist editors/vscode/bin
