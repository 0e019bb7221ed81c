// Generates, edits, inpaints and streams, and prints a line of JSON for each: the call, and every picture that came.
import { toFile } from 'openai';

import { decoded, format, newClient, picture, pngSize } from './setup.mjs';

const client = newClient();
const asked = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024', quality: 'low' };
const file = (name) => toFile(picture(name), name, { type: 'image/png' });

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

const calls = {
  generate: async () => (await client.images.generate(asked)).data,
  edit: async () => (await client.images.edit({ ...asked, image: await file('photo.png') })).data,
  inpaint: async () => (
    await client.images.edit({ ...asked, image: await file('photo.png'), mask: await file('mask.png') })
  ).data,
  stream: async () => all(await client.images.generate({ ...asked, stream: true, partial_images: 2 })),
};

for (const [call, made] of Object.entries(calls)) {
  const pictures = (await made()).map((item) => `${pngSize(decoded(item)).join('x')} ${format(decoded(item))}`);
  console.log(JSON.stringify({ call, pictures }));
}
