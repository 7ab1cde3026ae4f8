import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startTarget } from "../attack/target.ts";
import { isAnswered, play, textOf } from "./play.ts";
import { SCENES } from "./scenes.ts";

const target = await startTarget(fileURLToPath(new URL("../../../server/src/cli/main.ts", import.meta.url)));
after(() => target.stop());

describe("the product says what happened, why, and what to change", () => {
  for (const [at, scene] of SCENES.entries()) {
    test(scene.name, async () => {
      const told = await play(scene, `scene-${at}`, target);
      assert.ok(isAnswered(scene, told), textOf(scene, told));
    });
  }
});
