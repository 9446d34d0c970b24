// Hands what the page knows (notes, sounds, where to go) to the player, each in an element of its own, so that only what changed is sent.
export default function ({ data }) {
  const store = (globalThis.vqvaePlayer ??= { held: new Map(), listeners: new Set() });
  store.held.set(data.channel, data);
  for (const listener of store.listeners) listener(data.channel);
}
