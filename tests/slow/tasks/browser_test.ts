/** A transcoding in a browser: Chromium decodes every picture of it to the end. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MemorySink, transcode } from "../../../mod.ts";
import { encoderNames } from "../../../lib/codec/codecs.ts";
import { chromium, Page } from "../../support/chromium.ts";
import { madeBy } from "../../support/made.ts";

const browser = chromium();
const skip = browser === undefined && "no chromium on the PATH";

/** A media server for one page: ranges, since a browser seeks. */
async function serve(bytes: Uint8Array<ArrayBuffer>, type: string) {
  const server = createServer((request, response) => {
    if (request.url !== "/media") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<video muted src=/media></video>");
      return;
    }
    const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const [first, last] = [Number(from), to === "" ? bytes.length - 1 : Number(to)];
    response.writeHead(206, {
      "content-type": type,
      "accept-ranges": "bytes",
      "content-range": `bytes ${first}-${last}/${bytes.length}`,
      "content-length": last - first + 1,
    });
    response.end(bytes.subarray(first, last + 1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ways = [
  { format: "mp4", type: "video/mp4", video: "h264", audio: "aac", encoder: "libx264" },
  { format: "webm", type: "video/webm", video: "vp8", audio: "opus", encoder: "libvpx" },
] as const;

for (const { format, type, video, audio, encoder } of ways) {
  const isThere = encoderNames(video).includes(encoder);
  test(`Chromium plays a transcoding to ${format} to its end`, {
    skip: skip || !isThere && `there is no ${encoder}`,
  }, async () => {
    if (browser === undefined) return;
    const input = madeBy([
      ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2"],
      ...["-f", "lavfi", "-i", "sine=440:d=2:r=44100", "-c:v", "mpeg4", "-c:a", "flac"],
    ], "a.mkv");
    const sink = new MemorySink();
    await transcode(input, sink, {
      format,
      video: { codec: video, width: 160 },
      audio: { codec: audio, sampleRate: 48000 },
    });
    await using server = await serve(sink.take(), type);
    await using page = await Page.open(browser, server.url);
    await page.until("document.querySelector('video')?.readyState > 0");
    await page.evaluate("document.querySelector('video').play()");
    await page.until(
      "document.querySelector('video').ended || document.querySelector('video').error",
    );
    const { width, height, frames, time, error } = await page.evaluate(`(() => {
      const video = document.querySelector("video");
      return { width: video.videoWidth, height: video.videoHeight, time: video.currentTime,
        frames: video.getVideoPlaybackQuality().totalVideoFrames, error: video.error?.message };
    })()`) as Record<string, unknown>;
    assertEquals([width, height, error], [160, 90, undefined]);
    assert(Math.abs(Number(time) - 2) < 0.1, `it ends at ${time}`);
    // A busy machine shows fewer of the 50; that there are some is the point.
    assert(Number(frames) > 10, `${frames} pictures`);
  });
}
