/**
 * From the table of all versions to the layout of one.
 *
 * @module
 */
import { own } from "../own.ts";
import type { ResolvedField, ResolvedStruct, StructTable, Version } from "./types.ts";

function before(a: Version, b: Version): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/**
 * The layout of a struct in the given version of the library that owns it.
 *
 * @throws {RangeError} where the version is older than the struct or than the tables.
 */
export function resolveStruct(
  table: StructTable,
  version: Version,
  windows: boolean,
): ResolvedStruct {
  const size = table.size.findLast((entry) => !before(version, entry.since));
  if (size === undefined) {
    throw new RangeError(
      `no layout for lib${table.library} ${version[0]}.${version[1]}: ` +
        `the oldest is ${table.size[0]?.since.join(".")}`,
    );
  }
  // Without a prototype: it has the fields of this version and no other.
  const fields: Record<string, ResolvedField> = Object.create(null);
  for (const [name, described] of Object.entries(table.fields)) {
    const { type, at } = described;
    const bits = own(described, "bits");
    for (const entry of at) {
      if (before(version, entry.since)) break;
      const until = own(entry, "until");
      if (until !== undefined && !before(version, until)) continue;
      const field = {
        offset: windows ? own(entry, "windows") ?? entry.offset : entry.offset,
        type: own(entry, "type") ?? type,
      };
      fields[name] = bits === undefined ? field : { ...field, bits };
    }
  }
  return {
    size: windows ? own(size, "windows") ?? size.bytes : size.bytes,
    fields,
  };
}
