# shellcheck shell=bash
# The programs that tests/bench measures. Sourced after need.sh, never run.

# need_binaries: notes what is missing to build and to measure them.
need_binaries() {
    need cc build-essential "links the program"
    need_certificates
    need setarch util-linux "starts programs at the same places in memory"
    need /usr/bin/time time "measures memory"
    need valgrind valgrind "counts instructions"
}

# make_binaries: sets `bin`, the folder with the release build of scw and scw-sandbox. SCW_BENCH_BIN names one
# that is there already.
make_binaries() {
    bin=${SCW_BENCH_BIN:-}
    if [ -z "$bin" ]; then
        cargo build --release --locked --quiet --package scw --package scw-sandbox
        bin=${CARGO_TARGET_DIR:-target}/release
    fi
    bin=$(cd "$bin" && pwd)
}
