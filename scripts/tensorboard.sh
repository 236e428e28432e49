#!/bin/sh
# Gets TensorBoard into `.tensorboard` at the project's root, for the test that has it read what `host export
# --tensorboard` wrote. No root, nothing done twice. Where it cannot be had it says so, and the test is skipped.
set -eu

version=2.21.0
root=$(cd "$(dirname "$0")/.." && pwd)
target="$root/.tensorboard"

without() { # why
    echo "tensorboard: $1: the test that reads event files with it will be skipped"
    exit 0
}

if [ -f "$target/version" ] && [ "$(cat "$target/version")" = "$version" ]; then
    echo "tensorboard: $version is in place: $target"
    exit
fi
python3 -m pip --version >/dev/null 2>&1 || without "there is no Python 3 with pip"
mkdir -p "$target" && scratch=$(mktemp -d "$target/get.XXXXXX") || without "cannot write to $target"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

echo "tensorboard: getting $version and what it needs (about 50 MB)"
# It still imports pkg_resources, which newer versions of setuptools no longer have.
python3 -m pip install --quiet --disable-pip-version-check --only-binary=:all: --retries 2 \
    --target "$scratch/python" "tensorboard==$version" "setuptools<81" >"$scratch/log" 2>&1 || {
    sed 's/^/  pip: /' "$scratch/log" >&2
    without "pip could not install it"
}
rm -rf "$target/python"
mv "$scratch/python" "$target/python"
echo "$version" >"$target/version"
echo "tensorboard: ready: $target"
