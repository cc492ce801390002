/**
 * Hostile values: what no type allows, what lies, and what attacks while it is read.
 *
 * @module
 */

/** The targets of an attack: everything that one call has in its hands. */
export interface Hands {
  /** Closes, aborts or transfers; may be called any number of times. */
  readonly attacks: Readonly<Record<string, () => void>>;
}

/** A hostile value with a name for reports; made anew for each use. */
export interface Hostile {
  readonly name: string;
  make(hands: Hands, usual: unknown): unknown;
}

const LIE = 2 ** 31;

class Liar extends Uint8Array {
  override get length(): number {
    return LIE;
  }

  override get byteLength(): number {
    return LIE;
  }

  override get byteOffset(): number {
    return LIE;
  }

  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(8);
  }

  override subarray(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(4096);
  }

  override slice(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(4096);
  }

  static get [Symbol.species](): Uint8ArrayConstructor {
    return Liar as unknown as Uint8ArrayConstructor;
  }
}

function everything(): unknown {
  const proxy: unknown = new Proxy(function () {}, {
    get: (_, name) => name === "then" || typeof name === "symbol" ? undefined : proxy,
    apply: () => LIE,
    construct: () => ({}),
    has: () => true,
  });
  return proxy;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const plain: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "-1": () => -1,
  "0": () => 0,
  "1.5": () => 1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "2^31": () => 2 ** 31,
  "2^53": () => 2 ** 53,
  "-2^63": () => -(2 ** 63),
  "empty text": () => "",
  "text with NUL": () => "a\0b",
  "long text": () => "x".repeat(70_000),
  "lone surrogate": () => "\ud800",
  true: () => true,
  bigint: () => 10n,
  symbol: () => Symbol("hostile"),
  "function of nothing": () => () => undefined,
  "function that throws": () => () => {
    throw new Error("hostile throw");
  },
  "empty object": () => ({}),
  "object without prototype": () => Object.create(null),
  "empty array": () => [],
  // deno-lint-ignore no-sparse-arrays
  "array with holes": () => [, 1, , null],
  "array-like": () => ({ length: 2 ** 32, 0: 1 }),
  "array of hostile things": () => [null, NaN, {}, Symbol("x"), revoked()],
  "revoked proxy": revoked,
  "proxy of everything": everything,
  "proxy that throws": () =>
    new Proxy({}, {
      get() {
        throw new Error("hostile get");
      },
      ownKeys() {
        throw new Error("hostile keys");
      },
    }),
  "lying subclass": () => new Liar(16),
  "array with its own length": () =>
    Object.defineProperty(new Uint8Array(16), "length", { value: LIE }),
  "detached array": () => {
    const array = new Uint8Array(16);
    array.buffer.transfer();
    return array;
  },
  "shared array": () => new Uint8Array(new SharedArrayBuffer(16)),
  "resizable array": () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    const array = new Uint8Array(buffer);
    buffer.resize(1);
    return array;
  },
  "array of floats": () => new Float64Array(4),
  "DataView": () => new DataView(new ArrayBuffer(16)),
  "empty bytes": () => new Uint8Array(0),
  "promise": () => Promise.resolve(NaN),
  "rejected promise": () => {
    const promise = Promise.reject(new Error("hostile rejection"));
    promise.catch(() => {});
    return promise;
  },
  "thenable": () => ({ then: (resolve: (value: unknown) => void) => resolve(NaN) }),
  "thenable that throws": () => ({
    then() {
      throw new Error("hostile then");
    },
  }),
  "prototype key": () => JSON.parse('{"__proto__":{"x":1},"a":"b"}'),
  "huge options": () => Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])),
};

/** Does something to what the call works with before it gives the usual value. */
function attacking(usual: unknown, attack: () => void, at: number): unknown {
  let asked = 0;
  const strike = () => {
    if (asked++ === at) attack();
  };
  if ((typeof usual !== "object" && typeof usual !== "function") || usual === null) {
    const convert = () => {
      strike();
      return usual;
    };
    return { valueOf: convert, toString: convert, [Symbol.toPrimitive]: convert };
  }
  return new Proxy(usual, {
    get(target, name) {
      strike();
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        strike();
        return Reflect.apply(value, target, args);
      };
    },
    ownKeys(target) {
      strike();
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor(target, name) {
      strike();
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
}

const STRIKES = [0, 1, 3, 8];

/** Every hostile value. */
export const hostiles: readonly Hostile[] = [
  ...Object.entries(plain).map(([name, make]) => ({ name, make })),
  ...["close", "abort", "transfer"].flatMap((attack) =>
    STRIKES.map((at): Hostile => ({
      name: `${attack} at the ${at + 1}. look`,
      make: (hands, usual) => attacking(usual, () => hands.attacks[attack](), at),
    }))
  ),
  ...["close", "abort", "transfer"].map((attack): Hostile => ({
    name: `iterator that does ${attack}`,
    make: (hands, usual) => ({
      length: 3,
      *[Symbol.iterator]() {
        yield usual;
        hands.attacks[attack]();
        for (let i = 0; i < 100; i++) yield i;
      },
    }),
  })),
];

/** For a function of the program's: what it answers, and what it does meanwhile. */
export const hostileAnswers: readonly Hostile[] = [
  ...Object.entries(plain).map(([name, make]) => ({
    name: `answers ${name}`,
    make: () => () => make(),
  })),
  ...["close", "abort", "transfer"].map((attack): Hostile => ({
    name: `does ${attack} when called`,
    make: (hands, usual) =>
      function (this: unknown, ...args: unknown[]) {
        hands.attacks[attack]();
        return typeof usual === "function" ? Reflect.apply(usual, this, args) : undefined;
      },
  })),
  {
    name: "transfers its argument",
    make: (_, usual) =>
      function (this: unknown, ...args: unknown[]) {
        const answer: unknown = typeof usual === "function"
          ? Reflect.apply(usual, this, args)
          : undefined;
        for (const arg of args) {
          if (arg instanceof Uint8Array) {
            structuredClone(arg.buffer, {
              transfer: [arg.buffer as ArrayBuffer],
            });
          }
        }
        return answer;
      },
  },
  {
    name: "lies about its argument's length",
    make: (_, usual) =>
      function (this: unknown, ...args: unknown[]) {
        const answer: unknown = typeof usual === "function"
          ? Reflect.apply(usual, this, args)
          : undefined;
        for (const arg of args) {
          if (arg instanceof Uint8Array) Object.defineProperty(arg, "length", { value: LIE });
        }
        return answer;
      },
  },
];
