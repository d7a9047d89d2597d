import type { DeclaredInterface } from "./component.ts";

/** Interfaces that every guest has. */
export const FREE_INTERFACES: readonly string[] = ["logging", "clock", "random"];

/** Interfaces of the script engine: all there are; what a tool did not declare is denied outside. */
export const ENGINE_INTERFACES: readonly string[] = ["filesystem", ...FREE_INTERFACES, "secrets", "http", "tools"];

const PACKAGE = "az:host";
const VERSION = "0.3.0";

/**
 * Lists the interfaces of a stand-alone tool: what it declared, and what every guest has.
 *
 * @param declared Interfaces that its permissions call for.
 * @returns Names, in the order of the package.
 */
export function standaloneInterfaces(declared: readonly DeclaredInterface[]): readonly string[] {
  const wanted: ReadonlySet<string> = new Set([...declared, ...FREE_INTERFACES]);
  return ENGINE_INTERFACES.filter((name) => wanted.has(name));
}

/**
 * Writes the module that a guest starts with: the imports of its world, then the shim over them.
 *
 * @param interfaces Interfaces that its world imports.
 * @param source Source of the one tool of a stand-alone component; `null` for the engine, which takes it by `load`.
 * @returns Text of an ES module beside the shim.
 */
export function guestEntry(interfaces: readonly string[], source: string | null): string {
  const imports = interfaces.map((name) => moduleImport(`* as ${name}`, `${PACKAGE}/${name}@${VERSION}`));
  return [
    moduleImport("{ createEngine }", "./engine.js"),
    ...imports,
    `const engine = createEngine({ ${interfaces.join(", ")} });`,
    ...(source === null ? ENGINE_EXPORTS : standaloneExports(source)),
    "",
  ].join("\n");
}

function moduleImport(names: string, from: string): string {
  return ["import", names, "from", `${JSON.stringify(from)};`].join(" ");
}

const ENGINE_EXPORTS: readonly string[] = [
  "export function load(source) { engine.load(source); }",
  "export function run(input) { return engine.run(input); }",
];

// The source is a text here as well, and becomes code at the first call: the same steps in the same order as in the engine.
function standaloneExports(source: string): readonly string[] {
  return [
    `const source = ${JSON.stringify(source)};`,
    "let loaded = false;",
    "export function run(input) {",
    "  if (!loaded) engine.load(source);",
    "  loaded = true;",
    "  return engine.run(input);",
    "}",
  ];
}

/**
 * Writes the world of a stand-alone tool.
 *
 * @param interfaces Interfaces that it imports.
 * @returns WIT of the package's world `standalone`.
 */
export function standaloneWorld(interfaces: readonly string[]): string {
  const imports = interfaces.map((name) => `  import ${name};`).join("\n");
  return `package ${PACKAGE}@${VERSION};\n\nworld standalone {\n${imports}\n  export run: func(input: string) -> result<string, string>;\n}\n`;
}
