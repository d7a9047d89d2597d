import { parse } from "yaml";
import { parseBuiltinLine } from "../../../session/providers/parse-builtin-line.ts";
import { parseScript } from "../../../session/providers/parse-script.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

/** Script files of the scripted model, and lines of the built-in one. */
export function open(): FuzzTarget {
  return {
    samples: [
      '- calls: [{tool: read, args: {path: README.md}}]\n- text: "It says ${last}"\n',
      "- text: |\n    two\n    lines\n  calls:\n    - tool: shell\n      args: { command: 'a', list: [1, 2.5, null, true, {x: y}] }\n",
      '/search "TODO" in src',
      '/call read {"path": "a"}',
      "[]",
    ].map(bytesOf),
    words: "text calls tool args read shell path command ${last} - | > [ ] { } : , ' \" & * ! /read !! in".split(" "),
    async check(input) {
      const text = textOf(input);
      parseBuiltinLine(text);
      try {
        const turns = await parseScript(text, "turns.yml");
        const calls = turns.flatMap((turn) => turn.calls ?? []).map(({ tool, args }) => ({ tool, args }));
        const other: unknown = parse(text);
        const theirs = (Array.isArray(other) ? other : []).flatMap((turn: { calls?: unknown }) => turn.calls ?? [])
          .map((call: { tool?: unknown; args?: unknown }) => ({ tool: call.tool, args: call.args ?? {} }));
        if (JSON.stringify(calls) !== JSON.stringify(theirs)) throw violated("another reader sees other calls");
        return `ok ${Math.min(turns.length, 3)}`;
      } catch (cause) {
        return refusal(cause, "SessionError");
      }
    },
  };
}
