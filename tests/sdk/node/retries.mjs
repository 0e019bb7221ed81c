// Generates in a hurry, generates in patience, and edits, at a server that tells whoever waits for long to come back.
import assert from 'node:assert/strict';

import { toFile } from 'openai';

import { newClient, picture } from './setup.mjs';

const asked = { model: 'scripted-slow', prompt: 'x', size: '1024x1024' };

const hurried = newClient({ timeout: 300, maxRetries: 8 });
assert.equal((await hurried.images.generate({ ...asked, user: 'node-hurried' })).data.length, 1);
assert.ok(hurried.sent.length > 1);

const patient = newClient({ maxRetries: 8 });
assert.equal((await patient.images.generate({ ...asked, user: 'node-patient' })).data.length, 1);
assert.ok(patient.sent.length > 1);

const editing = newClient({ maxRetries: 8 });
const image = await toFile(picture('photo.png'), 'photo.png', { type: 'image/png' });
assert.equal((await editing.images.edit({ ...asked, image, user: 'node-editing' })).data.length, 1);
