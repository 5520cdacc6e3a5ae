// What can be a GitHub login: letters, digits and hyphens, and an underscore where a company manages its accounts.
// Logins are mentioned in comments, so that whatever could mark something up there must not pass for one.

const pattern = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9-])?$/;

export function isLogin(text: string): boolean {
  return pattern.test(text);
}
