/**
 * `node --import` of this file gives Node what Deno's import map and Bun's packages give them:
 * `@std/assert` without a build, as Node reads no TypeScript below node_modules.
 *
 * @module
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@std/assert"
      ? { url: new URL("./std_assert/mod.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
