// Where an approval is confirmed: the one path that both the words on the issue and the routes of the bot know.

/** Below the bot's origin; the name of what waits follows. */
export const confirmPath = '/confirm';

const idPattern = /^c_[a-z2-7]{26}$/;

/** Whether a text has the form of the name of a waiting approval. */
export function isConfirmationId(text: string): boolean {
  return idPattern.test(text);
}

/** The address that an approver follows. It names what waits, and opens nothing by itself. */
export function confirmLink(host: string, id: string): string {
  return `https://${host}${confirmPath}/${id}`;
}
