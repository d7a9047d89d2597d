import { type Cidr, cidrContains, parseAddress, parseCidr } from "./addresses.ts";

/** What kind of machine an address leads to. `special` is everything else that is not globally reachable. */
export type AddressClass = "public" | "metadata" | "loopback" | "private" | "link-local" | "special" | "invalid";

/**
 * Addresses where a cloud hands out credentials or instance data to whoever asks from inside.
 * Threat: one of them is a public address, so that "not private" would let it pass.
 */
const METADATA: readonly string[] = [
  "169.254.169.254", // AWS, Azure, Google, DigitalOcean, OpenStack
  "169.254.169.253",
  "169.254.170.2", // AWS container credentials
  "169.254.170.23", // AWS pod identity
  "169.254.0.23",
  "100.100.100.200", // Alibaba
  "168.63.129.16", // Azure wire server
  "192.0.0.192", // Oracle
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254", // Google
];

/** The IANA special-purpose registries (RFC 6890 and updates), most telling class first. */
const CLASSES: readonly { readonly name: AddressClass; readonly blocks: readonly string[] }[] = [
  { name: "metadata", blocks: METADATA },
  { name: "loopback", blocks: ["127.0.0.0/8", "::1"] },
  { name: "private", blocks: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"] },
  { name: "link-local", blocks: ["169.254.0.0/16", "fe80::/10"] },
  {
    name: "special",
    blocks: [
      "0.0.0.0/8", // on Linux 0.0.0.0 connects to this machine
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.31.196.0/24",
      "192.52.193.0/24",
      "192.88.99.0/24",
      "192.175.48.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "224.0.0.0/4",
      "240.0.0.0/4",
      "2001::/23",
      "2001:db8::/32",
      "2620:4f:8000::/48",
      "3fff::/20",
    ],
  },
];

/** Only this block of IPv6 is handed out for global unicast; all else is special or not assigned. */
const GLOBAL_V6: readonly string[] = ["2000::/3"];

/** IPv6 forms that carry an IPv4 address, and where it stands: the carried one decides as well. */
const CARRIERS = [
  { blocks: ["64:ff9b::/96"], at: 12 }, // NAT64, RFC 6052
  { blocks: ["2002::/16"], at: 2 }, // 6to4
  { blocks: ["::/96", "::ffff:0:0:0/96"], at: 12 }, // IPv4-compatible, translated
] as const;

/**
 * Classifies an IP address. Pure; names are never resolved here.
 *
 * @example
 * ```ts
 * classifyAddress("169.254.169.254"); // "metadata"
 * classifyAddress("::ffff:10.0.0.1"); // "private"
 * ```
 * @param address An IP address in any spelling of {@link parseAddress}.
 * @returns `public` only for addresses that are globally reachable; `invalid` for anything else than an address.
 */
export function classifyAddress(address: string): AddressClass {
  const bytes = parseAddress(address);
  return bytes === null ? "invalid" : classifyBytes(bytes);
}

/**
 * Tells whether an address is globally reachable and no metadata service.
 *
 * @param address An IP address.
 * @returns `false` for whatever is not surely public.
 */
export function isPublicAddress(address: string): boolean {
  return classifyAddress(address) === "public";
}

interface Tables {
  readonly classes: readonly { readonly name: AddressClass; readonly blocks: readonly Cidr[] }[];
  readonly carriers: readonly { readonly blocks: readonly Cidr[]; readonly at: number }[];
  readonly globalV6: readonly Cidr[];
}

// Most processes never see an address: the lists are read for the first one.
let tables: Tables | null = null;

function readTables(): Tables {
  return {
    classes: CLASSES.map(({ name, blocks }) => ({ name, blocks: listOf(blocks) })),
    carriers: CARRIERS.map(({ blocks, at }) => ({ blocks: listOf(blocks), at })),
    globalV6: listOf(GLOBAL_V6),
  };
}

function classifyBytes(bytes: Uint8Array): AddressClass {
  const { classes, carriers, globalV6 } = tables ??= readTables();
  for (const { name, blocks } of classes) if (isIn(blocks, bytes)) return name;
  if (bytes.length === 4) return "public";
  // Threat: `64:ff9b::a9fe:a9fe` and `2002:a9fe:a9fe::` reach 169.254.169.254 where a gateway translates.
  for (const { blocks, at } of carriers) {
    if (!isIn(blocks, bytes)) continue;
    const carried = classifyBytes(bytes.slice(at, at + 4));
    return carried === "public" ? "special" : carried;
  }
  return isIn(globalV6, bytes) ? "public" : "special";
}

function isIn(list: readonly Cidr[], bytes: Uint8Array): boolean {
  return list.some((block) => cidrContains(block, bytes));
}

function listOf(list: readonly string[]): readonly Cidr[] {
  return list.flatMap((text) => parseCidr(text) ?? []);
}
