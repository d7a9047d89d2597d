// What lock files and manifests say: one entry a package, with where it comes from.
// {ecosystem, name, version, license, resolved, integrity, install, folder, lock}

function readPackages() {
  return [
    ...npmPackages(),
    ...yarnPackages(),
    ...pnpmPackages(),
    ...cargoPackages(),
    ...pythonPackages(),
    ...goPackages(),
    ...composerPackages(),
    ...gemPackages(),
  ];
}

function npmPackages() {
  for (const lock of ["npm-shrinkwrap.json", "package-lock.json", "node_modules/.package-lock.json"]) {
    const data = readJson(lock);
    if (!isObject(data)) continue;
    return isObject(data.packages) ? npmFlat(data.packages, lock) : npmTree(data.dependencies, lock, "node_modules");
  }
  return [];
}

function npmFlat(packages, lock) {
  return Object.entries(packages).flatMap(([folder, entry]) => {
    if (folder === "" || !isObject(entry) || entry.link === true) return [];
    const cut = folder.lastIndexOf("node_modules/");
    // A workspace is part of the project.
    if (cut < 0) return [];
    const name = typeof entry.name === "string" ? entry.name : folder.slice(cut + 13);
    return [{
      ecosystem: "npm",
      name,
      version: text(entry.version),
      license: licenseText(entry.license),
      resolved: text(entry.resolved),
      integrity: text(entry.integrity),
      bundled: entry.inBundle === true,
      install: entry.hasInstallScript === true,
      folder,
      lock,
    }];
  });
}

function npmTree(dependencies, lock, parent) {
  if (!isObject(dependencies)) return [];
  return Object.entries(dependencies).flatMap(([name, entry]) => {
    if (!isObject(entry)) return [];
    const folder = `${parent}/${name}`;
    return [
      {
        ecosystem: "npm",
        name,
        version: text(entry.version),
        license: null,
        resolved: text(entry.resolved) || (/^(?:git|http|file)/.test(text(entry.version)) ? text(entry.version) : ""),
        integrity: text(entry.integrity),
        bundled: entry.bundled === true,
        install: false,
        folder,
        lock,
      },
      ...npmTree(entry.dependencies, lock, `${folder}/node_modules`),
    ];
  });
}

function yarnPackages() {
  const lock = "yarn.lock";
  const source = readText(lock);
  if (source === null) return [];
  const found = [];
  let entry = null;
  for (const line of source.split("\n")) {
    const head = /^"?((?:@[^/"@]+\/)?[^"@\s]+)@/.exec(line);
    if (head !== null && !line.startsWith(" ")) {
      entry = fromLock("npm", head[1], lock);
      entry.folder = `node_modules/${head[1]}`;
      if (head[1] !== "__metadata") found.push(entry);
      continue;
    }
    const pair = /^ {2}"?(version|resolved|resolution|integrity|checksum)"?:? "?([^"\s]+)"?/.exec(line);
    if (pair === null || entry === null) continue;
    if (pair[1] === "version") entry.version = pair[2];
    else if (pair[1] === "resolved") entry.resolved = pair[2];
    else if (pair[1] === "resolution") entry.workspace = /@workspace:/.test(pair[2]);
    else entry.integrity = pair[2];
  }
  return found.filter((one) => one.workspace !== true);
}

function pnpmPackages() {
  const lock = "pnpm-lock.yaml";
  const source = readText(lock);
  if (source === null) return [];
  const found = [];
  let inside = false;
  let entry = null;
  for (const line of source.split("\n")) {
    if (/^\S/.test(line)) inside = line.startsWith("packages:");
    if (!inside) continue;
    const head = /^ {2}['"]?\/?((?:@[^/'"]+\/)?[^@/'"(:]+)[@/]([^'"(:]+)[^:]*['"]?:\s*$/.exec(line);
    if (head !== null) {
      entry = fromLock("npm", head[1], lock);
      entry.version = head[2];
      entry.folder = `node_modules/${head[1]}`;
      found.push(entry);
      continue;
    }
    if (entry === null) continue;
    const integrity = /integrity: ([^},\s]+)/.exec(line);
    const tarball = /tarball: ([^},\s]+)/.exec(line);
    if (integrity !== null) entry.integrity = integrity[1];
    if (tarball !== null) entry.resolved = tarball[1];
    if (/^\s+requiresBuild: true/.test(line)) entry.install = true;
  }
  return found;
}

function cargoPackages() {
  const lock = "Cargo.lock";
  const source = readText(lock);
  if (source === null) return [];
  return source.split("[[package]]").slice(1).flatMap((block) => {
    const name = tomlText(block, "name");
    const origin = tomlText(block, "source");
    // Without a source it is part of the workspace.
    if (name === null || origin === null) return [];
    const entry = fromLock("crates.io", name, lock);
    entry.version = tomlText(block, "version") || "";
    entry.resolved = origin;
    entry.integrity = tomlText(block, "checksum") || "";
    entry.folder = `vendor/${name}`;
    return [entry];
  });
}

function pythonPackages() {
  return [...poetryPackages(), ...pipfilePackages(), ...requirementPackages()];
}

function poetryPackages() {
  return ["poetry.lock", "uv.lock", "pdm.lock"].flatMap((lock) => {
    const source = readText(lock);
    if (source === null) return [];
    return source.split("[[package]]").slice(1).flatMap((block) => {
      const name = tomlText(block, "name");
      if (name === null || /\bsource = \{ (?:virtual|editable) =/.test(block)) return [];
      const entry = fromLock("PyPI", name.toLowerCase(), lock);
      entry.version = tomlText(block, "version") || "";
      entry.integrity = /hash = "([^"]+)"/.exec(block)?.[1] || "";
      entry.resolved = /\burl = "([^"]+)"/.exec(block)?.[1] || "";
      return [entry];
    });
  });
}

function pipfilePackages() {
  const lock = "Pipfile.lock";
  const data = readJson(lock);
  if (!isObject(data)) return [];
  return ["default", "develop"].flatMap((group) =>
    Object.entries(isObject(data[group]) ? data[group] : {}).map(([name, given]) => {
      const entry = fromLock("PyPI", name.toLowerCase(), lock);
      entry.version = text(given.version).replace(/^==/, "");
      entry.integrity = Array.isArray(given.hashes) ? text(given.hashes[0]) : "";
      entry.resolved = text(given.git) || text(given.file);
      return entry;
    })
  );
}

function requirementPackages() {
  return ["requirements.txt", "requirements-dev.txt"].flatMap((lock) => {
    const source = readText(lock);
    if (source === null) return [];
    return source.replaceAll("\\\n", " ").split("\n").flatMap((line) => {
      const found = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(.*)$/.exec(line.replace(/(^|\s)#.*$/, ""));
      if (found === null) return [];
      const entry = fromLock("PyPI", found[1].toLowerCase().replaceAll("_", "-"), lock);
      const pin = /^==\s*([^\s;,*]+)(?!\S*\*)/.exec(found[2]);
      entry.version = pin === null ? "" : pin[1];
      entry.unpinned = pin === null && !found[2].startsWith("@");
      entry.resolved = /^@\s*(\S+)/.exec(found[2])?.[1] || "";
      entry.integrity = /--hash=(\S+)/.exec(found[2])?.[1] || "";
      entry.manifest = true;
      return [entry];
    });
  });
}

function goPackages() {
  const source = readText("go.mod");
  if (source === null) return [];
  const sums = readText("go.sum") || "";
  return [
    ...source.matchAll(/^\s*(?:require\s+)?([a-z0-9][a-z0-9.-]*\.[a-z]{2,}\/\S+|[a-z0-9.-]+\.[a-z]{2,})\s+(v\S+)/gm),
  ].map(
    ([, name, version]) => {
      const entry = fromLock("Go", name, "go.mod");
      entry.version = version;
      entry.integrity = sums.includes(`${name} ${version} h1:`) ? "h1" : "";
      entry.folder = `vendor/${name}`;
      return entry;
    },
  );
}

function composerPackages() {
  const lock = "composer.lock";
  const data = readJson(lock);
  if (!isObject(data)) return [];
  return [...(data.packages || []), ...(data["packages-dev"] || [])].filter(isObject).map((given) => {
    const entry = fromLock("Packagist", text(given.name), lock);
    entry.version = text(given.version).replace(/^v/, "");
    entry.license = Array.isArray(given.license) ? given.license.map(text).join(" OR ") : licenseText(given.license);
    entry.resolved = isObject(given.dist) ? text(given.dist.url) : "";
    // Composer pins by commit; a sum of the archive is usually empty.
    entry.integrity = (isObject(given.dist) && (text(given.dist.shasum) || text(given.dist.reference))) || "";
    return entry;
  });
}

function gemPackages() {
  const lock = "Gemfile.lock";
  const source = readText(lock);
  if (source === null) return [];
  const sums = /^CHECKSUMS$/m.test(source);
  const remote = /^ {2}remote: (\S+)/m.exec(source)?.[1] || "";
  return [...source.matchAll(/^ {4}([a-zA-Z0-9._-]+) \(([^)\s]+)\)$/gm)].map(([, name, version]) => {
    const entry = fromLock("RubyGems", name, lock);
    entry.version = version;
    entry.resolved = remote;
    entry.integrity = sums ? "sums" : "";
    return entry;
  });
}

function fromLock(ecosystem, name, lock) {
  return { ecosystem, name, version: "", license: null, resolved: "", integrity: "", install: false, folder: "", lock };
}

function tomlText(block, key) {
  return new RegExp(`^${key} = "([^"]*)"`, "m").exec(block)?.[1] ?? null;
}

function text(value) {
  return typeof value === "string" ? value : "";
}

// Old manifests have an object, or a list of them.
function licenseText(value) {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (Array.isArray(value)) {
    const all = value.map(licenseText).filter((one) => one !== null);
    return all.length === 0 ? null : all.length === 1 ? all[0] : `(${all.join(" OR ")})`;
  }
  return isObject(value) ? licenseText(value.type || value.name) : null;
}
