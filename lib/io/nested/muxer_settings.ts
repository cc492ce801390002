/**
 * Muxers that write a set of files: names that keep libavformat from renaming and deleting by
 * itself, keys for HLS, and the set's own main file.
 *
 * @module
 */
import type { OptionValue } from "../../dictionary.ts";
import type { OpenHookSync, SinkSync } from "../contract.ts";
import { MemorySink } from "../sinks/memory_sink.ts";
import { MemorySource } from "../sources/memory_source.ts";
import { hexBytes } from "./aes.ts";
import { plainName, URL_PREFIX } from "./names.ts";
import { checkMuxer, muxerSandbox } from "./sandbox.ts";
import { guessMuxer } from "./muxer_guess.ts";
import { isOn } from "../../options.ts";
import { formatTee, parseTee } from "./tee.ts";

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
  readonly open: OpenHookSync;
  /** Gives the sink the last version of the main file, once everything is written. */
  writeMainFile(): void;
}

/** `name`: the main file, such as the playlist; `sink`: takes it, where it is not the hook's. */
export function fileSet(set: {
  format: string;
  name: string;
  options: Readonly<Record<string, OptionValue>>;
  open: OpenHookSync;
  sink: SinkSync | undefined;
}): FileSet {
  const { format, name, sink } = set;
  const options = { ...set.options };
  const { url: ours, open } = format === "tee"
    ? teeSet(name, set.open)
    : { url: URL_PREFIX + name, open: prepareMuxerOptions(format, name, options, set.open) };
  let main: Uint8Array | undefined;
  return {
    url: ours,
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
    writeMainFile: () => {
      if (main !== undefined) sink?.write(main, 0);
      main = undefined;
    },
  };
}

/** The names in a format's options get their prefix; the hook answers for its keys. */
function prepareMuxerOptions(
  format: string,
  name: string,
  options: Record<string, OptionValue>,
  open: OpenHookSync,
  keyInfo = KEY_INFO,
): OpenHookSync {
  for (const option of fileOptions[format] ?? []) {
    const value = options[option];
    if (value !== undefined) options[option] = URL_PREFIX + value;
  }
  return format === "hls" ? withKey({ name, options, keyInfo }, open) : open;
}

/** `[f=mpegts]a.ts|b.m3u8`: every slave is looked at as if it were the only output. */
function teeSet(name: string, open: OpenHookSync): { url: string; open: OpenHookSync } {
  let hook = open;
  const slaves = parseTee(name).map((slave, index) => {
    const options: Record<string, OptionValue> = slave.options;
    if (isOn(options.use_fifo)) {
      throw new TypeError("tee with use_fifo writes from threads of its own: it cannot be used");
    }
    const url = URL_PREFIX + slave.name;
    const format = guessMuxer(slave.options.f, url)?.name ?? slave.options.f ?? "";
    if (format === "tee") throw new TypeError("a tee within a tee cannot be used");
    checkMuxer(format, options);
    hook = prepareMuxerOptions(format, slave.name, options, hook, `${KEY_INFO}-${index}`);
    const entries = Object.entries(muxerSandbox(options));
    return {
      options: Object.fromEntries(entries.map(([key, value]) => [key, String(value)])),
      name: url,
    };
  });
  return { url: formatTee(slaves), open: hook };
}

const KEY_INFO = "avio-key-info";

/**
 * `hls_enc` done here: before FFmpeg 7.0 libavformat closes the key file behind the hook's back.
 * The key file is written through the hook, and libavformat reads it as a `hls_key_info_file`.
 */
function withKey(
  { name, options, keyInfo }: {
    name: string;
    options: Record<string, OptionValue>;
    keyInfo: string;
  },
  open: OpenHookSync,
): OpenHookSync {
  const { hls_enc, hls_enc_key, hls_enc_key_url, hls_enc_iv } = options;
  for (const option of ["hls_enc", "hls_enc_key", "hls_enc_key_url", "hls_enc_iv"]) {
    delete options[option];
  }
  if (!isOn(hls_enc) || isOn(options.hls_key_info_file)) return open;
  const key = hls_enc_key === undefined
    ? crypto.getRandomValues(new Uint8Array(16))
    : hexBytes(String(hls_enc_key));
  if (key?.length !== 16) {
    throw new TypeError("hls_enc_key must be 16 bytes in hexadecimal digits");
  }
  const file = hls_enc_key_url === undefined ? `${name}.key` : String(hls_enc_key_url);
  const uri = hls_enc_key_url === undefined ? file.slice(file.lastIndexOf("/") + 1) : file;
  const info = [uri, file, hls_enc_iv ?? ""].join("\n");
  options.hls_key_info_file = keyInfo;
  let written = false;
  return (url, request) => {
    if (request.write) return open(url, request);
    if (url === file) return new MemorySource(key);
    if (url !== keyInfo) return open(url, request);
    if (!written) {
      const sink = open(file, { write: true, options: {} }) as SinkSync | undefined;
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
