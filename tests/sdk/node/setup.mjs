// What every program here has: clients that count their requests, pictures to send, and a look into those that come back.
import fs from 'node:fs';
import path from 'node:path';

import OpenAI from 'openai';

/** Path of one of the pictures the tests send: photo.png, photo.jpg, photo.webp, mask.png. */
export function picturePath(name) {
  return path.join(process.env.LIMNER_PICTURES, name);
}

/** Content of one of them. */
export function picture(name) {
  return fs.readFileSync(picturePath(name));
}

/** A client for the server of this run; `client.sent` has the retry count of each request it sent, "0" for the first. */
export function newClient(options = {}) {
  const sent = [];
  const client = new OpenAI({
    timeout: 60_000,
    fetch: (url, init) => {
      sent.push(new Headers(init.headers).get('x-stainless-retry-count'));
      return fetch(url, init);
    },
    ...options,
  });
  client.sent = sent;
  return client;
}

/** A client whose key is held to the live API's rules. */
export function newStrictClient() {
  return newClient({ apiKey: process.env.LIMNER_STRICT_KEY });
}

/** Bytes of a picture in an answer or an event. */
export function decoded(image) {
  return Buffer.from(image.b64_json, 'base64');
}

/** Encoding of a picture, by its first bytes. */
export function format(bytes) {
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return 'png';
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'webp';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpeg';
  return 'unknown';
}

/** Width and height of a PNG, from its header. */
export function pngSize(bytes) {
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
