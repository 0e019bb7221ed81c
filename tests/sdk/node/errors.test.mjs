// The official Node.js SDK throws what it would throw at OpenAI, and retries only what a retry can mend.
import assert from 'node:assert/strict';
import test from 'node:test';

import OpenAI, { toFile } from 'openai';

import { newClient, newStrictClient, picture } from './setup.mjs';

const SCHEMA = 'invalid_request_error';
const BACKEND = 'image_generation_user_error';

const REFUSED = [
  [{ n: 0 }, SCHEMA, 'n', 'integer_below_min_value'],
  [{ n: '2' }, SCHEMA, 'n', 'invalid_type'],
  [{ prompt: '' }, SCHEMA, 'prompt', 'empty_string'],
  [{ prompt: undefined }, SCHEMA, 'prompt', 'missing_required_parameter'],
  [{ quality: 'ultra' }, SCHEMA, 'quality', 'invalid_value'],
  [{ size: 'bogus' }, BACKEND, 'size', 'invalid_value'],
  [{ model: 'nope' }, BACKEND, 'model', 'invalid_value'],
  [{ background: 'transparent', output_format: 'jpeg' }, BACKEND, null, 'invalid_transparent_background_output_format'],
  [{ stream: true, n: 2 }, BACKEND, 'input', 'unsupported_parameter'],
];

for (const [asked, type, param, code] of REFUSED) {
  test(`${JSON.stringify(asked)} is refused as the live API does`, async () => {
    for (const client of [newClient(), newStrictClient()]) {
      await assert.rejects(client.images.generate({ model: 'gpt-image-2', prompt: 'x', ...asked }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.deepEqual([error.type, error.param, error.code], [type, param, code]);
        assert.match(error.requestID, /^req_/);
        assert.match(error.message, /^400 /);
        return true;
      });
      assert.deepEqual(client.sent, ['0']);
    }
  });
}

test('a strict key may not send an unknown parameter', async () => {
  await assert.rejects(newStrictClient().images.generate({ model: 'gpt-image-2', prompt: 'x', seed: 7 }), {
    status: 400, param: 'seed', code: 'unknown_parameter',
  });
});

test('a strict key may not send an untyped file', async () => {
  const image = await toFile(picture('photo.png'), 'photo.png');
  await assert.rejects(newStrictClient().images.edit({ model: 'gpt-image-2', image, prompt: 'x' }), {
    status: 400, param: 'image', code: 'unsupported_file_mimetype',
  });
});

test('a wrong key is an authentication error', async () => {
  const client = newClient({ apiKey: 'My API Key' });
  await assert.rejects(client.images.generate({ prompt: 'x' }), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, 'invalid_api_key');
    return true;
  });
  assert.deepEqual(client.sent, ['0']);
});

test('a refused prompt is not sent again', async () => {
  const client = newClient();
  await assert.rejects(client.images.generate({ model: 'scripted-refusing', prompt: 'x' }), { code: 'moderation_blocked' });
  assert.deepEqual(client.sent, ['0']);
});

test('an engine failure is a server error', async () => {
  const client = newClient({ maxRetries: 0 });
  await assert.rejects(client.images.generate({ model: 'scripted-failing', prompt: 'x' }), (error) => {
    assert.ok(error instanceof OpenAI.InternalServerError);
    assert.equal(error.code, 'image_generation_failed');
    return true;
  });
});

test('a passing trouble is mended by a retry of the SDK', async () => {
  const client = newClient();
  const answer = await client.images.generate({ model: 'scripted-flaky_for_node', prompt: 'x' });
  assert.equal(answer.data.length, 1);
  assert.deepEqual(client.sent, ['0', '1']);
});

test('a caller may stop waiting', async () => {
  const client = newClient({ timeout: 300, maxRetries: 0 });
  await assert.rejects(client.images.generate({ model: 'scripted-slow', prompt: 'x' }), OpenAI.APIConnectionTimeoutError);
});

test('an unreadable picture is refused once', async () => {
  const client = newClient();
  const image = await toFile(Buffer.from('this is no picture'), 'photo.png', { type: 'image/png' });
  await assert.rejects(client.images.edit({ model: 'scripted-fast', image, prompt: 'x' }), { code: 'invalid_image_file' });
  assert.deepEqual(client.sent, ['0']);
});

test('an unknown route is not found', async () => {
  await assert.rejects(newClient().post('/images/nothing', { body: {} }), OpenAI.NotFoundError);
});
