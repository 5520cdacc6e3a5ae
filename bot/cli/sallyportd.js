#!/usr/bin/env node
// Starts sallyportd where Node is new enough for it, and says so in words where it is not. An older one could not read
// the program, or would read it and miss something of it at the first policy with hours; this file every Node can read.

const neededMajor = 26;
const { node } = process.versions;

if (Number(node.split('.')[0]) >= neededMajor) {
  await import('./sallyportd.ts');
} else {
  process.stderr.write(
    `sallyportd needs Node ${neededMajor} or newer, and this is Node ${node}. \`npm ci\` installs one that npm and npx\n` +
      'then use; `npm ci --omit=dev` does not, and leaves it to you.\n',
  );
  // EX_CONFIG, with which the unit for systemd does not start it again.
  process.exitCode = 78;
}
