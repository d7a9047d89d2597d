#!/bin/bash
# Builds the example guests with the tools that any author has: componentize-qjs and jco.
#   docs/examples/guests/build.sh [FOLDER]     default: build
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wit=$(cd "$here/../../../wit" && pwd)
out=${1:-build}
export PATH="$PWD/node_modules/.bin:$PATH" # or install both tools globally
mkdir -p "$out/wit" "$out/tool"

# JavaScript: the package az:host and the guest's own world lie in one folder.
cp "$wit/host.wit" "$here/javascript/todos.wit" "$out/wit/"
componentize-qjs --wit "$out/wit" --world todos --js "$here/javascript/todos.js" \
  --sync --stub-wasi --opt-size --output "$out/todos.wasm"

# jco 1.25 takes a package of one world only, so the engine's stays behind.
cp "$wit/host.wit" "$wit/tool.wit" "$out/tool/"
# WAT: a core module, then the types of the world, then a component. What it does not import is not in it.
jco parse "$here/wat/shout.wat" --output "$out/shout.core.wasm"
jco embed "$out/shout.core.wasm" --wit "$out/tool" --output "$out/shout.embedded.wasm"
jco new "$out/shout.embedded.wasm" --output "$out/shout.wasm"
rm -r "$out/shout.core.wasm" "$out/shout.embedded.wasm" "$out/wit" "$out/tool"
ls -l "$out"/*.wasm
