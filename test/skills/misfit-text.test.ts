import { expect, test } from "vitest";
import { shape } from "../../core/mod.ts";
import { misfitText } from "../../skills/misfit-text.ts";

const SHAPE = shape.object({ list: shape.list(shape.object({ n: shape.integer() })) });

test.for<readonly [unknown, string]>([
  [{ list: [], more: 1 }, 'it has an unknown key "more"'],
  [{ list: [{ n: "x" }] }, "list.0.n: expected an integer, saw a value of type string"],
  [5, "expected an object, saw a value of type number"],
  [{ list: [], "\u001b[2J\u202e": 1 }, 'it has an unknown key "\\u{1b}[2J\\u{202e}"'],
])("says of %j what does not fit, and where", ([value, text]) => {
  const decoded = SHAPE.safeParse(value);
  expect(misfitText(decoded.success ? [] : decoded.error.issues)).toBe(text);
});
