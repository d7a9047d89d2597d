import { apply, getPrototypeOf, includes, KINDS, parse, RealFunction, sourceOf } from "./intrinsics.js";
import { failureText, Fault, jsonText } from "./json.js";
import { createHost } from "./host.js";
import { prepareRealm } from "./realm.js";

const ASYNC =
  "ASYNC_TOOL: `run` is asynchronous: host calls return at once, so write `function run(input)` and return the value itself";

/** Makes `load` and `run` over the interfaces of a world. */
export function createEngine(raw) {
  const host = createHost(raw);
  let tool = null;
  function start(source) {
    if (tool !== null) throw new Fault("a tool is loaded already");
    // Only here is text made code: the one that was shown, approved and pinned.
    const body = `"use strict";\n${source}\n;return typeof run === "undefined" ? undefined : run;`;
    const make = new RealFunction("host", body);
    // Threat: a source that closes our function early, so that its own last one, not strict, takes the place of it.
    if (!apply(includes, apply(sourceOf, make, []), [body])) throw new Fault("line 1: SyntaxError: a bracket too many");
    prepareRealm(host);
    const run = make(host);
    if (typeof run !== "function") {
      throw new Fault(
        "there is no function `run`: declare `function run(input) { … }` at the top level, without `export`",
      );
    }
    for (let i = 1; i < KINDS.length; i++) {
      if (getPrototypeOf(run) === KINDS[i]) throw new Fault(ASYNC);
    }
    tool = run;
  }
  return {
    load(source) {
      try {
        start(source);
      } catch (cause) {
        throw failureText(cause);
      }
    },
    run(input) {
      try {
        if (tool === null) throw new Fault("no tool is loaded");
        const value = apply(tool, undefined, [parse(input)]);
        if (
          (typeof value === "object" || typeof value === "function") && value !== null &&
          typeof value.then === "function"
        ) {
          throw new Fault(ASYNC);
        }
        if (value === undefined) {
          throw new Fault("the result is not JSON: `run` returned nothing; return a value, or null");
        }
        return jsonText(value);
      } catch (cause) {
        throw failureText(cause);
      }
    },
  };
}
