/**
 * The wrapper of a stream: a source or a sink that lives as long as the stream.
 *
 * @module
 */

// A stream that is alive keeps its wrapper alive: the stream can then be told that the demuxer or
// muxer was forgotten.
const wrapperOf = new WeakMap<object, object>();

/** Keeps `wrapper` alive as long as `stream`, which is a reader or a writer. */
export function keepWithStream(stream: object, wrapper: object): void {
  wrapperOf.set(stream, wrapper);
}
