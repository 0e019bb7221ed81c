// The official Node.js SDK asks a running server for pictures.
import assert from 'node:assert/strict';
import test from 'node:test';

import { decoded, format, newClient, pngSize } from './setup.mjs';

const client = newClient();

test('a prompt alone is enough', async () => {
  const answer = await client.images.generate({ prompt: 'a red bicycle under an oak tree' });
  assert.equal(answer.data.length, 1);
  assert.deepEqual(Object.keys(answer.data[0]), ['b64_json']);
  assert.equal(format(decoded(answer.data[0])), 'png');
  for (const value of [answer.size, answer.quality, answer.background]) assert.notEqual(value, 'auto');
});

test('number, size, format and compression are exact', async () => {
  const answer = await client.images.generate({
    model: 'gpt-image-2', prompt: 'a harbour at dusk', n: 2, size: '1536x1024', quality: 'low',
    output_format: 'webp', output_compression: 60,
  });
  assert.deepEqual(answer.data.map((image) => format(decoded(image))), ['webp', 'webp']);
  assert.equal(answer.size, '1536x1024');
  assert.equal(answer.usage.output_tokens, 2 * 158);
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
});

test('a PNG has the size asked for', async () => {
  const answer = await client.images.generate({ model: 'scripted-fast', prompt: 'x', size: '1280x720' });
  assert.deepEqual(pngSize(decoded(answer.data[0])), [1280, 720]);
});

test('a transparent background is an alpha channel', async () => {
  const answer = await client.images.generate({ prompt: 'a yellow star sticker', background: 'transparent' });
  assert.equal(answer.background, 'transparent');
  const colourType = decoded(answer.data[0])[25];
  assert.equal(colourType, 6, 'the PNG is not RGBA');
});

test('parameters of other models and unknown ones do no harm', async () => {
  const { data, response } = await client.images.generate({
    model: 'scripted-fast', prompt: 'x', response_format: 'url', style: 'vivid', user: 'somebody',
    complexity: null, moderation: 'low', negative_prompt: 'rain', n: null,
  }).withResponse();
  assert.equal(data.data[0].url, undefined);
  assert.match(response.headers.get('limner-parameters'), /negative_prompt=ignored/);
});

test('a timeout is told in whole seconds', async () => {
  const told = [];
  const telling = newClient({
    fetch: (url, init) => {
      told.push(new Headers(init.headers).get('x-stainless-timeout'));
      return fetch(url, init);
    },
  });
  await telling.images.generate({ model: 'scripted-fast', prompt: 'x' }, { timeout: 45_900 });
  assert.deepEqual(told, ['45']);
});

test('raw responses have the headers of OpenAI', async () => {
  const { data, response, request_id } = await client.images.generate({ model: 'scripted-fast', prompt: 'x' }).withResponse();
  assert.match(request_id, /^req_/);
  assert.equal(data._request_id, request_id);
  assert.equal(response.headers.get('openai-version'), '2020-10-01');
  assert.ok(Number(response.headers.get('openai-processing-ms')) >= 0);
});

test('several at once all arrive', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => client.images.generate({ model: 'scripted-fast', prompt: `number ${i}` })),
  );
  for (const answer of answers) assert.deepEqual(pngSize(decoded(answer.data[0])), [1024, 1024]);
});
