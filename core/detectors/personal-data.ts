import type { Detection } from "../redactor.ts";
import { ibanLength, isCardNumber, isIban } from "./check-digits.ts";

/**
 * Finds personal data that can be told from other text by its form and check digits: e-mail, card (Luhn), IBAN
 * (mod 97), US SSN (valid ranges), phone (E.164 with `+`).
 *
 * @param text The text.
 * @returns The spans, class `pii`.
 */
export function personalData(text: string): readonly Detection[] {
  return [...emails(text), ...cards(text), ...ibans(text), ...socialSecurityNumbers(text), ...phones(text)];
}

// `logo@2x.png`, `pkg@latest.js`: file names with an at sign.
const FILE_ENDINGS: ReadonlySet<string> = new Set(
  "png jpg jpeg gif svg webp avif ico bmp js mjs cjs ts mts cts jsx tsx css scss less html json map md txt yml yaml toml lock sh py rb go rs java"
    .split(" "),
);

function emails(text: string): readonly Detection[] {
  const found: Detection[] = [];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const local = /[A-Za-z0-9._%+-]{1,64}$/.exec(text.slice(Math.max(0, at - 64), at))?.[0].replace(/^[.%+-]+/, "") ??
      "";
    const domain = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])/
      .exec(text.slice(at + 1, at + 255))?.[0] ?? "";
    if (local === "" || local === "git" || domain === "") continue;
    if (FILE_ENDINGS.has(domain.slice(domain.lastIndexOf(".") + 1).toLowerCase())) continue;
    found.push(hit("email", at - local.length, at + 1 + domain.length));
  }
  return found;
}

function cards(text: string): readonly Detection[] {
  const found: Detection[] = [];
  for (const match of text.matchAll(/(?<![\w.-])[2-6](?:[ -]?[0-9]){12,18}(?![\w-])/g)) {
    const digits = match[0].replaceAll(/[ -]/g, "");
    if (isCardNumber(digits)) found.push(hit("card", match.index, match.index + match[0].length));
  }
  return found;
}

function ibans(text: string): readonly Detection[] {
  const found: Detection[] = [];
  for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?= ?[A-Z0-9]{4})/g)) {
    const end = ibanEnd(text, match.index, ibanLength(match[0].slice(0, 2)) ?? 0);
    if (end !== null && isIban(text.slice(match.index, end).replaceAll(" ", ""))) {
      found.push(hit("iban", match.index, end));
    }
  }
  return found;
}

// Groups of four with single spaces, or none: as many characters as the country has.
function ibanEnd(text: string, start: number, length: number): number | null {
  let end = start;
  for (let count = 0; count < length; end++) {
    const code = text.charCodeAt(end);
    if ((code >= 48 && code <= 57) || (code >= 65 && code <= 90)) count++;
    else if (code !== 32 || count % 4 !== 0) return null;
  }
  return /[A-Za-z0-9]/.test(text[end] ?? "") ? null : end;
}

function socialSecurityNumbers(text: string): readonly Detection[] {
  const pattern = /(?<![\w-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])/g;
  return [...text.matchAll(pattern)].map((match) => hit("ssn", match.index, match.index + match[0].length));
}

function phones(text: string): readonly Detection[] {
  const found: Detection[] = [];
  for (const match of text.matchAll(/(?<![\w+])\+[1-9](?:[ .()-]{0,2}[0-9]){6,14}(?![0-9])/g)) {
    const digits = match[0].replaceAll(/[^0-9]/g, "").length;
    // At the start of a line it may be a diff that adds a number.
    const added = match.index === 0 || text[match.index - 1] === "\n";
    if (digits === match[0].length - 1 && (digits < 9 || (added && digits < 11))) continue;
    found.push(hit("phone", match.index, match.index + match[0].length));
  }
  return found;
}

function hit(name: string, start: number, end: number): Detection {
  return { class: "pii", rule: `pii/${name}`, start, end };
}
