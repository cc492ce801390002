/**
 * Bytes reach C through `ffi/bytes.ts` alone. The compiler refuses any other array, since FFI takes
 * `OwnBytes`; this refuses the ways around the compiler.
 *
 *   deno run --allow-read scripts/bytes.ts
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { filesOf, withoutComments } from "./sources.ts";

const HELPER = "ffi/bytes.ts";

interface Rule {
  readonly found: RegExp;
  readonly why: string;
  /** Files that may, beside the helper. */
  readonly except?: RegExp;
}

const rules: readonly Rule[] = [
  {
    found: /\bas\s+(?:unknown\s+as\s+)?OwnBytes\b|<OwnBytes\b[^>]*>\s*\w/,
    why: "casts to OwnBytes: use ownBytes(), makeBytes() or partOf()",
  },
  {
    found: /\bcopy_(?:in|out)\b/,
    why: "calls memcpy: use copyIn() or copyOut()",
    except: /^ffi\/symbols\/libc\.ts$/,
  },
  {
    found: /\binstanceof\s+(?:Uint8Array|ArrayBuffer|SharedArrayBuffer|DataView)\b|\bisView\b/,
    why: "asks an object what it is: use ownBytes() or ownBufferSource()",
    // The conversions of WebIDL, by intrinsics as well.
    except: /^lib\/webcodecs\//,
  },
  {
    found: /\bas\s+Array<?never\b|\bas\s+any\b/,
    why: "casts away the types that keep foreign bytes from C",
    except: /^ffi\/deno\.ts$/,
  },
];

// They say that an array is the module's own; without them the compiler would take any.
const declared: readonly (readonly [path: string, text: string])[] = [
  ["ffi/types.ts", "buffer: OwnBytes | null;"],
  ["ffi/types.ts", "address(view: OwnBytes): Pointer;"],
];

const problems: string[] = [];
for (const path of [...filesOf("ffi"), ...filesOf("lib"), "mod.ts"]) {
  if (path === HELPER) continue;
  const lines = withoutComments(readFileSync(path, "utf8")).split("\n");
  lines.forEach((line, i) => {
    for (const { found, why, except } of rules) {
      if (found.test(line) && !except?.test(path)) problems.push(`${path}:${i + 1}: ${why}`);
    }
  });
}
for (const [path, text] of declared) {
  if (!readFileSync(path, "utf8").includes(text)) problems.push(`${path}: has no \`${text}\``);
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
