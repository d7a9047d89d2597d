// Names the licence of every dependency and compares it with what is allowed. Reads only.

const CATEGORIES = {
  permissive: [
    "0BSD AFL-3.0 Apache-1.1 Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent",
    "BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 CC-BY-3.0 CC-BY-4.0 CC0-1.0 curl ECL-2.0 FTL HPND ICU",
    "ISC JSON libpng Libpng libtiff MIT MIT-0 MIT-CMU MS-PL MulanPSL-2.0 NCSA ODC-By-1.0 OFL-1.1 OpenSSL PHP-3.01",
    "PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 Ruby SSH-OpenSSH TCL Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim",
    "W3C WTFPL X11 Xnet Zlib zlib-acknowledgement ZPL-2.1 bzip2-1.0.6",
  ],
  "weak-copyleft": [
    "APSL-2.0 Artistic-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 EPL-1.0 EPL-2.0 IPL-1.0 LGPL-2.0-only LGPL-2.0-or-later",
    "LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL",
    "CC-BY-SA-3.0 CC-BY-SA-4.0 ODbL-1.0",
  ],
  "strong-copyleft": [
    "CECILL-2.1 EUPL-1.1 EUPL-1.2 GFDL-1.3-only GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only",
    "GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later Sleepycat QPL-1.0",
  ],
  "network-copyleft": ["AGPL-1.0-only AGPL-3.0-only AGPL-3.0-or-later CPAL-1.0 OSL-3.0 RPL-1.5 SSPL-1.0"],
  restricted: [
    "BUSL-1.1 CC-BY-NC-4.0 CC-BY-NC-SA-4.0 CC-BY-NC-ND-4.0 CC-BY-ND-4.0 Elastic-2.0 PolyForm-Noncommercial-1.0.0",
    "PolyForm-Small-Business-1.0.0",
  ],
};

const DEPRECATED = {
  "AGPL-3.0": "AGPL-3.0-only",
  "GFDL-1.3": "GFDL-1.3-only",
  "GPL-1.0": "GPL-1.0-only",
  "GPL-2.0": "GPL-2.0-only",
  "GPL-2.0+": "GPL-2.0-or-later",
  "GPL-3.0": "GPL-3.0-only",
  "GPL-3.0+": "GPL-3.0-or-later",
  "LGPL-2.1": "LGPL-2.1-only",
  "LGPL-2.1+": "LGPL-2.1-or-later",
  "LGPL-3.0": "LGPL-3.0-only",
  "LGPL-3.0+": "LGPL-3.0-or-later",
};

// What people write instead of an identifier.
const SPOKEN = [
  [/^apache(?: software)?(?: license)?,?(?: version| v)? ?2(?:\.0)?$/i, "Apache-2.0"],
  [/^apache license 2\.0$/i, "Apache-2.0"],
  [/^(?:the )?mit(?: license)?(?: \(mit\))?$/i, "MIT"],
  [/^(?:the )?isc(?: license)?(?: \(iscl\))?$/i, "ISC"],
  [/^(?:new |modified )?bsd[- ]3[- ]clause(?: license)?$/i, "BSD-3-Clause"],
  [/^(?:simplified )?bsd[- ]2[- ]clause(?: license)?$/i, "BSD-2-Clause"],
  [/^bsd(?: license)?$/i, "BSD-3-Clause"],
  [/^mozilla public license 2\.0(?: \(mpl 2\.0\))?$/i, "MPL-2.0"],
  [/^python software foundation license$/i, "PSF-2.0"],
  [/^gnu general public license v3 or later \(gplv3\+\)$/i, "GPL-3.0-or-later"],
  [/^gnu general public license v3 \(gplv3\)$/i, "GPL-3.0-only"],
  [/^gnu general public license v2 or later \(gplv2\+\)$/i, "GPL-2.0-or-later"],
  [/^gnu general public license v2 \(gplv2\)$/i, "GPL-2.0-only"],
  [/^gnu lesser general public license v3(?: or later)? \(lgplv3\+?\)$/i, "LGPL-3.0-or-later"],
  [/^gnu affero general public license v3(?: or later)?.*$/i, "AGPL-3.0-or-later"],
  [/^public domain$/i, "Unlicense"],
  [/^the unlicense.*$/i, "Unlicense"],
];

// Words that stand in the text of a licence and in no other.
const TEXTS = [
  ["AGPL-3.0-or-later", /GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3/i],
  ["LGPL-3.0-or-later", /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/i],
  ["LGPL-2.1-or-later", /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 2\.1/i],
  ["GPL-3.0-or-later", /GNU GENERAL PUBLIC LICENSE\s+Version 3/i],
  ["GPL-2.0-or-later", /GNU GENERAL PUBLIC LICENSE\s+Version 2/i],
  ["Apache-2.0", /Apache License\s+Version 2\.0/i],
  ["MPL-2.0", /Mozilla Public License,? Version 2\.0/i],
  ["EPL-2.0", /Eclipse Public License\s*-\s*v ?2\.0/i],
  ["BUSL-1.1", /Business Source License 1\.1/i],
  ["SSPL-1.0", /Server Side Public License/i],
  ["Unlicense", /This is free and unencumbered software released into the public domain/i],
  ["CC0-1.0", /CC0 1\.0 Universal/i],
  ["BSD-3-Clause", /Redistribution and use in source and binary forms[\s\S]*Neither the name/i],
  ["BSD-2-Clause", /Redistribution and use in source and binary forms/i],
  ["ISC", /Permission to use, copy, modify, and\/or distribute this software/i],
  ["MIT", /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
  ["Zlib", /This software is provided 'as-is', without any express or implied warranty/i],
];

const CATEGORY_OF = new Map(
  Object.entries(CATEGORIES).flatMap(([category, lines]) =>
    lines.flatMap((line) => line.split(" ").map((id) => [id.toLowerCase(), { id, category }]))
  ),
);

/** Parses an SPDX expression: {id} | {op, parts}; null for what is none. */
function parseExpression(source) {
  const tokens = source.match(/\(|\)|[^\s()]+/g) || [];
  let at = 0;
  let depth = 0;
  function list(op, next) {
    const parts = [next()];
    while (tokens[at] !== undefined && tokens[at].toUpperCase() === op) {
      at += 1;
      parts.push(next());
    }
    if (parts.includes(null)) return null;
    return parts.length === 1 ? parts[0] : { op, parts };
  }
  function any() {
    return list("OR", () => list("AND", one));
  }
  function one() {
    const token = tokens[at];
    if (token === undefined || token === ")" || /^(?:AND|OR|WITH)$/i.test(token)) return null;
    at += 1;
    if (token === "(") {
      depth += 1;
      const inner = depth > 32 ? null : any();
      depth -= 1;
      if (tokens[at] !== ")") return null;
      at += 1;
      return inner;
    }
    if (tokens[at] !== undefined && tokens[at].toUpperCase() === "WITH") {
      const exception = tokens[at + 1];
      at += 2;
      if (exception === undefined || !/^[A-Za-z0-9.-]+$/.test(exception)) return null;
      return { id: token, exception };
    }
    return /^[A-Za-z0-9.+:-]+$/.test(token) ? { id: token, exception: null } : null;
  }
  const tree = any();
  return at === tokens.length ? tree : null;
}

function spoken(license) {
  for (const [pattern, id] of SPOKEN) if (pattern.test(license.trim())) return id;
  return license;
}

function known(id) {
  return CATEGORY_OF.get((DEPRECATED[id] || id).toLowerCase()) || null;
}

const RANK = ["permissive", "weak-copyleft", "strong-copyleft", "network-copyleft", "restricted", "unknown"];

/** The mildest way to satisfy an expression; of an AND the gravest part. */
function categoryOf(tree) {
  if (tree.op === undefined) return known(tree.id)?.category || "unknown";
  const ranks = tree.parts.map((part) => RANK.indexOf(categoryOf(part)));
  return RANK[tree.op === "OR" ? Math.min(...ranks) : Math.max(...ranks)];
}

function satisfies(tree, accepts) {
  if (tree.op === undefined) return accepts(tree.id);
  return tree.op === "OR"
    ? tree.parts.some((part) => satisfies(part, accepts))
    : tree.parts.every((part) => satisfies(part, accepts));
}

function idSet(words) {
  return words === null ? null : new Set(words.map((word) => (DEPRECATED[word] || word).toLowerCase()));
}

function idsOf(tree) {
  return tree.op === undefined ? [tree.id] : tree.parts.flatMap(idsOf);
}

function judge(one, rules) {
  const place = {
    package: one.name,
    version: one.version,
    ecosystem: one.ecosystem,
    license: one.license,
    source: one.licenseFrom || one.lock,
  };
  if (one.license === null) return [{ rule: "license/unknown", severity: "medium", ...place }];
  const given = spoken(one.license);
  const tree = /^(?:UNLICENSED|SEE LICEN[CS]E IN|LicenseRef-|proprietary$|commercial$)/i.test(given)
    ? null
    : parseExpression(given);
  if (tree === null) {
    return [{
      rule: /^(?:UNLICENSED|proprietary|commercial)/i.test(given) ? "license/proprietary" : "license/not-spdx",
      severity: "medium",
      ...place,
    }];
  }
  const found = [];
  const category = categoryOf(tree);
  const lower = (id) => (DEPRECATED[id] || id).toLowerCase();
  if (rules.deny !== null && !satisfies(tree, (id) => !rules.deny.has(lower(id)))) {
    found.push({ rule: "license/denied", severity: "high", category, ...place });
  } else if (rules.allow !== null && !satisfies(tree, (id) => rules.allow.has(lower(id)))) {
    found.push({ rule: "license/not-allowed", severity: "high", category, ...place });
  } else if (rules.allow === null && category !== "permissive") {
    const severity = { "weak-copyleft": "low", "strong-copyleft": "medium", unknown: "medium" }[category] || "high";
    found.push({
      rule: category === "unknown" ? "license/unlisted" : `license/${category}`,
      severity,
      category,
      ...place,
    });
  }
  for (const id of idsOf(tree)) {
    if (DEPRECATED[id] !== undefined) {
      found.push({ rule: "license/deprecated-id", severity: "info", category, use: DEPRECATED[id], ...place });
    }
  }
  return found;
}

function licenseFromText(folder) {
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"]) {
    const source = readText(`${folder}${name}`);
    const hit = source === null ? undefined : TEXTS.find(([, pattern]) => pattern.test(source));
    if (hit !== undefined) return { license: hit[0], from: `${folder}${name}` };
  }
  return null;
}

const MAX_LOOKUPS = 4000;
let lookups = 0;

// The lock names no licence: what is installed does.
function completed(one) {
  if (one.license !== null || one.folder === "" || lookups >= MAX_LOOKUPS) return one;
  lookups += 1;
  if (one.ecosystem === "npm") {
    const manifest = readJson(`${one.folder}/package.json`);
    const license = isObject(manifest) ? licenseText(manifest.license || manifest.licenses) : null;
    if (license !== null) return { ...one, license, licenseFrom: `${one.folder}/package.json` };
    if (manifest === null) return one;
  }
  if (one.ecosystem === "crates.io") {
    const manifest = readText(`${one.folder}/Cargo.toml`);
    const license = manifest === null ? null : tomlText(manifest, "license");
    if (license !== null) {
      return { ...one, license: license.replaceAll("/", " OR "), licenseFrom: `${one.folder}/Cargo.toml` };
    }
    if (manifest === null) return one;
  }
  const text = licenseFromText(`${one.folder}/`);
  return text === null ? one : { ...one, license: text.license, licenseFrom: text.from };
}

function installedPython() {
  return [".venv/lib", "venv/lib", ".venv/Lib", "venv/Lib"].flatMap((lib) =>
    listNames(lib, "directory").flatMap((version) => {
      const site = `${lib}/${version}${version === "site-packages" ? "" : "/site-packages"}`;
      return listNames(site, "directory").filter((name) => name.endsWith(".dist-info")).flatMap((name) => {
        const path = `${site}/${name}/METADATA`;
        const metadata = readText(path);
        if (metadata === null) return [];
        const head = metadata.split(/\r?\n\r?\n/)[0];
        const field = (key) => new RegExp(`^${key}: (.+)$`, "m").exec(head)?.[1].trim() || null;
        const classifiers = [...head.matchAll(/^Classifier: License :: (?:OSI Approved :: )?(.+)$/gm)].map(([, one]) =>
          one.trim()
        );
        const written = field("License");
        return [{
          ...fromLock("PyPI", (field("Name") || name).toLowerCase(), path),
          version: field("Version") || "",
          license: field("License-Expression") ||
            (classifiers.length > 0 ? classifiers.map(spoken).join(" OR ") : null) ||
            (written !== null && written.length < 80 && written !== "UNKNOWN" ? written : null),
        }];
      });
    })
  );
}

function ownLicense() {
  const manifest = readJson("package.json");
  if (isObject(manifest)) {
    const license = licenseText(manifest.license || manifest.licenses);
    if (license !== null) return { license, from: "package.json", private: manifest.private === true };
  }
  for (const path of ["Cargo.toml", "pyproject.toml"]) {
    const source = readText(path);
    const license = source === null
      ? null
      : tomlText(source, "license") || /license = \{ ?text = "([^"]+)"/.exec(source)?.[1] || null;
    if (license !== null) return { license, from: path, private: false };
  }
  const text = licenseFromText("");
  if (text !== null) return { ...text, private: false };
  return { license: null, from: null, private: isObject(manifest) && manifest.private === true };
}

function unique(packages) {
  const seen = new Map();
  for (const one of packages) {
    const key = `${one.ecosystem}\n${one.name}\n${one.version}`;
    const before = seen.get(key);
    if (before === undefined || (before.license === null && one.license !== null)) seen.set(key, one);
  }
  return [...seen.values()];
}

function run(input) {
  const rules = { allow: idSet(wordList(input.allow, "allow")), deny: idSet(wordList(input.deny, "deny")) };
  const { fail_on: failOn } = input;
  const words = [...SEVERITIES, "denied", "unknown", "copyleft"];
  if (failOn !== undefined && !words.includes(failOn)) throw new Error(`"fail_on" is one of ${words.join(" ")}`);
  const own = ownLicense();
  const python = installedPython();
  const installed = new Map(python.map((one) => [`${one.name}\n${one.version}`, one]));
  const packages = unique(
    [...readPackages().map((one) => installed.get(`${one.name}\n${one.version}`) || one), ...python].map(completed),
  );
  const findings = sortFindings(packages.flatMap((one) => judge(one, rules)));
  if (own.license === null && !own.private) {
    findings.push({
      rule: "license/own-missing",
      severity: "info",
      package: ".",
      version: "",
      license: null,
      source: "package.json",
    });
  }
  const byLicense = {};
  for (const { license } of packages) {
    const name = license === null ? "unknown" : spoken(license);
    byLicense[name] = (byLicense[name] || 0) + 1;
  }
  const failed = failOn !== undefined && findings.some(({ rule, severity, category }) => {
    if (failOn === "denied") return rule === "license/denied" || rule === "license/not-allowed";
    if (failOn === "unknown") {
      return rule === "license/unknown" || rule === "license/not-spdx" || rule === "license/unlisted";
    }
    if (failOn === "copyleft") return category !== undefined && category.endsWith("copyleft");
    return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn);
  });
  host.logging.log("info", `${packages.length} packages, ${findings.length} findings, ${read.length} files read`);
  return {
    v: 1,
    skill: "license-check",
    project: { license: own.license, source: own.from },
    packages: packages.length,
    summary: countSeverities(findings),
    licenses: byLicense,
    findings: findings.slice(0, 500),
    more_findings: Math.max(0, findings.length - 500),
    read: { files: read.length, locks: read.filter((path) => /lock|sum$|shrinkwrap|requirements/.test(path)) },
    skipped: skipped.slice(0, 100),
    failed,
  };
}
