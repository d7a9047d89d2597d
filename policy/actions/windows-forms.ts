const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/**
 * Says why Windows would read a path as something else than the file it seems to name.
 *
 * @param path A path as it was spelled.
 * @returns What is wrong with it, or `null`.
 */
export function windowsProblem(path: string): string | null {
  // Threat: `\\server\share`, `\\?\C:\x` and `\\.\PhysicalDrive0` leave the volume that policy speaks about.
  if (/^[\\/]{2}/.test(path)) return "a UNC or device path";
  // `C:x` is relative to the current folder of drive C, which nobody chose.
  if (/^[a-z]:(?![\\/])/i.test(path)) return "a drive without a folder";
  const rest = path.replace(/^[a-z]:/i, "");
  // Threat: `README.md::$DATA` is another spelling of README.md, `a.txt:b` a hidden second stream.
  if (rest.includes(":")) return "a `:` stream";
  for (const name of rest.split(/[\\/]/)) {
    if (name === "" || name === "." || name === "..") continue;
    // Threat: Windows drops them, so that `key.pem.` opens `key.pem` and escapes a glob.
    if (/[. ]$/.test(name)) return "a name that ends in a dot or a space";
    if (DEVICE.test((name.split(".")[0] ?? "").trimEnd())) return `the device name "${name}"`;
  }
  return null;
}
