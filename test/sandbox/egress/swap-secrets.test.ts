import { describe, expect, it } from "vitest";
import { createBubblewrap } from "../../../sandbox/mod.ts";
import { locateSecrets, swapSecrets } from "../../../sandbox/egress/swap-secrets.ts";
import { codeOf, fakeSecrets, rig, valueOf } from "../rig.ts";
import { scriptSpec } from "../process/run.ts";
import { ask, authorized, desk, held, leaseWith, NETWORK, origin, rules, slot } from "./lab.ts";

const VALUE = "fake-Value-4711-not-real";

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("locateSecrets() and swapSecrets()", () => {
  const token = held("TOKEN", VALUE);
  const { placeholder } = token;
  it.for(
    [
      ["bearer", null, "Authorization", `Bearer ${placeholder}`, `Bearer ${VALUE}`],
      ["bearer", null, "authorization", `bearer   ${placeholder}`, `Bearer ${VALUE}`],
      ["basic:me", null, "Authorization", `Basic ${base64(`me:${placeholder}`)}`, `Basic ${base64(`me:${VALUE}`)}`],
      ["header:x-api-key", null, "X-Api-Key", placeholder, VALUE],
      ["header:private-token", "token {}!", "Private-Token", `token ${placeholder}!`, `token ${VALUE}!`],
    ] as const,
  )("puts the value in as %s", ([name, format, header, given, expected]) => {
    const request = { path: "/", headers: [["Accept", "*/*"], [header, given]] as const };
    const located = locateSecrets(request, [slot(token, name, format)], [token]);
    expect(located).toMatchObject({ ok: true });
    expect(located.ok && swapSecrets(request.headers, located.swaps)).toEqual([["Accept", "*/*"], [header, expected]]);
  });

  it.for(
    [
      ["another header", "/", "X-Other", placeholder],
      ["another scheme", "/", "Authorization", `token ${placeholder}`],
      ["text around it", "/", "Authorization", `Bearer ${placeholder}x`],
      ["another user", "/", "Authorization", `Basic ${base64(`you:${placeholder}`)}`],
      ["a cookie", "/", "Cookie", `a=${placeholder}`],
      ["the path", `/?t=${placeholder}`, "Accept", "*/*"],
    ] as const,
  )("refuses a placeholder in %s", ([, path, header, value]) => {
    const request = { path, headers: [[header, value]] as const };
    const located = locateSecrets(request, [slot(token, "bearer"), slot(token, "basic:me")], [token]);
    expect(located).toMatchObject({ ok: false, reason: expect.stringContaining("TOKEN cannot stand there") });
  });

  it("keeps two values apart", () => {
    const other = held("OTHER", "fake-Other-4711-not-real");
    const secrets = [slot(token, "bearer"), slot(other, "header:x-key")];
    const crossed = { path: "/", headers: [["X-Key", placeholder]] as const };
    expect(locateSecrets(crossed, secrets, [token, other])).toMatchObject({ ok: false });
  });
});

describe("the egress proxy with values", () => {
  it("puts a value in for its host alone, and tells who decides", async () => {
    const r = rig();
    const [bound, other] = [await origin(), await origin()];
    const token = held("TOKEN", VALUE);
    const { admit, asked } = desk();
    const [first, second] = rules(`api.test:${bound.port}`, `other.test:${other.port}`);
    if (first === undefined || second === undefined) throw new Error("no rules");
    const allow = [{ ...first, secrets: [slot(token, "bearer")] }, second];
    const given = await leaseWith(r, { allow, admit, secrets: [token] });
    expect(given.env["TOKEN"]).toBe(token.placeholder);
    const header = `Authorization: Bearer ${token.placeholder}\r\n`;
    expect(await ask(given, authorized(given, `GET http://api.test:${bound.port}/?q=1`, header))).toContain("hello");
    expect(bound.seen[0]).toContain(`Authorization: Bearer ${VALUE}\r\n`);
    expect(asked[0]).toMatchObject({ path: "/", secrets: [{ handle: token.handle, slot: "bearer" }], refused: null });
    const elsewhere = await ask(given, authorized(given, `GET http://other.test:${other.port}/`, header));
    expect(elsewhere).toContain("403 Forbidden");
    expect(elsewhere).toContain("it is not bound to this host");
    expect(other.seen).toEqual([]);
    const tunnel = await ask(given, authorized(given, `CONNECT api.test:${bound.port}`));
    expect(tunnel).toContain("nothing can be put into a tunnel");
    expect(bound.seen.length).toBe(1);
    expect(await ask(given, authorized(given, `CONNECT other.test:${other.port}`, "") + header)).toContain("200");
    expect(other.seen.join("")).not.toContain(VALUE);
  });

  it("wipes the values when the lease ends", async () => {
    const token = held("TOKEN", VALUE);
    const given = await leaseWith(rig(), { allow: rules("api.test:1"), secrets: [token] });
    await given.close();
    expect(() => token.value.use(() => 0)).toThrow(TypeError);
  });
});

describe("a command with hosts and secrets", () => {
  it("uses a value that it never has", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const host = `api.test:${port}`;
    const text = [
      `curl -sS -H "Authorization: Bearer $TOKEN" http://${host}/a`,
      `curl -sS -H "X-Leak: $TOKEN" http://${host}/b`,
      `curl -sSp -H "Authorization: Bearer $TOKEN" -o /dev/null -w '%{http_connect}\\n' http://${host}/c`,
      "env; tr '\\0' '\\n' </proc/1/environ; tr '\\0' '\\n' </proc/1/cmdline",
    ].join("; ");
    const hostSecrets = [{ env: "TOKEN", handle: "h", host, slot: "bearer", format: null }];
    const outcome = await r.run(backend, scriptSpec(r, text, { hosts: [host], hostSecrets }), {
      secrets: fakeSecrets({ h: VALUE }),
      egress: desk().admit,
    });
    const output = new TextDecoder().decode(valueOf(outcome).output);
    expect(seen.length).toBe(1);
    expect(seen[0]).toContain(`Authorization: Bearer ${VALUE}`);
    expect(output).toMatch(
      /^helloagentzero: the value of TOKEN cannot stand there: here it is bound as bearer\n(?:curl: .*\n)?403\n/,
    );
    expect(output).toMatch(/^TOKEN=azph_[0-9a-f]{32}$/m);
    expect(output).not.toContain(VALUE);
  });

  it("reaches nobody while nobody decides", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const spec = scriptSpec(r, `curl -sS http://api.test:${port}/`, { hosts: [`api.test:${port}`] });
    expect(new TextDecoder().decode(valueOf(await r.run(backend, spec)).output)).toContain("nobody decides");
    expect(seen).toEqual([]);
  });

  it.each(
    [
      ["for a host that the call does not name", { host: "b.test:1" }],
      ["for a variable inside", { slot: "env:TOKEN" }],
      ["for a header that frames the message", { slot: "header:host" }],
      ["with a format without a place", { format: "token" }],
      ["in a variable that steers programs", { env: "LD_PRELOAD" }],
    ] as const,
  )("is refused a value %s", async (_, more) => {
    const r = rig();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const secret = { env: "TOKEN", handle: "h", host: "a.test:1", slot: "bearer", format: null, ...more };
    const spec = scriptSpec(r, "true", { hosts: ["a.test:1"], hostSecrets: [secret] });
    const outcome = await r.run(backend, spec, { secrets: fakeSecrets({ h: VALUE }), egress: desk().admit });
    expect(outcome).toMatchObject({ ok: false, code: "SPEC_INVALID", started: false });
  });

  it("is refused a value that would be a header of its own", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const secret = { env: "TOKEN", handle: "h", host: "a.test:1", slot: "bearer", format: null };
    const spec = scriptSpec(r, "true", { hosts: ["a.test:1"], hostSecrets: [secret] });
    const io = { secrets: fakeSecrets({ h: `${VALUE}\r\nX: y` }), egress: desk().admit };
    expect(codeOf(await r.run(backend, spec, io))).toBe("SECRET_PLACE");
  });
});
