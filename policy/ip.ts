import { PolicyError } from "./errors.ts";

/** An IP address as a number. IPv4-mapped IPv6 addresses are IPv4. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A CIDR block. */
export interface CidrBlock extends IpAddress {
  readonly prefix: number;
}

const QUAD = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
const MAPPED = 0xffffn << 32n;

/**
 * Reads an IP address.
 *
 * @param text Dotted decimal without leading zeros, or IPv6 (RFC 4291) without zone and brackets.
 * @returns The address, or `null` for anything else.
 */
export function parseIp(text: string): IpAddress | null {
  if (text.length > 45) return null;
  if (!text.includes(":")) {
    const value = parseQuads(text);
    return value === null ? null : { family: 4, value };
  }
  const value = parseGroups(text);
  if (value === null) return null;
  return value >> 32n === 0xffffn ? { family: 4, value: value - MAPPED } : { family: 6, value };
}

/**
 * Reads a CIDR block.
 *
 * @param text E.g. `10.0.0.0/8` or `fd00::/8`; a bare address is a block of one.
 * @returns The block.
 * @throws {PolicyError} `POLICY_HOST` when it is no block, or has bits set behind its prefix.
 */
export function parseCidr(text: string): CidrBlock {
  const [address = "", length, ...more] = text.split("/");
  const ip = parseIp(address);
  const bits = ip?.family === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : QUAD.test(length) ? Number(length) : -1;
  if (ip === null || more.length > 0 || prefix < 0 || prefix > bits) {
    throw new PolicyError("POLICY_HOST", `Cannot read CIDR block "${text}"`, { hint: "write 10.0.0.0/8 or fd00::/8" });
  }
  const shift = BigInt(bits - prefix);
  if ((ip.value >> shift) << shift !== ip.value) {
    throw new PolicyError("POLICY_HOST", `Cannot read CIDR block "${text}": bits are set behind the prefix`, {
      hint: "write the first address of the block",
    });
  }
  return { ...ip, prefix };
}

/** Tells whether an address lies in a block. */
export function inCidr(block: CidrBlock, ip: IpAddress): boolean {
  if (block.family !== ip.family) return false;
  const shift = BigInt((ip.family === 4 ? 32 : 128) - block.prefix);
  return ip.value >> shift === block.value >> shift;
}

/** Tells whether an address serves cloud metadata, which hands out credentials to whoever asks. */
export function isMetadata(ip: IpAddress): boolean {
  return METADATA.some((block) => inCidr(block, ip));
}

/** Tells whether an address is reachable on the public internet and nowhere special (IANA registries, RFC 6890). */
export function isPublic(ip: IpAddress): boolean {
  if (ip.family === 4) return !SPECIAL_4.some((block) => inCidr(block, ip));
  return inCidr(GLOBAL_6, ip) && !SPECIAL_6.some((block) => inCidr(block, ip));
}

const METADATA: readonly CidrBlock[] = [
  // AWS, Azure, Google, DigitalOcean and others; ECS tasks stand in the same block.
  "169.254.0.0/16",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "168.63.129.16/32",
  "fd00:ec2::/32",
  "fd20:ce::254/128",
  "fe80::a9fe:a9fe/128",
].map(parseCidr);

const SPECIAL_4: readonly CidrBlock[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map(parseCidr);

const GLOBAL_6 = parseCidr("2000::/3");

// Tunnels carry an IPv4 address inside, documentation and benchmarking blocks lead nowhere.
const SPECIAL_6: readonly CidrBlock[] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(parseCidr);

function parseQuads(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!QUAD.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseGroups(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0] ?? "");
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? "") : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  let value = 0n;
  for (const group of [...head, ...Array<bigint>(missing).fill(0n), ...tail]) value = (value << 16n) | group;
  return value;
}

function groupsOf(text: string): readonly bigint[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: bigint[] = [];
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes(".")) {
      const quads = parseQuads(part);
      if (quads === null) return null;
      groups.push(quads >> 16n, quads & 0xffffn);
    } else if (GROUP.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return null;
    }
  }
  return groups;
}
