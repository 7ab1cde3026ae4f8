import type { Sink } from "./present.ts";

/** Gathers an answer as a string. */
export class TextSink implements Sink {
  joined = "";

  text(text: string): void {
    this.joined += text;
  }

  openObject(text: string): void {
    this.joined += text.slice(0, -1);
  }
}
