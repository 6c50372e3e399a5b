# st67bench: build, demo, test, test-vm, bench, pictures, soak-meter, dist, clean.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
ECHARTS := analysis/report/page/asset/echarts.min.js

.PHONY: build demo test test-vm bench pictures pictures-runs soak-meter dist clean

build:
	@.ci/echarts || echo 'no HTML reports in this build: install npm (Debian: sudo apt-get install npm), then run make build'
	$(BUILD) -o st67bench ./cmd/st67bench

demo: build
	./st67bench run cipsend-size

test:
	.ci/deps
	.ci/echarts
	.ci/axe
	.ci/checks

# The Linux back ends on real kernel drivers, in virtual machines.
test-vm:
	.ci/vm/run

# Ratios against a floor measured in the same run; absolute figures depend on the machine.
bench:
	go test -run '^$$' -bench . -benchtime 2s -timeout 30m -p 1 ./transport/... ./bench/... ./analysis/... ./results/...

# The pictures of the README, drawn of the runs that are stored beside them.
pictures:
	.ci/echarts
	go test ./cmd/st67bench -run TestPicturesAreCurrent -count 1 -update

# Measures those runs anew, on the emulated module: some minutes on a quiet machine; then make pictures.
pictures-runs: build
	.ci/pictures-runs

# Ten minutes of 100 000 samples/s from an emulated meter, in real time, beside a load on every core: none may be lost.
soak-meter:
	go test ./bench/power -run RealTime -count 1 -timeout 15m -v -soak 10m

dist:
	.ci/echarts
	@set -e; mkdir -p dist; \
	for t in linux/amd64 linux/arm64 linux/arm darwin/amd64 darwin/arm64 windows/amd64; do \
	  os=$${t%/*}; arch=$${t#*/}; ext=; name=$$arch; \
	  [ $$os = windows ] && ext=.exe; [ $$arch = arm ] && name=armv7; \
	  out=dist/st67bench-$(VERSION)-$$os-$$name$$ext; echo $$out; \
	  GOOS=$$os GOARCH=$$arch GOARM=7 CGO_ENABLED=0 go build -trimpath -ldflags '-s -w $(LDFLAGS)' -o $$out ./cmd/st67bench; \
	done; \
	cd dist && sha256sum st67bench-* > SHA256SUMS

clean:
	rm -rf st67bench dist $(ECHARTS)
