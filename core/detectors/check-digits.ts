/**
 * Tells whether digits are a card number: a known issuer range and length, and the Luhn check (ISO/IEC 7812-1).
 *
 * @param digits 13 to 19 digits without separators.
 * @returns `true` when all of it fits.
 */
export function isCardNumber(digits: string): boolean {
  if (!ISSUERS.some((issuer) => issuer.test(digits)) || /^(.)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * Tells whether a text is an IBAN with right check digits (ISO 13616, ISO 7064 mod 97-10).
 *
 * @param iban Upper case, without spaces.
 * @returns `true` when country, length and check digits fit.
 */
export function isIban(iban: string): boolean {
  if (ibanLength(iban.slice(0, 2)) !== iban.length) return false;
  let rest = 0;
  for (let i = 0; i < iban.length; i++) {
    // Letters count as 10 to 35; the country and its check digits go to the end.
    const code = iban.charCodeAt((i + 4) % iban.length);
    rest = (code > 64 ? rest * 100 + code - 55 : rest * 10 + code - 48) % 97;
  }
  return rest === 1;
}

/**
 * Looks up how long the IBANs of a country are.
 *
 * @param country Two upper-case letters.
 * @returns The length, or `null` for a country without IBANs.
 */
export function ibanLength(country: string): number | null {
  return IBAN_LENGTHS.get(country) ?? null;
}

// Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay.
const ISSUERS: readonly RegExp[] = [
  /^4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})$/,
  /^(?:5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12})$/,
  /^3[47][0-9]{13}$/,
  /^(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12,15}$/,
  /^35(?:2[89]|[3-8][0-9])[0-9]{12}$/,
  /^3(?:0[0-5]|[68][0-9])[0-9]{11}$/,
  /^62[0-9]{14,17}$/,
];

const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  ("AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 " +
    "FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 " +
    "LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 " +
    "RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20")
    .split(" ").map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
