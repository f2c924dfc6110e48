/** The version of this program, as its package says. */
export async function ownVersion(): Promise<string> {
  const {default: manifest} = await import('../../package.json', {with: {type: 'json'}});
  return manifest.version;
}
