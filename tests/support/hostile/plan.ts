/**
 * The public surface, as data: functions, constructors and methods with the types of their
 * parameters, out of `deno doc --json`. A new export is in it without being named.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A type, as far as values are made of it. */
export type Shape =
  | { readonly is: "any" | "string" | "number" | "boolean" | "undefined" }
  | { readonly is: "literal"; readonly value: string | number | boolean }
  | { readonly is: "named"; readonly name: string }
  | { readonly is: "function" }
  | { readonly is: "array"; readonly of: Shape }
  | { readonly is: "object"; readonly fields: readonly Field[] }
  | { readonly is: "omit" | "pick"; readonly of: Shape; readonly names: readonly string[] }
  | { readonly is: "union"; readonly of: readonly Shape[] };

/** A member of an interface. */
export interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly shape: Shape;
}

/** A function, a constructor or a method. */
export interface Callable {
  readonly kind: "function" | "constructor" | "static" | "method" | "accessor";
  /** The export that it is, or belongs to. */
  readonly owner: string;
  readonly name: string;
  readonly parameters: readonly Shape[];
}

/** The public surface of some entry points. */
export interface Surface {
  readonly callables: readonly Callable[];
  /** Interfaces and aliases by name. */
  readonly types: Readonly<Record<string, Shape>>;
}

// deno-lint-ignore no-explicit-any -- JSON of a tool
type Json = any;

// Interfaces extend others six deep.
const MAX_DEPTH = 16;
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The `deno` that documents the module; undefined where there is none. */
export function documenter(): string | undefined {
  const local = `${root}node_modules/.bin/deno`;
  const found = [process.env.DENO, existsSync(local) ? local : undefined, "deno"];
  return found.find((command) =>
    command !== undefined && spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0
  );
}

/** Reads the surface of entry points, relative to the repository. */
export function surfaceOf(entries: readonly string[]): Surface {
  const done = spawnSync(documenter()!, ["doc", "--json", ...entries], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (done.status !== 0) throw new Error(`deno doc: ${done.stderr}`);
  const { nodes } = JSON.parse(done.stdout) as Json;
  const callables: Callable[] = [];
  const types: Record<string, Shape> = {};
  const classes = new Set<string>();
  for (const module of Object.values<Json>(nodes)) {
    for (const { name, declarations } of module.symbols) {
      for (const { kind, def } of declarations) {
        if (kind === "interface") types[name] = interfaceOf(def);
        if (kind === "typeAlias") types[name] = shapeOf(def.tsType);
        if (kind === "function") {
          const parameters = parametersOf(def.params);
          callables.push({ kind: "function", owner: name, name, parameters });
        }
        if (kind === "class") {
          classes.add(name);
          callables.push(...classOf(name, def));
        }
      }
    }
  }
  // A class that adds nothing has the constructor of what it extends.
  for (const name of classes) {
    if (callables.some(({ owner }) => owner === name)) continue;
    callables.push({
      kind: "constructor",
      owner: name,
      name: "constructor",
      parameters: [{ is: "string" }],
    });
  }
  return { callables, types };
}

function classOf(owner: string, def: Json): Callable[] {
  const constructors = (def.constructors ?? [])
    .filter(({ accessibility }: Json) => accessibility !== "private")
    .map(({ params }: Json) => ({
      kind: "constructor",
      owner,
      name: "constructor",
      parameters: parametersOf(params),
    }));
  const methods = (def.methods ?? []).map((method: Json) => ({
    kind: method.kind === "method" ? (method.isStatic ? "static" : "method") : "accessor",
    owner,
    name: method.name,
    parameters: parametersOf(method.functionDef.params),
  }));
  return [...constructors, ...methods];
}

function parametersOf(parameters: Json[]): Shape[] {
  return parameters.map((given) => {
    const { tsType } = given.kind === "assign"
      ? given.left
      : given.kind === "rest"
      ? given.arg
      : given;
    return shapeOf(tsType ?? given.tsType);
  });
}

function interfaceOf(def: Json): Shape {
  const fields: Field[] = [
    ...(def.properties ?? []).map(({ name, optional, tsType }: Json) => ({
      name,
      optional: optional === true,
      shape: shapeOf(tsType),
    })),
    ...(def.methods ?? []).map(({ name, optional }: Json) => ({
      name,
      optional: optional === true,
      shape: { is: "function" },
    })),
  ];
  const parents = (def.extends ?? []).map(shapeOf);
  return parents.length === 0
    ? { is: "object", fields }
    : { is: "union", of: [{ is: "object", fields }, ...parents] };
}

function shapeOf(type: Json): Shape {
  if (!type) return { is: "any" };
  const { kind, value } = type;
  switch (kind) {
    case "keyword":
      return /^(string|number|boolean|undefined)$/.test(value) ? { is: value } : { is: "any" };
    case "literal":
      return { is: "literal", value: value.string ?? value.number ?? value.boolean ?? "" };
    case "typeRef": {
      const { typeName, typeParams = [] } = value;
      if (typeName === "Omit") {
        const [of, left] = typeParams.map(shapeOf);
        return { is: "omit", of, names: literalsOf(left) };
      }
      if (typeName === "Pick") {
        const [of, kept] = typeParams.map(shapeOf);
        return { is: "pick", of, names: literalsOf(kept) };
      }
      if (/^(Partial|Readonly|Required|NonNullable)$/.test(typeName)) return shapeOf(typeParams[0]);
      if (/^(ReadonlyArray|Array)$/.test(typeName)) {
        return { is: "array", of: shapeOf(typeParams[0]) };
      }
      return { is: "named", name: typeName };
    }
    case "union":
    case "intersection":
      return { is: "union", of: value.map(shapeOf) };
    case "array":
      return { is: "array", of: shapeOf(value) };
    case "typeOperator":
      return shapeOf(value.tsType);
    case "parenthesized":
    case "optional":
      return shapeOf(value);
    case "typeLiteral":
      return interfaceOf(value);
    case "fnOrConstructor":
      return { is: "function" };
    default:
      return { is: "any" };
  }
}

function literalsOf(shape: Shape): string[] {
  if (shape.is === "literal") return [String(shape.value)];
  return shape.is === "union" ? shape.of.flatMap(literalsOf) : [];
}

/** The members of a type that is an object of options; undefined for any other. */
export function fieldsOf(shape: Shape, types: Surface["types"], depth = 0): Field[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (shape.is === "object") return [...shape.fields];
  if (shape.is === "omit" || shape.is === "pick") {
    const keeps = shape.is === "pick";
    return fieldsOf(shape.of, types, depth + 1)
      ?.filter(({ name }) => shape.names.includes(name) === keeps);
  }
  if (shape.is === "named") {
    const found = types[shape.name];
    return found && fieldsOf(found, types, depth + 1);
  }
  if (shape.is !== "union") return undefined;
  const all = shape.of.flatMap((one) => fieldsOf(one, types, depth + 1) ?? []);
  const names = new Map(all.map((field) => [field.name, field]));
  return names.size === 0 ? undefined : [...names.values()];
}
