// Reads files of the project through the host; what cannot be read is named, with the host's own words.
const read = [];
const skipped = [];

function readText(path) {
  try {
    const bytes = host.filesystem.readFile(path);
    read.push(path);
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    const tag = cause && cause.payload ? cause.payload.tag : "failed";
    if (tag === "cancelled") throw cause;
    if (tag !== "not-found") skipped.push({ path, tag, why: String(cause && cause.message).slice(0, 300) });
    return null;
  }
}

function readJson(path) {
  const text = readText(path);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    skipped.push({ path, tag: "invalid", why: "it is not JSON" });
    return null;
  }
}

function listNames(path, kind) {
  try {
    return host.filesystem.listDir(path).filter((entry) => entry.kind === kind).map((entry) => entry.name);
  } catch (cause) {
    const tag = cause && cause.payload ? cause.payload.tag : "failed";
    if (tag === "cancelled") throw cause;
    if (tag !== "not-found") skipped.push({ path, tag, why: String(cause && cause.message).slice(0, 300) });
    return [];
  }
}

const SEVERITIES = ["info", "low", "medium", "high", "critical"];

function countSeverities(findings) {
  const counts = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

function sortFindings(findings) {
  const rank = (finding) => SEVERITIES.indexOf(finding.severity);
  const name = (finding) => `${finding.package || ""}\n${finding.version || ""}\n${finding.rule}`;
  return findings.sort((a, b) => rank(b) - rank(a) || (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wordList(value, what) {
  if (value === undefined) return null;
  if (!Array.isArray(value) || value.some((word) => typeof word !== "string")) {
    throw new Error(`"${what}" must be a list of texts`);
  }
  return value;
}
