// The official Node.js SDK reads streams of a running server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

import OpenAI, { toFile } from 'openai';

import { decoded, newClient, picture, picturePath, pngSize } from './setup.mjs';

const client = newClient();

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

for (const model of ['gpt-image-2', 'scripted-slow']) {
  test(`three partial pictures come before the finished one, with ${model}`, async () => {
    const events = await all(await client.images.generate({
      model, prompt: 'a lighthouse', size: '1024x1024', stream: true, partial_images: 3,
    }));
    assert.deepEqual(
      events.map((event) => [event.type, event.partial_image_index]),
      [
        ['image_generation.partial_image', 0],
        ['image_generation.partial_image', 1],
        ['image_generation.partial_image', 2],
        ['image_generation.completed', undefined],
      ],
    );
    for (const event of events) assert.deepEqual(pngSize(decoded(event)), [1024, 1024]);
    assert.ok(events[3].usage.total_tokens > 0);
  });
}

test('without partial pictures there is one event', async () => {
  const events = await all(await client.images.generate({ model: 'scripted-fast', prompt: 'x', stream: true }));
  assert.deepEqual(events.map((event) => event.type), ['image_generation.completed']);
});

test('an edit streams its own events', async () => {
  const events = await all(await client.images.edit({
    model: 'scripted-fast', prompt: 'x', stream: true, partial_images: 2,
    image: await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
  }));
  assert.deepEqual(
    events.map((event) => event.type),
    ['image_edit.partial_image', 'image_edit.partial_image', 'image_edit.completed'],
  );
});

test('a chunked upload can be answered with a stream', async () => {
  const events = await all(await client.images.edit({
    model: 'scripted-fast', prompt: 'x', stream: true, image: fs.createReadStream(picturePath('photo.png')),
  }));
  assert.equal(events.at(-1).type, 'image_edit.completed');
});

test('a failure in midstream is thrown', async () => {
  const seen = [];
  await assert.rejects(async () => {
    const stream = await client.images.generate({ model: 'scripted-midway', prompt: 'x', stream: true, partial_images: 2 });
    for await (const event of stream) seen.push(event.type);
  }, (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.code, 'image_generation_failed');
    return true;
  });
  assert.equal(seen.length, 2);
});

test('a stream can be left early', async () => {
  const stream = await client.images.generate({ model: 'scripted-slow', prompt: 'x', stream: true, partial_images: 3 });
  for await (const event of stream) {
    assert.equal(event.partial_image_index, 0);
    break;
  }
  const answer = await client.images.generate({ model: 'scripted-fast', prompt: 'x' });
  assert.equal(answer.data.length, 1);
});
