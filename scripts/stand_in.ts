/**
 * Installs the stand-in for @std/assert where npm has placed no such package: Bun and Node read no
 * JSR specifier.
 *
 *     bun scripts/stand_in.ts
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";

const folder = new URL("../node_modules/@std/assert/", import.meta.url);
if (!existsSync(new URL("package.json", folder))) {
  mkdirSync(folder, { recursive: true });
  const manifest = { name: "@std/assert", version: "0.0.0", type: "module", exports: "./mod.ts" };
  writeFileSync(new URL("package.json", folder), JSON.stringify(manifest));
  const stand = "../../../tests/support/std_assert/mod.ts";
  writeFileSync(new URL("mod.ts", folder), `export * from ${JSON.stringify(stand)};\n`);
}
