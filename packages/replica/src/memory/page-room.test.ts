import assert from "node:assert/strict";
import { test } from "node:test";
import { PageRoom } from "./page-room.ts";

test("images that are held do not share memory, and what was given back is used again", () => {
  const room = new PageRoom(512);
  const images = Array.from({ length: 200 }, () => room.take());
  for (const [at, image] of images.entries()) image.fill(at);
  for (const [at, image] of images.entries()) assert.ok(image.length === 512 && image.every((byte) => byte === at));
  const memory = new Set(images.map(({ buffer }) => buffer));
  for (const image of images) room.giveBack(image);
  const again = Array.from({ length: 200 }, () => room.take());
  assert.ok(again.every(({ buffer }) => memory.has(buffer)));
  for (const [at, image] of again.entries()) image.fill(at);
  assert.ok(again.every((image, at) => image.every((byte) => byte === at)));
});

test("closed, it gives its memory back", () => {
  const room = new PageRoom(4_096);
  const images = Array.from({ length: 100 }, () => room.take());
  room.close();
  assert.ok(images.every(({ length }) => length === 0));
  assert.equal(room.take().length, 4_096, "and can be used all the same");
});

test("it is large once more was needed than is worth keeping", () => {
  const room = new PageRoom(65_536);
  const images: Buffer[] = [];
  for (let page = 0; page < 64; page++) images.push(room.take());
  assert.equal(room.isLarge, false);
  images.push(room.take());
  assert.equal(room.isLarge, true);
  for (const image of images) room.giveBack(image);
  assert.equal(room.isLarge, true, "given back, it is still there");
});
