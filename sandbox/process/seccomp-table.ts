/** Architectures the filter is made for, as `process.arch` calls them. */
export type FilterArch = "x64" | "arm64";

/** Number of a system call on each architecture; `null` where it does not exist. */
export interface CallNumbers {
  readonly x64: number | null;
  readonly arm64: number | null;
}

/** How a system call is judged. Arguments count from 0; only their lower 32 bits matter to the calls listed. */
export type CallRule =
  | { readonly kind: "refuse"; readonly errno: number }
  /** Refused when an argument has any bit of a mask. */
  | { readonly kind: "refuse-bits"; readonly errno: number; readonly arg: number; readonly mask: number }
  /** Refused when one argument has a bit of its mask and another one of its own. */
  | { readonly kind: "refuse-both"; readonly errno: number; readonly when: Bits; readonly and: Bits }
  /** Refused when an argument has one of the values. */
  | { readonly kind: "refuse-values"; readonly errno: number; readonly arg: number; readonly values: readonly number[] }
  /** Refused unless an argument has one of the values. */
  | { readonly kind: "allow-values"; readonly errno: number; readonly arg: number; readonly values: readonly number[] };

/** Bits of an argument. */
export interface Bits {
  readonly arg: number;
  readonly mask: number;
}

/** One line of the table. */
export interface CallLine {
  readonly name: string;
  readonly numbers: CallNumbers;
  readonly rule: CallRule;
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const SET_ID = 0o6000;
const O_CREAT_OR_TMPFILE = 0o100 | 0o20000000;
// NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const NAMESPACES = 0x7e020000;
// NEWTIME has the place of the exit signal in `clone`, so only `unshare` knows it.
const NAMESPACES_AND_TIME = NAMESPACES | 0x80;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

const REFUSED: readonly (readonly [string, number | null, number | null])[] = [
  // Mounts and namespaces.
  ["mount", 165, 40],
  ["umount2", 166, 39],
  ["pivot_root", 155, 41],
  ["chroot", 161, 51],
  ["setns", 308, 268],
  ["open_tree", 428, 428],
  ["move_mount", 429, 429],
  ["fsopen", 430, 430],
  ["fsconfig", 431, 431],
  ["fsmount", 432, 432],
  ["fspick", 433, 433],
  ["mount_setattr", 442, 442],
  ["open_tree_attr", 467, 467],
  // Other processes.
  ["ptrace", 101, 117],
  ["process_vm_readv", 310, 270],
  ["process_vm_writev", 311, 271],
  ["process_madvise", 440, 440],
  ["kcmp", 312, 272],
  ["pidfd_getfd", 438, 438],
  // Doors into the kernel with a long history of holes.
  ["bpf", 321, 280],
  ["perf_event_open", 298, 241],
  ["userfaultfd", 323, 282],
  ["io_uring_setup", 425, 425],
  ["io_uring_enter", 426, 426],
  ["io_uring_register", 427, 427],
  ["fanotify_init", 300, 262],
  ["lookup_dcookie", 212, 18],
  // Keys belong to the user outside: no namespace divides them.
  ["add_key", 248, 217],
  ["request_key", 249, 218],
  ["keyctl", 250, 219],
  // Files by number, past every folder.
  ["open_by_handle_at", 304, 265],
  // The machine itself.
  ["init_module", 175, 105],
  ["finit_module", 313, 273],
  ["delete_module", 176, 106],
  ["kexec_load", 246, 104],
  ["kexec_file_load", 320, 294],
  ["reboot", 169, 142],
  ["swapon", 167, 224],
  ["swapoff", 168, 225],
  ["acct", 163, 89],
  ["quotactl", 179, 60],
  ["quotactl_fd", 443, 443],
  ["syslog", 103, 116],
  ["iopl", 172, null],
  ["ioperm", 173, null],
  ["vhangup", 153, 58],
  ["settimeofday", 164, 170],
  ["clock_settime", 227, 112],
];

// Their flags and modes lie in memory, where a filter cannot look; programs fall back to the older calls.
const ABSENT: readonly (readonly [string, number, number])[] = [["clone3", 435, 435], ["openat2", 437, 437]];

// [name, x64, arm64, argument that holds a mode]
const MODES: readonly (readonly [string, number | null, number | null, number])[] = [
  ["chmod", 90, null, 1],
  ["fchmod", 91, 52, 1],
  ["fchmodat", 268, 53, 2],
  ["fchmodat2", 452, 452, 2],
  ["creat", 85, null, 1],
  ["mknod", 133, null, 1],
  ["mknodat", 259, 33, 2],
  ["mkdir", 83, null, 1],
  ["mkdirat", 258, 34, 2],
];

/** Every system call that the filter does not simply allow. */
export const CALL_TABLE: readonly CallLine[] = [
  ...REFUSED.map(([name, x64, arm64]): CallLine => ({
    name,
    numbers: { x64, arm64 },
    rule: { kind: "refuse", errno: EPERM },
  })),
  ...ABSENT.map(([name, x64, arm64]): CallLine => ({
    name,
    numbers: { x64, arm64 },
    rule: { kind: "refuse", errno: ENOSYS },
  })),
  ...MODES.map(([name, x64, arm64, arg]): CallLine => ({
    name,
    numbers: { x64, arm64 },
    rule: { kind: "refuse-bits", errno: EPERM, arg, mask: SET_ID },
  })),
  // Without O_CREAT the mode is whatever stood in the register.
  {
    name: "open",
    numbers: { x64: 2, arm64: null },
    rule: {
      kind: "refuse-both",
      errno: EPERM,
      when: { arg: 1, mask: O_CREAT_OR_TMPFILE },
      and: { arg: 2, mask: SET_ID },
    },
  },
  {
    name: "openat",
    numbers: { x64: 257, arm64: 56 },
    rule: {
      kind: "refuse-both",
      errno: EPERM,
      when: { arg: 2, mask: O_CREAT_OR_TMPFILE },
      and: { arg: 3, mask: SET_ID },
    },
  },
  {
    name: "clone",
    numbers: { x64: 56, arm64: 220 },
    rule: { kind: "refuse-bits", errno: EPERM, arg: 0, mask: NAMESPACES },
  },
  {
    name: "unshare",
    numbers: { x64: 272, arm64: 97 },
    rule: { kind: "refuse-bits", errno: EPERM, arg: 0, mask: NAMESPACES_AND_TIME },
  },
  // Threat: keys pushed into a terminal that somebody else reads.
  {
    name: "ioctl",
    numbers: { x64: 16, arm64: 29 },
    rule: { kind: "refuse-values", errno: EPERM, arg: 1, values: [TIOCSTI, TIOCLINUX] },
  },
  // Threat: families that no network namespace divides, such as VSOCK, or with a long history of holes.
  {
    name: "socket",
    numbers: { x64: 41, arm64: 198 },
    rule: { kind: "allow-values", errno: EAFNOSUPPORT, arg: 0, values: [AF_UNIX, AF_INET, AF_INET6] },
  },
];

/** What a script of a skill cannot do besides: have a file that lies in no folder, and so under no mount's rules. */
export const SCRIPT_CALLS: readonly CallLine[] = [
  { name: "memfd_create", numbers: { x64: 319, arm64: 279 }, rule: { kind: "refuse", errno: ENOSYS } },
];
