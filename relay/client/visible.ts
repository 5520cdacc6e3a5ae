// Makes text from the network safe to print. Promises that nothing which reaches the terminal through it can
// move the cursor, change colours, hide or reorder other text, or start a new line. It does not translate or trim.

/** Longer text is cut: a relay that answers with a novel must not scroll the warning above it away. */
const maxVisibleChars = 300;

/**
 * Control, format (bidirectional overrides, zero-width), surrogate, private and unassigned characters and line
 * separators as `\u{…}`; everything else as it is. The backslash itself is doubled, so that what looks escaped
 * was escaped here.
 */
export function visible(text: string): string {
  const cut = text.length > maxVisibleChars ? `${text.slice(0, maxVisibleChars)}…` : text;
  return cut.replace(/[\\\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
