# The commands of the house. "make lap" and "make test" work on a bare Debian
# with git, make, ca-certificates and Go: what is missing they install.

.PHONY: help build lap test web bench calibrate vuln clean

help:
	@echo 'make lap        install what is missing, build, and run one lap on examples/shop'
	@echo 'make test       install what the tests need, and run all of them'
	@echo 'make build      bin/pitwall'
	@echo 'make web        rebuild web/dist from web/ui'
	@echo 'make bench      benchmarks of our own code'
	@echo 'make calibrate  check the statistics in full, and write what was seen into docs/performance.md (minutes)'
	@echo 'make vuln       known vulnerabilities; 3 when the database is out of reach'

build:
	CGO_ENABLED=0 go build -trimpath -o bin/pitwall ./cmd/pitwall

# ARGS are arguments of pitwall lap: make lap ARGS='--time 60s'
lap:
	script/install lap
	$(MAKE) -s build
	cd examples/shop && ../../bin/pitwall lap $(ARGS)

test:
	script/install test
	script/test

web:
	go run -C web/build .

bench:
	go test -run '^$$' -bench . -benchmem ./...

calibrate:
	script/calibrate

vuln:
	script/vuln

clean:
	rm -rf bin
