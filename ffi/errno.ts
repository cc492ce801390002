/**
 * Errno numbers by name, for each platform whose FFmpeg returns them.
 *
 * @module
 */

// The first numbers are the same everywhere, but for EAGAIN.
const common = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  ECHILD: 10,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
} as const;

const linux = {
  ...common,
  EAGAIN: 11,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EPROTONOSUPPORT: 93,
  ENOTSUP: 95,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENETRESET: 102,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ECANCELED: 125,
} as const;

type Name = keyof typeof linux;

const darwin = {
  ...common,
  EAGAIN: 35,
  EDEADLK: 11,
  ENAMETOOLONG: 63,
  ENOSYS: 78,
  ENOTEMPTY: 66,
  ELOOP: 62,
  EPROTO: 100,
  EBADMSG: 94,
  EOVERFLOW: 84,
  EILSEQ: 92,
  ENOTSOCK: 38,
  EMSGSIZE: 40,
  EPROTONOSUPPORT: 43,
  ENOTSUP: 45,
  EOPNOTSUPP: 102,
  EAFNOSUPPORT: 47,
  EADDRINUSE: 48,
  EADDRNOTAVAIL: 49,
  ENETDOWN: 50,
  ENETUNREACH: 51,
  ENETRESET: 52,
  ECONNABORTED: 53,
  ECONNRESET: 54,
  ENOBUFS: 55,
  EISCONN: 56,
  ENOTCONN: 57,
  ETIMEDOUT: 60,
  ECONNREFUSED: 61,
  EHOSTUNREACH: 65,
  EALREADY: 37,
  EINPROGRESS: 36,
  ECANCELED: 89,
} as const satisfies Record<Name, number>;

// The C runtime's errno.h, not Winsock's WSAE numbers.
const windows = {
  ...common,
  EAGAIN: 11,
  EDEADLK: 36,
  ENAMETOOLONG: 38,
  ENOSYS: 40,
  ENOTEMPTY: 41,
  ELOOP: 114,
  EPROTO: 134,
  EBADMSG: 104,
  EOVERFLOW: 132,
  EILSEQ: 42,
  ENOTSOCK: 128,
  EMSGSIZE: 115,
  EPROTONOSUPPORT: 135,
  ENOTSUP: 129,
  EOPNOTSUPP: 130,
  EAFNOSUPPORT: 102,
  EADDRINUSE: 100,
  EADDRNOTAVAIL: 101,
  ENETDOWN: 116,
  ENETUNREACH: 118,
  ENETRESET: 117,
  ECONNABORTED: 106,
  ECONNRESET: 108,
  ENOBUFS: 119,
  EISCONN: 113,
  ENOTCONN: 126,
  ETIMEDOUT: 138,
  ECONNREFUSED: 107,
  EHOSTUNREACH: 110,
  EALREADY: 103,
  EINPROGRESS: 112,
  ECANCELED: 105,
} as const satisfies Record<Name, number>;

/**
 * Errno numbers by platform and name.
 *
 * FreeBSD is near `darwin` but not the same: EOPNOTSUPP (45), ECANCELED (85), EILSEQ (86),
 * EBADMSG (89) and EPROTO (92) differ.
 */
export const errnoTables = { linux, darwin, windows } as const satisfies Readonly<
  Record<string, Readonly<Record<Name, number>>>
>;

/** The names that every table has. */
export type ErrnoName = keyof (typeof errnoTables)["linux"];
