// The tokens that this GitHub gives out, in GitHub's forms, and what an installation's token is still
// worth: never more than the installation has at the moment, however long ago it was made.
import { createHash, randomBytes } from 'node:crypto';
import { levelOf } from './access.ts';
import type { Instance } from './instance.ts';
import type {
  Account,
  App,
  Installation,
  Narrowing,
  PermissionName,
  Permissions,
} from './state.ts';

/** An installation token lives one hour. */
const installationTokenMs = 3_600_000;
/**
 * The newer installation tokens are about this long and have dots in them (github.blog, changelog of
 * 2026-05-15): whoever measures, matches or stores tokens has to bear both forms.
 */
const longTokenCharacters = 520;

/** A token for a person: `ghu_` when an App asked for it, `ghp_` when it is their own. */
export function mintUserToken(instance: Instance, user: Account, app: App | null): string {
  const value = (app ? 'ghu_' : 'ghp_') + randomText(36);
  instance.state.tokens.set(value, { kind: 'user', user, app });
  return value;
}

export function mintInstallationToken(
  instance: Instance,
  installation: Installation,
  { narrowed, isLong }: { narrowed: Narrowing; isLong: boolean },
): { value: string; expiresAt: Date } {
  const value = `ghs_${isLong ? longText() : randomText(36)}`;
  const expiresAt = new Date(instance.now().getTime() + installationTokenMs);
  instance.state.tokens.set(value, { kind: 'installation', installation, expiresAt, narrowed });
  return { value, expiresAt };
}

/** What both the token asked for and its installation still has. */
export function scopeOf(
  installation: Installation,
  { permissions, repositories }: Narrowing,
): { permissions: Permissions; repositories: 'all' | ReadonlySet<number> } {
  const given = installation.repositories;
  const kept = repositories && given !== 'all' ? repositories.intersection(given) : repositories;
  return {
    permissions: permissions
      ? lesser(permissions, installation.permissions)
      : installation.permissions,
    repositories: kept ?? given,
  };
}

const levels = ['read', 'write', 'admin'] as const;

function lesser(wanted: Permissions, given: Permissions): Permissions {
  const names = Object.keys(wanted) as PermissionName[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const both = [levelOf(wanted, name), levelOf(given, name)];
      const rank = Math.min(...both.map((one) => (one ? levels.indexOf(one) : -1)));
      const level = levels[rank];
      return level === undefined ? [] : [[name, level]];
    }),
  );
}

/** Three parts like a JWT's, but of letters and digits alone, as GitHub's are. */
function longText(): string {
  const [head, tail] = [44, 86];
  const middle = longTokenCharacters - 'ghs_'.length - head - tail - 2;
  return [head, middle, tail].map(randomText).join('.');
}

/** GitHub's form: base 62. */
function randomText(characters: number): string {
  let text = '';
  while (text.length < characters) {
    const digest = createHash('sha512').update(randomBytes(32)).digest('base64');
    text += digest.replaceAll(/[^A-Za-z0-9]/g, '');
  }
  return text.slice(0, characters);
}
