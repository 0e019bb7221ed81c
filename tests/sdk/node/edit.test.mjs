// The official Node.js SDK sends pictures to a running server, in every way it can.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

import OpenAI, { toFile } from 'openai';
import { toStreamingFile } from 'openai/uploads';

import { decoded, newClient, picture, picturePath, pngSize } from './setup.mjs';

const client = newClient();
const TOKENS_OF_PHOTO = 1024; // input tokens of 1024x1024 by gpt-image-2's published formula

const UPLOADS = {
  'toFile with a type': () => toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
  'toFile without a type': () => toFile(picture('photo.png'), 'photo.png'),
  'toFile without a name': () => toFile(picture('photo.png')),
  'File': () => new File([picture('photo.png')], 'photo.png', { type: 'image/png' }),
  'File with a name that is not ASCII': () => new File([picture('photo.png')], 'фото "1".png'),
  'Blob': () => new Blob([picture('photo.png')], { type: 'image/png' }),
  'Blob without a type': () => new Blob([picture('photo.png')]),
  'createReadStream': () => fs.createReadStream(picturePath('photo.png')),
  'toStreamingFile': () => toStreamingFile(fs.createReadStream(picturePath('photo.png')), 'photo.png'),
  'array of one': async () => [await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' })],
};

for (const [name, upload] of Object.entries(UPLOADS)) {
  test(`an upload as ${name} arrives`, async () => {
    const answer = await client.images.edit({ model: 'scripted-fast', image: await upload(), prompt: 'make it snow' });
    assert.equal(answer.usage.input_tokens_details.image_tokens, TOKENS_OF_PHOTO);
  });
}

test('a raw Buffer is refused with advice', async () => {
  // The SDK makes a part of every byte, which takes it seconds for a whole picture.
  const start = picture('photo.webp').subarray(0, 4096);
  await assert.rejects(
    client.images.edit({ model: 'scripted-fast', image: start, prompt: 'x' }),
    (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'image');
      assert.match(error.message, /toFile/);
      return true;
    },
  );
});

test('streams and files together arrive in order', async () => {
  const answer = await client.images.edit({
    model: 'scripted-fast',
    image: [
      fs.createReadStream(picturePath('photo.png')),
      await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
    ],
    prompt: 'side by side',
  });
  assert.equal(answer.usage.input_tokens_details.image_tokens, 2 * TOKENS_OF_PHOTO);
});

test('a mask is honoured and line breaks in the prompt do no harm', async () => {
  const answer = await client.images.edit({
    model: 'gpt-image-2',
    image: await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
    mask: await toFile(picture('mask.png'), 'mask.png', { type: 'image/png' }),
    prompt: 'a red balloon\non a string',
    size: '1024x1024',
  });
  assert.deepEqual(pngSize(decoded(answer.data[0])), [1024, 1024]);
});

test('all parameters of an edit are taken', async () => {
  const { data, response } = await client.images.edit({
    model: 'gpt-image-1.5',
    image: await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
    prompt: 'a red balloon', background: 'opaque', input_fidelity: 'high', n: 1, output_compression: 70,
    output_format: 'jpeg', partial_images: 1, quality: 'low', response_format: 'b64_json',
    safety_identifier: 'someone', size: '1024x1024', stream: false, user: 'somebody',
  }).withResponse();
  assert.deepEqual([data.output_format, data.quality, data.size], ['jpeg', 'low', '1024x1024']);
  assert.match(response.headers.get('limner-parameters'), /size=/);
});

test('an uploaded file can be edited by its id', async () => {
  const file = await client.files.create({ file: fs.createReadStream(picturePath('photo.png')), purpose: 'vision' });
  const answer = await client.post('/images/edits', {
    body: { model: 'scripted-fast', prompt: 'x', images: [{ file_id: file.id }] },
  });
  assert.equal(answer.usage.input_tokens_details.image_tokens, TOKENS_OF_PHOTO);
});

test('a data URL can be edited', async () => {
  const image_url = `data:image/png;base64,${picture('photo.png').toString('base64')}`;
  const answer = await client.post('/images/edits', {
    body: { model: 'scripted-fast', prompt: 'x', images: [{ image_url }] },
  });
  assert.equal(answer.usage.input_tokens_details.image_tokens, TOKENS_OF_PHOTO);
});

test('variations still work', async () => {
  const answer = await client.images.createVariation({
    model: 'scripted-fast',
    image: await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' }),
  });
  assert.equal(answer.data.length, 1);
});
