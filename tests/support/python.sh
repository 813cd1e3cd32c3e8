# shellcheck shell=bash
# The Python of the tests, with the packages of tests/system/requirements.txt in target/venv. Sourced
# after need.sh, never run.

# The system's python: its venv module is a package of its own in Debian.
find_python() {
    python=/usr/bin/python3
    [ -x "$python" ] || python=$(command -v python3 || true)
}

# need_python WHY: notes what is missing for make_venv.
need_python() {
    find_python
    [ -n "$python" ] || lack python3 python3 "$1"
    if [ -z "$python" ] || ! "$python" -c 'import ensurepip' 2>/dev/null; then
        lack "(python3's venv)" python3-venv "keeps the tests' PyPI packages in target/venv"
    fi
}

# make_venv WHO: the official Python SDK, the driver of the browser, and the readers of what scw
# writes. The list is copied there when all of it is installed. SCW_TEST_PYTHON names the interpreter.
make_venv() {
    local venv=${CARGO_TARGET_DIR:-target}/venv
    if ! cmp -s tests/system/requirements.txt "$venv/requirements.txt"; then
        find_python
        if ! { "$python" -m venv --clear "$venv" &&
            "$venv/bin/pip" install --quiet --requirement tests/system/requirements.txt &&
            cp tests/system/requirements.txt "$venv"; }; then
            echo "The packages of tests/system/requirements.txt could not be installed from PyPI into $venv." >&2
            echo "The reason stands above. Check the network and run $1 again." >&2
            exit 1
        fi
    fi
    export SCW_TEST_PYTHON
    SCW_TEST_PYTHON=$(cd "$(dirname "$venv")" && pwd)/$(basename "$venv")/bin/python
}
