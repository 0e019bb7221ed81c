// The official Node.js SDK lists models and keeps files on a running server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

import OpenAI, { toFile } from 'openai';

import { newClient, picture, picturePath } from './setup.mjs';

const client = newClient();

test('models are listed and found', async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.ok(names.includes('gpt-image-2'));
  assert.equal((await client.models.retrieve('gpt-image-2')).object, 'model');
  await assert.rejects(client.models.retrieve('nope'), OpenAI.NotFoundError);
});

test('a file is kept, listed, read and deleted', async () => {
  const data = picture('photo.webp');
  const made = await client.files.create({
    file: await toFile(data, 'photo.webp', { type: 'image/webp' }), purpose: 'vision',
  });
  assert.deepEqual([made.object, made.filename, made.bytes, made.purpose], ['file', 'photo.webp', data.length, 'vision']);
  assert.equal((await client.files.retrieve(made.id)).id, made.id);
  const ids = [];
  for await (const file of client.files.list()) ids.push(file.id);
  assert.ok(ids.includes(made.id));
  const content = await client.files.content(made.id);
  assert.ok(Buffer.from(await content.arrayBuffer()).equals(data));
  assert.equal((await client.files.delete(made.id)).deleted, true);
  await assert.rejects(client.files.retrieve(made.id), OpenAI.NotFoundError);
});

test('a chunked upload is kept whole', async () => {
  const made = await client.files.create({ file: fs.createReadStream(picturePath('photo.png')), purpose: 'vision' });
  assert.equal(made.bytes, picture('photo.png').length);
});
