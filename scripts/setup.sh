#!/bin/sh
# Gets the ONNX Runtime library into `.ort/` at the project's root: the one file that
# `onnx::model` needs and cargo does not build. It comes out of the Python package
# `onnxruntime` and is checked against the SHA-256 below. No root, nothing done twice.
set -eu

version=1.31.1
root=$(cd "$(dirname "$0")/.." && pwd)

# Each platform's wheel tag, the library's name inside the wheel and the library's SHA-256.
platform="$(uname -s) $(uname -m)"
case $platform in
"Linux x86_64")
    tag=manylinux_2_28_x86_64 name=libonnxruntime.so.$version
    want=fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3 ;;
"Linux aarch64")
    tag=manylinux_2_28_aarch64 name=libonnxruntime.so.$version
    want=8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467 ;;
"Darwin arm64")
    tag=macosx_14_0_arm64 name=libonnxruntime.$version.dylib
    want=d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36 ;;
*)
    tag='' name="the ONNX Runtime library" want='' ;;
esac
library="$root/.ort/$name"

fail() { # what happened, what to do first
    printf 'setup: %s\n  help: %s\n' "$1" "$2" >&2
    if [ -n "$tag" ]; then
        printf '  or put %s %s by hand at %s\n' "$name" "(ONNX Runtime $version)" "$library" >&2
    fi
    printf '  or set ORT_DYLIB_PATH to an ONNX Runtime library of version 1.31 or later\n' >&2
    exit 1
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

[ -n "$tag" ] || fail "no ONNX Runtime $version with a known checksum for $platform" \
    "use Linux on x86_64 or aarch64, or macOS on arm64"
if [ -f "$library" ] && [ "$(sha256 "$library")" = "$want" ]; then
    echo "setup: ONNX Runtime $version is in place: $library"
    exit
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    fail "no Python 3.8 or later answers to python3" "install Python 3, which unpacks the library and is not needed afterwards"
python3 -m pip --version >/dev/null 2>&1 ||
    fail "$(command -v python3) has no pip" "install it (python3 -m ensurepip, or your system's python3-pip)"

# The scratch folder lies beside the library: the last step is a rename within one file
# system, so the library appears whole or not at all.
mkdir -p "$root/.ort" && scratch=$(mktemp -d "$root/.ort/setup.XXXXXX") ||
    fail "cannot write to $root/.ort" "make the folder writable"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# The wheel is asked for by its own tags: any Python 3 can fetch it, whatever its version.
echo "setup: getting ONNX Runtime $version for $platform (about 24 MB)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 2 \
    --implementation cp --python-version 3.12 --abi cp312 --platform "$tag" \
    --dest "$scratch" "onnxruntime==$version" >"$scratch/log" 2>&1 || {
    sed 's/^/  pip: /' "$scratch/log" >&2
    fail "pip could not download onnxruntime $version" "check the network, and pip's index and proxy (python3 -m pip config list)"
}
python3 - "$scratch" "$name" 2>"$scratch/log" <<'PYTHON' || fail "the downloaded package is damaged: $(tail -n 1 "$scratch/log")" "run this again"
import glob, shutil, sys, zipfile
scratch, name = sys.argv[1:]
(wheel,) = glob.glob(scratch + "/*.whl")
with zipfile.ZipFile(wheel).open("onnxruntime/capi/" + name) as packed, open(scratch + "/" + name, "wb") as out:
    shutil.copyfileobj(packed, out)
PYTHON

found=$(sha256 "$scratch/$name")
[ "$found" = "$want" ] || fail "the downloaded library has SHA-256 $found, expected $want" \
    "run this again; if it stays, the package index serves another file"
chmod 755 "$scratch/$name"
mv -f "$scratch/$name" "$library"
echo "setup: ONNX Runtime $version is ready: $library"
