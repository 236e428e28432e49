#!/bin/sh
# Gets what the tests need of the ONNX project into `.onnx` at the project's root. `node`: its node tests, single
# operators with inputs and expected outputs, which come inside the Python package `onnx`; the package is checked
# against the SHA-256 below. `python`: the package itself, where there is one for this Python; exported files are
# held against its checker. No root, nothing done twice.
set -eu

version=1.22.0
want=1d0a2bdb15eb2b3cb65c438f3423d9620d14fdce32f92380e6bb1b2e09568ef5
root=$(cd "$(dirname "$0")/.." && pwd)
target="$root/.onnx/node"

fail() { # what happened, what to do
    printf 'onnx-tests: %s\n  help: %s\n' "$1" "$2" >&2
    exit 1
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

if [ -d "$target" ] && [ -f "$root/.onnx/version" ] && [ "$(cat "$root/.onnx/version")" = "$version" ]; then
    echo "onnx-tests: the node tests of onnx $version are in place: $target"
    exit
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    fail "no Python 3.8 or later answers to python3" "install Python 3, which unpacks the cases and is not needed afterwards"
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip" "install it (python3 -m ensurepip, or python3-pip)"

mkdir -p "$root/.onnx" && scratch=$(mktemp -d "$root/.onnx/get.XXXXXX") ||
    fail "cannot write to $root/.onnx" "make the folder writable"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# The data is the same for all systems: one wheel, asked for by its own tags, serves everywhere.
echo "onnx-tests: getting the node tests of onnx $version (about 19 MB)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 2 \
    --implementation cp --python-version 3.11 --abi cp311 --platform manylinux_2_28_x86_64 \
    --dest "$scratch" "onnx==$version" >"$scratch/log" 2>&1 || {
    sed 's/^/  pip: /' "$scratch/log" >&2
    fail "pip could not download onnx $version" "check the network, and pip's index and proxy (python3 -m pip config list)"
}
found=$(sha256 "$scratch"/*.whl)
[ "$found" = "$want" ] || fail "the downloaded package has SHA-256 $found, expected $want" \
    "run this again; if it stays, the package index serves another file"

python3 - "$scratch" 2>"$scratch/log" <<'PYTHON' || fail "the downloaded package is damaged: $(tail -n 1 "$scratch/log")" "run this again"
import glob, os, sys, zipfile
(scratch,) = sys.argv[1:]
(wheel,) = glob.glob(scratch + "/*.whl")
prefix = "onnx/backend/test/data/node/"
with zipfile.ZipFile(wheel) as packed:
    for name in packed.namelist():
        if name.startswith(prefix) and not name.endswith("/"):
            path = os.path.join(scratch, "node", name[len(prefix):])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(packed.read(name))
PYTHON
rm -rf "$target"
mv "$scratch/node" "$target"
rm -rf "$root/.onnx/python"
python3 -m pip install --quiet --disable-pip-version-check --only-binary=:all: --retries 2 \
    --target "$root/.onnx/python" "onnx==$version" >"$scratch/log" 2>&1 ||
    echo "onnx-tests: no package onnx for this Python: exported files are not held against its checker"
echo "$version" >"$root/.onnx/version"
echo "onnx-tests: ready: $target"
