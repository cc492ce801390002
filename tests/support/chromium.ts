/**
 * A headless Chromium, spoken to over its own DevTools protocol.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./media.ts";

// An allocator that is preloaded for the tests is not for the browser, which brings its own.
const env = { ...process.env };
delete env.LD_PRELOAD;

/** Chromium's command, or undefined where it is not installed. */
export function chromium(): string | undefined {
  const names = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"];
  return names.find((name) => name && spawnSync(name, ["--version"], { env }).status === 0);
}

/** One page. */
export class Page implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #session: string | undefined;
  #ids = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
  }

  /** Starts a browser and opens a page. */
  static async open(command: string, url: string): Promise<Page> {
    mkdirSync(cacheFolder, { recursive: true });
    const folder = mkdtempSync(join(cacheFolder, "chromium."));
    const child = spawn(command, [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      ...["--no-first-run", "--mute-audio", "--autoplay-policy=no-user-gesture-required"],
      ...["--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"],
    ], { env, stdio: ["ignore", "ignore", "pipe"] });
    try {
      const socket = new WebSocket(await listening(child));
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", reject);
      });
      const page = new Page(child, folder, socket);
      const { targetId } = await page.send("Target.createTarget", { url });
      const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
      page.#session = String(sessionId);
      return page;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** One command of the protocol. */
  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#ids;
    const waiting = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return waiting.promise;
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as { result: { value?: unknown }; exceptionDetails?: { exception?: unknown } };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails.exception));
    return result.value;
  }

  /** Waits until an expression is true in the page; for 30 seconds. */
  async until(expression: string): Promise<void> {
    for (let i = 0; i < 300; i++) {
      if (await this.evaluate(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`not true within 30 seconds: ${expression}`);
  }

  /** A PNG of the page. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Uint8Array.from(atob(String(data)), (letter) => letter.charCodeAt(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#session = undefined;
    this.send("Browser.close").catch(() => {});
    const slow = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(slow);
    this.#socket.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += chunk;
      const url = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (url) resolve(url);
    });
    child.once("close", () => reject(new Error(`the browser ended: ${text.slice(-500)}`)));
  });
}
