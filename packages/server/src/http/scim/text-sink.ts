import type { ListedResource } from "../../store/store.ts";
import { type Presentation, type Sink, wholeText } from "./present.ts";

/** Gathers an answer as a string. */
export class TextSink implements Sink {
  joined = "";

  text(text: string): void {
    this.joined += text;
  }

  whole(stored: ListedResource, presentation: Presentation): void {
    this.joined += wholeText(stored, presentation);
  }

  comma(): void {
    this.joined += ",";
  }
}
