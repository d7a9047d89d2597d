/** What a shape may say, as far as people are told. */
interface Shape {
  readonly [key: string]: unknown;
}

/** Signs of a digest that are shown at each end. */
const DIGEST_HEAD = 7;
const DIGEST_TAIL = 4;

/**
 * Says in words what a remembered answer covers. Its stored form names every field by which a later action is compared;
 * a person reads what it is about.
 *
 * @example
 * ```ts
 * coversText('{"digest":"b2:91…07","id":"acme/pdf","version":"1.2.0"}'); // "acme/pdf 1.2.0 with exactly these bytes (b2:91…07)"
 * ```
 * @param shape The shape of an answer.
 * @returns One line, not sanitised; the shape itself where it is words already or not known.
 */
export function coversText(shape: string): string {
  const fields = fieldsOf(shape);
  return fields === null ? shape : commandText(fields) ?? requestText(fields) ?? packageText(fields) ?? shape;
}

function fieldsOf(shape: string): Shape | null {
  if (!shape.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(shape);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function commandText(fields: Shape): string | null {
  const { argv, text, cwd, redirects, patterns } = fields;
  if (Array.isArray(patterns)) return `any command of the form ${patterns.map(patternText).join(" or ")}`;
  const line = Array.isArray(argv) ? argv.map((word) => quoted(String(word))).join(" ") : text;
  if (typeof line !== "string" || typeof cwd !== "string") return null;
  const files = Array.isArray(redirects) && redirects.length > 0
    ? `, writing ${redirects.map((path) => quoted(String(path))).join(" ")}`
    : "";
  const secrets = fields["secrets"] === undefined ? "" : ", with secrets in its environment";
  return `${line}   in ${quoted(cwd)}${files}${secrets}`;
}

// Threat: `a "b c"` and `a b c` look the same, and are not the same command.
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function patternText(pattern: unknown): string {
  if (typeof pattern !== "object" || pattern === null || !("words" in pattern) || !Array.isArray(pattern.words)) {
    return JSON.stringify(pattern);
  }
  const words = pattern.words.map((choices: unknown) =>
    Array.isArray(choices) && choices.length > 1 ? `(${choices.join("|")})` : String(choices)
  );
  return [...words, ...("rest" in pattern && pattern.rest === true ? ["..."] : [])].join(" ");
}

function requestText({ provider, highest, handle, inject, program, ...place }: Shape): string | null {
  const where = typeof place["host"] === "string" ? `${place["host"]}:${String(place["port"])}` : null;
  if (typeof provider === "string") {
    return `requests to ${provider}${where === null ? "" : ` at ${where}`} with data up to ${String(highest)}`;
  }
  if (typeof handle !== "string") return null;
  const to = where ?? (typeof program === "string" ? program : null);
  return `${handle} as ${String(inject)}${to === null ? "" : ` for ${to}`}`;
}

function packageText({ id, version, digest, name, skill, ...rest }: Shape): string | null {
  const what = [id, rest["import"], name].find((value) => typeof value === "string");
  if (what === undefined) return null;
  const numbered = typeof version === "string" ? `${what} ${version}` : what;
  const bytes = typeof digest === "string" ? ` with exactly these bytes (${short(digest)})` : "";
  const permissions = rest["permissions"] === undefined || rest["permissions"] === null
    ? ""
    : typeof skill === "string"
    ? ", with the permissions it has now"
    : ", with the permissions that were shown";
  const by = typeof skill === "string" && skill !== what ? ` for ${skill}` : "";
  return `${numbered}${bytes}${by}${permissions}`;
}

function short(digest: string): string {
  return digest.length <= DIGEST_HEAD + DIGEST_TAIL + 1
    ? digest
    : `${digest.slice(0, DIGEST_HEAD)}…${digest.slice(-DIGEST_TAIL)}`;
}
