#!/bin/sh
# Gets what the tests need to look for barriers in pages into `.axe` at the project's root: `axe.min.js`, which
# comes inside the Python package `axe-playwright-python`; the package is checked against the SHA-256 below. The
# browser itself is the system's: Debian's packages chromium and chromium-driver. No root, nothing done twice.
set -eu

version=0.1.8
want=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8
root=$(cd "$(dirname "$0")/.." && pwd)
target="$root/.axe"

fail() { # what happened, what to do
    printf 'browser-tests: %s\n  help: %s\n' "$1" "$2" >&2
    exit 1
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

command -v chromedriver >/dev/null || echo "browser-tests: there is no chromedriver: tests of pages will be skipped"
if [ -f "$target/axe.min.js" ] && [ "$(cat "$target/version" 2>/dev/null)" = "$version" ]; then
    echo "browser-tests: axe is in place: $target"
    exit
fi
python3 -m pip --version >/dev/null 2>&1 ||
    fail "no python3 with pip answers" "install Python 3 with pip (python3 -m ensurepip, or python3-pip)"

mkdir -p "$target" && scratch=$(mktemp -d "$target/get.XXXXXX") ||
    fail "cannot write to $target" "make the folder writable"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 2 \
    --dest "$scratch" "axe-playwright-python==$version" >"$scratch/log" 2>&1 || {
    sed 's/^/  pip: /' "$scratch/log" >&2
    fail "pip could not download axe-playwright-python $version" \
        "check the network, and pip's index and proxy (python3 -m pip config list)"
}
found=$(sha256 "$scratch"/*.whl)
[ "$found" = "$want" ] || fail "the downloaded package has SHA-256 $found, expected $want" \
    "run this again; if it stays, the package index serves another file"
python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read("axe_playwright_python/axe.min.js"))' \
    "$scratch"/*.whl >"$scratch/axe.min.js" || fail "the downloaded package is damaged" "run this again"
mv -f "$scratch/axe.min.js" "$target/axe.min.js"
echo "$version" >"$target/version"
echo "browser-tests: ready: $target"
