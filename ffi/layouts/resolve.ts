/**
 * From the table of all versions to the layout of one.
 *
 * @module
 */
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
  const fields: Record<string, ResolvedField> = {};
  for (const name in table.fields) {
    const { type, bits, at } = table.fields[name];
    for (const entry of at) {
      if (before(version, entry.since)) break;
      if (entry.until !== undefined && !before(version, entry.until)) continue;
      const field = {
        offset: windows ? entry.windows ?? entry.offset : entry.offset,
        type: entry.type ?? type,
      };
      fields[name] = bits === undefined ? field : { ...field, bits };
    }
  }
  return {
    size: windows ? size.windows ?? size.bytes : size.bytes,
    fields,
  };
}
