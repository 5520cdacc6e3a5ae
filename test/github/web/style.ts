// The look of the pages: close to GitHub's, system font, light and dark, 390 pixels and up.
import { raw } from 'hono/html';

export const style = raw(`
:root { color-scheme: light dark }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif }
`);
