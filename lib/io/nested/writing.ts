/**
 * Muxers that write a set of files: names that keep libavformat from renaming and deleting by
 * itself, keys for HLS, and the set's own main file.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import type { SyncSink } from "../contract.ts";
import type { OpenHook } from "../nested.ts";
import { MemorySink } from "../sinks.ts";
import { MemorySource } from "../sources.ts";
import { hexBytes } from "./aes.ts";
import { BASE, plainName } from "./names.ts";
import { isSet } from "./sandbox.ts";

/** Options that name files which are renamed or deleted. */
const fileOptions: Readonly<Record<string, readonly string[]>> = {
  hls: ["hls_segment_filename", "hls_subtitle_path"],
  segment: ["segment_list"],
  "stream_segment,ssegment": ["segment_list"],
};

/** A muxer of many files, made ready. */
export interface FileSet {
  /** For libavformat. */
  readonly url: string;
  /** The muxer's options. */
  readonly options: Record<string, OptionValue>;
  readonly open: OpenHook;
  /** Gives the sink the last version of the main file, once everything is written. */
  deliver(): void;
}

/** `name`: the main file, such as the playlist; `sink`: takes it, where it is not the hook's. */
export function fileSet(set: {
  format: string;
  name: string;
  options: Readonly<Record<string, OptionValue>>;
  open: OpenHook;
  sink: SyncSink | undefined;
}): FileSet {
  const { format, name, sink } = set;
  const options = { ...set.options };
  for (const option of fileOptions[format] ?? []) {
    const value = options[option];
    if (value !== undefined) options[option] = BASE + value;
  }
  const open = format === "hls" ? withKey(name, options, set.open) : set.open;
  let main: Uint8Array | undefined;
  return {
    url: format === "tee" ? teeNames(name) : BASE + name,
    options,
    open: (asked, request) => {
      const url = plainName(asked);
      if (sink === undefined || url !== name || request.options.method === "DELETE") {
        return open(url, request);
      }
      if (!request.write) return main && new MemorySource(main);
      const version = new MemorySink();
      return {
        write: (chunk, position) => version.write(chunk, position),
        close: () => void (main = version.take()),
      };
    },
    deliver: () => {
      if (main !== undefined) sink?.write(main, 0);
      main = undefined;
    },
  };
}

/** `[f=mpegts]a.ts|b.m3u8`: every slave's own name. */
function teeNames(slaves: string): string {
  if (/use_fifo=(?!0)/.test(slaves)) {
    throw new TypeError("tee with use_fifo writes from threads of its own: it cannot be used");
  }
  return slaves.replace(
    /(^|[^\\]\|)(\s*(?:\[(?:\\.|[^\]])*\])?)/g,
    (_, bar: string, head: string) => bar + head + BASE,
  );
}

const KEY_INFO = "avio-key-info";

/**
 * `hls_enc` done here: before FFmpeg 7.0 libavformat closes the key file behind the hook's back.
 * The key file is written through the hook, and libavformat reads it as a `hls_key_info_file`.
 */
function withKey(
  name: string,
  options: Record<string, OptionValue>,
  open: OpenHook,
): OpenHook {
  const { hls_enc, hls_enc_key, hls_enc_key_url, hls_enc_iv } = options;
  for (const option of ["hls_enc", "hls_enc_key", "hls_enc_key_url", "hls_enc_iv"]) {
    delete options[option];
  }
  if (!isSet(hls_enc) || isSet(options.hls_key_info_file)) return open;
  const key = hls_enc_key === undefined
    ? crypto.getRandomValues(new Uint8Array(16))
    : hexBytes(String(hls_enc_key));
  if (key?.length !== 16) {
    throw new TypeError("hls_enc_key must be 16 bytes in hexadecimal digits");
  }
  const file = hls_enc_key_url === undefined ? `${name}.key` : String(hls_enc_key_url);
  const uri = hls_enc_key_url === undefined ? file.slice(file.lastIndexOf("/") + 1) : file;
  const info = [uri, file, hls_enc_iv ?? ""].join("\n");
  options.hls_key_info_file = KEY_INFO;
  let written = false;
  return (url, request) => {
    if (request.write) return open(url, request);
    if (url === file) return new MemorySource(key);
    if (url !== KEY_INFO) return open(url, request);
    if (!written) {
      const sink = open(file, { write: true, options: {} }) as SyncSink | undefined;
      if (sink === undefined) return undefined;
      written = true;
      try {
        sink.write(key.slice(), 0);
      } finally {
        sink.close?.();
      }
    }
    return new MemorySource(new TextEncoder().encode(`${info}\n`));
  };
}
