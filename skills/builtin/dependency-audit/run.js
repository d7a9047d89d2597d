// Compares lock files with advisories, and looks at where packages come from. Reads only.

function numbers(version) {
  const [core, ...rest] = version.replace(/^[v=\s]+/, "").split("+")[0].split("-");
  const pre = rest.join("-") || /(?:a|b|rc|dev)\d*$/.exec(core)?.[0] || "";
  return { parts: core.split(".").map((part) => Number.parseInt(part, 10) || 0), pre };
}

function compareVersions(a, b) {
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < Math.max(left.parts.length, right.parts.length); i++) {
    const difference = (left.parts[i] || 0) - (right.parts[i] || 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === "") return 1;
  if (right.pre === "") return -1;
  return left.pre < right.pre ? -1 : 1;
}

function matchesRange(version, range) {
  return range.split(" || ").some((part) =>
    part.split(" ").every((term) => {
      const [, op, bound] = /^(<=|>=|<|>)?(.+)$/.exec(term);
      const order = compareVersions(version, bound);
      if (op === "<") return order < 0;
      if (op === "<=") return order <= 0;
      if (op === ">") return order > 0;
      if (op === ">=") return order >= 0;
      return order === 0;
    })
  );
}

function bundledFindings(one) {
  return BUNDLED.filter(([ecosystem, name, range]) =>
    ecosystem === one.ecosystem && name === one.name && one.version !== "" && matchesRange(one.version, range)
  ).map(([, , , id, severity, fixed]) => finding(one, `advisory/${id}`, severity, { id, fixed, data: "bundled" }));
}

// OSV: affected versions are listed, or lie between the events of a range.
function osvHit(one, advisory) {
  for (const affected of Array.isArray(advisory.affected) ? advisory.affected : []) {
    if (!isObject(affected) || !isObject(affected.package)) continue;
    const ecosystem = text(affected.package.ecosystem).split(":")[0];
    if (ecosystem !== one.ecosystem || text(affected.package.name).toLowerCase() !== one.name.toLowerCase()) continue;
    const bare = one.version.replace(/^v/, "");
    if (
      Array.isArray(affected.versions) && (affected.versions.includes(one.version) || affected.versions.includes(bare))
    ) return { fixed: null };
    for (const range of Array.isArray(affected.ranges) ? affected.ranges : []) {
      if (!isObject(range) || range.type === "GIT" || !Array.isArray(range.events)) continue;
      const hit = inEvents(one.version, range.events);
      if (hit !== null) return hit;
    }
  }
  return null;
}

function inEvents(version, events) {
  let from = null;
  for (const event of events) {
    if (!isObject(event)) continue;
    if (typeof event.introduced === "string") from = event.introduced;
    const after = from !== null && (from === "0" || compareVersions(version, from) >= 0);
    if (typeof event.fixed === "string") {
      if (after && compareVersions(version, event.fixed) < 0) return { fixed: event.fixed };
      from = null;
    } else if (typeof event.last_affected === "string") {
      if (after && compareVersions(version, event.last_affected) <= 0) return { fixed: null };
      from = null;
    }
  }
  return from !== null && (from === "0" || compareVersions(version, from) >= 0) ? { fixed: null } : null;
}

function osvSeverity(advisory) {
  const named = isObject(advisory.database_specific) ? text(advisory.database_specific.severity).toLowerCase() : "";
  if (named === "moderate") return "medium";
  if (SEVERITIES.includes(named)) return named;
  return text(advisory.id).startsWith("MAL-") ? "critical" : "high";
}

function osvFindings(one, advisories) {
  if (one.version === "") return [];
  return advisories.flatMap((advisory) => {
    if (!isObject(advisory) || typeof advisory.withdrawn === "string") return [];
    const hit = osvHit(one, advisory);
    if (hit === null) return [];
    const id = text(advisory.id).slice(0, 64) || "unnamed";
    return [finding(one, `advisory/${id}`, osvSeverity(advisory), { id, fixed: hit.fixed, data: "osv" })];
  });
}

function sourceFindings(one) {
  const found = [];
  const from = one.resolved;
  if (/^(?:git\+)?http:\/\//.test(from)) {
    found.push(finding(one, "source/plain-http", "high", { resolved: origin(from) }));
  }
  if (
    /^git(?:\+|:)|^github:|^(?:git\+)?ssh:/.test(from) &&
    !/#(?:[0-9a-f]{40})$|[?&#](?:rev|commit)=[0-9a-f]{7,}|#[0-9a-f]{40}/.test(from)
  ) {
    found.push(finding(one, "source/git-unpinned", "high", { resolved: origin(from) }));
  }
  const local = /^(?:file:|link:|portal:|workspace:)/.test(from);
  const git = /^git|^github:|^(?:git\+)?ssh:|#[0-9a-f]{40}$/.test(from);
  // A manifest names hashes only for who asks for them.
  if (one.integrity === "" && !one.bundled && !local && !git && one.manifest !== true && one.ecosystem !== "RubyGems") {
    found.push(finding(one, "source/no-integrity", "medium", { resolved: origin(from) }));
  }
  if (one.unpinned === true) found.push(finding(one, "source/unpinned", "medium", {}));
  if (one.install) found.push(finding(one, "script/install", "low", {}));
  return found;
}

// Of an address only where it leads is said: what follows may hold a token.
function origin(address) {
  return /^[a-z+]+:\/\/(?:[^/@\s]*@)?([^/\s?#]+)/i.exec(address)?.[1] || "";
}

function finding(one, rule, severity, more) {
  return {
    rule,
    severity,
    package: one.name,
    version: one.version,
    ecosystem: one.ecosystem,
    source: one.lock,
    ...more,
  };
}

function manifestFindings(packages) {
  const manifest = readJson("package.json");
  if (!isObject(manifest)) return [];
  const locked = packages.some(({ ecosystem }) => ecosystem === "npm");
  const found = [];
  let count = 0;
  for (const group of ["dependencies", "devDependencies", "optionalDependencies"]) {
    for (const [name, range] of Object.entries(isObject(manifest[group]) ? manifest[group] : {})) {
      count += 1;
      const one = { ...fromLock("npm", name, "package.json"), version: "" };
      if (/^(?:git\+)?http:\/\//.test(text(range))) {
        found.push(finding(one, "source/plain-http", "high", { resolved: origin(range) }));
      } else if (/^(?:\*|latest|x|>=?\s*[\d.]+)$/.test(text(range).trim()) || range === "") {
        found.push(finding(one, "source/unpinned", locked ? "low" : "medium", { range }));
      }
    }
  }
  if (count > 0 && !locked) {
    found.push({
      rule: "lock/missing",
      severity: "medium",
      package: ".",
      version: "",
      ecosystem: "npm",
      source: "package.json",
    });
  }
  return found;
}

function readAdvisories(given) {
  if (given === undefined || given === null) return { advisories: [], date: null };
  const data = typeof given === "string" ? readJson(given) : given;
  if (data === null) {
    throw new Error(
      `the OSV file "${given}" cannot be read: ${
        skipped.length > 0 ? skipped[skipped.length - 1].why : "there is none"
      }`,
    );
  }
  const list = Array.isArray(data)
    ? data
    : isObject(data) && Array.isArray(data.vulns)
    ? data.vulns
    : isObject(data) && Array.isArray(data.affected)
    ? [data]
    : null;
  if (list === null) {
    throw new Error('the OSV data is neither a list of advisories, nor {"vulns": […]}, nor one advisory');
  }
  const dates = list.filter(isObject).map((one) => text(one.modified)).filter((date) => /^\d{4}-\d\d-\d\d/.test(date))
    .sort();
  return { advisories: list, date: dates.length > 0 ? dates[dates.length - 1].slice(0, 10) : null };
}

function ageDays(date) {
  return Math.max(0, Math.floor((host.clock.now() - Date.parse(`${date}T00:00:00Z`)) / 86_400_000));
}

function unique(findings) {
  const seen = new Set();
  return findings.filter((one) => {
    const key = `${one.rule}\n${one.ecosystem}\n${one.package}\n${one.version}\n${one.source}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function run(input) {
  const { fail_on: failOn } = input;
  if (failOn !== undefined && !SEVERITIES.includes(failOn)) {
    throw new Error(`"fail_on" is one of ${SEVERITIES.join(" ")}`);
  }
  const { advisories, date } = readAdvisories(input.osv);
  const packages = readPackages();
  const findings = sortFindings(unique([
    ...packages.flatMap((one) => [...bundledFindings(one), ...osvFindings(one, advisories), ...sourceFindings(one)]),
    ...manifestFindings(packages),
  ]));
  const failed = failOn !== undefined &&
    findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn));
  host.logging.log("info", `${packages.length} packages, ${findings.length} findings, ${read.length} files read`);
  return {
    v: 1,
    skill: "dependency-audit",
    packages: packages.length,
    data: {
      bundled: { date: DATA_DATE, age_days: ageDays(DATA_DATE), advisories: BUNDLED.length },
      osv: input.osv === undefined
        ? null
        : { date, age_days: date === null ? null : ageDays(date), advisories: advisories.length },
      note: "the bundled list is small and dated: pass an OSV file for what is known today",
    },
    summary: countSeverities(findings),
    findings: findings.slice(0, 500),
    more_findings: Math.max(0, findings.length - 500),
    read: read.slice(0, 100),
    skipped: skipped.slice(0, 100),
    failed,
  };
}
