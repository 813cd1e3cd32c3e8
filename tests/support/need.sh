# shellcheck shell=bash
# For the scripts under tests/ and .ci/: says what a machine lacks, and installs it where it may.
# Sourced, never run. No step fails without a word: whatever ends a script names its line.
set -eEuo pipefail
trap 'printf "%s: line %s failed with exit code %s: %s\n" \
    "${BASH_SOURCE[0]}" "$LINENO" "$?" "$BASH_COMMAND" >&2' ERR

lacks_packages=()
lacks_lines=()
doing='' began=0 times=()

# step NAME: ends the step before it, and says what begins.
step() {
    settled
    doing=$1
    began=$SECONDS
    printf '\n==> %s\n' "$doing"
}

# settled: notes in `times` how long the step took that has ended.
settled() {
    [ -z "$doing" ] || times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$doing")")
}

# lack WHAT PACKAGE WHY: notes that WHAT is missing, and the Debian package that brings it.
lack() {
    lacks_packages+=("$2")
    lacks_lines+=("$(printf '  %-22s %-20s %s' "$1" "$2" "$3")")
}

# need COMMAND PACKAGE WHY: notes COMMAND where it cannot be found.
need() {
    command -v "$1" >/dev/null || lack "$1" "$2" "$3"
}

# need_certificates: the one thing in a bare Debian's way to a registry that is no command.
need_certificates() {
    if command -v apt-get >/dev/null && [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
        lack "(certificates)" ca-certificates "without them, no registry can be trusted"
    fi
}

# need_rust WHO: Rust is nothing that a test script installs.
need_rust() {
    command -v cargo >/dev/null && return
    echo "$1 needs cargo, which is not in PATH: it builds the program and its tests." >&2
    echo "Install Rust 1.89 or newer (https://rustup.rs) and run this again." >&2
    exit 1
}

# settle WHO CHECKS: calls CHECKS, a function of `need` lines, and installs what they note, or says
# what to install and ends the script.
settle() {
    lacks_packages=() lacks_lines=()
    "$2"
    [ ${#lacks_packages[@]} -gt 0 ] || return 0
    echo "$1 needs what this machine does not have (what, Debian package, why):" >&2
    printf '%s\n' "${lacks_lines[@]}" >&2
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Install it and run this again. On Debian:" >&2
        echo "  sudo apt-get install ${lacks_packages[*]}" >&2
        exit 1
    fi
    echo "Installing: ${lacks_packages[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get update -qq -o APT::Update::Error-Mode=any >&2; then
        echo "apt-get update failed (its words stand above): the package lists are old or missing." >&2
        echo "Going on with the lists that are there." >&2
    fi
    # apt-get's many lines are shown only when it fails.
    local log
    log=$(mktemp)
    if ! apt-get install -y -qq --no-install-recommends "${lacks_packages[@]}" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        echo "apt-get could not install: ${lacks_packages[*]}" >&2
        echo "Its words stand above. Check the network and /etc/apt, and run this again." >&2
        exit 1
    fi
    rm -f "$log"
    hash -r
    lacks_packages=() lacks_lines=()
    "$2"
    [ ${#lacks_packages[@]} -gt 0 ] || return 0
    echo "$1 still needs, though apt-get has installed the packages:" >&2
    printf '%s\n' "${lacks_lines[@]}" >&2
    exit 1
}
