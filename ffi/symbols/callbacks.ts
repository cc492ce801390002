/**
 * The callbacks handed to C, as data.
 *
 * @module
 */
import type { CallbackDefinition } from "../types.ts";

/** The callbacks handed to C. */
export const callbacks = {
  read_packet: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  write_packet: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  write_data_type: { parameters: ["pointer", "pointer", "i32", "i32", "i64"], result: "i32" },
  seek: { parameters: ["pointer", "i64", "i32"], result: "i64" },
  io_open: {
    parameters: ["pointer", "pointer", "pointer", "i32", "pointer"],
    result: "i32",
  },
  io_close: { parameters: ["pointer", "pointer"], result: "void" },
  io_close2: { parameters: ["pointer", "pointer"], result: "i32" },
  log: { parameters: ["pointer", "i32", "pointer", "pointer"], result: "void" },
} as const satisfies Record<string, CallbackDefinition>;
